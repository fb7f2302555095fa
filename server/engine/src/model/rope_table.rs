//! The rotations of every position.

use candle_core::{DType, Device, Tensor};

/// Cosine and sine of every position's rotations, each `[positions, head_dim / 2]`.
pub(super) struct RopeTable {
    cos: Tensor,
    sin: Tensor,
}

impl RopeTable {
    /// For the first `positions` positions; `frequencies` are radians per position.
    pub(super) fn new(
        frequencies: &[f32],
        positions: usize,
        dtype: DType,
        device: &Device,
    ) -> candle_core::Result<Self> {
        let angles: Vec<f32> = (0..positions)
            .flat_map(|position| frequencies.iter().map(move |f| position as f32 * f))
            .collect();
        let angles = Tensor::from_vec(angles, (positions, frequencies.len()), device)?;
        Ok(Self {
            cos: angles.cos()?.to_dtype(dtype)?,
            sin: angles.sin()?.to_dtype(dtype)?,
        })
    }

    /// Cosines and sines of `rows` positions from `position` on.
    pub(super) fn view(
        &self,
        position: usize,
        rows: usize,
    ) -> candle_core::Result<(Tensor, Tensor)> {
        Ok((
            self.cos.narrow(0, position, rows)?,
            self.sin.narrow(0, position, rows)?,
        ))
    }
}
