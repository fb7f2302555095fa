//! Rows of numbers, in the form that they are multiplied with.

use std::ops::Range;

use super::buffer::{Buffer, Shared};
use super::byte_product::{BLOCK, quantize_row};
use super::instruction_set::{InstructionSet, Kernel};
use super::lanes::Lanes;
use super::tile::PANEL;

/// In which form rows are multiplied with a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowPrecision {
    /// As they are, with f32 weights. Also for rows that are not multiplied.
    F32,
    /// In 8 bits with one scale per block of 64 elements, with 8-bit weights.
    Int8,
    /// In 16 bits, else like `Int8`: twice the work.
    Int16,
}

/// Rows of one width.
pub struct Rows {
    /// `[capacity][width]`.
    pub(super) floats: Buffer<f32>,
    pub(super) quantized: Option<Quantized<Buffer<u8>, Buffer<f32>>>,
    capacity: usize,
    width: usize,
}

impl Rows {
    /// Room for `capacity` rows. The stored width is rounded up to whole panels, so that the
    /// results of a matrix with `width` outputs fit.
    pub fn new(precision: RowPrecision, capacity: usize, width: usize) -> Self {
        let blocks = width.div_ceil(BLOCK);
        let quantized = |planes| Quantized {
            planes,
            bytes: Buffer::zeroed(capacity * blocks * planes * BLOCK),
            scales: Buffer::zeroed(capacity * blocks),
        };
        Self {
            floats: Buffer::zeroed(capacity * width.next_multiple_of(PANEL)),
            quantized: match precision {
                RowPrecision::F32 => None,
                RowPrecision::Int8 => Some(quantized(1)),
                RowPrecision::Int16 => Some(quantized(2)),
            },
            capacity,
            width,
        }
    }

    /// Rows of f32 that are `width` wide.
    pub fn of(width: usize, numbers: &[f32]) -> Self {
        assert_eq!(numbers.len() % width, 0, "whole rows");
        let mut rows = Self::new(RowPrecision::F32, numbers.len() / width, width);
        for (index, row) in numbers.chunks_exact(width).enumerate() {
            rows.row_mut(index).copy_from_slice(row);
        }
        rows
    }

    /// Most rows it holds.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Elements of a row that count.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Elements from one row to the next.
    pub fn stride(&self) -> usize {
        self.width.next_multiple_of(PANEL)
    }

    /// One row.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.floats[row * self.stride()..][..self.width]
    }

    /// One row, to be written. `seal` it before it is multiplied.
    pub fn row_mut(&mut self, row: usize) -> &mut [f32] {
        let stride = self.stride();
        &mut self.floats[row * stride..][..self.width]
    }

    /// Makes rows that were written ready to be multiplied.
    pub fn seal(&mut self, instructions: InstructionSet, rows: Range<usize>) {
        let writer = self.writer();
        assert!(rows.end <= self.capacity);
        for row in rows {
            // SAFETY: the row exists, and the rows are borrowed mutably.
            unsafe { writer.seal(instructions, row) };
        }
    }

    /// Access for the tasks of a loop.
    pub(super) fn writer(&mut self) -> RowsWriter {
        RowsWriter {
            stride: self.stride(),
            width: self.width,
            floats: Shared::new(&mut self.floats),
            quantized: self.quantized.as_mut().map(|quantized| Quantized {
                planes: quantized.planes,
                bytes: Shared::new(&mut quantized.bytes),
                scales: Shared::new(&mut quantized.scales),
            }),
        }
    }
}

/// Rows as `ByteProduct` multiplies them.
#[derive(Clone, Copy)]
pub(super) struct Quantized<Bytes, Scales> {
    /// Bytes of a number: one or two.
    pub(super) planes: usize,
    /// `[capacity][block][plane][64]`
    pub(super) bytes: Bytes,
    /// `[capacity][block]`
    pub(super) scales: Scales,
}

/// Rows of which the tasks of one loop write disjoint ones.
#[derive(Clone, Copy)]
pub(super) struct RowsWriter {
    pub(super) floats: Shared<f32>,
    quantized: Option<Quantized<Shared<u8>, Shared<f32>>>,
    pub(super) stride: usize,
    pub(super) width: usize,
}

impl RowsWriter {
    /// # Safety
    /// The row exists, and no other thread uses it.
    #[inline(always)]
    pub(super) unsafe fn seal(self, instructions: InstructionSet, row: usize) {
        instructions.run(Seal { rows: self, row });
    }

    /// # Safety
    /// As for `seal`.
    #[inline(always)]
    pub(super) unsafe fn seal_with<L: Lanes>(self, lanes: L, row: usize) {
        let Some(to) = self.quantized else {
            return;
        };
        let blocks = self.width.div_ceil(BLOCK);
        // SAFETY: the row exists in all three buffers, which have this shape.
        unsafe {
            let from = self.floats.at(row * self.stride);
            let bytes = to.bytes.at(row * blocks * to.planes * BLOCK);
            let scales = to.scales.at(row * blocks);
            match to.planes {
                1 => quantize_row::<L, 1>(lanes, from, self.width, bytes, scales),
                _ => quantize_row::<L, 2>(lanes, from, self.width, bytes, scales),
            }
        }
    }
}

struct Seal {
    rows: RowsWriter,
    row: usize,
}

impl Kernel for Seal {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        // SAFETY: `Seal` is only made by `RowsWriter::seal`, whose caller promises this.
        unsafe { self.rows.seal_with(lanes, self.row) }
    }
}
