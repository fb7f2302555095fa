//! Rotary position embedding, on the way from the projections to the cache.

use super::Machine;
use super::buffer::{Buffer, Shared};
use super::cache::{CacheWriter, Heads, KeyValueCache};
use super::instruction_set::Kernel;
use super::lanes::Lanes;
use super::matrix::Rows;

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

/// Rotated queries, divided by the square root of their width.
pub struct Queries {
    /// `[key head][row][query head of the group][stored width]`: the queries that share keys are
    /// rows of one product.
    pub(super) floats: Buffer<f32>,
    pub(super) heads: Heads,
    pub(super) capacity: usize,
}

impl Queries {
    /// Room for `capacity` rows.
    pub fn new(heads: Heads, capacity: usize) -> Self {
        Self {
            floats: Buffer::zeroed(capacity * heads.queries * heads.stored()),
            heads,
            capacity,
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
        let to = Shared::new(&mut queries.floats);
        let writer = cache.writer(layer);
        self.for_each_row(count, &|row| {
            let at = (position + row) * rotations.pairs;
            self.instructions.run(Rotate {
                from: projected.row(row),
                cosines: &rotations.cosines[at..][..rotations.pairs],
                sines: &rotations.sines[at..][..rotations.pairs],
                heads,
                count,
                row,
                position: position + row,
                queries: to,
                cache: writer,
            });
        });
    }
}

/// Position and row exist and are this task's own.
struct Rotate<'a> {
    from: &'a [f32],
    cosines: &'a [f32],
    sines: &'a [f32],
    heads: Heads,
    count: usize,
    row: usize,
    position: usize,
    queries: Shared<f32>,
    cache: CacheWriter,
}

impl Kernel for Rotate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, _: L) {
        let Heads {
            queries,
            keys,
            width,
        } = self.heads;
        let (group, stored, half) = (self.heads.group(), self.heads.stored(), width / 2);
        let scale = 1.0 / (width as f32).sqrt();
        let (cosines, sines) = (&self.cosines[..half], &self.sines[..half]);
        for (head, from) in self.from[..queries * width].chunks_exact(width).enumerate() {
            let (low, high) = from.split_at(half);
            let folded = (head / group * self.count + self.row) * group + head % group;
            // SAFETY: the folded row exists, and this is the only task with this row.
            let to =
                unsafe { std::slice::from_raw_parts_mut(self.queries.at(folded * stored), width) };
            let (to_low, to_high) = to.split_at_mut(half);
            for i in 0..half {
                to_low[i] = (low[i] * cosines[i] - high[i] * sines[i]) * scale;
                to_high[i] = (high[i] * cosines[i] + low[i] * sines[i]) * scale;
            }
        }
        let from = &self.from[queries * width..][..keys * width];
        for (head, from) in from.chunks_exact(width).enumerate() {
            let (low, high) = from.split_at(half);
            for i in 0..half {
                let rotated_low = low[i] * cosines[i] - high[i] * sines[i];
                let rotated_high = high[i] * cosines[i] + low[i] * sines[i];
                // SAFETY: head and position exist, and this is the only task with this position.
                unsafe {
                    self.cache.set_key(head, self.position, i, rotated_low);
                    self.cache
                        .set_key(head, self.position, i + half, rotated_high);
                }
            }
        }
        let from = &self.from[(queries + keys) * width..][..keys * width];
        for (head, value) in from.chunks_exact(width).enumerate() {
            // SAFETY: as above.
            unsafe { self.cache.set_value(head, self.position, value) };
        }
    }
}
