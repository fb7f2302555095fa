use std::ops::Range;

use candle_core::safetensors::BufferedSafetensors;
use candle_core::{DType, Device};

use super::{CANDIDATES, FEATURES};
use crate::Error;
use crate::error::sentence;

/// The layers by name. Each has a `weight` of `[outputs, inputs]` and a `bias` of `[outputs]`.
pub const LAYERS: [&str; 3] = ["first", "second", "last"];

/// Three linear layers with rectifiers between them, from features to scores: one for each
/// candidate, and one for any other token.
pub struct Network {
    layers: [Linear; 3],
}

struct Linear {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Network {
    /// Reads a network from the contents of a safetensors file.
    pub fn new(safetensors: &[u8]) -> Result<Self, Error> {
        let invalid = |reason: String| Error::Invalid {
            what: "the copy head".into(),
            reason,
        };
        let tensors = BufferedSafetensors::new(safetensors.to_vec())
            .map_err(|error| invalid(sentence(&error)))?;
        let read = |name: String| -> Result<Vec<f32>, Error> {
            let tensor = tensors.load(&name, &Device::Cpu);
            let values = tensor.and_then(|tensor| tensor.to_dtype(DType::F32)?.flatten_all());
            let values = values.and_then(|tensor| tensor.to_vec1());
            values.map_err(|error| invalid(sentence(&error)))
        };
        let [first, second, last] = LAYERS.map(|layer| -> Result<Linear, Error> {
            Ok(Linear {
                weight: read(format!("{layer}.weight"))?,
                bias: read(format!("{layer}.bias"))?,
            })
        });
        let layers = [first?, second?, last?];
        let mut width = FEATURES;
        for (layer, name) in layers.iter().zip(LAYERS) {
            let outputs = layer.bias.len();
            if layer.weight.len() != outputs * width {
                return Err(invalid(format!(
                    "the layer '{name}' has {} weights where {outputs} times {width} are needed",
                    layer.weight.len()
                )));
            }
            width = outputs;
        }
        if width != CANDIDATES + 1 {
            return Err(invalid(format!(
                "it gives {width} scores where {} are needed",
                CANDIDATES + 1
            )));
        }
        Ok(Self { layers })
    }

    /// The scores: logits of a choice among the candidates, in their order, and any other token.
    pub(super) fn scores(&self, features: &[f32; FEATURES]) -> [f32; CANDIDATES + 1] {
        let [first, second, last] = &self.layers;
        let hidden = first.rectified(features);
        let hidden = second.rectified(&hidden);
        let mut scores = [0.0; CANDIDATES + 1];
        scores.copy_from_slice(&last.apply(&hidden));
        scores
    }
}

impl Linear {
    fn apply(&self, inputs: &[f32]) -> Vec<f32> {
        let outputs = self.bias.iter().enumerate();
        let row =
            |output: usize| -> Range<usize> { output * inputs.len()..(output + 1) * inputs.len() };
        outputs
            .map(|(output, bias)| {
                let weights = self.weight[row(output)].iter();
                bias + weights.zip(inputs).map(|(a, b)| a * b).sum::<f32>()
            })
            .collect()
    }

    fn rectified(&self, inputs: &[f32]) -> Vec<f32> {
        let outputs = self.apply(inputs);
        outputs.into_iter().map(|value| value.max(0.0)).collect()
    }
}
