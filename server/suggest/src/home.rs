//! The part of the file that a block is for, where the words before it say so: "And in `parse`:".

use std::ops::Range;

use crate::imports;
use crate::marker::Meaning;
use crate::outline::Kind;
use crate::plan::Plan;

/// The rows of that part, if the block does not show it by name and fits there; else all rows.
pub(crate) fn rows(plan: &Plan<'_>) -> Range<usize> {
    let all = 0..plan.original.len();
    let symbols = &plan.original_outline.symbols;
    let named = plan.request.home().map(|name| {
        let is_meant = |index: &usize| {
            symbols[*index].kind != Kind::Value && imports::uses(&symbols[*index].name, name)
        };
        (0..symbols.len()).filter(is_meant).collect::<Vec<usize>>()
    });
    let Some([symbol]) = named.as_deref() else {
        return all;
    };
    let home = plan.original_rows(*symbol);
    let shows_more = plan.pairing.pairs.iter().any(|pair| {
        let rows = plan.original_rows(pair.original);
        rows.start <= home.start || rows.end > home.end
    });
    let stands = |rows: Range<usize>, text: &str| {
        let mut rows = plan.original.rows[rows].iter();
        rows.any(|row| row.trimmed() == text)
    };
    let code = (0..plan.shown.len())
        .filter(|row| *plan.meaning(*row) == Meaning::Code && !plan.shown.rows[*row].is_closer);
    let known: Vec<&str> = code
        .map(|row| plan.shown.rows[row].trimmed())
        .filter(|text| stands(all.clone(), text))
        .collect();
    let there = known.iter().filter(|text| stands(home.clone(), text));
    // Another block may have brought some of them elsewhere.
    let fits = there.count() * 2 >= known.len();
    if shows_more || !fits { all } else { home }
}
