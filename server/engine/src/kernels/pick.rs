//! Some outputs of each row.

use std::ops::Range;

use super::Machine;
use super::buffer::Shared;
use super::lanes::{LANES, Lanes};
use super::matrix::{Matrix, multiply};
use super::rows::Rows;
use super::tile::{PANEL, Sink};

impl Machine {
    /// The products of each row in `range` with the outputs of `matrix` that are asked for, bit by
    /// bit what `choose` compares; negative infinity where there is no such output.
    pub fn pick<const N: usize>(
        &self,
        rows: &Rows,
        range: Range<usize>,
        matrix: &Matrix,
        asked: &[[u32; N]],
    ) -> Vec<[f32; N]> {
        assert_eq!(range.len(), asked.len());
        let mut picked = vec![[f32::NEG_INFINITY; N]; asked.len()];
        let results = Shared::new(&mut picked);
        self.pool.run(asked.len(), &|index| {
            let row = range.start + index;
            let picked = asked[index].map(|output| match output as usize {
                output if output < matrix.outputs() => {
                    let mut sink = One {
                        output,
                        value: f32::NEG_INFINITY,
                    };
                    let panel = output / PANEL;
                    // SAFETY: the sink takes any row and column.
                    unsafe {
                        multiply(
                            self.instructions,
                            rows,
                            row..row + 1,
                            matrix,
                            panel,
                            &mut sink,
                        );
                    }
                    sink.value
                }
                _ => f32::NEG_INFINITY,
            });
            // SAFETY: each task has a row of its own.
            unsafe { *results.at(index) = picked };
        });
        picked
    }
}

/// Keeps one output of one row.
struct One {
    output: usize,
    value: f32,
}

impl Sink for One {
    #[inline(always)]
    unsafe fn take<L: Lanes>(&mut self, lanes: L, _: usize, column: usize, value: L::Floats) {
        if (column..column + LANES).contains(&self.output) {
            self.value = lanes.to_array(value)[self.output - column];
        }
    }
}
