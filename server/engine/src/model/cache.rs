//! Keys and values of the positions a model has seen.

use candle_core::{DType, Device, Tensor};

use super::config::LlamaConfig;

/// Keys and values of every layer, each `[kv_heads, capacity, head_dim]`, allocated once.
///
/// Rows at and behind `length` are scratch space: rolling back is setting `length`. They are finite numbers always, so
/// that a weight of zero hides them.
pub(super) struct KvCache {
    layers: Vec<(Tensor, Tensor)>,
    length: usize,
}

impl KvCache {
    pub(super) fn new(
        config: &LlamaConfig,
        capacity: usize,
        dtype: DType,
        device: &Device,
    ) -> candle_core::Result<Self> {
        let shape = (config.kv_heads, capacity, config.head_dim);
        let layers = (0..config.layers)
            .map(|_| {
                Ok((
                    Tensor::zeros(shape, dtype, device)?,
                    Tensor::zeros(shape, dtype, device)?,
                ))
            })
            .collect::<candle_core::Result<_>>()?;
        Ok(Self { layers, length: 0 })
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

    /// Stores the keys and values (`[kv_heads, m, head_dim]`) of the next `m` positions of one layer and returns those
    /// of its first `visible` positions.
    pub(super) fn store(
        &self,
        layer: usize,
        keys: &Tensor,
        values: &Tensor,
        visible: usize,
    ) -> candle_core::Result<(Tensor, Tensor)> {
        let (all_keys, all_values) = &self.layers[layer];
        all_keys.slice_set(keys, 1, self.length)?;
        all_values.slice_set(values, 1, self.length)?;
        Ok((
            all_keys.narrow(1, 0, visible)?,
            all_values.narrow(1, 0, visible)?,
        ))
    }
}
