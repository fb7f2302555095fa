//! What is left of a statement of several rows when the sketch shows it on fewer: it is no part of what a marker hides.

use crate::align::Op;
use crate::plan::Plan;

/// Takes out the hidden rows right behind changed ones that end a statement which those end already:
///
/// ```text
/// on(error, [&](auto &) {        on(error, fail);
///     count += 1;
/// });                            // ... the rest ...
/// ```
pub(crate) fn drop(plan: &Plan<'_>, ops: &mut [Op]) {
    let is_hidden = |op: &Op| matches!(op, Op::Keep { .. } | Op::Gap { .. });
    let mut at = 0;
    while at < ops.len() {
        let run = ops[at..].iter().take_while(|op| !is_hidden(op)).count();
        let hidden = ops[at + run..].iter().take_while(|op| is_hidden(op));
        let hidden = at + run..at + run + hidden.count();
        let (old, new) = depths(plan, &ops[at..hidden.start]);
        let changes = run > 0 && matches!(ops[hidden.start - 1], Op::Replace { .. });
        if changes && new <= 0 && old > new {
            let rows: Vec<usize> = hidden
                .clone()
                .filter(|at| matches!(ops[*at], Op::Keep { .. }))
                .collect();
            let end = end_of(plan, ops, &rows, old - new);
            for &gone in &rows[..end] {
                if let Op::Keep { original } = ops[gone] {
                    ops[gone] = Op::Delete { original };
                }
            }
        }
        at = hidden.end.max(at + 1);
    }
}

/// How many brackets more are opened than closed: by the file's rows of a run, and by the sketch's.
fn depths(plan: &Plan<'_>, run: &[Op]) -> (i32, i32) {
    let (mut old, mut new) = (0, 0);
    for op in run {
        match *op {
            Op::Replace {
                sketch, original, ..
            }
            | Op::Match { sketch, original } => {
                new += depth(plan.shown.rows[sketch].text);
                old += depth(plan.original.rows[original].text);
            }
            Op::Insert { sketch } => new += depth(plan.shown.rows[sketch].text),
            Op::Delete { original } => old += depth(plan.original.rows[original].text),
            Op::Keep { .. } | Op::Gap { .. } => {}
        }
    }
    (old, new)
}

/// How many of the hidden rows go until so many brackets are closed: deeper ones, and the one that closes them and
/// does nothing else. None if they do not end there.
fn end_of(plan: &Plan<'_>, ops: &[Op], rows: &[usize], mut open: i32) -> usize {
    let first = rows.first().and_then(|at| ops.get(*at));
    let Some(Op::Keep { original }) = first else {
        return 0;
    };
    let column = original
        .checked_sub(1)
        .map_or(0, |above| plan.original.rows[above].indent);
    for (count, &at) in rows.iter().enumerate() {
        let Op::Keep { original } = ops[at] else {
            return 0;
        };
        let row = &plan.original.rows[original];
        open += depth(row.text);
        if open <= 0 {
            let ends = open == 0 && row.is_closer && row.indent == column;
            return if ends { count + 1 } else { 0 };
        }
        if row.indent <= column {
            return 0;
        }
    }
    0
}

/// How many more brackets a line opens than it closes.
pub(crate) fn depth(text: &str) -> i32 {
    let depth =
        |c| i32::from(matches!(c, '(' | '[' | '{')) - i32::from(matches!(c, ')' | ']' | '}'));
    text.chars().map(depth).sum()
}
