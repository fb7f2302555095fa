//! The class of a new method that the sketch shows without one.

use std::ops::Range;

use crate::language::Language;
use crate::outline::{Kind, Symbol};
use crate::plan::Plan;

/// Whether new rows stand in the sketch right behind a method that ends right before a row of the file: they are of the
/// same class.
pub(crate) fn follows_method(plan: &Plan<'_>, inserted: &[usize], first: usize) -> bool {
    let Some(&new) = inserted.first() else {
        return false;
    };
    plan.pairing.pairs.iter().any(|pair| {
        let shown = &plan.shown_outline.symbols[pair.sketch];
        let original = &plan.original_outline.symbols[pair.original];
        let rows = plan.shown_rows(pair.sketch);
        let column = |row: usize| plan.shown.rows[row].indent;
        shown.parent.is_none()
            && original.parent.is_some()
            && original.kind == Kind::Function
            && plan.original_rows(pair.original).end == first
            && rows.end == new
            && column(rows.start) == column(new)
    })
}

/// The row at the end of the only class of the file, and the column of its methods, if the new rows are methods and the
/// class lies inside the window.
pub(crate) fn only_class(
    plan: &Plan<'_>,
    inserted: &[usize],
    window: &Range<usize>,
) -> Option<(usize, usize)> {
    let mut new = plan
        .pairing
        .fresh
        .iter()
        .filter(|index| inserted.contains(&plan.shown_rows(**index).start))
        .peekable();
    new.peek()?;
    if !new.all(|index| is_method(plan, &plan.shown_outline.symbols[*index])) {
        return None;
    }
    let symbols = &plan.original_outline.symbols;
    let is_class = |index: &usize| {
        let symbol = &symbols[*index];
        match plan.language {
            Some(Language::Rust) => {
                symbol.kind == Kind::Implementation && symbol.signature.is_empty()
            }
            _ => symbol.kind == Kind::Type && symbol.parent.is_none(),
        }
    };
    let classes: Vec<usize> = (0..symbols.len()).filter(is_class).collect();
    let [class] = classes.as_slice() else {
        return None;
    };
    let rows = plan.original_rows(*class);
    if rows.start < window.start || rows.end > window.end {
        return None;
    }
    let methods = plan
        .original_outline
        .children(Some(*class))
        .map(|child| &symbols[child]);
    let method = methods
        .filter(|child| child.kind == Kind::Function)
        .last()?;
    let column = plan.original.rows[plan.original.row_at_line(method.head)].indent;
    let closes = plan.original.rows[rows.end - 1].closes();
    Some((rows.end - usize::from(closes), column))
}

/// Whether a function that stands by itself can only be a method.
fn is_method(plan: &Plan<'_>, symbol: &Symbol) -> bool {
    let receives = |names: &[&str]| {
        names
            .iter()
            .any(|name| symbol.signature.starts_with(&format!("({name}")))
    };
    symbol.kind == Kind::Function
        && symbol.parent.is_none()
        && match plan.language {
            Some(Language::Java) => true,
            Some(Language::Python) => receives(&["self,", "self)", "cls,", "cls)"]),
            Some(Language::Rust) => receives(&["self", "&self", "&mutself", "mutself"]),
            _ => false,
        }
}
