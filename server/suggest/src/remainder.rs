//! What is left of a statement of several rows when the sketch shows it on fewer: it is no part of what a marker hides.

use crate::brackets::depth;
use crate::language::Language;
use crate::marker::Meaning;
use crate::operation::Op;
use crate::plan::Plan;

/// Takes out what is left of statements and, where blocks end by their indentation, of functions.
pub(crate) fn drop(plan: &Plan<'_>, ops: &mut [Op]) {
    drop_ends_of_statements(plan, ops);
    drop_ends_of_chains(plan, ops);
    if plan.language == Some(Language::Python) {
        drop_ends_of_blocks(plan, ops);
    }
}

/// Most hidden rows that can be the end of a block that changes; more were hardly forgotten.
const MOST_FORGOTTEN: usize = 3;

/// Takes out the hidden rows that end a block whose last shown row changes, where the marker below stands further left:
/// it is for what comes behind the block.
fn drop_ends_of_blocks(plan: &Plan<'_>, ops: &mut [Op]) {
    for at in 1..ops.len() {
        let (Op::Replace { sketch, .. }, Op::Gap { sketch: Some(gap) }) = (ops[at - 1], ops[at])
        else {
            continue;
        };
        let (last, marker) = (&plan.shown.rows[sketch], &plan.shown.rows[gap]);
        let column = last.indent as isize + plan.shifts[sketch];
        let opens = last.trimmed().ends_with([':', '(', '[', '{', ',', '\\']);
        let words = match plan.meaning(gap) {
            Meaning::Gap(words) => words.to_lowercase(),
            _ => String::new(),
        };
        let wide = ["class", "file", "module", "methods"];
        let of_block = words.contains("rest") && !wide.iter().any(|word| words.contains(word));
        if marker.indent >= last.indent
            || opens
            || of_block
            || plan.shown.blanks_before(gap).is_empty()
        {
            continue;
        }
        let deep = |op: &&Op| match **op {
            Op::Keep { original } => plan.original.rows[original].indent as isize >= column,
            _ => false,
        };
        let left = ops[at + 1..].iter().take_while(deep).count();
        if left <= MOST_FORGOTTEN {
            for op in &mut ops[at + 1..at + 1 + left] {
                if let Op::Keep { original } = *op {
                    *op = Op::Delete { original };
                }
            }
        }
    }
}

/// Takes out the hidden rows right behind changed ones that end a statement which those end already:
///
/// ```text
/// on(error, [&](auto &) {        on(error, fail);
///     count += 1;
/// });                            // ... the rest ...
/// ```
fn drop_ends_of_statements(plan: &Plan<'_>, ops: &mut [Op]) {
    let is_hidden = |op: &Op| matches!(op, Op::Keep { .. } | Op::Gap { .. });
    let mut at = 0;
    while at < ops.len() {
        let run = ops[at..].iter().take_while(|op| !is_hidden(op)).count();
        let hidden = ops[at + run..].iter().take_while(|op| is_hidden(op));
        let hidden = at + run..at + run + hidden.count();
        let (old, new) = depths(plan, &ops[at..hidden.start]);
        let changes = run > 0 && matches!(ops[hidden.start - 1], Op::Replace { .. });
        if changes && old > new {
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

/// Takes out the hidden calls that went on where a changed row now ends the statement: `.b();` behind `a.c();`.
fn drop_ends_of_chains(plan: &Plan<'_>, ops: &mut [Op]) {
    for at in 1..ops.len() {
        let (Op::Replace { sketch, .. } | Op::Insert { sketch }) = ops[at - 1] else {
            continue;
        };
        if !plan.shown.rows[sketch].trimmed().ends_with(';') {
            continue;
        }
        let mut is_open = true;
        for op in &mut ops[at..] {
            let original = match *op {
                Op::Keep { original } => original,
                Op::Gap { .. } => continue,
                _ => break,
            };
            let text = plan.original.rows[original].trimmed();
            if !is_open || !text.starts_with('.') || text.starts_with("..") {
                break;
            }
            is_open = !text.ends_with(';');
            *op = Op::Delete { original };
        }
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
/// does nothing else. 0 if they do not end there.
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
