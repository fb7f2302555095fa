//! Doubts about the rows that a sketch passes over: whether a marker stands for them, and whether they stay.

use std::collections::HashSet;

use crate::comment::is_comment;
use crate::operation::Op;
use crate::outline::Kind;
use crate::plan::Plan;
use crate::readings::MOST_BETWEEN;

/// Likeness up to which a line is not seen to be the new form of another.
const HARDLY_ALIKE: f32 = 0.7;

/// Adds a doubt where markers, or rows without one, are read in a way that may not be meant.
pub(crate) fn weigh(plan: &Plan<'_>, ops: &[Op], doubts: &mut Vec<(f32, String)>) {
    let mut add = |factor: f32, doubt: &str| doubts.push((factor, doubt.to_owned()));
    if has_empty_marker_beside_deletion(plan, ops) {
        add(0.7, "lines go beside a marker that stands for none");
    }
    if jumps_inside_a_block(plan, ops) {
        add(
            0.7,
            "lines of one block of the sketch stand far apart in the file",
        );
    }
    if replaces_beside_marker(plan, ops) {
        add(
            0.79,
            "a condition goes for one hardly like it beside a marker",
        );
    }
    if keeps_between_neighbours(plan, ops) {
        add(0.77, "lines stay between two that are shown side by side");
    }
    if passes_over_code_at_imports(plan, ops) {
        add(
            0.75,
            "other lines stay among imports that are shown without them",
        );
    }
}

/// Whether a marker stands for no row while rows beside it go: those may be what it stands for. Functions and types that
/// go whole do so by their names.
fn has_empty_marker_beside_deletion(plan: &Plan<'_>, ops: &[Op]) -> bool {
    let is_hidden = |op: &Op| plan.is_hidden(op);
    let gone: HashSet<usize> = ops.iter().filter_map(deleted).collect();
    let goes_whole = |row: usize| {
        (0..plan.original_outline.symbols.len()).any(|symbol| {
            let mut rows = plan.original_rows(symbol);
            rows.contains(&row) && rows.all(|row| gone.contains(&row))
        })
    };
    let deletes = |run: &[Op]| run.iter().filter_map(deleted).any(|row| !goes_whole(row));
    let runs: Vec<&[Op]> = ops.chunk_by(|a, b| is_hidden(a) == is_hidden(b)).collect();
    runs.windows(3).any(|runs| {
        let marked = runs[1]
            .iter()
            .any(|op| matches!(op, Op::Gap { sketch: Some(_) }));
        let empty = runs[1].iter().all(|op| matches!(op, Op::Gap { .. }));
        marked && empty && (deletes(runs[0]) || deletes(runs[2]))
    })
}

/// Whether a sketch without markers passes over lines of the file at a row that is indented, so that it belongs to the
/// rows above it. Where the structure is known it decides.
fn jumps_inside_a_block(plan: &Plan<'_>, ops: &[Op]) -> bool {
    if plan.whole || plan.sketch.has_gap(0..plan.sketch.meanings.len()) {
        return false;
    }
    let margin = plan.shown.rows.iter().map(|row| row.indent).min();
    let mut passed = false;
    for op in ops {
        match *op {
            Op::Keep { original } => passed |= !plan.is_sticky(original),
            Op::Gap { .. } | Op::Delete { .. } => {}
            Op::Match { sketch, .. } | Op::Replace { sketch, .. } | Op::Insert { sketch } => {
                let inside = sketch > 0 && Some(plan.shown.rows[sketch].indent) > margin;
                let held = plan
                    .pairing
                    .pairs
                    .iter()
                    .any(|pair| plan.shown_rows(pair.sketch).contains(&sketch));
                if passed && inside && !held && !plan.shown.rows[sketch].is_closer {
                    return true;
                }
                passed = false;
            }
        }
    }
    false
}

/// Whether a statement that leaves on a condition, right above a marker, takes the place of one with hardly the same
/// condition: the marker could stand for that one, too.
fn replaces_beside_marker(plan: &Plan<'_>, ops: &[Op]) -> bool {
    let leaves = |text: &str| text.starts_with("if") && !text.ends_with(['{', ':', '(', ',']);
    ops.windows(2).any(|ops| match *ops {
        [
            Op::Replace {
                sketch,
                original,
                likeness,
            },
            Op::Gap { sketch: Some(_) },
        ] => {
            likeness < HARDLY_ALIKE
                && leaves(plan.shown.rows[sketch].trimmed())
                && leaves(plan.original.rows[original].trimmed())
        }
        _ => false,
    })
}

/// Whether lines stay though a sketch that has markers shows none in their place.
fn keeps_between_neighbours(plan: &Plan<'_>, ops: &[Op]) -> bool {
    if plan.whole || !plan.sketch.has_gap(0..plan.sketch.meanings.len()) {
        return false;
    }
    let hidden = |op: &&Op| plan.is_hidden(op);
    let mut at = ops.iter().take_while(hidden).count();
    while at < ops.len() {
        let run = &ops[at..at + ops[at..].iter().take_while(hidden).count()];
        at += run.len();
        if at == ops.len() {
            break;
        }
        let parts = between_parts(plan, &ops[at])
            || run.len() > MOST_BETWEEN && behind_imports(plan, &ops[at]);
        let marked = parts
            || run
                .iter()
                .any(|op| matches!(op, Op::Gap { sketch: Some(_) }));
        let stay = run
            .iter()
            .any(|op| matches!(*op, Op::Keep { original } if !plan.is_sticky(original)));
        if stay && !marked {
            return true;
        }
        at += ops[at..].iter().take_while(|op| !hidden(op)).count();
    }
    false
}

/// Whether a sketch without markers shows an import of the file below another line of the file, and passes over code
/// between them that is no import.
fn passes_over_code_at_imports(plan: &Plan<'_>, ops: &[Op]) -> bool {
    if plan.whole || plan.sketch.has_gap(0..plan.sketch.meanings.len()) {
        return false;
    }
    let mut passed = None;
    for op in ops {
        match *op {
            Op::Keep { original } => {
                let code =
                    !plan.original_imports[original] && !is_comment(&plan.original.rows[original]);
                passed = passed.map(|passed| passed || code);
            }
            Op::Match { original, .. } => {
                if passed == Some(true) && plan.original_imports[original] {
                    return true;
                }
                passed = Some(false);
            }
            Op::Replace { .. } | Op::Insert { .. } | Op::Delete { .. } | Op::Gap { .. } => {}
        }
    }
    false
}

/// Whether a row begins a function or type that the file has, set off by a blank line from another one or from the head
/// of their class: what lies between is other parts, which nobody lists.
fn between_parts(plan: &Plan<'_>, op: &Op) -> bool {
    let Op::Match { sketch, .. } = *op else {
        return false;
    };
    if sketch == 0 || plan.shown.blanks_before(sketch).is_empty() {
        return false;
    }
    let part = |pair: &&crate::pairing::Pair| {
        plan.shown_outline.symbols[pair.sketch].kind != Kind::Value && !pair.renamed
    };
    let begins = |row: usize| {
        let mut pairs = plan.pairing.pairs.iter().filter(part);
        pairs.any(|pair| plan.shown_rows(pair.sketch).start == row)
    };
    let ends = |row: usize| {
        let mut pairs = plan.pairing.pairs.iter().filter(part);
        pairs.any(|pair| plan.shown_rows(pair.sketch).end == row + 1)
    };
    let heads = |row: usize| {
        let mut pairs = plan.pairing.pairs.iter().filter(part);
        pairs.any(|pair| {
            let symbol = &plan.shown_outline.symbols[pair.sketch];
            symbol.kind == Kind::Type && plan.shown.row_at_line(symbol.head) == row
        })
    };
    begins(sketch) && (ends(sketch - 1) || heads(sketch - 1))
}

fn deleted(op: &Op) -> Option<usize> {
    match *op {
        Op::Delete { original } => Some(original),
        _ => None,
    }
}

/// Whether a row begins a function or type that the file has, set off by a blank line from imports.
fn behind_imports(plan: &Plan<'_>, op: &Op) -> bool {
    let Op::Match { sketch, .. } = *op else {
        return false;
    };
    let mut pairs = plan.pairing.pairs.iter();
    sketch > 0
        && plan.shown_imports[sketch - 1]
        && !plan.shown.blanks_before(sketch).is_empty()
        && pairs.any(|pair| !pair.renamed && plan.shown_rows(pair.sketch).start == sketch)
}
