//! Why a merge may be wrong.

use std::collections::HashSet;

use crate::operation::Op;
use crate::outline::Kind;
use crate::piece::{narrowed, pieces, weigh_piece};
use crate::plan::Plan;
use crate::strays;
use crate::words::Request;
use crate::{margins, passed};

/// How likely a merge is right that does not do what it was told to: 1 of 105 held-out ones was.
pub(crate) const NOT_DONE: f32 = 0.25;

/// What makes the text of all blocks together doubtful.
pub(crate) fn of_the_whole(text: &str, original: &str, request: &Request) -> Vec<(f32, String)> {
    let mut doubts = Vec::new();
    if let Some(code) = stays_against_orders(text, original, request) {
        let doubt = format!("{code} stays, though the words tell to take it out");
        doubts.push((NOT_DONE, doubt));
    }
    if text == original {
        doubts.push((NOT_DONE, "nothing changes".to_owned()));
    }
    doubts
}

/// Adds what makes this result of a sketch doubtful to the plan's doubts.
pub(crate) fn weigh(plan: &mut Plan<'_>, ops: &[Op]) {
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
    strays::weigh(plan, ops, &mut doubts);
    if replaces_without_context(plan, ops) {
        doubts.push((
            0.7,
            "the sketch shows nothing of the file but what changes".to_owned(),
        ));
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
    passed::weigh(plan, ops, &mut doubts);
    margins::weigh(plan, ops, &mut doubts);
    likely_renames(plan, &mut doubts);
    weigh_blank_lines(plan, ops, &mut doubts);
    if !plan.whole {
        for piece in pieces(ops) {
            weigh_piece(plan, &narrowed(plan, piece), &mut doubts);
        }
    }
    plan.doubts.extend(doubts);
}

/// Code that the words tell to take out and that the result has as often as the file.
fn stays_against_orders<'r>(text: &str, original: &str, request: &'r Request) -> Option<&'r str> {
    let mut ordered = request.ordered_out().into_iter();
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

fn words(text: &str) -> HashSet<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .collect()
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
