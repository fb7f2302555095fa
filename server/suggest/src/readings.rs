//! What else a sketch could mean: each decision that it leaves open, taken the other way.
//!
//! A sketch says what is new; of what goes it is often silent. Lines that stay without a marker to stand for them may
//! be meant to go, and lines that go may be meant to stay. Whoever judges a doubtful merge can hold it against these.

use crate::operation::{Op, original_of};
use crate::plan::Plan;

/// Rows at an edge of the file that may be meant to go: nobody leaves out more without a marker.
const MOST_AT_EDGE: usize = 12;

/// Rows between two shown ones that may be meant to go.
pub(crate) const MOST_BETWEEN: usize = 40;

/// The operations with one decision taken the other way: first those about symbols, then the others in the order of the
/// file.
pub(crate) fn readings(plan: &Plan<'_>, ops: &[Op]) -> Vec<Vec<Op>> {
    if plan.whole {
        return Vec::new();
    }
    let mut readings = with_old_symbols(plan, ops);
    let mut at = 0;
    while at < ops.len() {
        let class = Class::of(&ops[at]);
        let run = ops[at..].iter().take_while(|op| Class::of(op) == class);
        let end = at + run.count();
        let others = match class {
            Class::Hidden => [
                without_unmarked(ops, at, end),
                without_clinging(plan, &ops[at..end]),
            ]
            .concat(),
            Class::Changed => with_old_lines(&ops[at..end]),
            Class::Matched => Vec::new(),
        };
        readings.extend(others.into_iter().map(|other| {
            let mut reading = ops[..at].to_vec();
            reading.extend(other);
            reading.extend_from_slice(&ops[end..]);
            reading
        }));
        at = end;
    }
    readings
}

/// The operations with one symbol that is taken to be renamed left as it is, and the new one behind it.
fn with_old_symbols(plan: &Plan<'_>, ops: &[Op]) -> Vec<Vec<Op>> {
    let renamed = plan.pairing.pairs.iter().filter(|pair| pair.renamed);
    renamed
        .filter_map(|pair| {
            let old = plan.original_rows(pair.original);
            let new = plan.shown_rows(pair.sketch);
            let belongs = |op: &Op| {
                original_of(op).is_some_and(|row| old.contains(&row))
                    || sketch_of(op).is_some_and(|row| new.contains(&row))
            };
            let at = ops.iter().position(belongs)?;
            let mut reading: Vec<Op> = ops[..at].to_vec();
            reading.extend(old.clone().map(|original| Op::Keep { original }));
            reading.extend(new.clone().map(|sketch| Op::Insert { sketch }));
            reading.extend(ops[at..].iter().filter(|op| !belongs(op)));
            Some(reading)
        })
        .collect()
}

fn sketch_of(op: &Op) -> Option<usize> {
    match *op {
        Op::Match { sketch, .. } | Op::Replace { sketch, .. } | Op::Insert { sketch } => {
            Some(sketch)
        }
        Op::Gap { sketch } => sketch,
        Op::Keep { .. } | Op::Delete { .. } => None,
    }
}

/// What the rows of a run have in common.
#[derive(Clone, Copy, PartialEq)]
enum Class {
    /// The sketch does not show them.
    Hidden,
    /// They come, go or change.
    Changed,
    /// Both texts have them.
    Matched,
}

impl Class {
    fn of(op: &Op) -> Self {
        match op {
            Op::Keep { .. } | Op::Gap { .. } => Self::Hidden,
            Op::Insert { .. } | Op::Replace { .. } | Op::Delete { .. } => Self::Changed,
            Op::Match { .. } => Self::Matched,
        }
    }
}

/// The hidden run from `start` to `end` with its rows gone, if no marker stands for them.
fn without_unmarked(ops: &[Op], start: usize, end: usize) -> Vec<Vec<Op>> {
    let run = &ops[start..end];
    let marked = run
        .iter()
        .any(|op| matches!(op, Op::Gap { sketch: Some(_) }));
    let rows = run
        .iter()
        .filter(|op| matches!(op, Op::Keep { .. }))
        .count();
    let most = match start == 0 || end == ops.len() {
        true => MOST_AT_EDGE,
        false => MOST_BETWEEN,
    };
    if marked || rows == 0 || rows > most {
        return Vec::new();
    }
    let gone = run.iter().map(|op| match *op {
        Op::Keep { original } => Op::Delete { original },
        other => other,
    });
    vec![gone.collect()]
}

/// The hidden run without the attributes and comments at its end, which stay because they cling to what is shown.
fn without_clinging(plan: &Plan<'_>, run: &[Op]) -> Vec<Vec<Op>> {
    let clings = |op: &&Op| matches!(**op, Op::Keep { original } if plan.is_sticky(original));
    let rows = run.iter().rev().take_while(clings).count();
    if rows == 0 || rows == run.len() {
        return Vec::new();
    }
    let first = run.len() - rows;
    let gone = run.iter().enumerate().map(|(at, op)| match *op {
        Op::Keep { original } if at >= first => Op::Delete { original },
        other => other,
    });
    vec![gone.collect()]
}

/// The changed run with rows that go kept: those that nothing takes the place of, then all of them, before the new
/// rows and behind them.
fn with_old_lines(run: &[Op]) -> Vec<Vec<Op>> {
    let keep = |op: &Op| match *op {
        Op::Delete { original } => Op::Keep { original },
        other => other,
    };
    let old: Vec<Op> = run
        .iter()
        .filter_map(original_of)
        .map(|original| Op::Keep { original })
        .collect();
    let new: Vec<Op> = run
        .iter()
        .filter_map(|op| match *op {
            Op::Insert { sketch } | Op::Replace { sketch, .. } => Some(Op::Insert { sketch }),
            _ => None,
        })
        .collect();
    let deletes = run.iter().any(|op| matches!(op, Op::Delete { .. }));
    let replaces = run.iter().any(|op| matches!(op, Op::Replace { .. }));
    let mut readings = Vec::new();
    if deletes {
        readings.push(run.iter().map(keep).collect());
    }
    if !old.is_empty() && !new.is_empty() && (replaces || deletes) {
        readings.push([old.clone(), new.clone()].concat());
        readings.push([new, old].concat());
    }
    readings
}
