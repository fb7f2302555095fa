//! LoRA adapters in the layout of the PEFT library.
//!
//! Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (2021): the adapted weight is
//! `W + s B A`, with `s = alpha / r`, or `alpha / sqrt(r)` for rank-stabilised adapters.

use std::ops::Range;

use candle_core::safetensors::BufferedSafetensors;
use candle_core::{DType, Device};

use crate::Error;
use crate::error::sentence;
use crate::kernels::{InstructionSet, Machine, Matrix, Precision, Rows};

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

    /// The delta of the weight `name` of shape `[out, in]`, if the adapter has one.
    pub(super) fn delta(&self, name: &str, shape: &[usize]) -> Result<Option<Delta>, Error> {
        let module = name.strip_suffix(".weight").unwrap_or(name);
        let find = |part: &str| {
            let suffix = format!("{module}.{part}.weight");
            self.names.iter().find(|name| name.ends_with(&suffix))
        };
        let (Some(a), Some(b)) = (find("lora_A"), find("lora_B")) else {
            return Ok(None);
        };
        let a = self.tensors.load(a, &Device::Cpu)?.to_dtype(DType::F32)?;
        let b = self.tensors.load(b, &Device::Cpu)?.to_dtype(DType::F32)?;
        let ((rank, inputs), (outputs, rank_of_b)) = (a.dims2()?, b.dims2()?);
        if [outputs, inputs] != *shape || rank != rank_of_b {
            return Err(Error::Invalid {
                what: "the LoRA adapter".into(),
                reason: format!(
                    "its delta for '{name}' is [{outputs}, {rank_of_b}] x [{rank}, {inputs}], the weight is {shape:?}; \
                     it was made for another model"
                ),
            });
        }
        // One thread: every thread that reads has a part of its own.
        let machine = Machine::new(InstructionSet::detect(), 1);
        let mut right = Matrix::new(Precision::F32, inputs, rank);
        right.set(&machine, 0, &a.t()?.flatten_all()?.to_vec1::<f32>()?);
        Ok(Some(Delta {
            left: (b * self.scale)?.flatten_all()?.to_vec1()?,
            right,
            machine,
        }))
    }
}

/// What an adapter adds to one weight, as the product of two matrices.
pub(super) struct Delta {
    /// `s B`, `[outputs, rank]`.
    left: Vec<f32>,
    /// `A`, `[rank, inputs]`.
    right: Matrix,
    machine: Machine,
}

impl Delta {
    /// Adds some of its rows to `weights`, the same rows of the weight.
    pub(super) fn add_to(&self, rows: Range<usize>, weights: &mut [f32]) {
        let (rank, inputs) = (self.right.inputs(), self.right.outputs());
        let left = &self.left[rows.start * rank..rows.end * rank];
        let left = Rows::of(rank, left);
        let mut sums = Rows::of(inputs, weights);
        self.machine
            .project_and_add(&left, rows.len(), &self.right, &mut sums);
        for (row, weights) in weights.chunks_exact_mut(inputs).enumerate() {
            weights.copy_from_slice(sums.row(row));
        }
    }
}
