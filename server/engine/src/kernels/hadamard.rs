//! The rotation of a block that evens out its numbers before they are rounded.
//!
//! A block is rounded with the scale of its largest number, so an outlier costs all others of the
//! block their precision. Multiplied by a Hadamard matrix, every number of the block becomes a sum
//! of all of them with changing signs, and none stands out. The matrix is orthogonal: with rows
//! and weights both rotated, products are what they were.
//!
//! Ashkboos et al., "QuaRot: Outlier-Free 4-Bit Inference in Rotated LLMs" (2024), here by blocks.

use super::byte_product::BLOCK;
use super::lanes::{LANES, Lanes};

/// Vectors of a block.
pub(super) const VECTORS: usize = BLOCK / LANES;

/// One over the root of the order.
const SCALE: f32 = 0.125;

const _: () = assert!(VECTORS == 4 && SCALE * SCALE * BLOCK as f32 == 1.0);

/// Rotates a block, or rotates it back: the matrix is its own inverse.
#[inline(always)]
pub(super) fn rotate_block<L: Lanes>(
    lanes: L,
    block: [L::Floats; VECTORS],
) -> [L::Floats; VECTORS] {
    let [a, b, c, d] = block;
    let (a, b) = (lanes.add(a, b), lanes.subtract(a, b));
    let (c, d) = (lanes.add(c, d), lanes.subtract(c, d));
    let (a, c) = (lanes.add(a, c), lanes.subtract(a, c));
    let (b, d) = (lanes.add(b, d), lanes.subtract(b, d));
    let mut block = [a, b, c, d];
    for vector in &mut block {
        let mut values = lanes.butterfly::<1>(*vector);
        values = lanes.butterfly::<2>(values);
        values = lanes.butterfly::<4>(values);
        values = lanes.butterfly::<8>(values);
        *vector = lanes.multiply(values, lanes.splat(SCALE));
    }
    block
}

/// The same for a block in memory.
///
/// # Safety
/// `from` gives a whole block.
#[inline(always)]
pub(super) unsafe fn load_rotated<L: Lanes>(lanes: L, from: *const f32) -> [L::Floats; VECTORS] {
    let mut block = [lanes.splat(0.0); VECTORS];
    for (v, vector) in block.iter_mut().enumerate() {
        // SAFETY: promised by the caller.
        *vector = unsafe { lanes.load(from.add(v * LANES)) };
    }
    rotate_block(lanes, block)
}
