//! How many blank lines a file has before its functions and types.

use std::collections::HashMap;

use crate::language::Language;
use crate::outline::Kind;
use crate::plan::Plan;

/// For each indentation, the usual number of blank lines before a function or type that is not the first in its block.
pub(crate) struct Habits {
    blanks: HashMap<usize, usize>,
}

impl Habits {
    pub(crate) fn new(plan: &Plan<'_>) -> Self {
        let mut counts: HashMap<usize, HashMap<usize, usize>> = HashMap::new();
        for (index, symbol) in plan.original_outline.symbols.iter().enumerate() {
            let row = plan.original_rows(index).start;
            let several = symbol.end - symbol.head > 1 && symbol.kind != Kind::Value;
            let sibling_before = plan.original_outline.symbols[..index].iter().any(|other| {
                other.parent == symbol.parent
                    && other.end - other.head > 1
                    && other.kind != Kind::Value
            });
            if several && sibling_before && row < plan.original.len() {
                let indent = plan.original.rows[row].indent;
                *counts
                    .entry(indent)
                    .or_default()
                    .entry(plan.original.blanks_before(row).len())
                    .or_default() += 1;
            }
        }
        let blanks = counts
            .into_iter()
            .filter_map(|(indent, counts)| {
                Some((
                    indent,
                    counts
                        .into_iter()
                        .max_by_key(|(blanks, count)| (*count, *blanks))?
                        .0,
                ))
            })
            .collect();
        Self { blanks }
    }

    /// The usual number before a part on a new row's column; where the file has no two parts to tell, what everybody
    /// does in its language.
    pub(crate) fn before(&self, plan: &Plan<'_>, row: usize) -> Option<usize> {
        if plan.shown_outline.symbols.is_empty() {
            return None;
        }
        let indent = plan.shown.rows[row].indent as isize + plan.shifts[row];
        let custom = (plan.language == Some(Language::Python) && indent == 0).then_some(2);
        self.blanks
            .get(&usize::try_from(indent).ok()?)
            .copied()
            .or(custom)
    }
}
