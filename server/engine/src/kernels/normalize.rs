//! Root mean square normalization.

use super::Machine;
use super::instruction_set::Kernel;
use super::lanes::{LANES, Lanes};
use super::rows::{Rows, RowsWriter};

impl Machine {
    /// Writes the first `count` rows, each divided by its root mean square and multiplied by
    /// `weights`, to `to`, and seals them.
    ///
    /// Zhang and Sennrich, "Root Mean Square Layer Normalization" (2019).
    pub fn normalize(
        &self,
        rows: &Rows,
        count: usize,
        weights: &[f32],
        epsilon: f32,
        to: &mut Rows,
    ) {
        assert!(count <= rows.capacity() && count <= to.capacity());
        assert!(rows.width() == weights.len() && to.width() == weights.len());
        let writer = to.writer();
        self.for_each_row(count, &|row| {
            self.instructions.run(Normalize {
                from: rows.row(row),
                weights,
                epsilon,
                to: writer,
                row,
            });
        });
    }
}

/// The row exists in `to` and no other task has it.
struct Normalize<'a> {
    from: &'a [f32],
    weights: &'a [f32],
    epsilon: f32,
    to: RowsWriter,
    row: usize,
}

impl Kernel for Normalize<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let width = self.from.len();
        let whole = width - width % LANES;
        let mut squares = lanes.splat(0.0);
        for at in (0..whole).step_by(LANES) {
            // SAFETY: sixteen elements from `at` on lie below `whole`.
            let values = unsafe { lanes.load(self.from.as_ptr().add(at)) };
            squares = lanes.multiply_add(values, values, squares);
        }
        let mut sum = lanes.sum(squares);
        for value in &self.from[whole..] {
            sum += value * value;
        }
        let scale = 1.0 / (sum / width as f32 + self.epsilon).sqrt();
        // SAFETY: the row exists.
        let to = unsafe { self.to.floats.at(self.row * self.to.stride) };
        for at in (0..whole).step_by(LANES) {
            // SAFETY: all three have `width` elements.
            unsafe {
                let values = lanes.load(self.from.as_ptr().add(at));
                let weights = lanes.load(self.weights.as_ptr().add(at));
                let scaled = lanes.multiply(values, lanes.splat(scale));
                lanes.store(to.add(at), lanes.multiply(scaled, weights));
            }
        }
        for at in whole..width {
            // SAFETY: as above.
            unsafe { *to.add(at) = self.from[at] * scale * self.weights[at] };
        }
        // SAFETY: the row exists and is this task's own.
        unsafe { self.to.seal_with(lanes, self.row) };
    }
}
