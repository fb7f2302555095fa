//! Models of real shapes with weights that mean nothing: their speed is that of the real ones.

use std::sync::Arc;

use candle_core::quantized::{QStorage, QTensor};
use candle_core::{DType, Device, Tensor};

use super::config::LlamaConfig;
use super::footprint::WeightFormat;
use super::linear::Stored;
use super::llama::Llama;
use super::tiling::Tiling;
use crate::Error;

/// About what trained weights have, so that activations stay in range.
const DEVIATION: f32 = 0.02;

/// Weights that are quantised once and repeated.
const PATTERN: usize = 1 << 20;

impl Llama {
    /// Makes a model of a shape, for sequences of at most `max_context` positions.
    ///
    /// Floats are drawn on the device. Blocks are repetitions of one pattern, since to quantise as many as large models
    /// have would take minutes.
    pub fn random(
        config: &LlamaConfig,
        format: WeightFormat,
        device: &Device,
        dtype: DType,
        tiling: Tiling,
        max_context: usize,
    ) -> Result<Self, Error> {
        let pattern = match format {
            WeightFormat::Floats => Vec::new(),
            WeightFormat::Blocks(blocks) => {
                let weights = Tensor::randn(0f32, DEVIATION, PATTERN, &Device::Cpu)?;
                QTensor::quantize(&weights, blocks)?.data()?.into_owned()
            }
        };
        Self::from_stored(config, device, dtype, tiling, max_context, |name, shape| {
            if shape.len() == 1 {
                return Ok(Stored::Floats(Tensor::ones(shape, dtype, device)?));
            }
            match format {
                WeightFormat::Blocks(blocks) if !name.contains("embed_tokens") => {
                    let elements: usize = shape.iter().product();
                    let bytes = elements / blocks.block_size() * blocks.type_size();
                    let mut data = pattern.repeat(bytes.div_ceil(pattern.len()));
                    data.truncate(bytes);
                    let storage = QStorage::from_data(data.into(), device, blocks)?;
                    Ok(Stored::Blocks(Arc::new(QTensor::new(storage, shape)?)))
                }
                _ => {
                    let tensor = Tensor::randn(0f32, DEVIATION, shape, device)?;
                    Ok(Stored::Floats(tensor.to_dtype(dtype)?))
                }
            }
        })
    }
}
