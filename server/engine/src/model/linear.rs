//! Linear layers on candle tensors.

use std::sync::Arc;

use candle_core::quantized::{QMatMul, QTensor};
use candle_core::{Module, Tensor};

/// A weight `[out, in]`, as a device keeps it.
pub enum Stored {
    /// Floats.
    Floats(Tensor),
    /// Quantised blocks.
    Blocks(Arc<QTensor>),
}

/// A linear layer without bias.
pub(super) enum Linear {
    /// `[in, out]`, a transposed view of the stored weight.
    Floats(Tensor),
    Blocks(QMatMul),
}

impl Linear {
    pub(super) fn new(stored: Stored) -> candle_core::Result<Self> {
        Ok(match stored {
            Stored::Floats(weight) => Self::Floats(weight.t()?),
            Stored::Blocks(weight) => Self::Blocks(QMatMul::from_arc(weight)?),
        })
    }

    /// Bytes that a product reads of it.
    pub(super) fn bytes(&self) -> u64 {
        let bytes = |tensor: &Tensor| tensor.elem_count() * tensor.dtype().size_in_bytes();
        let bytes = match self {
            Self::Floats(weight)
            | Self::Blocks(QMatMul::Tensor(weight) | QMatMul::TensorF16(weight)) => bytes(weight),
            Self::Blocks(QMatMul::QTensor(blocks)) => blocks.storage_size_in_bytes(),
        };
        bytes as u64
    }

    /// `[m, in]` to `[m, out]`.
    pub(super) fn forward(&self, rows: &Tensor) -> candle_core::Result<Tensor> {
        match self {
            Self::Floats(weight) => rows.matmul(weight),
            Self::Blocks(weight) => weight.forward(rows)?.to_dtype(rows.dtype()),
        }
    }
}
