use super::buffer::Buffer;
use super::cache::Heads;
use super::matrix::Precision;

/// Rotated queries, scaled for attention.
///
/// They are kept as `[key head][row][query head of the group][stored width]`, so that the queries
/// that share keys are rows of one product: a *folded* row is one query of one key head.
pub struct Queries {
    pub(super) numbers: QueryNumbers,
    pub(super) heads: Heads,
    pub(super) capacity: usize,
}

/// In which form queries are multiplied; the same as the cache's.
pub(super) enum QueryNumbers {
    Floats(Buffer<f32>),
    /// And a scale for each folded row.
    Shorts(Buffer<i16>, Buffer<f32>),
}

impl Queries {
    /// Room for `capacity` rows, in the form of a cache of the same precision.
    pub fn new(precision: Precision, heads: Heads, capacity: usize) -> Self {
        let folded = capacity * heads.queries;
        Self {
            numbers: match precision {
                Precision::F32 => QueryNumbers::Floats(Buffer::zeroed(folded * heads.stored())),
                Precision::Int8 => QueryNumbers::Shorts(
                    Buffer::zeroed(folded * heads.stored()),
                    Buffer::zeroed(folded),
                ),
            },
            heads,
            capacity,
        }
    }
}
