use super::buffer::{Buffer, Shared};
use super::lanes::LANES;

/// Keys that one partial softmax covers. Blocks start at multiples of it, so how the keys of a
/// query are split depends on their absolute positions alone.
pub(super) const KEY_BLOCK: usize = 256;
/// Keys that are packed together.
pub(super) const KEY_PANEL: usize = 4 * LANES;
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
    /// `[layer][key head][panel][stored width][64]`
    keys: Buffer<f32>,
    /// `[layer][key head][position][stored width]`
    values: Buffer<f32>,
    heads: Heads,
    capacity: usize,
}

impl KeyValueCache {
    /// Room for at least `positions` positions. Memory is taken as they are written.
    ///
    /// # Panics
    /// If the heads are not supported.
    pub fn new(layers: usize, heads: Heads, positions: usize) -> Self {
        assert!(heads.is_supported(), "heads of {} elements", heads.width);
        let capacity = positions.next_multiple_of(KEY_BLOCK);
        let length = layers * heads.keys * capacity * heads.stored();
        Self {
            keys: Buffer::zeroed(length),
            values: Buffer::zeroed(length),
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

    fn head_length(&self) -> usize {
        self.capacity * self.heads.stored()
    }

    /// Keys and values of one head.
    pub(super) fn head(&self, layer: usize, head: usize) -> (&[f32], &[f32]) {
        let length = self.head_length();
        let at = (layer * self.heads.keys + head) * length;
        (&self.keys[at..][..length], &self.values[at..][..length])
    }

    /// Access for tasks that write the positions of one layer.
    pub(super) fn writer(&mut self, layer: usize) -> CacheWriter {
        let length = self.head_length();
        let at = layer * self.heads.keys * length;
        let all = self.heads.keys * length;
        CacheWriter {
            keys: Shared::new(&mut self.keys[at..][..all]),
            values: Shared::new(&mut self.values[at..][..all]),
            head_length: length,
            stored: self.heads.stored(),
        }
    }
}

/// One layer's keys and values, of which the tasks of one loop write disjoint positions.
#[derive(Clone, Copy)]
pub(super) struct CacheWriter {
    keys: Shared<f32>,
    values: Shared<f32>,
    head_length: usize,
    stored: usize,
}

impl CacheWriter {
    /// # Safety
    /// Head and position exist, `element` is below the stored width, and no other thread uses the
    /// position.
    #[inline(always)]
    pub(super) unsafe fn set_key(self, head: usize, position: usize, element: usize, key: f32) {
        let (panel, column) = (position / KEY_PANEL, position % KEY_PANEL);
        let at = (panel * self.stored + element) * KEY_PANEL + column;
        // SAFETY: promised by the caller.
        unsafe { *self.keys.at(head * self.head_length + at) = key };
    }

    /// # Safety
    /// As for `set_key`, and `value` is at most as wide as a stored head.
    #[inline(always)]
    pub(super) unsafe fn set_value(self, head: usize, position: usize, value: &[f32]) {
        // SAFETY: promised by the caller.
        unsafe {
            let to = self
                .values
                .at(head * self.head_length + position * self.stored);
            to.copy_from_nonoverlapping(value.as_ptr(), value.len());
        }
    }
}
