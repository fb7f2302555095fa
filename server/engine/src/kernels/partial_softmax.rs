//! The softmax of a tile of queries over some keys, and the merging of two such.
//!
//! Everything is to the base of two. What is taken from the scores before they become exponents is
//! a whole number, so merging scales by powers of two, which rounds nothing.

use super::cache::MAX_HEAD;
use super::exponential::whole_power_of_two;
use super::lanes::{LANES, Lanes};

/// Query rows of a tile: with four vectors of keys they fill the registers of AVX-512.
pub(super) const TILE: usize = 6;

/// The softmax of one tile of queries over some keys.
#[derive(Clone)]
pub(super) struct PartialSoftmax {
    /// The largest exponent of each query, rounded up.
    pub(super) largest: [f32; TILE],
    /// Sum of the weights: two to the power of the scores, each less the largest.
    pub(super) sum: [f32; TILE],
    /// Values with the same weights, added up.
    pub(super) values: [[f32; MAX_HEAD]; TILE],
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
            let old_factor = whole_power_of_two(self.largest[row] - largest);
            let new_factor = whole_power_of_two(next.largest[row] - largest);
            self.largest[row] = largest;
            self.sum[row] = self.sum[row] * old_factor + next.sum[row] * new_factor;
            let (old, new) = (lanes.splat(old_factor), lanes.splat(new_factor));
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
}

/// The largest of some vectors of scores, rounded up. None may be NaN.
///
/// # Safety
/// `scores` gives `vectors` vectors, at least one.
#[inline(always)]
pub(super) unsafe fn largest_rounded_up<L: Lanes>(
    lanes: L,
    scores: *const f32,
    vectors: usize,
) -> f32 {
    // SAFETY: promised by the caller.
    unsafe {
        let mut largest = lanes.load(scores);
        for vector in 1..vectors {
            largest = lanes.maximum(largest, lanes.load(scores.add(vector * LANES)));
        }
        lanes.largest(largest).ceil()
    }
}
