//! LoRA adapters in the layout of the PEFT library.
//!
//! Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (2021): the adapted weight is
//! `W + s B A`, with `s = alpha / r`, or `alpha / sqrt(r)` for rank-stabilised adapters.

use candle_core::safetensors::BufferedSafetensors;
use candle_core::{DType, Device, Tensor};

use crate::Error;
use crate::error::sentence;

/// An adapter that is merged into the weights while they are loaded.
pub struct Lora {
    scale: f64,
    tensors: BufferedSafetensors,
    names: Vec<String>,
}

/// The part of `adapter_config.json` that decides what the tensors mean.
#[derive(serde::Deserialize)]
struct AdapterConfig {
    peft_type: String,
    r: usize,
    lora_alpha: f64,
    #[serde(default)]
    use_rslora: bool,
    #[serde(default)]
    use_dora: bool,
    #[serde(default)]
    fan_in_fan_out: bool,
    #[serde(default)]
    rank_pattern: serde_json::Map<String, serde_json::Value>,
    #[serde(default)]
    alpha_pattern: serde_json::Map<String, serde_json::Value>,
}

impl Lora {
    /// Reads an adapter from the contents of its two files.
    pub fn new(config_json: &[u8], safetensors: &[u8]) -> Result<Self, Error> {
        let invalid = |reason: String| Error::Invalid {
            what: "the LoRA adapter".into(),
            reason,
        };
        let config: AdapterConfig = serde_json::from_slice(config_json)
            .map_err(|error| invalid(format!("adapter_config.json: {error}")))?;
        if config.peft_type != "LORA" {
            return Err(invalid(format!(
                "its type is {}, not LORA",
                config.peft_type
            )));
        }
        if config.use_dora
            || config.fan_in_fan_out
            || !config.rank_pattern.is_empty()
            || !config.alpha_pattern.is_empty()
        {
            return Err(invalid(
                "it uses DoRA, fan-in-fan-out or per-layer ranks".into(),
            ));
        }
        let tensors = BufferedSafetensors::new(safetensors.to_vec())
            .map_err(|error| invalid(format!("adapter_model.safetensors: {}", sentence(&error))))?;
        let names = tensors
            .tensors()
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let rank = config.r as f64;
        let divisor = if config.use_rslora { rank.sqrt() } else { rank };
        Ok(Self {
            scale: config.lora_alpha / divisor,
            tensors,
            names,
        })
    }

    /// The weights that the adapter changes, by their Hugging Face names.
    pub(super) fn targets(&self) -> impl Iterator<Item = String> {
        self.names.iter().filter_map(|name| {
            let module = name.strip_suffix(".lora_A.weight")?;
            Some(format!(
                "{}.weight",
                module.strip_prefix("base_model.model.").unwrap_or(module)
            ))
        })
    }

    /// Adds the delta of the weight `name` (`[out, in]`, f32), if the adapter has one.
    pub(super) fn add_to(&self, name: &str, weight: Tensor) -> Result<Tensor, Error> {
        let module = name.strip_suffix(".weight").unwrap_or(name);
        let find = |part: &str| {
            let suffix = format!("{module}.{part}.weight");
            self.names.iter().find(|name| name.ends_with(&suffix))
        };
        let (Some(a), Some(b)) = (find("lora_A"), find("lora_B")) else {
            return Ok(weight);
        };
        let a = self.tensors.load(a, &Device::Cpu)?.to_dtype(DType::F32)?;
        let b = self.tensors.load(b, &Device::Cpu)?.to_dtype(DType::F32)?;
        let delta = (b.matmul(&a)? * self.scale)?;
        if delta.dims() != weight.dims() {
            return Err(Error::Invalid {
                what: "the LoRA adapter".into(),
                reason: format!(
                    "its delta for '{name}' is {:?}, the weight is {:?}; it was made for another model",
                    delta.dims(),
                    weight.dims()
                ),
            });
        }
        Ok((weight + delta)?)
    }
}
