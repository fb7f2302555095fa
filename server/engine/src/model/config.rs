//! The shape of a Llama model, read from a Hugging Face `config.json` or from GGUF metadata.

use std::collections::HashMap;
use std::f32::consts::PI;

use candle_core::quantized::gguf_file::Value;
use candle_transformers::models::llama::{
    Llama3RopeConfig, Llama3RopeType, LlamaConfig as HfConfig,
};

use crate::Error;

/// The shape of a Llama model.
#[derive(Debug, Clone)]
pub struct LlamaConfig {
    /// Width of the residual stream.
    pub hidden_size: usize,
    /// Width of the feed-forward layer.
    pub intermediate_size: usize,
    /// Rows of the embedding table.
    pub vocab_size: usize,
    /// Number of transformer blocks.
    pub layers: usize,
    /// Number of query heads.
    pub heads: usize,
    /// Number of key and value heads; divides `heads`.
    pub kv_heads: usize,
    /// Width of one head.
    pub head_dim: usize,
    /// Added to the mean square in every norm.
    pub rms_norm_eps: f64,
    /// Rotation per position of each of the `head_dim / 2` pairs, in radians, scaling included.
    pub rope_frequencies: Vec<f32>,
    /// Positions the model was made for.
    pub context_length: usize,
    /// Whether the output projection is the embedding table.
    pub tied_embeddings: bool,
}

impl LlamaConfig {
    /// Numbers in the matrices of all blocks.
    pub fn block_weights(&self) -> u64 {
        let [hidden, inner, queries, keys] = [
            self.hidden_size,
            self.intermediate_size,
            self.heads * self.head_dim,
            self.kv_heads * self.head_dim,
        ]
        .map(|number| number as u64);
        self.layers as u64 * hidden * (2 * queries + 2 * keys + 3 * inner)
    }

    /// Numbers in the embedding table, and in the output projection.
    pub fn table_weights(&self) -> u64 {
        self.vocab_size as u64 * self.hidden_size as u64
    }

    /// Reads the text of a Hugging Face `config.json`.
    pub fn from_hugging_face(json: &str) -> Result<Self, Error> {
        let invalid = |reason: String| Error::Invalid {
            what: "config.json".into(),
            reason,
        };
        let raw: serde_json::Value =
            serde_json::from_str(json).map_err(|error| invalid(error.to_string()))?;
        if let Some(kind) = raw.get("model_type").and_then(|kind| kind.as_str())
            && kind != "llama"
        {
            return Err(invalid(format!(
                "the architecture is '{kind}', not 'llama'"
            )));
        }
        let head_dim = raw.get("head_dim").and_then(|dim| dim.as_u64());
        let config: HfConfig =
            serde_json::from_value(raw).map_err(|error| invalid(error.to_string()))?;
        let config = config.into_config(false);
        let head_dim = head_dim.map_or(config.hidden_size / config.num_attention_heads, |dim| {
            dim as usize
        });
        let mut frequencies = inverse_frequencies(config.rope_theta, head_dim);
        if let Some(scaling) = &config.rope_scaling
            && matches!(scaling.rope_type, Llama3RopeType::Llama3)
        {
            for frequency in &mut frequencies {
                *frequency = scaled_as_llama3(*frequency, scaling);
            }
        }
        Ok(Self {
            hidden_size: config.hidden_size,
            intermediate_size: config.intermediate_size,
            vocab_size: config.vocab_size,
            layers: config.num_hidden_layers,
            heads: config.num_attention_heads,
            kv_heads: config.num_key_value_heads,
            head_dim,
            rms_norm_eps: config.rms_norm_eps,
            rope_frequencies: frequencies,
            context_length: config.max_position_embeddings,
            tied_embeddings: config.tie_word_embeddings,
        })
    }

    /// Reads GGUF metadata as llama.cpp writes it.
    ///
    /// `vocab_size` and `tied_embeddings` come from the tensors, and so do the divisors of the
    /// rope frequencies (`rope_freqs.weight`) where Llama 3.1 scaling is baked in.
    pub fn from_gguf(
        metadata: &HashMap<String, Value>,
        vocab_size: usize,
        tied_embeddings: bool,
        rope_divisors: Option<&[f32]>,
    ) -> Result<Self, Error> {
        let missing = |key: &str| Error::Invalid {
            what: "GGUF metadata".into(),
            reason: format!("the key '{key}' is missing or of another type"),
        };
        let architecture = metadata
            .get("general.architecture")
            .and_then(|value| value.to_string().ok())
            .ok_or_else(|| missing("general.architecture"))?;
        if architecture != "llama" {
            return Err(Error::Invalid {
                what: "GGUF metadata".into(),
                reason: format!("the architecture is '{architecture}', not 'llama'"),
            });
        }
        let optional = |key: &str| {
            metadata
                .get(key)
                .and_then(|value| value.to_u32().ok())
                .map(|n| n as usize)
        };
        let number = |key: &str| optional(key).ok_or_else(|| missing(key));
        let float = |key: &str| metadata.get(key).and_then(|value| value.to_f32().ok());

        let hidden_size = number("llama.embedding_length")?;
        let heads = number("llama.attention.head_count")?;
        let head_dim = optional("llama.attention.key_length").unwrap_or(hidden_size / heads);
        let theta = float("llama.rope.freq_base").unwrap_or(10_000.0);
        let mut frequencies = inverse_frequencies(theta, head_dim);
        if let Some(divisors) = rope_divisors {
            for (frequency, divisor) in frequencies.iter_mut().zip(divisors) {
                *frequency /= divisor;
            }
        }
        Ok(Self {
            hidden_size,
            intermediate_size: number("llama.feed_forward_length")?,
            vocab_size,
            layers: number("llama.block_count")?,
            heads,
            kv_heads: optional("llama.attention.head_count_kv").unwrap_or(heads),
            head_dim,
            rms_norm_eps: f64::from(
                float("llama.attention.layer_norm_rms_epsilon")
                    .ok_or_else(|| missing("llama.attention.layer_norm_rms_epsilon"))?,
            ),
            rope_frequencies: frequencies,
            context_length: number("llama.context_length")?,
            tied_embeddings,
        })
    }
}

fn inverse_frequencies(theta: f32, head_dim: usize) -> Vec<f32> {
    (0..head_dim / 2)
        .map(|pair| theta.powf(-((2 * pair) as f32) / head_dim as f32))
        .collect()
}

/// Llama 3.1's frequency scaling: long wavelengths are stretched by `factor`, short ones kept,
/// and those between are interpolated.
fn scaled_as_llama3(frequency: f32, scaling: &Llama3RopeConfig) -> f32 {
    let original = scaling.original_max_position_embeddings as f32;
    let wavelength = 2.0 * PI / frequency;
    let (low, high) = (scaling.low_freq_factor, scaling.high_freq_factor);
    if wavelength < original / high {
        return frequency;
    }
    if wavelength > original / low {
        return frequency / scaling.factor;
    }
    let smooth = (original / wavelength - low) / (high - low);
    (1.0 - smooth) * frequency / scaling.factor + smooth * frequency
}
