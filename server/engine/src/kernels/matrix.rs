//! Packed weights, and their products with rows.

use std::borrow::Cow;
use std::convert::Infallible;
use std::ops::Range;
use std::sync::OnceLock;

use super::Machine;
use super::buffer::{Buffer, Shared};
use super::byte_product::{BLOCK, ByteProduct, quantize_weights};
use super::hadamard::load_rotated;
use super::instruction_set::{InstructionSet, Kernel};
use super::lanes::Lanes;
use super::lanes::portable::Portable;
use super::rows::{Quantized, Rows};
use super::tile::{PANEL, Product, Sink, float_tile, multiply_panel};

/// How weights are stored and multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// f32 weights times f32 rows, summed in f32.
    F32,
    /// 8-bit weights with one scale per column and block of 64 inputs, times rows in 8 or 16 bits
    /// with one scale per block: block sums are exact, and summed in f32.
    Int8,
}

/// Weights `[outputs, inputs]`, packed in panels of 48 outputs.
pub struct Matrix {
    pub(super) weights: Weights,
    inputs: usize,
    outputs: usize,
}

pub(super) enum Weights {
    /// Panels of `[inputs][48]`.
    F32(Buffer<f32>),
    Int8 {
        /// Panels of blocks of `[16][48][4]`.
        bytes: Buffer<i8>,
        /// Panels of `[blocks][48]`.
        scales: Buffer<f32>,
        /// What each block's sum starts from, in the same order.
        starts: Buffer<i32>,
    },
}

impl Matrix {
    /// A matrix of zeros.
    pub fn new(precision: Precision, outputs: usize, inputs: usize) -> Self {
        let columns = outputs.next_multiple_of(PANEL);
        let blocks = inputs.div_ceil(BLOCK);
        let weights = match precision {
            Precision::F32 => Weights::F32(Buffer::zeroed_in_large_pages(columns * inputs)),
            Precision::Int8 => Weights::Int8 {
                bytes: Buffer::zeroed_in_large_pages(columns * blocks * BLOCK),
                scales: Buffer::zeroed(columns * blocks),
                starts: Buffer::zeroed(columns * blocks),
            },
        };
        Self {
            weights,
            inputs,
            outputs,
        }
    }

    /// Width of the rows it is multiplied with.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Width of the result.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Bytes of memory.
    pub fn size(&self) -> usize {
        match &self.weights {
            Weights::F32(weights) => size_of_val(&**weights),
            Weights::Int8 {
                bytes,
                scales,
                starts,
            } => size_of_val(&**bytes) + size_of_val(&**scales) + size_of_val(&**starts),
        }
    }

    /// Sets the outputs from `first` on: `weights` is `[n, inputs]`, row by row.
    pub fn set(&mut self, machine: &Machine, first: usize, weights: &[f32]) {
        let inputs = self.inputs;
        assert_eq!(weights.len() % inputs, 0, "whole rows");
        let outputs = first..first + weights.len() / inputs;
        let read = |rows: Range<usize>| {
            let rows = &weights[rows.start * inputs..rows.end * inputs];
            Ok::<_, Infallible>(Cow::Borrowed(rows))
        };
        match self.fill(machine, outputs, &read) {
            Ok(()) => {}
            Err(never) => match never {},
        }
    }

    /// Sets some outputs: `read` gives the weights of a few of them, counted from the first that is
    /// set, row by row. It is called on all threads, and the first error ends it.
    pub fn fill<'a, E: Send + Sync>(
        &mut self,
        machine: &Machine,
        outputs: Range<usize>,
        read: &(dyn Fn(Range<usize>) -> Result<Cow<'a, [f32]>, E> + Sync),
    ) -> Result<(), E> {
        assert!(outputs.end <= self.outputs, "too many rows");
        let to = self.writer();
        let (first_panel, last_panel) = (outputs.start / PANEL, outputs.end.div_ceil(PANEL));
        let failure = OnceLock::new();
        machine.pool().run(last_panel - first_panel, &|index| {
            if failure.get().is_some() {
                return;
            }
            let panel = first_panel + index;
            let columns = outputs.start.max(panel * PANEL)..outputs.end.min((panel + 1) * PANEL);
            match read(columns.start - outputs.start..columns.end - outputs.start) {
                Ok(rows) => {
                    assert_eq!(rows.len(), columns.len() * self.inputs, "whole rows");
                    machine.instructions().run(Pack {
                        to,
                        panel,
                        first: columns.start % PANEL,
                        rows: &rows,
                    });
                }
                // Another thread's error is as good.
                Err(error) => drop(failure.set(error)),
            }
        });
        failure.into_inner().map_or(Ok(()), Err)
    }

    fn writer(&mut self) -> PanelWriter {
        let blocks = self.inputs.div_ceil(BLOCK);
        match &mut self.weights {
            Weights::F32(weights) => PanelWriter::F32 {
                weights: Shared::new(weights),
                inputs: self.inputs,
            },
            Weights::Int8 {
                bytes,
                scales,
                starts,
            } => PanelWriter::Int8 {
                bytes: Shared::new(bytes),
                scales: Shared::new(scales),
                starts: Shared::new(starts),
                inputs: self.inputs,
                blocks,
            },
        }
    }

    /// Writes the weights of one output, as they are multiplied, to `to` (`[inputs]`).
    pub fn read(&self, output: usize, to: &mut [f32]) {
        assert!(output < self.outputs && to.len() >= self.inputs);
        let to = &mut to[..self.inputs];
        let (panel, column) = (output / PANEL, output % PANEL);
        match &self.weights {
            Weights::F32(packed) => {
                let panel = &packed[panel * self.inputs * PANEL..][..self.inputs * PANEL];
                for (to, &weight) in to.iter_mut().zip(panel[column..].iter().step_by(PANEL)) {
                    *to = weight;
                }
            }
            Weights::Int8 { bytes, scales, .. } => {
                for (block, to) in to.chunks_mut(BLOCK).enumerate() {
                    let at = (panel * self.inputs.div_ceil(BLOCK) + block) * PANEL;
                    let scale = scales[at + column];
                    let quads = bytes[at * BLOCK + 4 * column..].chunks(4 * PANEL);
                    let mut weights = [0.0; BLOCK];
                    for (weights, quad) in weights.chunks_mut(4).zip(quads) {
                        for (weight, &byte) in weights.iter_mut().zip(quad) {
                            *weight = f32::from(byte) * scale;
                        }
                    }
                    // SAFETY: the block is whole.
                    let rotated = unsafe { load_rotated(Portable, weights.as_ptr()) };
                    to.copy_from_slice(&rotated.as_flattened()[..to.len()]);
                }
            }
        }
    }

    pub(super) fn panels(&self) -> usize {
        self.outputs.div_ceil(PANEL)
    }

    /// The product of 8-bit weights with rows of `PLANES` planes.
    fn byte_product<const PLANES: usize>(
        &self,
        rows: &Quantized<Buffer<u8>, Buffer<f32>>,
    ) -> ByteProduct<PLANES> {
        let Weights::Int8 {
            bytes,
            scales,
            starts,
        } = &self.weights
        else {
            panic!("f32 weights are not multiplied with bytes");
        };
        ByteProduct {
            rows: rows.bytes.as_ptr(),
            row_scales: rows.scales.as_ptr(),
            bytes: bytes.as_ptr(),
            scales: scales.as_ptr(),
            starts: starts.as_ptr(),
            blocks: self.inputs.div_ceil(BLOCK),
        }
    }
}

/// A matrix of which the tasks of one loop write disjoint panels.
#[derive(Clone, Copy)]
enum PanelWriter {
    F32 {
        weights: Shared<f32>,
        inputs: usize,
    },
    Int8 {
        bytes: Shared<i8>,
        scales: Shared<f32>,
        starts: Shared<i32>,
        inputs: usize,
        blocks: usize,
    },
}

impl PanelWriter {
    /// Packs `rows` (`[n, inputs]`) as the columns of one panel from `first` on.
    ///
    /// # Safety
    /// The panel exists, and no other thread uses it.
    #[inline(always)]
    unsafe fn pack<L: Lanes>(self, lanes: L, panel: usize, first: usize, rows: &[f32]) {
        match self {
            Self::F32 { weights, inputs } => {
                // SAFETY: promised by the caller.
                let packed = unsafe {
                    let at = weights.at(panel * inputs * PANEL);
                    std::slice::from_raw_parts_mut(at, inputs * PANEL)
                };
                for (k, to) in packed.chunks_exact_mut(PANEL).enumerate() {
                    let column = rows[k..].iter().step_by(inputs);
                    for (to, &weight) in to[first..].iter_mut().zip(column) {
                        *to = weight;
                    }
                }
            }
            Self::Int8 {
                bytes,
                scales,
                starts,
                inputs,
                blocks,
            } => {
                for (offset, row) in rows.chunks_exact(inputs).enumerate() {
                    for (block, row) in row.chunks(BLOCK).enumerate() {
                        let at = (panel * blocks + block) * PANEL;
                        // SAFETY: promised by the caller.
                        unsafe {
                            let bytes = bytes.at(at * BLOCK);
                            let bytes = std::slice::from_raw_parts_mut(bytes, PANEL * BLOCK);
                            let (scale, start) =
                                quantize_weights(lanes, row, first + offset, bytes);
                            *scales.at(at + first + offset) = scale;
                            *starts.at(at + first + offset) = start;
                        }
                    }
                }
            }
        }
    }
}

/// `PanelWriter::pack`; the panel exists, and no other task has it.
struct Pack<'a> {
    to: PanelWriter,
    panel: usize,
    first: usize,
    rows: &'a [f32],
}

impl Kernel for Pack<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        // SAFETY: as the type says.
        unsafe { self.to.pack(lanes, self.panel, self.first, self.rows) };
    }
}

/// f32 rows times f32 panels.
#[derive(Clone, Copy)]
struct FloatProduct {
    rows: *const f32,
    row_stride: usize,
    weights: *const f32,
    inputs: usize,
}

// SAFETY: made from buffers of the shapes it reads.
unsafe impl Product for FloatProduct {
    const ROWS: (usize, usize) = (8, 6);

    #[inline(always)]
    unsafe fn tile<L: Lanes, const R: usize, const V: usize>(
        self,
        lanes: L,
        row: usize,
        column: usize,
    ) -> [[L::Floats; V]; R] {
        let (panel, column) = (column / PANEL, column % PANEL);
        // SAFETY: the caller's rows and columns exist.
        unsafe {
            float_tile::<L, R, V>(
                lanes,
                self.inputs,
                self.rows.add(row * self.row_stride),
                self.row_stride,
                self.weights.add(panel * self.inputs * PANEL + column),
                PANEL,
            )
        }
    }
}

/// Gives `rows` times one panel of `matrix` to `sink`.
///
/// # Safety
/// The sink was made for these rows and for all columns of the panel.
pub(super) unsafe fn multiply<S: Sink>(
    instructions: InstructionSet,
    rows: &Rows,
    range: Range<usize>,
    matrix: &Matrix,
    panel: usize,
    sink: &mut S,
) {
    assert!(range.end <= rows.capacity() && panel < matrix.panels());
    assert_eq!(rows.width(), matrix.inputs);
    match (&matrix.weights, &rows.quantized) {
        (Weights::F32(weights), _) => {
            let product = FloatProduct {
                rows: rows.floats.as_ptr(),
                row_stride: rows.stride(),
                weights: weights.as_ptr(),
                inputs: matrix.inputs,
            };
            instructions.run(Panel {
                product,
                rows: range,
                panel,
                sink,
            });
        }
        (Weights::Int8 { .. }, Some(quantized)) if quantized.planes == 1 => {
            instructions.run(Panel {
                product: matrix.byte_product::<1>(quantized),
                rows: range,
                panel,
                sink,
            });
        }
        (Weights::Int8 { .. }, Some(quantized)) => {
            instructions.run(Panel {
                product: matrix.byte_product::<2>(quantized),
                rows: range,
                panel,
                sink,
            });
        }
        (Weights::Int8 { .. }, None) => panic!("f32 rows cannot be multiplied with int8 weights"),
    }
}

struct Panel<'a, P, S> {
    product: P,
    rows: Range<usize>,
    panel: usize,
    sink: &'a mut S,
}

impl<P: Product, S: Sink> Kernel for Panel<'_, P, S> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        // SAFETY: `multiply` has checked the product, and its caller promises the sink.
        unsafe { multiply_panel(lanes, self.product, self.rows, self.panel, self.sink) };
    }
}
