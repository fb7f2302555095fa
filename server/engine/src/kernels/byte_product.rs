//! 8-bit or 16-bit rows times 8-bit weights, exact within a block of 64 inputs. Blocks of both are
//! rotated before they are rounded.
//!
//! The instruction multiplies unsigned with signed bytes. A row's numbers are stored with half
//! their range added, high and low bytes apart: one *plane* of bytes for 8-bit numbers, two for
//! 16-bit ones. For a block, the high bytes are multiplied first, less 128 each, which takes back
//! what was added; with a second plane that sum is shifted left by eight bits, and the low bytes are
//! added. All of it fits 32 bits.

use super::hadamard::load_rotated;
use super::lanes::{LANES, Lanes};
use super::tile::{PANEL, Product};

/// Inputs that share a scale.
pub(super) const BLOCK: usize = 64;

/// What numbers of one plane and of two go up to, and what is added to store them. High bytes are
/// never 0.
const RANGE: [(f32, f32); 2] = [(127.0, 128.0), (32_512.0, 32_768.0)];

/// Quantized rows times packed weights.
#[derive(Clone, Copy)]
pub(super) struct ByteProduct<const PLANES: usize> {
    /// `[row][block][plane, high bytes first][64]`
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
unsafe impl<const PLANES: usize> Product for ByteProduct<PLANES> {
    const ROWS: (usize, usize) = (4, 4);

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
                let mut sums = [[lanes.load_starts(self.starts.add(at + column)); V]; R];
                for v in 1..V {
                    let start = lanes.load_starts(self.starts.add(at + column + v * LANES));
                    for sums in &mut sums {
                        sums[v] = start;
                    }
                }
                let first = self.rows.add((row * self.blocks + block) * PLANES * BLOCK);
                let row_stride = self.blocks * PLANES * BLOCK;
                add_dots::<L, R, V, true>(lanes, &mut sums, first, row_stride, weights);
                for plane in 1..PLANES {
                    for sum in sums.iter_mut().flatten() {
                        *sum = lanes.shift_left_byte(*sum);
                    }
                    let low = first.add(plane * BLOCK);
                    add_dots::<L, R, V, false>(lanes, &mut sums, low, row_stride, weights);
                }
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

/// Adds the dot products of 64 bytes of `R` rows, less 128 each if they are `CENTRED`, with a block
/// of weights.
///
/// # Safety
/// `rows` gives 64 bytes in each of `R` rows `row_stride` apart; `weights` points at the first of
/// `V` vectors of columns in a block.
#[inline(always)]
unsafe fn add_dots<L: Lanes, const R: usize, const V: usize, const CENTRED: bool>(
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
                    sums[v] = match CENTRED {
                        true => lanes.dot_centred(sums[v], row, columns[v]),
                        false => lanes.dot(sums[v], row, columns[v]),
                    };
                }
            }
        }
    }
}

/// Rotates and rounds one column's weights of one block, at most 64, into `block`
/// (`[16][48][4]`), and returns their scale and what their sum starts from.
#[inline(always)]
pub(super) fn quantize_weights<L: Lanes>(
    lanes: L,
    weights: &[f32],
    column: usize,
    block: &mut [i8],
) -> (f32, i32) {
    let mut bytes = [0u8; BLOCK];
    // SAFETY: the block is whole, and there is room for one plane of it.
    let scale = unsafe {
        let weights = padded(weights.as_ptr(), weights.len());
        quantize_block::<L, 1>(lanes, weights.as_ptr(), bytes.as_mut_ptr())
    };
    let mut sum = 0;
    for (index, byte) in bytes.into_iter().enumerate() {
        // Stored with 128 added, as rows are.
        let weight = (byte ^ 0x80) as i8;
        block[(index / 4 * PANEL + column) * 4 + index % 4] = weight;
        sum += i32::from(weight);
    }
    (scale, -128 * sum)
}

/// Rotates and rounds a row of `width` elements to `PLANES` planes.
///
/// # Safety
/// `row` gives `width` elements; `bytes` and `scales` have room for its blocks.
#[inline(always)]
pub(super) unsafe fn quantize_row<L: Lanes, const PLANES: usize>(
    lanes: L,
    row: *const f32,
    width: usize,
    bytes: *mut u8,
    scales: *mut f32,
) {
    for block in 0..width.div_ceil(BLOCK) {
        let left = width - block * BLOCK;
        // SAFETY: the block starts inside the row, and there is room for its bytes and its scale.
        unsafe {
            let from = row.add(block * BLOCK);
            let to = bytes.add(block * PLANES * BLOCK);
            *scales.add(block) = if left < BLOCK {
                quantize_block::<L, PLANES>(lanes, padded(from, left).as_ptr(), to)
            } else {
                quantize_block::<L, PLANES>(lanes, from, to)
            };
        }
    }
}

/// A block of which only the first `length` elements exist; the others are zero.
///
/// # Safety
/// `from` gives `length` elements, at most a block.
unsafe fn padded(from: *const f32, length: usize) -> [f32; BLOCK] {
    let mut block = [0.0; BLOCK];
    // SAFETY: promised by the caller.
    unsafe { from.copy_to_nonoverlapping(block.as_mut_ptr(), length) };
    block
}

/// Rotates and rounds a block, and returns its scale. Numbers so small that there is none become
/// zero.
///
/// # Safety
/// `from` gives a block; `to` has room for `PLANES` planes of one.
#[inline(always)]
unsafe fn quantize_block<L: Lanes, const PLANES: usize>(
    lanes: L,
    from: *const f32,
    to: *mut u8,
) -> f32 {
    let (limit, offset) = RANGE[PLANES - 1];
    // SAFETY: promised by the caller.
    let block = unsafe { load_rotated(lanes, from) };
    let mut largest = lanes.splat(0.0);
    for values in block {
        largest = lanes.maximum(largest, lanes.absolute(values));
    }
    let largest = lanes.largest(largest);
    let inverse = limit / largest;
    let inverse = lanes.splat(if inverse.is_finite() { inverse } else { 0.0 });
    for (v, values) in block.into_iter().enumerate() {
        let numbers = lanes.round(lanes.multiply(values, inverse));
        let numbers = lanes.to_integers(lanes.add(numbers, lanes.splat(offset)));
        // SAFETY: promised by the caller.
        unsafe {
            let to = to.add(v * LANES);
            if PLANES == 1 {
                lanes.store_byte::<0>(to, numbers);
            } else {
                lanes.store_byte::<1>(to, numbers);
                lanes.store_byte::<0>(to.add(BLOCK), numbers);
            }
        }
    }
    largest / limit
}
