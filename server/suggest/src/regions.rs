//! From operations to what became of each stretch of lines.

use crate::merge::{Region, RegionKind};
use crate::operation::Op;
use crate::plan::Plan;
use crate::spacing::Item;

/// What became of each stretch of lines, without the stretches that the sketch does not speak of.
pub(crate) fn regions(
    plan: &Plan<'_>,
    ops: &[Op],
    items: &[Item],
    rows_at: &[usize],
) -> Vec<Region> {
    let mut regions: Vec<Region> = Vec::new();
    let mut next = 0;
    let mut original_line = 0;
    let mut merged_line = 0;
    for op in ops {
        let (kind, original, merged, reason) = match *op {
            Op::Gap { .. } => continue,
            Op::Keep { original } => {
                next += 1;
                original_line = plan.original.rows[original].line + 1;
                merged_line = rows_at[next - 1] + 1;
                continue;
            }
            Op::Delete { original } => {
                let line = plan.original.rows[original].line;
                (
                    RegionKind::Removed,
                    line..line + 1,
                    merged_line..merged_line,
                    "the sketch shows its neighbours side by side",
                )
            }
            Op::Match { original, .. } | Op::Replace { original, .. } => {
                let (line, at) = (plan.original.rows[original].line, rows_at[next]);
                let changed = items[next].changed;
                next += 1;
                let kind = if changed {
                    RegionKind::Replaced
                } else {
                    RegionKind::Matched
                };
                let reason = if changed {
                    "the sketch shows it changed in its place"
                } else {
                    "the sketch shows it unchanged"
                };
                (kind, line..line + 1, at..at + 1, reason)
            }
            Op::Insert { .. } => {
                let at = rows_at[next];
                next += 1;
                (
                    RegionKind::Inserted,
                    original_line..original_line,
                    at..at + 1,
                    "only the sketch has it",
                )
            }
        };
        original_line = original.end;
        merged_line = merged.end;
        match regions.last_mut() {
            Some(last)
                if last.kind == kind
                    && original.start <= last.original.end + 3
                    && merged.start <= last.merged.end + 3 =>
            {
                last.original.end = original.end;
                last.merged.end = merged.end;
            }
            _ => regions.push(Region {
                kind,
                original,
                merged,
                reason: reason.to_owned(),
            }),
        }
    }
    regions
}
