//! How the rows of a pass are cut into pieces of one shape.

use candle_core::Device;

/// Every product of a pass has one of a few shapes: `rows` rows, the last of them padding where there are fewer, and
/// attention to a whole number of spans. A product's rounding may depend on its shape, so a row's result then depends
/// on its position and on what stands before it, and not on the rows it is fed with: speculative and plain decoding
/// write the same, whatever the precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tiling {
    /// Rows that are computed at once.
    pub rows: usize,
    /// Positions by which what a row attends to grows; at least `rows`.
    pub span: usize,
}

impl Tiling {
    /// What suits a device. Graphics cards compute a few hundred rows in the time that it takes to read the weights
    /// once; a plain step is there a tile with one row of use.
    pub fn of(device: &Device) -> Self {
        match device {
            Device::Cpu => Self { rows: 16, span: 64 },
            _ => Self {
                rows: 256,
                span: 1024,
            },
        }
    }

    /// Positions that rows at `position` attend to, those behind them masked: up to the end of its span.
    pub(super) fn visible(self, position: usize) -> usize {
        (position / self.span + 1) * self.span
    }

    /// Rows that one tile at `position` can have: none stands in the next span.
    pub(super) fn room(self, position: usize) -> usize {
        self.rows.min(self.visible(position) - position)
    }

    /// Positions to be allocated for sequences of `context` positions: whole spans, and the padding behind the last row.
    pub(super) fn capacity(self, context: usize) -> usize {
        context.next_multiple_of(self.span) + self.rows
    }
}
