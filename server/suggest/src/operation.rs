//! What a merge does with the rows of both texts.

/// What happens to a row; a list of them is in the order of the result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Op {
    /// The original row stays; the sketch does not show it.
    Keep { original: usize },
    /// Both have the row.
    Match { sketch: usize, original: usize },
    /// The sketch's row takes the place of the original's.
    Replace {
        sketch: usize,
        original: usize,
        likeness: f32,
    },
    /// The row is new.
    Insert { sketch: usize },
    /// The original row goes.
    Delete { original: usize },
    /// A marker, by its sketch row, or an edge where the sketch says nothing.
    Gap { sketch: Option<usize> },
}

/// The original row that an operation speaks of.
pub(crate) fn original_of(op: &Op) -> Option<usize> {
    match op {
        Op::Keep { original }
        | Op::Match { original, .. }
        | Op::Replace { original, .. }
        | Op::Delete { original } => Some(*original),
        Op::Insert { .. } | Op::Gap { .. } => None,
    }
}
