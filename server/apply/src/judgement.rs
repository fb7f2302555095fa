//! What a model thinks of a merge, without writing anything itself.
//!
//! Texts are scored teacher-forced: each token's probability given the prompt and the text before
//! it. Two texts are compared from where they part to a little behind where they meet again,
//! because what follows an omission shows only there whether it was likely.

use std::ops::Range;

use fast_apply_engine::score::{Candidate, TokenScore};

use crate::stats::Stats;

/// Tokens behind the place where two texts meet again that still count.
const AFTERMATH: usize = 8;

/// What a model thinks of the texts that a suggestion could mean.
pub(crate) struct Judgement {
    /// One for each text, in their order.
    pub(crate) readings: Vec<Reading>,
    /// What it took.
    pub(crate) stats: Stats,
}

/// What a model thinks of one text that a suggestion could mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// How much likelier it is than the merge, in nats, where the two differ.
    pub likelihood: f32,
    /// How far its least likely token falls behind the model's own choice among what an edit
    /// may change, in nats; zero if the model, asked to copy only, would have written exactly this.
    pub worst: f32,
}

/// Texts to be held against the first of them, as tokens that end with the end of the answer.
pub(crate) struct Comparison {
    texts: Vec<Vec<u32>>,
    /// For each text but the first, where it differs: in itself, and in the first.
    differing: Vec<[Range<usize>; 2]>,
}

impl Comparison {
    /// Takes at least one text.
    pub(crate) fn new(texts: Vec<Vec<u32>>) -> Self {
        let differing = texts[1..]
            .iter()
            .map(|other| differing(other, &texts[0]))
            .collect();
        Self { texts, differing }
    }

    /// What has to be scored.
    pub(crate) fn candidates(&self) -> Vec<Candidate> {
        let whole = 0..self.texts[0].len();
        let others = self.differing.iter().map(|[own, _]| own.clone());
        self.texts
            .iter()
            .zip(std::iter::once(whole).chain(others))
            .map(|(tokens, scored)| Candidate {
                tokens: tokens.clone(),
                scored,
            })
            .collect()
    }

    /// What the scores of the candidates say.
    pub(crate) fn judge(&self, scores: &[Vec<TokenScore>], stats: Stats) -> Judgement {
        let sum = |scores: &[TokenScore]| -> f32 {
            scores.iter().map(|score| score.log_probability).sum()
        };
        let worst = |scores: &[TokenScore]| {
            let behind = |score: &TokenScore| score.best_log_probability - score.log_probability;
            scores.iter().map(behind).fold(0.0, f32::max)
        };
        let first = &scores[0];
        let mut readings = vec![Reading {
            likelihood: 0.0,
            worst: worst(first),
        }];
        for ([_, of_first], own) in self.differing.iter().zip(&scores[1..]) {
            let elsewhere = worst(&first[..of_first.start]).max(worst(&first[of_first.end..]));
            readings.push(Reading {
                likelihood: sum(own) - sum(&first[of_first.clone()]),
                worst: worst(own).max(elsewhere),
            });
        }
        Judgement { readings, stats }
    }
}

/// Where `own` differs from `first`, in both, with the tokens behind it that count.
fn differing(own: &[u32], first: &[u32]) -> [Range<usize>; 2] {
    let start = own.iter().zip(first).take_while(|(a, b)| a == b).count();
    let longest = own.len().min(first.len()) - start;
    let shared_end = own
        .iter()
        .rev()
        .zip(first.iter().rev())
        .take(longest)
        .take_while(|(a, b)| a == b)
        .count();
    let aftermath = shared_end.min(AFTERMATH);
    [own, first].map(|tokens| start..tokens.len() - shared_end + aftermath)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(log_probability: f32, best_log_probability: f32) -> TokenScore {
        TokenScore {
            log_probability,
            best_log_probability,
            best: 0,
            agrees: log_probability == best_log_probability,
        }
    }

    #[test]
    fn only_what_differs_and_a_little_more_is_scored() {
        let shared: Vec<u32> = (100..120).collect();
        let first = [vec![1, 2, 3], shared.clone()].concat();
        let shorter = [vec![1], shared].concat();
        let comparison = Comparison::new(vec![first.clone(), shorter, first]);
        assert_eq!(comparison.differing[0], [1..9, 1..11]);
        assert_eq!(comparison.differing[1], [23..23, 23..23]);
        let scored: Vec<_> = comparison
            .candidates()
            .into_iter()
            .map(|candidate| candidate.scored)
            .collect();
        assert_eq!(scored, [0..23, 1..9, 23..23]);
    }

    #[test]
    fn texts_are_compared_where_they_differ() {
        let comparison = Comparison::new(vec![vec![1, 2, 9], vec![1, 3, 4, 9]]);
        assert_eq!(comparison.differing[0], [1..4, 1..3]);
        let first = vec![score(-0.5, -0.25), score(-5.0, -1.0), score(-0.25, -0.25)];
        let other = vec![score(-2.0, -0.5), score(-1.0, -0.5), score(-0.25, -0.25)];
        let judgement = comparison.judge(&[first, other], Stats::default());
        let merge = Reading {
            likelihood: 0.0,
            worst: 4.0,
        };
        let other = Reading {
            likelihood: 5.25 - 3.25,
            worst: 1.5,
        };
        assert_eq!(judgement.readings, [merge, other]);
    }
}
