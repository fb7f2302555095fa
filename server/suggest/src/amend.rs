//! Corrections to an alignment that no pair of lines can tell: imports in use, and removals that words order.

use crate::brackets::depth_without_braces as depth;
use crate::edges;
use crate::hidden_lead;
use crate::import_upkeep;
use crate::imports;
use crate::keys::given_names;
use crate::operation::{Op, original_of};
use crate::order;
use crate::outline::Kind;
use crate::pairing::last_part;
use crate::plan::Plan;
use crate::remainder;
use crate::removal;

/// Keeps imports that the merged text still uses, and takes out what the words order to remove.
pub(crate) fn amend(plan: &mut Plan<'_>, ops: &mut Vec<Op>) {
    edges::amend(plan, ops);
    hidden_lead::keep(plan, ops);
    fill_markers(plan, ops);
    drop_rest_of_heads(plan, ops);
    remainder::drop(plan, ops);
    keep_used_names(plan, ops);
    import_upkeep::keep_used_imports(plan, ops);
    import_upkeep::drop_superseded_imports(plan, ops);
    import_upkeep::drop_lost_imports(plan, ops);
    keep_unnamed_symbols(plan, ops);
    removal::remove_named(plan, ops);
    removal::remove_shown(plan, ops);
    import_upkeep::remove_ordered_imports(plan, ops);
}

/// Where the sketch shows a declaration's head on one row, the file's further rows of it are not hidden ones: they go.
fn drop_rest_of_heads(plan: &Plan<'_>, ops: &mut [Op]) {
    for pair in &plan.pairing.pairs {
        let head = plan.original_head(*pair);
        let at = ops.iter().position(|op| {
            matches!(*op, Op::Replace { original, sketch, .. }
                if original == head && depth(plan.shown.rows[sketch].text) == 0)
        });
        let mut open = depth(plan.original.rows[head].text);
        let Some(at) = at.filter(|_| open > 0) else {
            continue;
        };
        for op in &mut ops[at + 1..] {
            match *op {
                Op::Keep { original } => {
                    open += depth(plan.original.rows[original].text);
                    *op = Op::Delete { original };
                }
                Op::Gap { .. } => {}
                _ => break,
            }
            if open <= 0 {
                break;
            }
        }
    }
}

/// Likeness from which on a row is taken for another's new form even beside a marker that then stands for nothing.
pub(crate) const CLEARLY_ALIKE: f32 = 0.85;

/// A marker stands for at least one line: where it would stand for none, a row beside it that was taken for the new
/// form of one of the file's is new, and the marker stands for the file's.
fn fill_markers(plan: &Plan<'_>, ops: &mut Vec<Op>) {
    let hidden = |op: Option<&Op>| matches!(op, Some(Op::Keep { .. } | Op::Gap { .. }));
    let doubtful = |op: Option<&Op>| match op {
        Some(Op::Replace {
            sketch,
            original,
            likeness,
        }) if (*likeness < CLEARLY_ALIKE || names_another(plan, *sketch, *original))
            && !plan.original.rows[*original].is_closer
            && !plan.pairing.pairs.iter().any(|pair| {
                plan.shown_rows(pair.sketch).contains(sketch)
                    && plan
                        .original
                        .row_at_line(plan.original_outline.symbols[pair.original].head)
                        == *original
            }) =>
        {
            Some((*sketch, *original))
        }
        _ => None,
    };
    let mut at = 0;
    while at < ops.len() {
        let before = at.checked_sub(1).and_then(|before| ops.get(before));
        // An open edge without rows hides nothing either.
        let next = ops[at + 1..]
            .iter()
            .find(|op| **op != Op::Gap { sketch: None });
        let empty =
            matches!(ops[at], Op::Gap { sketch: Some(_) }) && !hidden(before) && !hidden(next);
        let is_new = |op: &&Op| matches!(op, Op::Insert { .. });
        let below = at + 1 + ops[at + 1..].iter().take_while(is_new).count();
        if empty {
            if let Some((sketch, original)) = doubtful(ops.get(below)) {
                ops[below] = Op::Insert { sketch };
                ops.insert(at + 1, Op::Keep { original });
            } else if let Some((sketch, original)) = doubtful(before) {
                let gap = ops[at];
                ops.splice(
                    at - 1..at + 1,
                    [Op::Insert { sketch }, gap, Op::Keep { original }],
                );
            }
        }
        at += 1;
    }
}

/// Whether a row of the sketch stands where the original names a function or type, and does not name it.
fn names_another(plan: &Plan<'_>, sketch: usize, original: usize) -> bool {
    plan.part_at(original).is_some_and(|(_, part)| {
        let name = last_part(&part.name);
        !imports::uses(plan.shown.rows[sketch].text, name)
            && !plan.request.speaks_of_renaming(name)
            && !plan.request.removes(name)
    })
}

/// A row that gives a name to something the hidden rows below still use is not replaced by one that does not, if
/// a marker on one side leaves open what the row stands for.
fn keep_used_names(plan: &Plan<'_>, ops: &mut Vec<Op>) {
    let mut at = 0;
    while at < ops.len() {
        let Op::Replace {
            sketch, original, ..
        } = ops[at]
        else {
            at += 1;
            continue;
        };
        let hidden = |op: Option<&Op>| matches!(op, Some(Op::Keep { .. } | Op::Gap { .. }));
        let above = at > 0 && hidden(ops.get(at - 1));
        let below = hidden(ops.get(at + 1));
        let old = &plan.original.rows[original];
        let new = &plan.shown.rows[sketch];
        let needed = (above || below)
            && given_names(old.text).iter().any(|name| {
                !imports::uses(new.text, name)
                    && ops[at + 1..]
                        .iter()
                        .take_while(|op| {
                            original_of(op)
                                .is_none_or(|row| plan.original.rows[row].indent >= old.indent)
                        })
                        .take(60)
                        .any(|op| match *op {
                            Op::Keep { original } => {
                                imports::uses(plan.original.rows[original].text, name)
                            }
                            _ => false,
                        })
                    && !ops[at + 1..].iter().take(20).any(|op| match *op {
                        Op::Insert { sketch } | Op::Replace { sketch, .. } => {
                            given_names(plan.shown.rows[sketch].text).contains(name)
                        }
                        _ => false,
                    })
            });
        if needed {
            let pair = if below {
                [Op::Insert { sketch }, Op::Keep { original }]
            } else {
                [Op::Keep { original }, Op::Insert { sketch }]
            };
            ops.splice(at..at + 1, pair);
            at += 1;
        }
        at += 1;
    }
}

/// A function or class that the sketch passes over without a marker goes only if the words name it or something
/// new stands in its place; it is never lost in silence.
fn keep_unnamed_symbols(plan: &mut Plan<'_>, ops: &mut [Op]) {
    if plan.whole {
        return;
    }
    let mut gone: Vec<usize> = plan.replaced.clone();
    for index in 0..plan.original_outline.symbols.len() {
        let symbol = &plan.original_outline.symbols[index];
        if symbol.parent.is_some_and(|parent| gone.contains(&parent)) {
            gone.push(index);
            continue;
        }
        let in_function = std::iter::successors(symbol.parent, |parent| {
            plan.original_outline.symbols[*parent].parent
        })
        .any(|parent| {
            matches!(
                plan.original_outline.symbols[parent].kind,
                Kind::Function | Kind::Value
            )
        });
        let rows = plan.original_rows(index);
        if in_function
            || symbol.end - symbol.head < 2
            || symbol.kind == Kind::Value
            || plan.replaced.contains(&index)
        {
            continue;
        }
        let Some(first) = ops.iter().position(|op| {
            *op == Op::Delete {
                original: rows.start,
            }
        }) else {
            continue;
        };
        let whole = |op: &Op| {
            original_of(op)
                .is_none_or(|row| !rows.contains(&row) || matches!(op, Op::Delete { .. }))
        };
        if !ops.iter().all(whole) {
            continue;
        }
        let in_run = |op: &&Op| matches!(op, Op::Delete { .. } | Op::Insert { .. });
        let around = ops[first..]
            .iter()
            .take_while(in_run)
            .chain(ops[..first].iter().rev().take_while(in_run));
        let replaced = around.clone().any(|op| matches!(op, Op::Insert { .. }));
        let name = last_part(&symbol.name).to_owned();
        if plan.request.names(&name) || order::is_told(plan.sketch, &name) {
            gone.push(index);
            continue;
        }
        if replaced {
            gone.push(index);
            plan.doubts.push((
                0.82,
                format!("{name} is not shown and is taken to be replaced"),
            ));
            continue;
        }
        for op in ops.iter_mut() {
            if let Op::Delete { original } = *op
                && rows.contains(&original)
            {
                *op = Op::Keep { original };
            }
        }
        plan.doubts
            .push((0.7, format!("{name} is not shown and is kept")));
    }
}
