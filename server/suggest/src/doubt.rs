//! Why a merge may be wrong.

use std::collections::HashSet;

use crate::align::Op;
use crate::amend::CLEARLY_ALIKE;
use crate::imports;
use crate::keys::key;
use crate::outline::Kind;
use crate::piece::{narrowed, pieces, weigh_piece};
use crate::plan::Plan;
use crate::strays;

/// Adds what makes this result doubtful to the plan's doubts.
pub(crate) fn weigh(plan: &mut Plan<'_>, ops: &[Op], text: &str, original: &str) {
    let mut doubts: Vec<(f32, String)> = Vec::new();
    for pair in &plan.pairing.pairs {
        if pair.doubtful {
            let name = &plan.shown_outline.symbols[pair.sketch].name;
            doubts.push((
                0.5,
                format!("the file has several {name} that the sketch could mean"),
            ));
        }
    }
    for pair in plan.pairing.pairs.iter().filter(|pair| pair.renamed) {
        let name = &plan.original_outline.symbols[pair.original].name;
        if !plan.request.names(crate::pairing::last_part(name)) {
            doubts.push((0.85, format!("{name} is taken to be renamed")));
        }
    }
    if let Some(line) = plan.sketch.cut_short.first() {
        doubts.push((
            0.6,
            format!("the file does not tell what is left out in: {line}"),
        ));
    }
    if let Some(code) = stays_against_orders(plan, text, original) {
        doubts.push((
            0.7,
            format!("{code} stays, though the words tell to take it out"),
        ));
    }
    strays::weigh(plan, ops, &mut doubts);
    if replaces_without_context(plan, ops) {
        doubts.push((
            0.7,
            "the sketch shows nothing of the file but what changes".to_owned(),
        ));
    }
    if has_empty_marker_beside_deletion(plan, ops) {
        doubts.push((
            0.7,
            "lines go beside a marker that stands for none".to_owned(),
        ));
    }
    if jumps_inside_a_block(plan, ops) {
        doubts.push((
            0.7,
            "lines of one block of the sketch stand far apart in the file".to_owned(),
        ));
    }
    if text == original {
        doubts.push((0.5, "nothing changes".to_owned()));
    }
    if plan.keeps_attributes() {
        doubts.push((
            0.78,
            "attributes stay that the sketch does not show".to_owned(),
        ));
    }
    if plan.has_detached() {
        doubts.push((
            0.7,
            "the sketch shows parts in another order than the file".to_owned(),
        ));
    }
    if plan.hides_parts_at_edge(ops) {
        doubts.push((
            0.82,
            "a part at the edge of a class is neither shown nor marked".to_owned(),
        ));
    }
    if plan
        .pairing
        .pairs
        .iter()
        .any(|pair| plan.is_shown_in_part(*pair))
    {
        doubts.push((
            0.75,
            "a section is shown in part and without a marker".to_owned(),
        ));
    }
    if keeps_between_neighbours(plan, ops) {
        doubts.push((
            0.77,
            "lines stay between two that are shown side by side".to_owned(),
        ));
    }
    weigh_start(plan, ops, &mut doubts);
    weigh_end(plan, ops, &mut doubts);
    likely_renames(plan, &mut doubts);
    weigh_blank_lines(plan, ops, &mut doubts);
    if !plan.whole {
        for piece in pieces(ops) {
            weigh_piece(plan, &narrowed(plan, piece), &mut doubts);
        }
    }
    plan.doubts.extend(doubts);
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

/// Code that the words tell to take out and that the result has as often as the file.
fn stays_against_orders<'p>(plan: &Plan<'p>, text: &str, original: &str) -> Option<&'p str> {
    let mut ordered = plan.request.ordered_out().into_iter();
    ordered.find(|code| {
        let count = original.matches(code).count();
        code.len() >= 3 && count > 0 && text.matches(code).count() >= count
    })
}

/// Whether a row is replaced by likeness alone, where no row of the sketch is in the file, no name and no marker, and
/// another row of the file is about as like.
fn replaces_without_context(plan: &Plan<'_>, ops: &[Op]) -> bool {
    let known = |op: &Op| matches!(op, Op::Match { .. } | Op::Gap { sketch: Some(_) });
    if !plan.pairing.pairs.is_empty() || ops.iter().any(known) {
        return false;
    }
    ops.iter().any(|op| match *op {
        Op::Replace {
            sketch, original, ..
        } => {
            // Names that change are alike to the alignment; here they are not.
            let words = words(plan.shown.rows[sketch].text);
            let like = |row: usize| {
                words
                    .intersection(&self::words(plan.original.rows[row].text))
                    .count()
            };
            // Where its indentation is the file's, it tells rows apart, too.
            let indent = |row: usize| plan.original.rows[row].indent;
            let indented = plan.shown.rows[sketch].indent == indent(original);
            let rival = |row: usize| {
                row != original
                    && (!indented || indent(row) == indent(original))
                    && like(row) * 10 + words.len() >= like(original) * 10
            };
            (0..plan.original.len()).any(rival)
        }
        _ => false,
    })
}

fn deleted(op: &Op) -> Option<usize> {
    match *op {
        Op::Delete { original } => Some(original),
        _ => None,
    }
}

fn words(text: &str) -> HashSet<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .collect()
}

/// Whether a marker stands for no row while rows beside it go: those may be what it stands for. Functions and types that
/// go whole do so by their names.
fn has_empty_marker_beside_deletion(plan: &Plan<'_>, ops: &[Op]) -> bool {
    let is_hidden = |op: &Op| matches!(op, Op::Gap { .. } | Op::Keep { .. });
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
        let empty = !runs[1].iter().any(|op| matches!(op, Op::Keep { .. }));
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

/// Whether lines stay though a sketch that has markers shows none in their place.
fn keeps_between_neighbours(plan: &Plan<'_>, ops: &[Op]) -> bool {
    if plan.whole || !plan.sketch.has_gap(0..plan.sketch.meanings.len()) {
        return false;
    }
    let hidden = |op: &&Op| matches!(op, Op::Keep { .. } | Op::Gap { .. });
    let mut at = ops.iter().take_while(hidden).count();
    while at < ops.len() {
        let run = &ops[at..at + ops[at..].iter().take_while(hidden).count()];
        at += run.len();
        if at == ops.len() {
            break;
        }
        let parts = between_parts(plan, &ops[at]);
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
        }) => hidden <= 5 && !has_its_name(plan, *original),
        _ => false,
    };
    // Imports above the first that is shown may be those that new ones take the place of.
    let piece = ops[1 + hidden..]
        .iter()
        .take_while(|op| !matches!(op, Op::Keep { .. } | Op::Gap { .. }));
    let new_import = piece.clone().any(|op| match *op {
        Op::Insert { sketch } | Op::Replace { sketch, .. } => plan.shown_imports[sketch],
        _ => false,
    });
    // The import right above new ones may be what they take the place of.
    let beside = matches!(first, Some(Op::Insert { sketch: 0 }))
        && plan.shown_imports.first() == Some(&true)
        && hidden > 0
        && plan.original_imports[hidden - 1];
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
    if new && alike && (1..=12).contains(&hidden) {
        doubts.push((
            if known { 0.85 } else { 0.7 },
            "the sketch may begin at the first line of the file".to_owned(),
        ));
    }
}

/// Whether the sketch's first line gives a value to the name that a row of the original, and no other, gives one to.
fn has_its_name(plan: &Plan<'_>, original: usize) -> bool {
    let name = key(plan.shown.rows[0].text);
    let mut rows = plan.original.rows.iter().enumerate();
    name.is_some() && rows.all(|(at, row)| (key(row.text) == name) == (at == original))
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

/// A new symbol much like one that the sketch does not show may be its new form; the words can say that it is new.
fn likely_renames(plan: &Plan<'_>, doubts: &mut Vec<(f32, String)>) {
    if plan.request.has_any(&[
        "add",
        "adds",
        "added",
        "adding",
        "new",
        "another",
        "cover",
        "covers",
        "test",
        "tests",
        "introduce",
        "introduces",
        "introduced",
        "create",
        "write",
    ]) {
        return;
    }
    for &index in &plan.pairing.fresh {
        let fresh = &plan.shown_outline.symbols[index];
        let rows = plan.shown_rows(index);
        let alike = plan
            .original_outline
            .symbols
            .iter()
            .enumerate()
            .any(|(other, symbol)| {
                let paired = plan.pairing.pairs.iter().any(|pair| pair.original == other);
                if paired
                    || symbol.kind != fresh.kind
                    || symbol.kind == Kind::Value
                    || symbol.end - symbol.head < 2
                {
                    return false;
                }
                let known: HashSet<&str> = plan.original.rows[plan.original_rows(other)]
                    .iter()
                    .filter(|row| !row.is_closer)
                    .map(|row| row.trimmed())
                    .collect();
                let informative: Vec<&str> = plan.shown.rows[rows.clone()]
                    .iter()
                    .filter(|row| !row.is_closer)
                    .map(|row| row.trimmed())
                    .collect();
                informative
                    .iter()
                    .filter(|row| known.contains(*row))
                    .count()
                    * 2
                    >= informative.len()
            });
        if alike {
            doubts.push((
                0.82,
                format!(
                    "{} is much like a part of the file that is not shown",
                    fresh.name
                ),
            ));
        }
    }
}

/// Between two parts of the file the sketch shows fewer blank lines than the file, as it does everywhere.
fn weigh_blank_lines(plan: &Plan<'_>, ops: &[Op], doubts: &mut Vec<(f32, String)>) {
    let sparse = (0..plan.shown.len()).all(|row| plan.shown.blanks_before(row).len() < 2);
    let fewer = ops.windows(2).any(|ops| match *ops {
        [
            Op::Match { sketch: before, .. },
            Op::Match { sketch, original },
        ] => {
            sketch == before + 1
                && plan.original.blanks_before(original).len() >= 2
                && plan.shown.blanks_before(sketch).len() == 1
        }
        _ => false,
    });
    if sparse && fewer {
        doubts.push((
            0.75,
            "the sketch shows fewer blank lines than the file".to_owned(),
        ));
    }
}
