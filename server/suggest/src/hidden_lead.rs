//! Comments and attributes of a part of the file that the sketch does not show: they stay with it, and are not what new
//! ones above a marker take the place of.

use crate::operation::{Op, original_of};
use crate::outline::Kind;
use crate::plan::Plan;

/// Keeps the comments and attributes above hidden parts that new code above the marker was taken to replace.
pub(crate) fn keep(plan: &Plan<'_>, ops: &mut Vec<Op>) {
    for (index, symbol) in plan.original_outline.symbols.iter().enumerate() {
        let head = plan.original.row_at_line(symbol.head);
        let lead = plan.original.row_at_line(symbol.lead)..head;
        let paired = plan.pairing.pairs.iter().any(|pair| pair.original == index);
        if paired || lead.is_empty() || symbol.kind == Kind::Value {
            continue;
        }
        let Some(at) = ops
            .iter()
            .position(|op| *op == (Op::Keep { original: head }))
        else {
            continue;
        };
        let of_lead = |op: &Op| original_of(op).is_some_and(|row| lead.contains(&row));
        let Some(first) = ops[..at].iter().position(of_lead) else {
            continue;
        };
        let rows = &ops[first..at];
        // What the sketch shows right above a marker may be the lead of what the marker stands for.
        let last_shown = rows
            .iter()
            .rev()
            .find(|op| !matches!(op, Op::Keep { .. } | Op::Gap { .. } | Op::Delete { .. }));
        let goes = rows
            .iter()
            .any(|op| of_lead(op) && matches!(op, Op::Replace { .. } | Op::Delete { .. }));
        if !goes || !matches!(last_shown, Some(Op::Insert { sketch }) if plan.fresh[*sketch]) {
            continue;
        }
        let mut kept = Vec::new();
        let mut others = Vec::new();
        for op in ops.drain(first..at) {
            match op {
                Op::Replace {
                    sketch, original, ..
                } if of_lead(&op) => {
                    others.push(Op::Insert { sketch });
                    kept.push(Op::Keep { original });
                }
                Op::Delete { original } if of_lead(&op) => kept.push(Op::Keep { original }),
                Op::Keep { .. } if of_lead(&op) => kept.push(op),
                other => others.push(other),
            }
        }
        others.extend(kept);
        ops.splice(first..first, others);
    }
}
