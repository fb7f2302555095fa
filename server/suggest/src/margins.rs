//! Doubts about where a sketch begins and ends: at the first or the last line of the file, or inside it.

use crate::amend::CLEARLY_ALIKE;
use crate::imports;
use crate::keys::key;
use crate::operation::Op;
use crate::pairing::last_part;
use crate::plan::{Plan, result_text};

/// Adds a doubt for each end of the sketch that may be the file's.
pub(crate) fn weigh(plan: &Plan<'_>, ops: &[Op], doubts: &mut Vec<(f32, String)>) {
    weigh_start(plan, ops, doubts);
    weigh_end(plan, ops, doubts);
    if spans_the_file(plan, ops) {
        doubts.push((0.75, "the sketch may be the whole file".to_owned()));
    }
}

/// Whether a sketch without markers begins with an import of the file and ends with the file's last line, and passes
/// over lines between.
fn spans_the_file(plan: &Plan<'_>, ops: &[Op]) -> bool {
    if plan.whole || plan.sketch.has_gap(0..plan.sketch.meanings.len()) {
        return false;
    }
    let (rows, last) = (&plan.original.rows, plan.original.len().checked_sub(1));
    let begins = ops.iter().any(|op| {
        matches!(*op, Op::Match { sketch: 0, original } if (0..=original).all(|row| plan.original_imports[row]))
    });
    let ends = ops.iter().any(|op| {
        matches!(*op, Op::Match { sketch, original }
            if Some(original) == last && sketch + 1 == plan.shown.len() && !rows[original].is_closer)
    });
    let passes = |op: &Op| matches!(*op, Op::Keep { original } if !plan.is_sticky(original));
    begins && ends && ops.iter().any(passes)
}

/// A sketch that begins with new rows and no marker may begin where the file begins.
fn weigh_start(plan: &Plan<'_>, ops: &[Op], doubts: &mut Vec<(f32, String)>) {
    if plan.whole || !matches!(ops.first(), Some(Op::Gap { sketch: None })) {
        return;
    }
    let hidden = ops[1..]
        .iter()
        .take_while(|op| matches!(op, Op::Keep { .. }))
        .count();
    let first = ops.get(hidden + 1);
    let new = match first {
        Some(Op::Insert { sketch: 0 }) => true,
        Some(Op::Replace {
            sketch: 0,
            original,
            ..
        }) => hidden <= 5 && !has_its_name(plan, *original) && !is_its_head(plan, *original),
        _ => false,
    };
    // What stands further inside than the file's first line is not its first line; a name may be among the imports.
    let first_rows = plan.shown.rows.first().zip(plan.original.rows.first());
    let inside = first_rows.is_some_and(|(shown, original)| shown.indent > original.indent);
    let listed = hidden > 0 && plan.original_imports[hidden - 1];
    let new = new && (!inside || listed);
    // Imports above the first that is shown may be those that new ones take the place of.
    let piece = ops[1 + hidden..]
        .iter()
        .take_while(|op| !matches!(op, Op::Keep { .. } | Op::Gap { .. }));
    let new_import = piece.clone().any(|op| match *op {
        Op::Insert { sketch } | Op::Replace { sketch, .. } => plan.shown_imports[sketch],
        _ => false,
    });
    // The import right above new ones may be what they take the place of, unless what it binds is still used.
    let beside = matches!(first, Some(Op::Insert { sketch: 0 }))
        && plan.shown_imports.first() == Some(&true)
        && hidden > 0
        && plan.original_imports[hidden - 1]
        && !binds_what_is_used(plan, ops, hidden - 1);
    if beside && hidden > 12 {
        doubts.push((
            0.75,
            "new imports may take the place of the one above them".to_owned(),
        ));
    }
    let new =
        new || new_import && hidden <= 12 && (0..hidden).all(|row| plan.original_imports[row]);
    // An import takes the place of an import only.
    let import = plan.shown_imports.first() == Some(&true);
    let alike = !import || (0..hidden).any(|row| plan.original_imports[row]);
    // What begins with a line of the file, or with a new form of one, begins there.
    let known = match first {
        Some(Op::Match { .. }) => true,
        Some(&Op::Replace {
            sketch,
            original,
            likeness,
        }) => {
            let (new, old) = (
                plan.shown.rows[sketch].text,
                plan.original.rows[original].text,
            );
            likeness >= CLEARLY_ALIKE
                || imports::module(new).is_some_and(|module| imports::module(old) == Some(module))
        }
        _ => false,
    };
    // Nobody means a function or type to take the place of imports.
    let begins_part = matches!(first, Some(Op::Insert { sketch: 0 }))
        && plan.fresh[0]
        && (0..hidden).any(|row| plan.original_imports[row]);
    if new && alike && !begins_part && (1..=12).contains(&hidden) {
        doubts.push((
            if known { 0.85 } else { 0.7 },
            "the sketch may begin at the first line of the file".to_owned(),
        ));
    }
}

/// Whether a row of the original is an import whose every name the result uses.
fn binds_what_is_used(plan: &Plan<'_>, ops: &[Op], original: usize) -> bool {
    let names = imports::bound_names(plan.original.rows[original].text);
    let used = |name: &&str| {
        let mut texts = ops.iter().filter_map(|op| result_text(plan, op));
        texts.any(|text| !imports::is_import(text) && imports::refers(text, name))
    };
    !names.is_empty() && names.iter().all(used)
}

/// Whether the sketch's first line gives a value to the name that a row of the original, and no other, gives one to.
fn has_its_name(plan: &Plan<'_>, original: usize) -> bool {
    let name = key(plan.shown.rows[0].text);
    let mut rows = plan.original.rows.iter().enumerate();
    name.is_some() && rows.all(|(at, row)| (key(row.text) == name) == (at == original))
}

/// Whether the sketch's first line has the name of the part of the original that begins at a row.
fn is_its_head(plan: &Plan<'_>, original: usize) -> bool {
    plan.part_at(original)
        .is_some_and(|(_, part)| imports::uses(plan.shown.rows[0].text, last_part(&part.name)))
}

/// A sketch with markers that ends with new rows and none behind them may end where the file ends.
fn weigh_end(plan: &Plan<'_>, ops: &[Op], doubts: &mut Vec<(f32, String)>) {
    if plan.whole || !plan.sketch.has_gap(0..plan.sketch.meanings.len()) {
        return;
    }
    let hidden = ops
        .iter()
        .rev()
        .take_while(|op| matches!(op, Op::Keep { .. } | Op::Gap { sketch: None }))
        .collect::<Vec<_>>();
    let rows = hidden
        .iter()
        .filter(|op| matches!(op, Op::Keep { .. }))
        .count();
    let last = ops.len() - hidden.len();
    let new = last > 0 && matches!(ops[last - 1], Op::Insert { .. });
    if new && (1..=5).contains(&rows) {
        doubts.push((
            0.75,
            "the sketch may end at the last line of the file".to_owned(),
        ));
    }
}
