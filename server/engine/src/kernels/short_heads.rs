//! Attention in 16-bit whole numbers: twice the products per instruction of f32, half the memory.
//!
//! A query, a key and a value are each quantized with a scale of their own, the weights of a block
//! of keys with one scale. Products are added up in 32 bits, which they fit, so sums are exact. A
//! value's scale belongs to its position, over which the weighted values are summed: the logarithm
//! of the scale is added to the score, so the weight comes out multiplied by it, and the sum of the
//! weights is taken back to what it was.

use super::buffer::{Buffer, Shared};
use super::cache::{KEY_BLOCK, MAX_HEAD};
use super::exponential::power_of_two;
use super::head_form::{HeadReader, HeadWriter};
use super::lanes::{LANES, Lanes};
use super::partial_softmax::{PartialSoftmax, TILE, largest_rounded_up};

/// Keys and values go up to this.
const CACHE_LIMIT: f32 = 2047.0;
/// Queries and weights go up to this.
const ROW_LIMIT: f32 = 8191.0;

/// A product of a query with a key, and of the weights of a block with a value's element, fit i32.
const _: () = {
    let terms = if MAX_HEAD > KEY_BLOCK {
        MAX_HEAD
    } else {
        KEY_BLOCK
    };
    assert!(CACHE_LIMIT as i64 * ROW_LIMIT as i64 * terms as i64 <= i32::MAX as i64);
};

/// The smallest scale of a value, so that its logarithm and its inverse are finite: values of zeros
/// are zeros with any scale.
const SMALLEST_SCALE: f32 = 1e-12;

/// Keys and values of some heads.
pub(super) struct ShortCache {
    /// `[head][block][stored width / 2][64][2]`
    keys: Buffer<i16>,
    /// `[head][position]`
    key_scales: Buffer<f32>,
    /// `[head][position / 2][stored width][2]`
    values: Buffer<i16>,
    /// Logarithm to the base of two, and inverse, of each value's scale: `[head][position]`
    value_logarithms: Buffer<f32>,
    value_inverses: Buffer<f32>,
    capacity: usize,
    stored: usize,
}

impl ShortCache {
    pub(super) fn new(heads: usize, capacity: usize, stored: usize) -> Self {
        let positions = heads * capacity;
        Self {
            keys: Buffer::zeroed(positions * stored),
            key_scales: Buffer::zeroed(positions),
            values: Buffer::zeroed(positions * stored),
            value_logarithms: Buffer::zeroed(positions),
            value_inverses: Buffer::zeroed(positions),
            capacity,
            stored,
        }
    }

    /// Keys and values of one head, with the folded rows of its queries and their scales.
    pub(super) fn reader<'a>(
        &'a self,
        head: usize,
        queries: &'a [i16],
        query_scales: &'a [f32],
    ) -> ShortHead<'a> {
        let (first, length) = (head * self.capacity, self.capacity);
        ShortHead {
            queries,
            query_scales,
            keys: &self.keys[first * self.stored..][..length * self.stored],
            key_scales: &self.key_scales[first..][..length],
            values: &self.values[first * self.stored..][..length * self.stored],
            value_logarithms: &self.value_logarithms[first..][..length],
            value_inverses: &self.value_inverses[first..][..length],
            stored: self.stored,
        }
    }

    /// Access to some heads for the tasks of a loop.
    pub(super) fn writer(
        &mut self,
        heads: std::ops::Range<usize>,
        queries: &mut [i16],
        query_scales: &mut [f32],
    ) -> ShortWriter {
        let positions = heads.start * self.capacity..heads.end * self.capacity;
        let elements = positions.start * self.stored..positions.end * self.stored;
        ShortWriter {
            queries: Shared::new(queries),
            query_scales: Shared::new(query_scales),
            keys: Shared::new(&mut self.keys[elements.clone()]),
            key_scales: Shared::new(&mut self.key_scales[positions.clone()]),
            values: Shared::new(&mut self.values[elements]),
            value_logarithms: Shared::new(&mut self.value_logarithms[positions.clone()]),
            value_inverses: Shared::new(&mut self.value_inverses[positions]),
            capacity: self.capacity,
            stored: self.stored,
        }
    }
}

#[derive(Clone, Copy)]
pub(super) struct ShortWriter {
    queries: Shared<i16>,
    query_scales: Shared<f32>,
    keys: Shared<i16>,
    key_scales: Shared<f32>,
    values: Shared<i16>,
    value_logarithms: Shared<f32>,
    value_inverses: Shared<f32>,
    capacity: usize,
    stored: usize,
}

impl HeadWriter for ShortWriter {
    #[inline(always)]
    unsafe fn set_query<L: Lanes>(self, lanes: L, folded: usize, query: &[f32]) {
        // SAFETY: promised by the caller.
        unsafe {
            let to = self.queries.at(folded * self.stored);
            *self.query_scales.at(folded) = quantize(lanes, query, ROW_LIMIT, to);
        }
    }

    #[inline(always)]
    unsafe fn set_key<L: Lanes>(self, lanes: L, head: usize, position: usize, key: &[f32]) {
        let mut numbers = [[0i16; 2]; MAX_HEAD / 2];
        let (block, column) = (position / KEY_BLOCK, position % KEY_BLOCK);
        let first = (head * self.capacity + block * KEY_BLOCK) * self.stored + 2 * column;
        // SAFETY: promised by the caller; a key is at most `MAX_HEAD` wide.
        unsafe {
            let scale = quantize(lanes, key, CACHE_LIMIT, numbers.as_mut_ptr().cast());
            *self.key_scales.at(head * self.capacity + position) = scale;
            for (pair, numbers) in numbers[..key.len() / 2].iter().enumerate() {
                let to = self.keys.at(first + pair * 2 * KEY_BLOCK);
                to.cast::<[i16; 2]>().write(*numbers);
            }
        }
    }

    #[inline(always)]
    unsafe fn set_value<L: Lanes>(self, lanes: L, head: usize, position: usize, value: &[f32]) {
        let mut numbers = [0i16; MAX_HEAD];
        let (pair, side) = (position / 2, position % 2);
        let first = (head * self.capacity + pair * 2) * self.stored + side;
        // SAFETY: promised by the caller; a value is at most `MAX_HEAD` wide.
        unsafe {
            let scale = quantize(lanes, value, CACHE_LIMIT, numbers.as_mut_ptr());
            let scale = scale.max(SMALLEST_SCALE);
            let at = head * self.capacity + position;
            *self.value_logarithms.at(at) = scale.log2();
            *self.value_inverses.at(at) = 1.0 / scale;
            for (element, number) in numbers[..value.len()].iter().enumerate() {
                *self.values.at(first + 2 * element) = *number;
            }
        }
    }
}

/// Writes `numbers` as multiples of a scale, up to `limit`, and returns the scale.
///
/// # Safety
/// The numbers are whole vectors, and `to` has room for them.
#[inline(always)]
unsafe fn quantize<L: Lanes>(lanes: L, numbers: &[f32], limit: f32, to: *mut i16) -> f32 {
    let mut largest = lanes.splat(0.0);
    for at in (0..numbers.len()).step_by(LANES) {
        // SAFETY: promised by the caller.
        let values = unsafe { lanes.load(numbers.as_ptr().add(at)) };
        largest = lanes.maximum(largest, lanes.absolute(values));
    }
    let largest = lanes.largest(largest);
    let inverse = limit / largest;
    let inverse = lanes.splat(if inverse.is_finite() { inverse } else { 0.0 });
    for at in (0..numbers.len()).step_by(LANES) {
        // SAFETY: promised by the caller.
        unsafe {
            let values = lanes.load(numbers.as_ptr().add(at));
            let integers = lanes.to_integers(lanes.multiply(values, inverse));
            lanes.store_shorts(to.add(at), integers);
        }
    }
    largest / limit
}

#[derive(Clone, Copy)]
pub(super) struct ShortHead<'a> {
    /// `[folded row][stored width]`
    queries: &'a [i16],
    query_scales: &'a [f32],
    keys: &'a [i16],
    key_scales: &'a [f32],
    values: &'a [i16],
    value_logarithms: &'a [f32],
    value_inverses: &'a [f32],
    stored: usize,
}

impl HeadReader for ShortHead<'_> {
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
        let query_scales = &self.query_scales[first..][..R];
        let keys = &self.keys[first_key * stored..][..KEY_BLOCK * stored];
        let key_scales = &self.key_scales[first_key..][..KEY_BLOCK];
        let values = &self.values[first_key * stored..][..KEY_BLOCK * stored];
        let logarithms = &self.value_logarithms[first_key..][..KEY_BLOCK];
        let inverses = &self.value_inverses[first_key..][..KEY_BLOCK];
        assert!(stored <= MAX_HEAD && stored.is_multiple_of(LANES));
        let mut scores = [[0.0f32; KEY_BLOCK]; R];

        let mut column = 0;
        macro_rules! scores {
            ($vectors:literal) => {
                while column < keys_seen {
                    // SAFETY: the queries have R rows, and the columns are some of the block's.
                    unsafe {
                        let sums = pair_tile::<L, R, $vectors>(
                            lanes,
                            stored / 2,
                            (queries.as_ptr(), stored),
                            (keys.as_ptr().add(2 * column), 2 * KEY_BLOCK),
                        );
                        for v in 0..$vectors {
                            let at = column + v * LANES;
                            let key_scale = lanes.load(key_scales.as_ptr().add(at));
                            let logarithm = lanes.load(logarithms.as_ptr().add(at));
                            for r in 0..R {
                                let scale = lanes.multiply(key_scale, lanes.splat(query_scales[r]));
                                let product = lanes.to_floats(sums[r][v]);
                                let score = lanes.multiply_add(product, scale, logarithm);
                                lanes.store(scores[r].as_mut_ptr().add(at), score);
                            }
                        }
                    }
                    column += $vectors * LANES;
                }
            };
        }
        if L::WIDE {
            scores!(4);
        } else {
            scores!(1);
        }

        let mut weights = [[0i16; KEY_BLOCK]; R];
        let vectors = keys_seen.div_ceil(LANES);
        for (row, (scores, weights)) in scores.iter_mut().zip(&mut weights).enumerate() {
            let visible = visible[row].saturating_sub(first_key).min(keys_seen);
            if visible == 0 {
                softmax.largest[row] = f32::NEG_INFINITY;
                softmax.sum[row] = 0.0;
                continue;
            }
            scores[visible..vectors * LANES].fill(f32::NEG_INFINITY);
            // SAFETY: `vectors` vectors lie in the block.
            unsafe {
                let largest = largest_rounded_up(lanes, scores.as_ptr(), vectors);
                let mut sum = lanes.splat(0.0);
                for at in (0..vectors * LANES).step_by(LANES) {
                    let score = lanes.load(scores.as_ptr().add(at));
                    let weight = power_of_two(lanes, lanes.subtract(score, lanes.splat(largest)));
                    let inverse = lanes.load(inverses.as_ptr().add(at));
                    sum = lanes.multiply_add(weight, inverse, sum);
                    let scaled = lanes.multiply(weight, lanes.splat(ROW_LIMIT));
                    let to = weights.as_mut_ptr().add(at);
                    lanes.store_shorts(to, lanes.to_integers(scaled));
                }
                softmax.largest[row] = largest;
                // The values are left multiplied by the limit, too.
                softmax.sum[row] = lanes.sum(sum) * ROW_LIMIT;
            }
        }

        let mut column = 0;
        macro_rules! weighted {
            ($vectors:literal) => {
                while column + $vectors * LANES <= stored {
                    // SAFETY: the weights have a row for each of R queries, zero from the keys on
                    // that it does not see, the values a pair for each pair of keys, and the
                    // result R rows of at least `stored`.
                    unsafe {
                        let sums = pair_tile::<L, R, $vectors>(
                            lanes,
                            keys_seen.div_ceil(2),
                            (weights.as_ptr().cast(), KEY_BLOCK),
                            (values.as_ptr().add(2 * column), 2 * stored),
                        );
                        for (sums, to) in sums.iter().zip(&mut softmax.values) {
                            for (v, sum) in sums.iter().enumerate() {
                                let to = to.as_mut_ptr().add(column + v * LANES);
                                lanes.store(to, lanes.to_floats(*sum));
                            }
                        }
                    }
                    column += $vectors * LANES;
                }
            };
        }
        if L::WIDE {
            weighted!(4);
        }
        weighted!(1);
    }
}

/// `R` rows of `pairs` pairs times `V` vectors of columns, exactly. Matrices come with their
/// strides.
///
/// # Safety
/// `rows` gives `pairs` pairs in each of `R` rows, `columns` `16 V` pairs in each of `pairs` rows;
/// the sums fit i32.
#[inline(always)]
unsafe fn pair_tile<L: Lanes, const R: usize, const V: usize>(
    lanes: L,
    pairs: usize,
    (rows, row_stride): (*const i16, usize),
    (columns, column_stride): (*const i16, usize),
) -> [[L::Integers; V]; R] {
    let mut sums = [[lanes.zeros(); V]; R];
    for pair in 0..pairs {
        // SAFETY: promised by the caller.
        unsafe {
            let from = columns.add(pair * column_stride);
            let mut column = [lanes.load_shorts(from); V];
            for (v, column) in column.iter_mut().enumerate().skip(1) {
                *column = lanes.load_shorts(from.add(v * 2 * LANES));
            }
            for (r, sums) in sums.iter_mut().enumerate() {
                let row = lanes.splat_pair(rows.add(r * row_stride + 2 * pair));
                for v in 0..V {
                    sums[v] = lanes.dot_pairs(sums[v], row, column[v]);
                }
            }
        }
    }
    sums
}
