//! Rotary position embedding, on the way from the projections to the cache.

use super::Machine;
use super::buffer::Buffer;
use super::cache::{CacheNumbers, Heads, KeyValueCache, MAX_HEAD};
use super::head_form::HeadWriter;
use super::instruction_set::Kernel;
use super::lanes::Lanes;
use super::queries::{Queries, QueryNumbers};
use super::rows::Rows;

/// Cosine and sine of every position's rotations.
pub struct Rotations {
    /// `[position][width / 2]`
    cosines: Buffer<f32>,
    sines: Buffer<f32>,
    pairs: usize,
}

impl Rotations {
    /// Rotations by `position * frequency` radians for every position below `positions` and each
    /// of the frequencies, one per pair of elements.
    pub fn new(frequencies: &[f32], positions: usize) -> Self {
        let pairs = frequencies.len();
        let mut cosines = Buffer::zeroed(positions * pairs);
        let mut sines = Buffer::zeroed(positions * pairs);
        for position in 0..positions {
            for (pair, frequency) in frequencies.iter().enumerate() {
                let angle = position as f32 * frequency;
                cosines[position * pairs + pair] = angle.cos();
                sines[position * pairs + pair] = angle.sin();
            }
        }
        Self {
            cosines,
            sines,
            pairs,
        }
    }
}

impl Machine {
    /// Rotates the queries and keys of the first `count` rows of `projected` (each all query heads,
    /// then all key heads, then all value heads), which stand at `position` and behind it. Queries
    /// go to `queries`, keys and values to `layer` of the cache. Element `i` is rotated with element
    /// `i + width / 2`.
    ///
    /// Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding" (2021).
    ///
    /// # Panics
    /// If queries and cache are of different precisions or shapes, or too small.
    pub fn rotate(
        &self,
        projected: &Rows,
        count: usize,
        rotations: &Rotations,
        position: usize,
        queries: &mut Queries,
        (cache, layer): (&mut KeyValueCache, usize),
    ) {
        let heads = cache.heads();
        assert!(count <= projected.capacity() && count <= queries.capacity);
        assert!(position + count <= cache.capacity() && queries.heads == heads);
        assert_eq!(
            projected.width(),
            (heads.queries + 2 * heads.keys) * heads.width
        );
        assert!(2 * rotations.pairs == heads.width);
        let all = AllRows {
            projected,
            count,
            rotations,
            position,
            heads,
        };
        let layer = layer * heads.keys..(layer + 1) * heads.keys;
        match (&mut cache.numbers, &mut queries.numbers) {
            (CacheNumbers::Floats(cache), QueryNumbers::Floats(queries)) => {
                self.rotate_rows(all, cache.writer(layer, queries));
            }
            (CacheNumbers::Shorts(cache), QueryNumbers::Shorts(queries, scales)) => {
                self.rotate_rows(all, cache.writer(layer, queries, scales));
            }
            _ => panic!("queries of one precision do not go with a cache of another"),
        }
    }

    fn rotate_rows<W: HeadWriter>(&self, all: AllRows<'_>, writer: W) {
        self.for_each_row(all.count, &|row| {
            self.instructions.run(RotateRow { all, row, writer });
        });
    }
}

/// One call of `rotate`.
#[derive(Clone, Copy)]
struct AllRows<'a> {
    projected: &'a Rows,
    count: usize,
    rotations: &'a Rotations,
    position: usize,
    heads: Heads,
}

/// Position and row exist and are this task's own.
struct RotateRow<'a, W> {
    all: AllRows<'a>,
    row: usize,
    writer: W,
}

impl<W: HeadWriter> Kernel for RotateRow<'_, W> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let AllRows {
            projected,
            count,
            rotations,
            position,
            heads,
        } = self.all;
        let (group, stored, width) = (heads.group(), heads.stored(), heads.width);
        let position = position + self.row;
        let half = width / 2;
        let at = position * rotations.pairs;
        let cosines = &rotations.cosines[at..][..half];
        let sines = &rotations.sines[at..][..half];
        let mut rotated = [0.0f32; MAX_HEAD];
        let mut rotate = |from: &[f32], scale: f32| {
            let (low, high) = from.split_at(half);
            let (to_low, to_high) = rotated[..width].split_at_mut(half);
            for i in 0..half {
                to_low[i] = (low[i] * cosines[i] - high[i] * sines[i]) * scale;
                to_high[i] = (high[i] * cosines[i] + low[i] * sines[i]) * scale;
            }
            rotated
        };
        let (queries, others) = projected.row(self.row).split_at(heads.queries * width);
        let (keys, values) = others.split_at(heads.keys * width);
        // Attention is to the base of two.
        let scale = std::f32::consts::LOG2_E / (width as f32).sqrt();
        for (head, query) in queries.chunks_exact(width).enumerate() {
            let folded = (head / group * count + self.row) * group + head % group;
            let query = rotate(query, scale);
            // SAFETY: the folded row exists, and this is the only task with this row.
            unsafe { self.writer.set_query(lanes, folded, &query[..stored]) };
        }
        for (head, key) in keys.chunks_exact(width).enumerate() {
            let key = rotate(key, 1.0);
            // SAFETY: head and position exist, and this is the only task with this position.
            unsafe {
                self.writer.set_key(lanes, head, position, &key[..stored]);
            }
        }
        let mut padded = [0.0f32; MAX_HEAD];
        for (head, value) in values.chunks_exact(width).enumerate() {
            padded[..width].copy_from_slice(value);
            // SAFETY: as above.
            unsafe {
                self.writer
                    .set_value(lanes, head, position, &padded[..stored]);
            }
        }
    }
}
