//! How alike two rows are, by their tokens; rare tokens count more.

use std::collections::HashMap;

use crate::rows::{Row, Rows};

/// Token weights of an original text.
#[derive(Debug)]
pub(crate) struct Likeness {
    weights: Vec<f32>,
}

impl Likeness {
    /// `tokens`: size of the vocabulary that both texts share.
    pub(crate) fn new(original: &Rows<'_>, tokens: usize) -> Self {
        let mut counts = vec![0u32; tokens];
        for row in &original.rows {
            let mut seen = row.tokens.clone();
            seen.sort_unstable();
            seen.dedup();
            for token in seen {
                counts[token as usize] += 1;
            }
        }
        let total = original.len() as f32;
        let weights = counts
            .iter()
            .map(|count| (1.0 + total / (1.0 + *count as f32)).ln())
            .collect();
        Self { weights }
    }

    /// Weighted Dice coefficient of two token lists, between 0 and 1.
    pub(crate) fn of(&self, a: &[u32], b: &[u32]) -> f32 {
        let total = self.sum(a) + self.sum(b);
        if total == 0.0 {
            return 0.0;
        }
        let mut counts: HashMap<u32, i32> = HashMap::with_capacity(a.len());
        for token in a {
            *counts.entry(*token).or_default() += 1;
        }
        let mut shared = 0.0;
        for token in b {
            if let Some(count) = counts.get_mut(token)
                && *count > 0
            {
                *count -= 1;
                shared += self.weights[*token as usize];
            }
        }
        2.0 * shared / total
    }

    /// What a list of tokens weighs.
    pub(crate) fn sum(&self, tokens: &[u32]) -> f32 {
        tokens
            .iter()
            .map(|token| self.weights[*token as usize])
            .sum()
    }

    /// For a row, the likeness of every row in a list that shares a token with it.
    pub(crate) fn index<'a>(&'a self, rows: &'a [Row<'_>]) -> LikenessIndex<'a> {
        let mut postings: HashMap<u32, Vec<(u32, u32)>> = HashMap::new();
        for (at, row) in rows.iter().enumerate() {
            let mut tokens = row.tokens.clone();
            tokens.sort_unstable();
            for run in tokens.chunk_by(|a, b| a == b) {
                postings
                    .entry(run[0])
                    .or_default()
                    .push((at as u32, run.len() as u32));
            }
        }
        let sums = rows.iter().map(|row| self.sum(&row.tokens)).collect();
        LikenessIndex {
            likeness: self,
            postings,
            sums,
            shared: vec![0.0; rows.len()],
        }
    }
}

/// Rows ready to be compared with many others.
pub(crate) struct LikenessIndex<'a> {
    likeness: &'a Likeness,
    postings: HashMap<u32, Vec<(u32, u32)>>,
    sums: Vec<f32>,
    shared: Vec<f32>,
}

impl LikenessIndex<'_> {
    /// Calls `found` with each row whose likeness to `row` is at least `least`.
    pub(crate) fn query(&mut self, row: &Row<'_>, least: f32, mut found: impl FnMut(usize, f32)) {
        let mut tokens = row.tokens.clone();
        tokens.sort_unstable();
        let mut touched = Vec::new();
        for run in tokens.chunk_by(|a, b| a == b) {
            let Some(postings) = self.postings.get(&run[0]) else {
                continue;
            };
            let weight = self.likeness.weights[run[0] as usize];
            for (at, count) in postings {
                let shared = &mut self.shared[*at as usize];
                if *shared == 0.0 {
                    touched.push(*at as usize);
                }
                *shared += weight * (*count).min(run.len() as u32) as f32;
            }
        }
        let own = self.likeness.sum(&row.tokens);
        for at in touched {
            let value = 2.0 * self.shared[at] / (own + self.sums[at]);
            self.shared[at] = 0.0;
            if value >= least {
                found(at, value);
            }
        }
    }
}
