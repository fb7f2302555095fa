//! Corrections to an alignment beside markers: what a marker can stand for neither goes nor is taken apart.

use std::ops::Range;

use crate::amend::CLEARLY_ALIKE;
use crate::brackets::depth;
use crate::comment::is_comment;
use crate::imports;
use crate::keys::{assigns, key};
use crate::language::Language;
use crate::marker::Meaning;
use crate::operation::{Op, original_of};
use crate::pairing::last_part;
use crate::plan::Plan;
use crate::statement::statement_rows;

/// Lets markers stand for whole blocks, and for lines that would go beside them.
pub(crate) fn amend(plan: &Plan<'_>, ops: &mut Vec<Op>) {
    close_hidden_blocks(plan, ops);
    keep_beside_markers(plan, ops);
    keep_above_new_lines(plan, ops);
    keep_other_names(plan, ops);
    replace_comments_above(plan, ops);
    replace_same_names(plan, ops);
}

/// In keys and values a block has a name once: a new entry above a marker takes the place of the one of its name that the
/// marker stands for.
fn replace_same_names(plan: &Plan<'_>, ops: &mut Vec<Op>) {
    if !plan.is_data && plan.language != Some(Language::Css) {
        return;
    }
    let mut at = 0;
    while at < ops.len() {
        let next = at + 1;
        if let Op::Insert { sketch } = ops[at]
            && matches!(ops.get(next), Some(Op::Gap { sketch: Some(_) }))
            && let Some(old) = entry_below(plan, ops, next, sketch)
            && let Op::Keep { original } = ops[old]
        {
            let new = Op::Replace {
                sketch,
                original,
                likeness: CLEARLY_ALIKE,
            };
            // The marker stands for what is above the entry and for what is below it.
            let marker = ops[next];
            ops.splice(old..=old, [new, marker]);
            ops.remove(at);
        }
        at = next;
    }
}

/// The hidden entry below an operation that has a new one's name and stands in the same block, by its operation.
fn entry_below(plan: &Plan<'_>, ops: &[Op], from: usize, sketch: usize) -> Option<usize> {
    let new = &plan.shown.rows[sketch];
    let name =
        key(new.text).filter(|_| !new.trimmed().ends_with(['{', '[', ':', ',', '|', '>']))?;
    let column = new.indent as isize + plan.shifts[sketch];
    for (at, op) in ops.iter().enumerate().skip(from) {
        let original = match *op {
            Op::Keep { original } => original,
            Op::Gap { .. } => continue,
            _ => return None,
        };
        let row = &plan.original.rows[original];
        if (row.indent as isize) < column {
            return None;
        }
        let whole = !row.trimmed().ends_with(['{', '[', ':', ',', '|', '>']);
        if row.indent as isize == column && whole && key(row.text) == Some(name) {
            return Some(at);
        }
    }
    None
}

/// New rows behind a marker that open a block close it, too: the file's bracket that was taken for theirs belongs to
/// what the marker stands for.
fn close_hidden_blocks(plan: &Plan<'_>, ops: &mut Vec<Op>) {
    let mut at = 0;
    while at < ops.len() {
        let run = run_of(ops, at, |op| matches!(op, Op::Insert { .. }));
        let hidden = at > 0 && matches!(ops[at - 1], Op::Keep { .. });
        let mut open: i32 = ops[run.clone()]
            .iter()
            .map(|op| match *op {
                Op::Insert { sketch } => depth(plan.shown.rows[sketch].text),
                _ => 0,
            })
            .sum();
        let mut end = run.end;
        let (mut kept, mut closing) = (Vec::new(), Vec::new());
        while hidden
            && open > 0
            && let Some(&Op::Match { sketch, original }) = ops.get(end)
        {
            let text = plan.original.rows[original].text;
            if depth(text) >= 0 || !plan.original.rows[original].is_closer {
                break;
            }
            open += depth(text);
            kept.push(Op::Keep { original });
            closing.push(Op::Insert { sketch });
            end += 1;
        }
        if !run.is_empty() && !kept.is_empty() && open == 0 {
            let new = ops[run.clone()].to_vec();
            let slid: Vec<Op> = kept.into_iter().chain(new).chain(closing).collect();
            ops.splice(at..end, slid);
        }
        at = end.max(at + 1);
    }
}

/// Where nothing between two markers, or between a marker and the end of a block, is a line of the file, lines do not go
/// for new ones that are hardly like them: the marker stands for them.
fn keep_beside_markers(plan: &Plan<'_>, ops: &mut Vec<Op>) {
    let is_hidden = |op: &Op| matches!(op, Op::Gap { .. } | Op::Keep { .. });
    let mut at = 0;
    while at < ops.len() {
        let run = run_of(ops, at, |op| !is_hidden(op));
        at = run.end.max(at + 1);
        // Brackets that close what is around the run stay where they are.
        let closers = ops[run.clone()].iter().rev().take_while(|op| {
            matches!(**op, Op::Match { original, .. } if plan.original.rows[original].is_closer)
        });
        let run = run.start..run.end - closers.count();
        let marker = |at: Option<usize>| at.and_then(|at| ops.get(at)).filter(|op| is_hidden(op));
        let (Some(before), after) = (marker(run.start.checked_sub(1)), marker(Some(run.end)))
        else {
            continue;
        };
        let between_markers = matches!(before, Op::Gap { sketch: Some(_) })
            && matches!(after, Some(Op::Gap { sketch: Some(_) }));
        if between_markers || !loses_by_likeness(plan, &ops[run.clone()]) {
            continue;
        }
        let above = matches!(after, Some(Op::Gap { sketch: Some(_) }));
        separate(ops, run, above);
    }
}

/// Whether rows go beside others that take the place of rows hardly like them, and no row of the file is shown.
fn loses_by_likeness(plan: &Plan<'_>, ops: &[Op]) -> bool {
    let is_head = |row: usize| {
        plan.pairing
            .pairs
            .iter()
            .any(|pair| plan.original_head(*pair) == row)
    };
    let mut statements: Vec<Range<usize>> = Vec::new();
    for op in ops {
        match *op {
            Op::Match { .. } | Op::Keep { .. } | Op::Gap { .. } => return false,
            Op::Replace {
                original, likeness, ..
            } => {
                if likeness >= CLEARLY_ALIKE || is_head(original) {
                    return false;
                }
                let rows = statement_rows(plan.original.rows[original..].iter());
                statements.push(original..original + rows.unwrap_or(1));
            }
            Op::Insert { .. } | Op::Delete { .. } => {}
        }
    }
    let goes = |op: &Op| match *op {
        Op::Delete { original } => {
            !plan.original.rows[original].is_closer
                && !statements.iter().any(|rows| rows.contains(&original))
        }
        _ => false,
    };
    !statements.is_empty() && ops.iter().any(goes)
}

/// A sketch that begins with new lines right above one of the file's, and of which none begins as those of the file do
/// in whose place they would stand, adds them.
fn keep_above_new_lines(plan: &Plan<'_>, ops: &mut Vec<Op>) {
    if plan.whole || !matches!(ops.first(), Some(Op::Gap { sketch: None })) {
        return;
    }
    let start = 1 + ops[1..]
        .iter()
        .take_while(|op| matches!(op, Op::Keep { .. }))
        .count();
    let run = run_of(ops, start, |op| {
        matches!(op, Op::Insert { .. } | Op::Replace { .. })
    });
    let first = |text: &str| -> String {
        text.trim()
            .chars()
            .take_while(|c| !c.is_whitespace() && *c != '(')
            .collect()
    };
    let unlike = ops[run.clone()].iter().all(|op| match *op {
        Op::Replace {
            sketch,
            original,
            likeness,
        } => {
            likeness < CLEARLY_ALIKE
                && first(plan.shown.rows[sketch].text) != first(plan.original.rows[original].text)
        }
        _ => true,
    });
    let begins_new = matches!(ops.get(start), Some(Op::Insert { .. }));
    let replaces = ops[run.clone()]
        .iter()
        .any(|op| matches!(op, Op::Replace { .. }));
    let anchored = matches!(
        ops.get(run.end),
        Some(Op::Match { .. } | Op::Gap { sketch: None })
    );
    if unlike && begins_new && replaces && anchored {
        separate(ops, run, false);
    }
}

/// Keeps the original's rows of a run and puts the sketch's above or below them.
fn separate(ops: &mut Vec<Op>, run: Range<usize>, above: bool) {
    let rows = |op: &Op| original_of(op).map(|original| Op::Keep { original });
    let old: Vec<Op> = ops[run.clone()].iter().filter_map(rows).collect();
    let new = ops[run.clone()].iter().filter_map(|op| match *op {
        Op::Insert { sketch } | Op::Replace { sketch, .. } => Some(Op::Insert { sketch }),
        _ => None,
    });
    let new: Vec<Op> = new.collect();
    let (first, second) = if above { (new, old) } else { (old, new) };
    ops.splice(run, first.into_iter().chain(second));
}

/// Beside a marker a field or an entry of another name is a new one, and so is what takes the place of a part that the
/// marker names: the marker stands for what it was taken to replace.
fn keep_other_names(plan: &Plan<'_>, ops: &mut Vec<Op>) {
    let marker = |op: Option<&Op>| match op {
        Some(Op::Gap { sketch: Some(row) }) => Some(*row),
        _ => None,
    };
    let is_kept = |op: &&Op| matches!(op, Op::Keep { .. });
    let is_new = |op: &&Op| matches!(op, Op::Insert { .. });
    for at in 0..ops.len() {
        let Op::Replace {
            sketch, original, ..
        } = ops[at]
        else {
            continue;
        };
        let first = at - ops[..at].iter().rev().take_while(is_new).count();
        let above = marker(ops[..first].iter().rev().find(|op| !is_kept(op)));
        let below = marker(ops.get(at + 1));
        let is_other = |marker: usize| {
            is_another_entry(plan, sketch, original) && (first == at || below == Some(marker))
                || names_part_at(plan, marker, original)
        };
        let keep = Op::Keep { original };
        if above.is_some_and(is_other) {
            ops[at] = Op::Insert { sketch };
            ops.insert(first, keep);
        } else if below.is_some_and(is_other) {
            ops[at] = Op::Insert { sketch };
            ops.insert(at + 1, keep);
        }
    }
}

/// Whether a row of the sketch and one of the original give values to two names. A statement that does may be what the
/// other one has become.
fn is_another_entry(plan: &Plan<'_>, sketch: usize, original: usize) -> bool {
    let (new, old) = (
        plan.shown.rows[sketch].text,
        plan.original.rows[original].text,
    );
    let is_entry = plan.is_data || plan.original_outline.symbols.is_empty() || !assigns(new);
    match (key(new), key(old)) {
        (Some(new), Some(old)) => is_entry && new != old && !plan.request.renames(old, new),
        _ => false,
    }
}

/// Whether a marker names the function or type of the original that begins at a row.
fn names_part_at(plan: &Plan<'_>, marker: usize, original: usize) -> bool {
    let Meaning::Gap(words) = plan.meaning(marker) else {
        return false;
    };
    plan.part_at(original).is_some_and(|(_, part)| {
        let name = last_part(&part.name);
        name.len() >= 3 && imports::uses(words, name)
    })
}

/// New comments behind a marker, right above a row that changes, take the place of the file's comments above that row.
fn replace_comments_above(plan: &Plan<'_>, ops: &mut [Op]) {
    for at in 0..ops.len() {
        let is_new =
            |op: &Op| matches!(*op, Op::Insert { sketch } if is_comment(&plan.shown.rows[sketch]));
        let new = ops[..at].iter().rev().take_while(|op| is_new(op)).count();
        let Op::Replace {
            original: changed, ..
        } = ops[at]
        else {
            continue;
        };
        let is_old = |op: &Op| match *op {
            Op::Keep { original } => is_comment(&plan.original.rows[original]),
            _ => false,
        };
        let above = &ops[..at - new];
        let gaps = above
            .iter()
            .rev()
            .take_while(|op| matches!(op, Op::Gap { .. }))
            .count();
        let above = &above[..above.len() - gaps];
        let old = above.iter().rev().take_while(|op| is_old(op)).count();
        let right_above = above.last().and_then(original_of) == changed.checked_sub(1);
        if new > 0 && old > 0 && right_above {
            for op in &mut ops[at - new - gaps - old..at - new - gaps] {
                if let Op::Keep { original } = *op {
                    *op = Op::Delete { original };
                }
            }
        }
    }
}

/// The operations from one on that are of a kind.
fn run_of(ops: &[Op], at: usize, is_one: impl Fn(&Op) -> bool) -> Range<usize> {
    at..at + ops[at..].iter().take_while(|op| is_one(op)).count()
}
