use super::float_heads::FloatCache;
use super::lanes::LANES;
use super::matrix::Precision;
use super::short_heads::ShortCache;

/// Keys that one partial softmax covers. Blocks start at multiples of it, so how the keys of a
/// query are split depends on their absolute positions alone. The keys of a block are packed
/// together; a block of one head's keys and values stays in the core's first cache while many
/// queries go over it.
pub(super) const KEY_BLOCK: usize = 4 * LANES;
/// Widest head, stored.
pub(super) const MAX_HEAD: usize = 128;

/// The shape of attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heads {
    /// Query heads.
    pub queries: usize,
    /// Key and value heads; divides `queries`.
    pub keys: usize,
    /// Width of a head; even.
    pub width: usize,
}

impl Heads {
    /// Query heads that share a key head.
    pub fn group(self) -> usize {
        self.queries / self.keys
    }

    /// Whether the kernels can work with heads of this width.
    pub fn is_supported(self) -> bool {
        self.width.is_multiple_of(2) && self.stored() <= MAX_HEAD
    }

    /// Width of a head as stored: whole vectors, the rest zero.
    pub(super) fn stored(self) -> usize {
        self.width.next_multiple_of(LANES)
    }
}

/// Keys and values of a sequence, for all layers, preallocated.
///
/// It has no length: whoever uses it keeps count of the positions that are written.
pub struct KeyValueCache {
    pub(super) numbers: CacheNumbers,
    heads: Heads,
    capacity: usize,
}

/// In which form keys and values are stored.
pub(super) enum CacheNumbers {
    Floats(FloatCache),
    Shorts(ShortCache),
}

impl KeyValueCache {
    /// Room for at least `positions` positions, in f32 for `Precision::F32` and in 16 bits for
    /// `Precision::Int8`. Memory is taken as they are written.
    ///
    /// # Panics
    /// If the heads are not supported.
    pub fn new(precision: Precision, layers: usize, heads: Heads, positions: usize) -> Self {
        assert!(heads.is_supported(), "heads of {} elements", heads.width);
        let capacity = positions.next_multiple_of(KEY_BLOCK);
        let all = layers * heads.keys;
        Self {
            numbers: match precision {
                Precision::F32 => {
                    CacheNumbers::Floats(FloatCache::new(all, capacity, heads.stored()))
                }
                Precision::Int8 => {
                    CacheNumbers::Shorts(ShortCache::new(all, capacity, heads.stored()))
                }
            },
            heads,
            capacity,
        }
    }

    /// The shape of its heads.
    pub fn heads(&self) -> Heads {
        self.heads
    }

    /// Positions it has room for.
    pub fn capacity(&self) -> usize {
        self.capacity
    }
}
