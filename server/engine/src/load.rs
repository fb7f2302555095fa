//! From files to a model that runs.

use std::str::FromStr;

use crate::Error;
use crate::assets::{Adapter, Weights as ModelFiles};
use crate::engine::BoxedModel;
use crate::kernels::{InstructionSet, Machine, Precision};
use crate::memory::{Demand, Room};
use crate::model::{CpuLlama, Llama, Lora, Weights};
use crate::tokenizer::Tokenizer;

/// Where to run a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// A graphics card where this build and this machine have one, else the processor.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// An NVIDIA card.
    Cuda,
    /// An Apple graphics processor.
    Metal,
}

/// How to keep weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DTypeChoice {
    /// On the processor 8-bit integers where its instructions make them the faster ones, else f32;
    /// bf16 elsewhere.
    #[default]
    Auto,
    /// 32-bit floats.
    F32,
    /// 16-bit brain floats.
    Bf16,
    /// 8-bit integers in blocks.
    Q8,
}

/// How to load a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadOptions {
    /// Where to run it.
    pub device: DeviceChoice,
    /// How to keep its weights.
    pub dtype: DTypeChoice,
    /// The longest sequence, prompt and output together, in tokens.
    pub max_context: usize,
}

/// What a loaded model runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// `cpu`, `cuda` or `metal`.
    pub device: &'static str,
    /// `f32`, `bf16` or `q8`.
    pub dtype: &'static str,
    /// Threads that compute.
    pub threads: usize,
    /// Which implementation of the inner loops.
    pub kernels: &'static str,
}

impl ModelFiles {
    /// Reads the tokenizer.
    pub fn tokenizer(&self) -> Result<Tokenizer, Error> {
        match self {
            Self::Gguf(path) => Tokenizer::from_gguf(path),
            Self::Safetensors(directory) => Tokenizer::from_hugging_face(directory),
        }
    }

    pub(crate) fn weights(&self, adapter: Option<&Adapter>) -> Result<Weights, Error> {
        let weights = match self {
            Self::Gguf(path) => Weights::from_gguf(path)?,
            Self::Safetensors(directory) => Weights::from_hugging_face(directory)?,
        };
        match adapter {
            Some(adapter) => weights.with_lora(Lora::new(&adapter.config, &adapter.weights)?),
            None => Ok(weights),
        }
    }
}

impl LoadOptions {
    /// Decides where a model will run, before anything is loaded.
    pub fn placement(&self) -> Result<Placement, Error> {
        let device = self.open_device()?;
        let name = if device.is_cuda() {
            "cuda"
        } else if device.is_metal() {
            "metal"
        } else {
            "cpu"
        };
        let dtype = match (self.dtype, device.is_cpu()) {
            // There 8 bits decode at two to three times the speed of f32, verify at 1.7 times, and
            // take a third of the memory. Over the true results of real edits, teacher-forced, they
            // change fewer than one in 5,000 of the choices that f32 makes by a margin of more than
            // half a logit: `fast-apply bench quality` counts them.
            (DTypeChoice::Auto, true) if InstructionSet::detect().prefers_bytes() => "q8",
            (DTypeChoice::Auto, true) | (DTypeChoice::F32, _) => "f32",
            (DTypeChoice::Auto | DTypeChoice::Bf16, false) => "bf16",
            (DTypeChoice::Bf16, true) => {
                return Err(Error::Unsupported(
                    "bf16 weights run on graphics cards only: use --dtype f32 on the processor",
                ));
            }
            (DTypeChoice::Q8, true) => "q8",
            (DTypeChoice::Q8, false) => {
                return Err(Error::Unsupported(
                    "8-bit weights run on the processor only: use --dtype bf16 on graphics cards",
                ));
            }
        };
        Ok(Placement {
            device: name,
            dtype,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            kernels: match device.is_cpu() {
                true => InstructionSet::detect().name(),
                false => "candle",
            },
        })
    }

    /// Loads a model. Takes seconds; run it on the engine thread.
    pub fn load(&self, files: &ModelFiles, adapter: Option<&Adapter>) -> Result<BoxedModel, Error> {
        let weights = files.weights(adapter)?;
        let placement = self.placement()?;
        let precision = match placement.dtype {
            "q8" => Precision::Int8,
            _ => Precision::F32,
        };
        if placement.device == "cpu" {
            Demand::of(&weights, precision, self.max_context).check(Room::now())?;
            let machine = Machine::new(InstructionSet::detect(), placement.threads);
            let model = CpuLlama::load(&weights, precision, machine, self.max_context)?;
            return Ok(Box::new(model));
        }
        let model: Llama = self.tensor_model(&weights)?;
        Ok(Box::new(model))
    }
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda),
            "metal" => Ok(Self::Metal),
            _ => Err(format!("'{name}' is none of auto, cpu, cuda, metal")),
        }
    }
}

impl FromStr for DTypeChoice {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "auto" => Ok(Self::Auto),
            "f32" => Ok(Self::F32),
            "bf16" => Ok(Self::Bf16),
            "q8" => Ok(Self::Q8),
            _ => Err(format!("'{name}' is none of auto, f32, bf16, q8")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_beyond_the_memory_is_refused_before_it_is_read() {
        let directory = tempfile::tempdir().expect("a directory");
        let write = |name: &str, text: &str| {
            std::fs::write(directory.path().join(name), text).expect("a file");
        };
        // Some 400,000 GB, of which not a single tensor is there.
        let config = r#"{
            "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
            "hidden_size": 131072, "intermediate_size": 524288, "vocab_size": 128000,
            "num_hidden_layers": 400, "num_attention_heads": 1024, "num_key_value_heads": 1024,
            "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "max_position_embeddings": 8192,
            "tie_word_embeddings": true
        }"#;
        write("config.json", config);
        write("model.safetensors.index.json", r#"{ "weight_map": {} }"#);
        let options = LoadOptions {
            device: DeviceChoice::Cpu,
            dtype: DTypeChoice::Auto,
            max_context: usize::MAX,
        };
        let files = ModelFiles::Safetensors(directory.path().to_owned());
        let refused = options.load(&files, None).err();
        assert!(matches!(refused, Some(Error::Memory { .. })), "{refused:?}");
    }
}
