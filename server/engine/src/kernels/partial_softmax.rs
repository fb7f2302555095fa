//! The softmax of a tile of queries over one block of keys, and the merging of two such.

use super::cache::{KEY_BLOCK, KEY_PANEL, MAX_HEAD};
use super::exponential::exponential;
use super::lanes::{LANES, Lanes};
use super::tile::float_tile;

/// Query rows of a tile: with four vectors of keys they fill the registers of AVX-512.
pub(super) const TILE: usize = 6;

/// The softmax of one tile of queries over some keys.
#[derive(Clone)]
pub(super) struct PartialSoftmax {
    /// Largest score of each query.
    largest: [f32; TILE],
    /// Sum of the exponentials of the scores, each less the largest.
    sum: [f32; TILE],
    /// Values weighted with the same exponentials.
    values: [[f32; MAX_HEAD]; TILE],
}

/// A tile of queries and the keys and values of one head.
#[derive(Clone, Copy)]
pub(super) struct QueryTile<'a> {
    /// `[height][stored]`
    pub(super) queries: &'a [f32],
    /// Keys that each query may see, ascending.
    pub(super) visible: [usize; TILE],
    /// As in the cache.
    pub(super) keys: &'a [f32],
    /// As in the cache.
    pub(super) values: &'a [f32],
    pub(super) height: usize,
    pub(super) stored: usize,
}

impl PartialSoftmax {
    /// Over no keys.
    pub(super) const EMPTY: Self = Self {
        largest: [f32::NEG_INFINITY; TILE],
        sum: [0.0; TILE],
        values: [[0.0; MAX_HEAD]; TILE],
    };

    /// Weighted mean of the values for one query.
    #[inline(always)]
    pub(super) fn finish(&self, row: usize, to: &mut [f32]) {
        let inverse = 1.0 / self.sum[row];
        for (to, value) in to.iter_mut().zip(&self.values[row]) {
            *to = value * inverse;
        }
    }

    /// Adds the keys of `next`, which come behind those of `self`.
    #[inline(always)]
    pub(super) fn merge<L: Lanes>(&mut self, lanes: L, next: &Self, height: usize, stored: usize) {
        for row in 0..height {
            let largest = self.largest[row].max(next.largest[row]);
            let old = exponential(lanes, lanes.splat(self.largest[row] - largest));
            let new = exponential(lanes, lanes.splat(next.largest[row] - largest));
            let (old_factor, new_factor) = (lanes.to_array(old)[0], lanes.to_array(new)[0]);
            self.largest[row] = largest;
            self.sum[row] = self.sum[row] * old_factor + next.sum[row] * new_factor;
            for at in (0..stored).step_by(LANES) {
                // SAFETY: `stored` is a multiple of the lanes and at most `MAX_HEAD`.
                unsafe {
                    let to = self.values[row].as_mut_ptr().add(at);
                    let added = lanes.multiply(lanes.load(next.values[row].as_ptr().add(at)), new);
                    lanes.store(to, lanes.multiply_add(lanes.load(to), old, added));
                }
            }
        }
    }

    /// Makes `self` the softmax of the tile over the keys of one block.
    #[inline(always)]
    pub(super) fn compute<L: Lanes>(&mut self, lanes: L, tile: &QueryTile<'_>, block: usize) {
        match tile.height {
            1 => self.compute_rows::<L, 1>(lanes, tile, block),
            2 => self.compute_rows::<L, 2>(lanes, tile, block),
            3 => self.compute_rows::<L, 3>(lanes, tile, block),
            4 => self.compute_rows::<L, 4>(lanes, tile, block),
            5 => self.compute_rows::<L, 5>(lanes, tile, block),
            6 => self.compute_rows::<L, 6>(lanes, tile, block),
            height => unreachable!("a tile of {height} queries"),
        }
    }

    #[inline(always)]
    fn compute_rows<L: Lanes, const R: usize>(
        &mut self,
        lanes: L,
        tile: &QueryTile<'_>,
        block: usize,
    ) {
        let stored = tile.stored;
        let first = block * KEY_BLOCK;
        let keys_seen = (tile.visible[R - 1] - first).min(KEY_BLOCK);
        let keys = &tile.keys[first * stored..][..KEY_BLOCK * stored];
        let values = &tile.values[first * stored..][..KEY_BLOCK * stored];
        assert!(
            tile.queries.len() >= R * stored && stored <= MAX_HEAD && stored.is_multiple_of(LANES)
        );
        let mut scores = [[0.0f32; KEY_BLOCK]; R];

        for panel in 0..keys_seen.div_ceil(KEY_PANEL) {
            // SAFETY: the queries have R rows; the panel is one of the block's.
            unsafe {
                let queries = tile.queries.as_ptr();
                let columns = keys.as_ptr().add(panel * KEY_PANEL * stored);
                let to = scores.as_mut_ptr().cast::<f32>().add(panel * KEY_PANEL);
                product::<L, R>(
                    lanes, stored, queries, stored, columns, KEY_PANEL, KEY_PANEL, to, KEY_BLOCK,
                );
            }
        }
        let vectors = keys_seen.div_ceil(LANES);
        for (row, scores) in scores.iter_mut().enumerate() {
            let visible = tile.visible[row].saturating_sub(first).min(keys_seen);
            if visible == 0 {
                scores[..vectors * LANES].fill(0.0);
                self.largest[row] = f32::NEG_INFINITY;
                self.sum[row] = 0.0;
                continue;
            }
            scores[visible..vectors * LANES].fill(f32::NEG_INFINITY);
            let scores = scores.as_mut_ptr();
            // SAFETY: `vectors` vectors lie in the block.
            unsafe {
                let mut largest = lanes.load(scores);
                for vector in 1..vectors {
                    largest = lanes.maximum(largest, lanes.load(scores.add(vector * LANES)));
                }
                let largest = lanes.largest(largest);
                let mut sum = lanes.splat(0.0);
                for vector in 0..vectors {
                    let at = scores.add(vector * LANES);
                    let shifted = lanes.subtract(lanes.load(at), lanes.splat(largest));
                    let weight = exponential(lanes, shifted);
                    lanes.store(at, weight);
                    sum = lanes.add(sum, weight);
                }
                self.largest[row] = largest;
                self.sum[row] = lanes.sum(sum);
            }
        }
        // SAFETY: the scores have a row of at least `keys_seen` for each of R queries, the values
        // a row of `stored` for each key, and `self.values` room for `stored` in each row.
        unsafe {
            product::<L, R>(
                lanes,
                keys_seen,
                scores.as_ptr().cast(),
                KEY_BLOCK,
                values.as_ptr(),
                stored,
                stored,
                self.values.as_mut_ptr().cast(),
                MAX_HEAD,
            );
        }
    }
}

/// Writes `R` rows times `outputs` columns, a multiple of the lanes.
///
/// # Safety
/// As for `float_tile`; `to` has room for `outputs` elements in each of `R` rows `to_stride` apart.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
unsafe fn product<L: Lanes, const R: usize>(
    lanes: L,
    inputs: usize,
    rows: *const f32,
    row_stride: usize,
    columns: *const f32,
    column_stride: usize,
    outputs: usize,
    to: *mut f32,
    to_stride: usize,
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
