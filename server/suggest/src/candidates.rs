//! Which rows of the original each row of a sketch can be paired with, and what each pair earns.

use crate::rows::Row;
use std::collections::HashMap;

use crate::align::{Aligner, Stretch, Unit, row_of};
use crate::blocks::Ends;
use crate::comment::is_comment;
use crate::imports;
use crate::statement::statement_rows;

/// Least likeness at which a row can be taken for the new form of another.
const LEAST_LIKENESS: f32 = 0.45;
/// Rows that one row can be paired with, at most; the best are kept.
const MOST_PAIRS: usize = 200;

impl Aligner<'_> {
    /// For each unit, the original rows it can be paired with: offset, gain, likeness.
    pub(crate) fn pairs(&self, stretch: &Stretch<'_>) -> Vec<Vec<(usize, f32, f32)>> {
        let rows = &self.original.rows[stretch.original.clone()];
        let mut equal: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, row) in rows.iter().enumerate() {
            equal.entry(row.trimmed()).or_default().push(at);
        }
        let mut index = self.likeness.index(rows);
        let lonely = self.lonely(stretch, &equal);
        let ends = Ends::of(self, stretch);
        let mut pairs = Vec::with_capacity(stretch.units.len());
        for (at, unit) in stretch.units.iter().enumerate() {
            let mut found = Vec::new();
            let Unit::Row(row) = *unit else {
                pairs.push(found);
                continue;
            };
            let shown = &self.sketch.rows[row];
            let shift = if shown.is_directive() {
                0
            } else {
                stretch.shift
            };
            let indent = shown.indent as isize + shift;
            if let Some((sketch, original)) = stretch.forced
                && sketch == row
                && stretch.original.contains(&original)
            {
                let same = self.original.rows[original].trimmed() == shown.trimmed();
                found.push((
                    original - stretch.original.start,
                    50.0,
                    if same { 1.0 } else { 0.99 },
                ));
            } else if !stretch.fresh[row] {
                let same = equal.get(shown.trimmed()).map_or(&[][..], Vec::as_slice);
                let rivals = same
                    .iter()
                    .filter(|other| rows[**other].indent as isize == indent)
                    .count();
                let rarity = 1.0 / (1.0 + 0.15 * rivals.saturating_sub(1) as f32);
                for &other in same {
                    let aligned = rows[other].indent as isize == indent;
                    let factor = match (aligned, shown.is_closer) {
                        (true, _) => 1.0,
                        // A bracket of another column closes another block.
                        (false, true) => -0.3,
                        (false, false) => 0.5,
                    };
                    // A sketch that starts as the file does starts at its start.
                    let first = if row == 0 && stretch.original.start + other == 0 {
                        0.5
                    } else {
                        0.0
                    };
                    found.push((other, shown.weight() * rarity * factor + first, 1.0));
                }
                if !shown.is_closer {
                    let import = imports::is_import(shown.text);
                    let condition = is_condition(shown);
                    let bonus =
                        if lonely[at] { 0.25 } else { 0.0 } + if condition { 0.35 } else { 0.0 };
                    index.query(
                        shown,
                        LEAST_LIKENESS - bonus + self.taste.caution.min(0.0),
                        |other, likeness| {
                            let replaced = &rows[other];
                            if replaced.is_closer
                                || replaced.trimmed() == shown.trimmed()
                                || condition && !is_condition(replaced)
                                || is_statement_for_block(shown, replaced)
                                || is_comment(replaced) != is_comment(shown)
                                || import
                                    && !(imports::is_import(replaced.text)
                                        && imports::are_related(replaced.text, shown.text))
                            {
                                return;
                            }
                            let off = if replaced.indent as isize == indent {
                                0.0
                            } else {
                                0.2
                            };
                            let starts = if replaced.tokens.first() == shown.tokens.first() {
                                0.1
                            } else {
                                0.0
                            };
                            let gain = shown.weight()
                                * (likeness + starts + bonus - off - 0.5 - self.taste.caution);
                            if gain > 0.0 {
                                found.push((other, gain, likeness.min(0.99)));
                            }
                        },
                    );
                }
            }
            if found.len() > MOST_PAIRS {
                found.sort_by(|a, b| b.1.total_cmp(&a.1));
                found.truncate(MOST_PAIRS);
            }
            let claimed = |other: usize| stretch.claimed[stretch.original.start + other];
            let same_block = |other: usize| ends.admit(row, stretch.original.start + other);
            found.retain(|(other, ..)| !claimed(*other) && same_block(*other));
            pairs.push(found);
        }
        pairs
    }

    /// Rows between two markers where no row says where the piece belongs: they must replace something.
    pub(crate) fn lonely(
        &self,
        stretch: &Stretch<'_>,
        equal: &HashMap<&str, Vec<usize>>,
    ) -> Vec<bool> {
        let mut lonely = vec![false; stretch.units.len()];
        let gap = |unit: &Unit| matches!(unit, Unit::Gap { .. });
        let mut start = 0;
        for piece in stretch.units.split(gap) {
            let end = start + piece.len();
            let anchored = piece.iter().any(|unit| {
                let row = &self.sketch.rows[row_of(*unit)];
                stretch.fresh[row_of(*unit)] || !row.is_closer && equal.contains_key(row.trimmed())
            });
            let enclosed = start > 0 && end < stretch.units.len();
            if !anchored && enclosed {
                lonely[start..end].fill(true);
            }
            start = end + 1;
        }
        lonely
    }

    /// Statements over several rows that are alike as a whole though their rows are not.
    pub(crate) fn groups(&self, stretch: &Stretch<'_>) -> Vec<Vec<Group>> {
        let units = &stretch.units;
        let mut groups: Vec<Vec<Group>> = vec![Vec::new(); units.len()];
        let mut by_first: HashMap<u32, Vec<usize>> = HashMap::new();
        for (at, row) in self.original.rows[stretch.original.clone()]
            .iter()
            .enumerate()
        {
            if let Some(first) = row.tokens.first()
                && !row.is_closer
                && !stretch.claimed[stretch.original.start + at]
            {
                by_first.entry(*first).or_default().push(at);
            }
        }
        // The rows of the statement at each original row that is asked for, and what they weigh.
        let mut statements: HashMap<usize, Option<(usize, f32)>> = HashMap::new();
        let mut statement_at = |at: usize| {
            *statements.entry(at).or_insert_with(|| {
                let rows = &self.original.rows[stretch.original.start + at..stretch.original.end];
                let count = statement_rows(rows.iter())?;
                let weight = rows[..count]
                    .iter()
                    .map(|row| self.likeness.sum(&row.tokens))
                    .sum();
                Some((count, weight))
            })
        };
        for (at, unit) in units.iter().enumerate() {
            let Unit::Row(row) = *unit else { continue };
            let shown = &self.sketch.rows[row];
            if shown.is_closer || stretch.fresh[row] {
                continue;
            }
            let Some(candidates) = shown.tokens.first().and_then(|first| by_first.get(first))
            else {
                continue;
            };
            let following = units[at..].iter().map_while(|unit| match unit {
                Unit::Row(row) => Some(&self.sketch.rows[*row]),
                Unit::Gap { .. } => None,
            });
            let Some(rows) = statement_rows(following) else {
                continue;
            };
            let tokens: Vec<u32> = units[at..at + rows]
                .iter()
                .flat_map(|unit| self.sketch.rows[row_of(*unit)].tokens.iter().copied())
                .collect();
            let own = self.likeness.sum(&tokens);
            for &other in candidates.iter().take(200) {
                let Some((originals, weight)) = statement_at(other) else {
                    continue;
                };
                // The likeness cannot be more than what the lighter of the two could share.
                if 2.0 * own.min(weight) < 0.5 * (own + weight) {
                    continue;
                }
                let first = stretch.original.start + other;
                if rows == 1 && originals == 1
                    || self.original.rows[first].indent as isize
                        != shown.indent as isize + stretch.shift
                {
                    continue;
                }
                let replaced: Vec<u32> = self.original.rows[first..first + originals]
                    .iter()
                    .flat_map(|row| row.tokens.iter().copied())
                    .collect();
                let likeness = self.likeness.of(&tokens, &replaced).min(0.99);
                if likeness >= 0.5 {
                    let weight: f32 = units[at..at + rows]
                        .iter()
                        .map(|unit| self.sketch.rows[row_of(*unit)].weight())
                        .sum();
                    groups[at].push(Group {
                        at: other,
                        rows,
                        originals,
                        likeness,
                        gain: weight * (likeness - 0.4 - self.taste.caution),
                    });
                }
            }
        }
        groups
    }
}

/// A statement of several rows that can take the place of another.
#[derive(Clone, Copy)]
pub(crate) struct Group {
    pub(crate) at: usize,
    pub(crate) rows: usize,
    pub(crate) originals: usize,
    pub(crate) likeness: f32,
    pub(crate) gain: f32,
}

/// Whether a row is a whole statement and the other begins a block, of another beginning.
fn is_statement_for_block(shown: &Row<'_>, replaced: &Row<'_>) -> bool {
    let begins = |row: &Row<'_>| row.tokens.iter().take(2).copied().collect::<Vec<u32>>();
    replaced.trimmed().ends_with('{')
        && shown.trimmed().ends_with(';')
        && begins(shown) != begins(replaced)
}

/// A condition of the preprocessor: one can only become another one.
fn is_condition(row: &Row<'_>) -> bool {
    row.trimmed()
        .strip_prefix('#')
        .is_some_and(|rest| rest.trim_start().starts_with("if"))
}
