//! Keys and values of the positions a model has seen.

use candle_core::{DType, Device, Tensor};

use super::config::LlamaConfig;

/// Positions by which the storage grows, so that it is copied rarely.
const GROWTH: usize = 2048;

/// Preallocated keys and values of every layer, each `[kv_heads, capacity, head_dim]`.
///
/// Rows at and behind `length` are scratch space: rolling back is setting `length`.
pub(super) struct KvCache {
    layers: Vec<(Tensor, Tensor)>,
    length: usize,
    capacity: usize,
}

impl KvCache {
    pub(super) fn new(
        config: &LlamaConfig,
        dtype: DType,
        device: &Device,
    ) -> candle_core::Result<Self> {
        let shape = (config.kv_heads, GROWTH, config.head_dim);
        let layers = (0..config.layers)
            .map(|_| {
                Ok((
                    Tensor::zeros(shape, dtype, device)?,
                    Tensor::zeros(shape, dtype, device)?,
                ))
            })
            .collect::<candle_core::Result<_>>()?;
        Ok(Self {
            layers,
            length: 0,
            capacity: GROWTH,
        })
    }

    /// Number of valid positions.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// Forgets the positions from `length` on.
    pub(super) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Declares `positions` more positions valid, after every layer has stored them.
    pub(super) fn advance(&mut self, positions: usize) {
        self.length += positions;
    }

    /// Makes room for `positions` more positions.
    pub(super) fn reserve(&mut self, positions: usize) -> candle_core::Result<()> {
        let needed = self.length + positions;
        if needed <= self.capacity {
            return Ok(());
        }
        let capacity = needed.next_multiple_of(GROWTH);
        for (keys, values) in &mut self.layers {
            for tensor in [keys, values] {
                let (heads, _, width) = tensor.dims3()?;
                let larger =
                    Tensor::zeros((heads, capacity, width), tensor.dtype(), tensor.device())?;
                larger.slice_set(tensor, 1, 0)?;
                *tensor = larger;
            }
        }
        self.capacity = capacity;
        Ok(())
    }

    /// Stores the keys and values (`[kv_heads, m, head_dim]`) of the next `m` positions of one
    /// layer and returns all of that layer's, the new ones included.
    pub(super) fn store(
        &mut self,
        layer: usize,
        keys: &Tensor,
        values: &Tensor,
    ) -> candle_core::Result<(Tensor, Tensor)> {
        let (all_keys, all_values) = &self.layers[layer];
        all_keys.slice_set(keys, 1, self.length)?;
        all_values.slice_set(values, 1, self.length)?;
        let visible = self.length + keys.dim(1)?;
        Ok((
            all_keys.narrow(1, 0, visible)?,
            all_values.narrow(1, 0, visible)?,
        ))
    }
}
