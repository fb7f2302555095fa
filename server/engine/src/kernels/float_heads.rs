//! Attention in f32.

use super::buffer::{Buffer, Shared};
use super::cache::{KEY_BLOCK, MAX_HEAD};
use super::exponential::power_of_two;
use super::head_form::{HeadReader, HeadWriter};
use super::lanes::{LANES, Lanes};
use super::partial_softmax::{PartialSoftmax, TILE, largest_rounded_up};
use super::tile::float_tile;

/// Keys and values of some heads.
pub(super) struct FloatCache {
    /// `[head][block][stored width][64]`
    keys: Buffer<f32>,
    /// `[head][position][stored width]`
    values: Buffer<f32>,
    head_length: usize,
    stored: usize,
}

impl FloatCache {
    pub(super) fn new(heads: usize, capacity: usize, stored: usize) -> Self {
        let head_length = capacity * stored;
        Self {
            keys: Buffer::zeroed(heads * head_length),
            values: Buffer::zeroed(heads * head_length),
            head_length,
            stored,
        }
    }

    /// Keys and values of one head, with the folded rows of its queries.
    pub(super) fn reader<'a>(&'a self, head: usize, queries: &'a [f32]) -> FloatHead<'a> {
        FloatHead {
            queries,
            keys: &self.keys[head * self.head_length..][..self.head_length],
            values: &self.values[head * self.head_length..][..self.head_length],
            stored: self.stored,
        }
    }

    /// Access to some heads for the tasks of a loop.
    pub(super) fn writer(
        &mut self,
        heads: std::ops::Range<usize>,
        queries: &mut [f32],
    ) -> FloatWriter {
        let all = heads.start * self.head_length..heads.end * self.head_length;
        FloatWriter {
            queries: Shared::new(queries),
            keys: Shared::new(&mut self.keys[all.clone()]),
            values: Shared::new(&mut self.values[all]),
            head_length: self.head_length,
            stored: self.stored,
        }
    }
}

#[derive(Clone, Copy)]
pub(super) struct FloatWriter {
    queries: Shared<f32>,
    keys: Shared<f32>,
    values: Shared<f32>,
    head_length: usize,
    stored: usize,
}

impl HeadWriter for FloatWriter {
    #[inline(always)]
    unsafe fn set_query<L: Lanes>(self, _: L, folded: usize, query: &[f32]) {
        // SAFETY: promised by the caller.
        unsafe {
            let to = self.queries.at(folded * self.stored);
            to.copy_from_nonoverlapping(query.as_ptr(), query.len());
        }
    }

    #[inline(always)]
    unsafe fn set_key<L: Lanes>(self, _: L, head: usize, position: usize, key: &[f32]) {
        let (block, column) = (position / KEY_BLOCK, position % KEY_BLOCK);
        let first = head * self.head_length + block * self.stored * KEY_BLOCK + column;
        for (element, key) in key.iter().enumerate() {
            // SAFETY: promised by the caller.
            unsafe { *self.keys.at(first + element * KEY_BLOCK) = *key };
        }
    }

    #[inline(always)]
    unsafe fn set_value<L: Lanes>(self, _: L, head: usize, position: usize, value: &[f32]) {
        // SAFETY: promised by the caller.
        unsafe {
            let to = self
                .values
                .at(head * self.head_length + position * self.stored);
            to.copy_from_nonoverlapping(value.as_ptr(), value.len());
        }
    }
}

#[derive(Clone, Copy)]
pub(super) struct FloatHead<'a> {
    /// `[folded row][stored width]`
    queries: &'a [f32],
    keys: &'a [f32],
    values: &'a [f32],
    stored: usize,
}

impl HeadReader for FloatHead<'_> {
    #[inline(always)]
    fn compute<L: Lanes, const R: usize>(
        self,
        lanes: L,
        first: usize,
        visible: &[usize; TILE],
        block: usize,
        softmax: &mut PartialSoftmax,
    ) {
        let stored = self.stored;
        let first_key = block * KEY_BLOCK;
        let keys_seen = (visible[R - 1] - first_key).min(KEY_BLOCK);
        let queries = &self.queries[first * stored..][..R * stored];
        let keys = &self.keys[first_key * stored..][..KEY_BLOCK * stored];
        let values = &self.values[first_key * stored..][..KEY_BLOCK * stored];
        assert!(stored <= MAX_HEAD && stored.is_multiple_of(LANES));
        let mut scores = [[0.0f32; KEY_BLOCK]; R];

        // SAFETY: the queries have R rows, the keys are a block, and the scores have a row of it for
        // each query.
        unsafe {
            product::<L, R>(
                lanes,
                stored,
                (queries.as_ptr(), stored),
                (keys.as_ptr(), KEY_BLOCK),
                keys_seen.next_multiple_of(LANES),
                (scores.as_mut_ptr().cast(), KEY_BLOCK),
            );
        }
        let vectors = keys_seen.div_ceil(LANES);
        for (row, scores) in scores.iter_mut().enumerate() {
            let visible = visible[row].saturating_sub(first_key).min(keys_seen);
            if visible == 0 {
                scores[..vectors * LANES].fill(0.0);
                softmax.largest[row] = f32::NEG_INFINITY;
                softmax.sum[row] = 0.0;
                continue;
            }
            scores[visible..vectors * LANES].fill(f32::NEG_INFINITY);
            let scores = scores.as_mut_ptr();
            // SAFETY: `vectors` vectors lie in the block.
            unsafe {
                let largest = largest_rounded_up(lanes, scores, vectors);
                let mut sum = lanes.splat(0.0);
                for vector in 0..vectors {
                    let at = scores.add(vector * LANES);
                    let shifted = lanes.subtract(lanes.load(at), lanes.splat(largest));
                    let weight = power_of_two(lanes, shifted);
                    lanes.store(at, weight);
                    sum = lanes.add(sum, weight);
                }
                softmax.largest[row] = largest;
                softmax.sum[row] = lanes.sum(sum);
            }
        }
        // SAFETY: the scores have a row of at least `keys_seen` for each of R queries, the values
        // a row for each of those keys, and the result R rows of at least `stored`.
        unsafe {
            product::<L, R>(
                lanes,
                keys_seen,
                (scores.as_ptr().cast(), KEY_BLOCK),
                (values.as_ptr(), stored),
                stored,
                (softmax.values.as_mut_ptr().cast(), MAX_HEAD),
            );
        }
    }
}

/// Writes `R` rows times `outputs` columns, a multiple of the lanes. Matrices come with their
/// strides.
///
/// # Safety
/// As for `float_tile`; `to` has room for `outputs` elements in each of `R` rows.
#[inline(always)]
unsafe fn product<L: Lanes, const R: usize>(
    lanes: L,
    inputs: usize,
    (rows, row_stride): (*const f32, usize),
    (columns, column_stride): (*const f32, usize),
    outputs: usize,
    (to, to_stride): (*mut f32, usize),
) {
    let mut column = 0;
    macro_rules! tiles {
        ($vectors:literal) => {
            while column + $vectors * LANES <= outputs {
                // SAFETY: promised by the caller.
                unsafe {
                    let tile = float_tile::<L, R, $vectors>(
                        lanes,
                        inputs,
                        rows,
                        row_stride,
                        columns.add(column),
                        column_stride,
                    );
                    for (r, tile) in tile.iter().enumerate() {
                        for (v, value) in tile.iter().enumerate() {
                            lanes.store(to.add(r * to_stride + column + v * LANES), *value);
                        }
                    }
                }
                column += $vectors * LANES;
            }
        };
    }
    if L::WIDE {
        tiles!(4);
    }
    tiles!(1);
}
