//! Linear layers over all threads.

use std::ops::Range;

use super::Machine;
use super::buffer::Shared;
use super::exponential::exponential;
use super::lanes::Lanes;
use super::matrix::{Matrix, multiply};
use super::rows::Rows;
use super::tile::{PANEL, Sink};

/// Most rows of one task, so that a long batch gives many threads work.
const ROWS_OF_TASK: usize = 128;

impl Machine {
    /// Writes the first `count` rows times `matrix` to `to`.
    pub fn project(&self, rows: &Rows, count: usize, matrix: &Matrix, to: &mut Rows) {
        let target = Target::new(to, count, matrix);
        self.for_each_panel(count, matrix.panels(), &|range, panel| {
            // SAFETY: `target` was made for these rows and columns, and tasks differ in one of
            // them.
            unsafe {
                multiply(
                    self.instructions,
                    rows,
                    range,
                    matrix,
                    panel,
                    &mut Store(target),
                );
            }
        });
    }

    /// Adds the first `count` rows times `matrix` to `to`.
    pub fn project_and_add(&self, rows: &Rows, count: usize, matrix: &Matrix, to: &mut Rows) {
        let target = Target::new(to, count, matrix);
        self.for_each_panel(count, matrix.panels(), &|range, panel| {
            // SAFETY: as in `project`.
            unsafe {
                multiply(
                    self.instructions,
                    rows,
                    range,
                    matrix,
                    panel,
                    &mut Add(target),
                );
            }
        });
    }

    /// Writes `silu(rows x gate) * (rows x up)` to `to` for the first `count` rows, and seals them.
    ///
    /// Shazeer, "GLU Variants Improve Transformer" (2020).
    pub fn project_gated(
        &self,
        rows: &Rows,
        count: usize,
        gate: &Matrix,
        up: &Matrix,
        to: &mut Rows,
    ) {
        assert_eq!(gate.outputs(), up.outputs());
        let target = Target::new(to, count, gate);
        self.for_each_panel(count, gate.panels(), &|range, panel| {
            let instructions = self.instructions;
            // SAFETY: as in `project`; the gate's panel is written before the same task reads it.
            unsafe {
                multiply(
                    instructions,
                    rows,
                    range.clone(),
                    gate,
                    panel,
                    &mut Store(target),
                );
                multiply(instructions, rows, range, up, panel, &mut Gate(target));
            }
        });
        self.seal(to, count);
    }

    /// Writes the weights of one output of `matrix` for each of `outputs` to the rows of `to`: with
    /// an embedding table, the embeddings of tokens.
    pub fn look_up(&self, matrix: &Matrix, outputs: &[u32], to: &mut Rows) {
        assert!(outputs.len() <= to.capacity() && to.width() == matrix.inputs());
        let writer = to.writer();
        self.for_each_row(outputs.len(), &|row| {
            // SAFETY: the row exists, and each task has its own.
            let to = unsafe {
                std::slice::from_raw_parts_mut(writer.floats.at(row * writer.stride), writer.width)
            };
            matrix.read(outputs[row] as usize, to);
        });
    }

    /// Makes the first `count` rows ready to be multiplied.
    pub fn seal(&self, rows: &mut Rows, count: usize) {
        if rows.quantized.is_none() {
            return;
        }
        assert!(count <= rows.capacity());
        let writer = rows.writer();
        self.for_each_row(count, &|row| {
            // SAFETY: the row exists, and each task has its own.
            unsafe { writer.seal(self.instructions, row) };
        });
    }

    /// Calls `task` with every row below `count`, on all threads where there are enough rows.
    pub(super) fn for_each_row(&self, count: usize, task: &(dyn Fn(usize) + Sync)) {
        let share = (count / (4 * self.pool.threads())).max(4);
        self.pool.run(count.div_ceil(share), &|part| {
            for row in part * share..((part + 1) * share).min(count) {
                task(row);
            }
        });
    }

    fn for_each_panel(
        &self,
        count: usize,
        panels: usize,
        task: &(dyn Fn(Range<usize>, usize) + Sync),
    ) {
        let groups = count.div_ceil(ROWS_OF_TASK);
        self.pool.run(groups * panels, &|index| {
            let (panel, group) = (index / groups, index % groups);
            let first = group * ROWS_OF_TASK;
            task(first..(first + ROWS_OF_TASK).min(count), panel);
        });
    }
}

/// Where results go.
#[derive(Clone, Copy)]
struct Target {
    floats: Shared<f32>,
    stride: usize,
}

impl Target {
    fn new(to: &mut Rows, count: usize, matrix: &Matrix) -> Self {
        assert!(count <= to.capacity() && matrix.outputs() == to.width());
        debug_assert_eq!(to.stride(), matrix.panels() * PANEL);
        let writer = to.writer();
        Self {
            floats: writer.floats,
            stride: writer.stride,
        }
    }

    /// # Safety
    /// The row and the column exist.
    #[inline(always)]
    unsafe fn at(self, row: usize, column: usize) -> *mut f32 {
        // SAFETY: promised by the caller.
        unsafe { self.floats.at(row * self.stride + column) }
    }
}

struct Store(Target);

impl Sink for Store {
    #[inline(always)]
    unsafe fn take<L: Lanes>(&mut self, lanes: L, row: usize, column: usize, value: L::Floats) {
        // SAFETY: promised by the caller.
        unsafe { lanes.store(self.0.at(row, column), value) }
    }
}

struct Add(Target);

impl Sink for Add {
    #[inline(always)]
    unsafe fn take<L: Lanes>(&mut self, lanes: L, row: usize, column: usize, value: L::Floats) {
        // SAFETY: promised by the caller.
        unsafe {
            let at = self.0.at(row, column);
            lanes.store(at, lanes.add(lanes.load(at), value));
        }
    }
}

struct Gate(Target);

impl Sink for Gate {
    #[inline(always)]
    unsafe fn take<L: Lanes>(&mut self, lanes: L, row: usize, column: usize, value: L::Floats) {
        // SAFETY: promised by the caller.
        unsafe {
            let at = self.0.at(row, column);
            let gate = lanes.load(at);
            let negated = lanes.subtract(lanes.splat(0.0), gate);
            let denominator = lanes.add(lanes.splat(1.0), exponential(lanes, negated));
            lanes.store(at, lanes.multiply(lanes.divide(gate, denominator), value));
        }
    }
}
