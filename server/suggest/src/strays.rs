//! Doubts about lines that stand where a programmer would not put them, or went where nobody said so.

use std::collections::HashMap;

use crate::comment::is_comment;
use crate::doubt::NOT_DONE;
use crate::operation::{Op, original_of};
use crate::order;
use crate::outline::Kind;
use crate::pairing::last_part;
use crate::plan::Plan;
use crate::rows::Row;

/// Adds a doubt for each sort of stray line.
pub(crate) fn weigh(plan: &Plan<'_>, ops: &[Op], doubts: &mut Vec<(f32, String)>) {
    let mut add = |factor: f32, doubt: String| doubts.push((factor, doubt));
    if hangs_loose(plan, ops) {
        add(
            0.6,
            "a new line cannot follow on the line above it".to_owned(),
        );
    }
    if let Some(line) = repeated(plan, ops) {
        add(
            0.7,
            format!("a line that the file has once stands there twice: {line}"),
        );
    }
    if let Some(name) = swallowed(plan, ops) {
        add(
            0.7,
            format!("the head of {name} becomes that of something else"),
        );
    }
    if opens_a_comment(plan, ops) {
        add(0.5, "a new comment does not end".to_owned());
    }
    if let Some(words) = ignored_order(plan, ops) {
        add(
            NOT_DONE,
            format!("nothing goes where the sketch says: {words}"),
        );
    }
}

/// The row that an operation leaves in the text, and its column.
fn result<'p>(plan: &'p Plan<'_>, op: &Op) -> Option<(&'p Row<'p>, isize)> {
    match *op {
        Op::Keep { original } => {
            let row = &plan.original.rows[original];
            Some((row, row.indent as isize))
        }
        Op::Match { sketch, .. } | Op::Insert { sketch } | Op::Replace { sketch, .. } => {
            let row = &plan.shown.rows[sketch];
            Some((row, row.indent as isize + plan.shifts[sketch]))
        }
        Op::Delete { .. } | Op::Gap { .. } => None,
    }
}

/// Whether a new line stands further inside than a bracket that closes right above it.
fn hangs_loose(plan: &Plan<'_>, ops: &[Op]) -> bool {
    let mut above: Option<(&Row<'_>, isize, bool)> = None;
    for op in ops {
        let Some((row, column)) = result(plan, op) else {
            continue;
        };
        let new = matches!(op, Op::Insert { sketch } if !plan.fresh[*sketch]);
        if let Some((above, outer, false)) = above
            && new
            && above.is_closer
            && above.closes()
            && !above.trimmed().ends_with(['{', '(', '[', ':'])
            && column > outer
            && !row
                .trimmed()
                .starts_with(['.', '?', ':', '+', '|', '&', '/', '*', '#'])
        {
            return true;
        }
        above = Some((row, column, new));
    }
    false
}

/// A new line equal to one that stays, which the file has once and the sketch shows once, in the same function or
/// outside of all.
fn repeated<'p>(plan: &'p Plan<'_>, ops: &[Op]) -> Option<&'p str> {
    let counted = |rows: &'p [Row<'_>]| {
        let mut counts: HashMap<&str, (usize, usize)> = HashMap::new();
        for (at, row) in rows.iter().enumerate() {
            counts.entry(row.trimmed()).or_insert((0, at)).0 += 1;
        }
        counts
    };
    let (shown, known) = (counted(&plan.shown.rows), counted(&plan.original.rows));
    let stays: std::collections::HashSet<usize> = ops
        .iter()
        .filter_map(|op| match *op {
            Op::Keep { original } => Some(original),
            _ => None,
        })
        .collect();
    let mut last = 0;
    for op in ops {
        last = original_of(op).unwrap_or(last);
        let Op::Insert { sketch } = *op else { continue };
        let row = &plan.shown.rows[sketch];
        let text = row.trimmed();
        let Some(&(1, original)) = known.get(text) else {
            continue;
        };
        if !plan.fresh[sketch]
            && !is_comment(row)
            && text.len() >= 12
            && row.tokens.len() >= 3
            && shown.get(text).is_some_and(|(count, _)| *count == 1)
            && stays.contains(&original)
            && innermost(plan, original) == innermost(plan, last)
        {
            return Some(text);
        }
    }
    None
}

/// The function or type of the original that holds a row most closely.
fn innermost(plan: &Plan<'_>, row: usize) -> Option<usize> {
    let symbols = plan.original_outline.symbols.iter().enumerate();
    let around = symbols.filter(|(index, symbol)| {
        symbol.kind != Kind::Value && plan.original_rows(*index).contains(&row)
    });
    around.map(|(index, _)| index).next_back()
}

/// A function or type of the original whose head is replaced by a line that does not have its name, though no words
/// speak of it.
fn swallowed<'p>(plan: &'p Plan<'_>, ops: &[Op]) -> Option<&'p str> {
    ops.iter().find_map(|op| {
        let Op::Replace {
            sketch, original, ..
        } = *op
        else {
            return None;
        };
        let (index, part) = plan.part_at(original)?;
        let name = last_part(&part.name);
        let several = part.end - part.head > 1 || part.kind == Kind::Function;
        let paired = plan.pairing.pairs.iter().any(|pair| pair.original == index);
        let gone = several
            && !paired
            && !plan.replaced.contains(&index)
            && !plan.shown.rows[sketch].text.contains(name)
            && !plan.request.names(name);
        gone.then_some(name)
    })
}

/// Whether new lines open a comment of several lines and do not close it, and what follows is none of its lines.
fn opens_a_comment(plan: &Plan<'_>, ops: &[Op]) -> bool {
    let mut open = false;
    for op in ops {
        match *op {
            Op::Insert { sketch } => {
                let text = plan.shown.rows[sketch].trimmed();
                open = (open || text.starts_with("/*")) && !text.contains("*/");
            }
            Op::Gap { sketch: Some(_) } if open => return true,
            _ => {
                let follows = result(plan, op).map(|(row, _)| row.trimmed());
                if open && follows.is_some_and(|text| !text.starts_with('*')) {
                    return true;
                }
                open &= follows.is_none();
            }
        }
    }
    open
}

/// The words of a comment that tells what goes, where nothing goes that has a name of the comment's.
fn ignored_order<'p>(plan: &'p Plan<'_>, ops: &[Op]) -> Option<&'p str> {
    let gone: Vec<&str> = ops
        .iter()
        .filter_map(|op| match *op {
            Op::Delete { original } | Op::Replace { original, .. } => {
                Some(plan.original.rows[original].text)
            }
            _ => None,
        })
        .collect();
    plan.sketch
        .meanings
        .iter()
        .flat_map(order::words)
        .find(|words| {
            let mut names = gone
                .iter()
                .flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'))
                .filter(|name| name.len() >= 3);
            !names.any(|name| order::names(words, name))
        })
}
