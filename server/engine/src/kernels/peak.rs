//! What the machine can do at most, to hold the kernels against.

use std::hint::black_box;

use super::Machine;
use super::instruction_set::Kernel;
use super::lanes::{LANES, Lanes};
use super::rows::RowPrecision;

/// Sums that do not wait for each other: enough to hide the latency of any instruction here, few
/// enough for the registers of any instruction set.
const SUMS: usize = 10;

impl Machine {
    /// Does the multiplications and additions of matrix products without their memory traffic, on
    /// all threads, and returns how many operations with such rows that were.
    pub fn peak_operations(&self, precision: RowPrecision, rounds: usize) -> u64 {
        let instructions = self.instructions;
        self.pool.run(self.pool.threads(), &|_| match precision {
            RowPrecision::F32 => instructions.run(FloatPeak { rounds }),
            RowPrecision::Int8 | RowPrecision::Int16 => instructions.run(BytePeak { rounds }),
        });
        let multiplied = rounds * SUMS * LANES * self.pool.threads();
        let operations = match precision {
            RowPrecision::F32 => 2 * multiplied,
            // An instruction multiplies four bytes in each lane; 16-bit rows take two.
            RowPrecision::Int8 => 2 * 4 * multiplied,
            RowPrecision::Int16 => 2 * 2 * multiplied,
        };
        operations as u64
    }
}

struct FloatPeak {
    rounds: usize,
}

impl Kernel for FloatPeak {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let factor = lanes.splat(black_box(0.999));
        let mut sums = [lanes.splat(black_box(1.0)); SUMS];
        for _ in 0..self.rounds {
            for sum in &mut sums {
                *sum = lanes.multiply_add(*sum, factor, factor);
            }
        }
        for sum in sums {
            black_box(lanes.to_array(sum));
        }
    }
}

struct BytePeak {
    rounds: usize,
}

impl Kernel for BytePeak {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let (row, weights, start) = (black_box([1u8; 4]), black_box([1i8; 64]), [0i32; LANES]);
        // SAFETY: the arrays have four, sixty-four and sixteen elements.
        let (row, weights, start) = unsafe {
            (
                lanes.splat_row(row.as_ptr()),
                lanes.load_weights(weights.as_ptr()),
                lanes.load_integers(black_box(start).as_ptr()),
            )
        };
        let mut sums = [start; SUMS];
        for _ in 0..self.rounds {
            for sum in &mut sums {
                *sum = lanes.dot(*sum, row, weights);
            }
        }
        for sum in sums {
            black_box(lanes.to_array(lanes.to_floats(sum)));
        }
    }
}
