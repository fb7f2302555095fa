//! 16-bit rows times 8-bit weights, exact within a block of 64 inputs.
//!
//! The instruction multiplies unsigned with signed bytes. A row's 16-bit numbers are stored with
//! 32,768 added, high and low bytes apart. For a block, the high bytes are multiplied first, that
//! sum is shifted left by eight bits, and the low bytes are added; the sum starts from -128 times
//! the column's weights, which takes back the 32,768. All of it fits 32 bits.

use super::lanes::{LANES, Lanes};
use super::tile::{PANEL, Product};

/// Inputs that share a scale.
pub(super) const BLOCK: usize = 64;

/// Bytes of a row's number.
pub(super) const PLANES: usize = 2;

const WEIGHT_LIMIT: f32 = 127.0;
const ROW_LIMIT: f32 = 32_700.0;
const ROW_OFFSET: f32 = 32_768.0;

/// Quantized rows times packed weights.
#[derive(Clone, Copy)]
pub(super) struct ByteProduct {
    /// `[row][block][high, low][64]`
    pub(super) rows: *const u8,
    /// `[row][block]`
    pub(super) row_scales: *const f32,
    /// `[panel][block][16][48][4]`
    pub(super) bytes: *const i8,
    /// `[panel][block][48]`
    pub(super) scales: *const f32,
    /// `[panel][block][48]`
    pub(super) starts: *const i32,
    pub(super) blocks: usize,
}

// SAFETY: made from buffers of the shapes it reads.
unsafe impl Product for ByteProduct {
    const ROWS: (usize, usize) = (4, 2);

    #[inline(always)]
    unsafe fn tile<L: Lanes, const R: usize, const V: usize>(
        self,
        lanes: L,
        row: usize,
        column: usize,
    ) -> [[L::Floats; V]; R] {
        let (panel, column) = (column / PANEL, column % PANEL);
        let mut totals = [[lanes.splat(0.0); V]; R];
        for block in 0..self.blocks {
            let at = (panel * self.blocks + block) * PANEL;
            // SAFETY: the caller's rows and columns exist, and so do their blocks.
            unsafe {
                let weights = self.bytes.add(at * BLOCK + 4 * column);
                let mut sums = [[lanes.load_integers(self.starts.add(at + column)); V]; R];
                for v in 1..V {
                    let start = lanes.load_integers(self.starts.add(at + column + v * LANES));
                    for sums in &mut sums {
                        sums[v] = start;
                    }
                }
                let first = self.rows.add((row * self.blocks + block) * PLANES * BLOCK);
                let row_stride = self.blocks * PLANES * BLOCK;
                add_dots(lanes, &mut sums, first, row_stride, weights);
                for sums in &mut sums {
                    for sum in sums {
                        *sum = lanes.shift_left_byte(*sum);
                    }
                }
                add_dots(lanes, &mut sums, first.add(BLOCK), row_stride, weights);
                for v in 0..V {
                    let scale = lanes.load(self.scales.add(at + column + v * LANES));
                    for r in 0..R {
                        let row_scale = *self.row_scales.add((row + r) * self.blocks + block);
                        let scale = lanes.multiply(scale, lanes.splat(row_scale));
                        totals[r][v] =
                            lanes.multiply_add(lanes.to_floats(sums[r][v]), scale, totals[r][v]);
                    }
                }
            }
        }
        totals
    }
}

/// Adds the dot products of 64 bytes of `R` rows with a block of weights.
///
/// # Safety
/// `rows` gives 64 bytes in each of `R` rows `row_stride` apart; `weights` points at the first of
/// `V` vectors of columns in a block.
#[inline(always)]
unsafe fn add_dots<L: Lanes, const R: usize, const V: usize>(
    lanes: L,
    sums: &mut [[L::Integers; V]; R],
    rows: *const u8,
    row_stride: usize,
    weights: *const i8,
) {
    for quad in 0..BLOCK / 4 {
        // SAFETY: promised by the caller.
        unsafe {
            let from = weights.add(quad * 4 * PANEL);
            let mut columns = [lanes.load_weights(from); V];
            for (v, columns) in columns.iter_mut().enumerate().skip(1) {
                *columns = lanes.load_weights(from.add(v * 4 * LANES));
            }
            for (r, sums) in sums.iter_mut().enumerate() {
                let row = lanes.splat_row(rows.add(r * row_stride + 4 * quad));
                for v in 0..V {
                    sums[v] = lanes.dot(sums[v], row, columns[v]);
                }
            }
        }
    }
}

/// What numbers up to `largest` are multiplied by to reach `limit`. Numbers so small that this is
/// not finite become zero.
fn inverse_scale(limit: f32, largest: f32) -> f32 {
    let inverse = limit / largest;
    if inverse.is_finite() { inverse } else { 0.0 }
}

/// Quantizes one column's weights of one block into `block` (`[16][48][4]`), and returns their
/// scale and what their sum starts from.
pub(super) fn quantize_weights(weights: &[f32], column: usize, block: &mut [i8]) -> (f32, i32) {
    let largest = weights
        .iter()
        .fold(0.0f32, |largest, w| largest.max(w.abs()));
    let inverse = inverse_scale(WEIGHT_LIMIT, largest);
    let mut sum = 0;
    for (index, weight) in weights.iter().enumerate() {
        let byte = (weight * inverse).round() as i8;
        block[(index / 4 * PANEL + column) * 4 + index % 4] = byte;
        sum += i32::from(byte);
    }
    (largest / WEIGHT_LIMIT, -128 * sum)
}

/// Quantizes a row of `width` elements.
///
/// # Safety
/// `row` gives `width` elements; `bytes` and `scales` have room for its blocks.
#[inline(always)]
pub(super) unsafe fn quantize_row<L: Lanes>(
    lanes: L,
    row: *const f32,
    width: usize,
    bytes: *mut u8,
    scales: *mut f32,
) {
    for block in 0..width.div_ceil(BLOCK) {
        let mut last = [0.0f32; BLOCK];
        // SAFETY: the block starts inside the row; where it ends behind it, what there is of it
        // is copied and the rest is zero.
        let from = unsafe { row.add(block * BLOCK) };
        let from = if width - block * BLOCK < BLOCK {
            // SAFETY: as above.
            unsafe { from.copy_to_nonoverlapping(last.as_mut_ptr(), width - block * BLOCK) };
            last.as_ptr()
        } else {
            from
        };
        // SAFETY: a whole block of elements is readable, and there is room for its bytes and scale.
        unsafe {
            let mut largest = lanes.splat(0.0);
            for v in 0..BLOCK / LANES {
                let values = lanes.load(from.add(v * LANES));
                largest = lanes.maximum(largest, lanes.absolute(values));
            }
            let largest = lanes.largest(largest);
            let inverse = inverse_scale(ROW_LIMIT, largest);
            *scales.add(block) = largest / ROW_LIMIT;
            let (inverse, offset) = (lanes.splat(inverse), lanes.splat(ROW_OFFSET));
            for v in 0..BLOCK / LANES {
                let values = lanes.load(from.add(v * LANES));
                let numbers = lanes.round(lanes.multiply(values, inverse));
                let numbers = lanes.to_integers(lanes.add(numbers, offset));
                let high = bytes.add(block * PLANES * BLOCK + v * LANES);
                lanes.store_byte::<1>(high, numbers);
                lanes.store_byte::<0>(high.add(BLOCK), numbers);
            }
        }
    }
}
