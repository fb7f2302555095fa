//! From files to a model that runs.

use std::str::FromStr;

use candle_core::quantized::GgmlDType;
use candle_core::{DType, Device};

use crate::Error;
use crate::assets::{Adapter, Weights as ModelFiles};
use crate::card::free_memory;
use crate::engine::BoxedModel;
use crate::error::sentence;
use crate::kernels::{InstructionSet, Machine, Precision};
use crate::model::{CpuLlama, Footprint, Llama, LlamaConfig, Lora, Tiling, WeightFormat, Weights};
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

/// A shorter context than this holds no file worth a model: where no more fits, that is an error.
const LEAST_CONTEXT: usize = 2048;

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

    fn weights(&self, adapter: Option<&Adapter>) -> Result<Weights, Error> {
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
            // half a logit: the example `int8_quality` counts them.
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
        let (precision, dtype) = match placement.dtype {
            "q8" => (Precision::Int8, DType::F32),
            "bf16" => (Precision::F32, DType::BF16),
            _ => (Precision::F32, DType::F32),
        };
        if placement.device == "cpu" {
            let machine = Machine::new(InstructionSet::detect(), placement.threads);
            let model = CpuLlama::load(&weights, precision, machine, self.max_context)?;
            return Ok(Box::new(model));
        }
        Ok(Box::new(self.tensor_model(&weights, dtype)?))
    }

    /// Loads a model as graphics cards run it, on whatever device: on the processor in f32, where it is slow and there to
    /// be compared with.
    pub fn load_on_tensors(
        &self,
        files: &ModelFiles,
        adapter: Option<&Adapter>,
    ) -> Result<Llama, Error> {
        self.tensor_model(&files.weights(adapter)?, self.tensor_type()?)
    }

    /// Makes a model of a published shape with weights that mean nothing, as graphics cards run it: for measuring speed.
    /// A name that ends in `-q4` asks for weights of four bits.
    pub fn random_on_tensors(&self, shape: &str) -> Result<Llama, Error> {
        let (name, format) = match shape.strip_suffix("-q4") {
            Some(name) => (name, WeightFormat::Blocks(GgmlDType::Q4_0)),
            None => (shape, WeightFormat::Floats),
        };
        let config = LlamaConfig::of_shape(name)?;
        let (device, dtype) = (self.open_device()?, self.tensor_type()?);
        let tiling = Tiling::of(&device);
        let footprint = Footprint::new(&config, format, dtype, tiling);
        let context = self.context_on(&device, &footprint, &config)?;
        Llama::random(&config, format, &device, dtype, tiling, context)
    }

    fn tensor_model(&self, weights: &Weights, dtype: DType) -> Result<Llama, Error> {
        let device = self.open_device()?;
        let config = weights.config();
        let footprint = Footprint::new(config, WeightFormat::Floats, dtype, Tiling::of(&device));
        let context = self.context_on(&device, &footprint, config)?;
        Llama::load(weights, &device, dtype, context)
    }

    /// The type that a model on tensors computes with.
    fn tensor_type(&self) -> Result<DType, Error> {
        let on_processor = self.open_device()?.is_cpu();
        Ok(match self.dtype {
            DTypeChoice::F32 => DType::F32,
            _ if on_processor => DType::F32,
            _ => DType::BF16,
        })
    }

    /// The context to allocate on a card: what was asked for, which is an error if it does not fit; where nobody asked,
    /// as much of what the model was made for as fits.
    fn context_on(
        &self,
        device: &Device,
        footprint: &Footprint,
        config: &LlamaConfig,
    ) -> Result<usize, Error> {
        let free = free_memory(device);
        let wanted = config.context_length.min(self.max_context);
        match free.map(|free| footprint.longest(free)) {
            Some(longest) if self.max_context == usize::MAX && longest >= LEAST_CONTEXT => {
                Ok(wanted.min(longest))
            }
            _ => footprint.check(wanted, free).map(|()| wanted),
        }
    }

    fn open_device(&self) -> Result<Device, Error> {
        let built_without = |flag: &'static str| Err(Error::Unsupported(flag));
        let no_card = |error| Error::NoCard(sentence(&error));
        match self.device {
            DeviceChoice::Cpu => Ok(Device::Cpu),
            DeviceChoice::Auto if cfg!(feature = "cuda") => {
                Ok(Device::cuda_if_available(0).unwrap_or(Device::Cpu))
            }
            DeviceChoice::Auto if cfg!(feature = "metal") => {
                Ok(Device::new_metal(0).unwrap_or(Device::Cpu))
            }
            DeviceChoice::Auto => Ok(Device::Cpu),
            DeviceChoice::Cuda if cfg!(feature = "cuda") => Device::new_cuda(0).map_err(no_card),
            DeviceChoice::Metal if cfg!(feature = "metal") => Device::new_metal(0).map_err(no_card),
            DeviceChoice::Cuda => built_without(
                "this program has no CUDA: run fast-apply-cuda, which server/engine/cuda/build makes, or use --device cpu",
            ),
            DeviceChoice::Metal => built_without(
                "this build has no Metal: build it with --features metal, or use --device cpu",
            ),
        }
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
