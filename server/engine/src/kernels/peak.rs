//! What the machine can do at most, to hold the kernels against.

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};

use super::Machine;
use super::instruction_set::Kernel;
use super::lanes::{LANES, Lanes};

/// Sums that do not wait for each other: enough to hide the latency of any instruction here, few
/// enough for the registers of any instruction set.
const SUMS: usize = 10;

/// Instructions that multiply and add.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// f32: what f32 rows and f32 attention are made of.
    Floats,
    /// Bytes, added up in 32 bits: 8-bit rows take one for each weight, 16-bit rows two.
    Bytes,
    /// 16-bit numbers, added up in 32 bits: 16-bit attention.
    Shorts,
}

impl Machine {
    /// Multiplies and adds without any memory traffic, on all threads, and returns how many
    /// operations that were.
    pub fn peak_operations(&self, arithmetic: Arithmetic, rounds: usize) -> u64 {
        let instructions = self.instructions;
        self.pool.run(self.pool.threads(), &|_| match arithmetic {
            Arithmetic::Floats => instructions.run(FloatPeak { rounds }),
            Arithmetic::Bytes => instructions.run(BytePeak { rounds }),
            Arithmetic::Shorts => instructions.run(ShortPeak { rounds }),
        });
        let pairs_of_lane = match arithmetic {
            Arithmetic::Floats => 1,
            Arithmetic::Shorts => 2,
            Arithmetic::Bytes => 4,
        };
        (2 * pairs_of_lane * rounds * SUMS * LANES * self.pool.threads()) as u64
    }

    /// Reads memory once, on all threads, and returns a number that depends on all of it.
    pub fn read_through(&self, memory: &[f32]) -> f32 {
        const PART: usize = 1 << 18;
        let parts = memory.len().div_ceil(PART);
        let sums: Vec<AtomicU32> = (0..parts).map(|_| AtomicU32::new(0)).collect();
        self.pool.run(parts, &|part| {
            let memory = &memory[part * PART..((part + 1) * PART).min(memory.len())];
            let sum = self.instructions.run(ReadThrough { memory });
            sums[part].store(sum.to_bits(), Ordering::Relaxed);
        });
        let sums = sums.into_iter().map(|sum| f32::from_bits(sum.into_inner()));
        sums.sum()
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
                lanes.load_starts(black_box(start).as_ptr()),
            )
        };
        let mut sums = [start; SUMS];
        for _ in 0..self.rounds {
            for sum in &mut sums {
                *sum = lanes.dot_centred(*sum, row, weights);
            }
        }
        for sum in sums {
            black_box(lanes.to_array(lanes.to_floats(sum)));
        }
    }
}

struct ShortPeak {
    rounds: usize,
}

impl Kernel for ShortPeak {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let numbers = black_box([1i16; 2 * LANES]);
        // SAFETY: the array has thirty-two numbers.
        let (pair, column) = unsafe {
            let pair = lanes.splat_pair(numbers.as_ptr());
            (pair, lanes.load_shorts(numbers.as_ptr()))
        };
        let mut sums = [lanes.zeros(); SUMS];
        for _ in 0..self.rounds {
            for sum in &mut sums {
                *sum = lanes.dot_pairs(*sum, pair, column);
            }
        }
        for sum in sums {
            black_box(lanes.to_array(lanes.to_floats(sum)));
        }
    }
}

struct ReadThrough<'a> {
    memory: &'a [f32],
}

impl Kernel for ReadThrough<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> f32 {
        let mut sums = [lanes.splat(0.0); 8];
        let (chunks, rest) = self.memory.as_chunks::<{ 8 * LANES }>();
        for chunk in chunks {
            for (v, sum) in sums.iter_mut().enumerate() {
                // SAFETY: the chunk has eight vectors.
                *sum = lanes.add(*sum, unsafe { lanes.load(chunk.as_ptr().add(v * LANES)) });
            }
        }
        let mut sum: f32 = rest.iter().sum();
        for lane in sums {
            sum += lanes.sum(lane);
        }
        sum
    }
}
