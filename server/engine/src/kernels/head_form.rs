//! What a form of queries, keys and values has to do.

use super::lanes::Lanes;
use super::partial_softmax::{PartialSoftmax, TILE};

/// Queries, keys and values of one key head, to be read.
pub(super) trait HeadReader: Copy + Sync {
    /// Makes `softmax` that of `R` queries from the folded row `first` on over the keys of one
    /// block. Each query sees the keys before its position in `visible`, which ascend; the last one
    /// sees at least one key of the block.
    ///
    /// A query's result depends on nothing but the query and the keys that it sees, bit by bit.
    fn compute<L: Lanes, const R: usize>(
        self,
        lanes: L,
        first: usize,
        visible: &[usize; TILE],
        block: usize,
        softmax: &mut PartialSoftmax,
    );
}

/// Queries, and the keys and values of one layer, to be written. Tasks write disjoint rows.
///
/// What they are given is as wide as a head is stored, with zeros behind its width.
///
/// # Safety
/// For every function: the folded row, or the head and the position, exist, and no other thread
/// uses them.
pub(super) trait HeadWriter: Copy + Sync {
    /// Writes a query, scaled.
    unsafe fn set_query<L: Lanes>(self, lanes: L, folded: usize, query: &[f32]);
    /// Writes a key.
    unsafe fn set_key<L: Lanes>(self, lanes: L, head: usize, position: usize, key: &[f32]);
    /// Writes a value.
    unsafe fn set_value<L: Lanes>(self, lanes: L, head: usize, position: usize, value: &[f32]);
}
