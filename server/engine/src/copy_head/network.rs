use candle_core::safetensors::BufferedSafetensors;
use candle_core::{DType, Device};

use super::{CANDIDATES, FEATURES};
use crate::Error;
use crate::error::sentence;

/// The layers by name. Each has a `weight` of `[outputs, inputs]` and a `bias` of `[outputs]`.
const LAYERS: [&str; 3] = ["first", "second", "last"];

/// Three linear layers with rectifiers between them, from features to scores: one for each
/// candidate, and one for any other token.
pub struct Network {
    layers: [Linear; 3],
}

struct Linear {
    /// `[inputs, outputs]`, so that all outputs are summed up side by side.
    columns: Vec<f32>,
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
            let weight = read(format!("{layer}.weight"))?;
            Ok(Linear::new(&weight, read(format!("{layer}.bias"))?))
        });
        let layers = [first?, second?, last?];
        let mut width = FEATURES;
        for (layer, name) in layers.iter().zip(LAYERS) {
            let outputs = layer.bias.len();
            if outputs == 0 || layer.columns.len() != outputs * width {
                return Err(invalid(format!(
                    "the layer '{name}' has {} weights where {outputs} times {width} are needed",
                    layer.columns.len()
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
    /// `weight` is `[outputs, inputs]`.
    fn new(weight: &[f32], bias: Vec<f32>) -> Self {
        let inputs = weight.len() / bias.len().max(1);
        let column = |input| weight.iter().skip(input).step_by(inputs);
        Self {
            columns: (0..inputs).flat_map(column).copied().collect(),
            bias,
        }
    }

    fn apply(&self, inputs: &[f32]) -> Vec<f32> {
        let mut outputs = self.bias.clone();
        for (column, input) in self.columns.chunks_exact(self.bias.len()).zip(inputs) {
            for (output, weight) in outputs.iter_mut().zip(column) {
                *output += weight * input;
            }
        }
        outputs
    }

    fn rectified(&self, inputs: &[f32]) -> Vec<f32> {
        let outputs = self.apply(inputs);
        outputs.into_iter().map(|value| value.max(0.0)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_is_weights_times_inputs_plus_bias() {
        let layer = Linear::new(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], vec![0.5, -100.0]);
        assert_eq!(layer.apply(&[1.0, 10.0, 100.0]), [321.5, 554.0]);
        assert_eq!(layer.rectified(&[0.0, 1.0, 0.0]), [2.5, 0.0]);
    }

    #[test]
    fn a_file_of_another_shape_is_refused() {
        let refused = Network::new(b"no tensors")
            .err()
            .map(|error| error.to_string());
        assert!(refused.is_some_and(|sentence| sentence.contains("the copy head")));
    }
}
