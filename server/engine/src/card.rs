//! Graphics cards, and models as they run there.

use candle_core::quantized::GgmlDType;
use candle_core::{DType, Device};

use crate::assets::{Adapter, Weights as ModelFiles};
use crate::error::sentence;
use crate::model::{Footprint, Llama, LlamaConfig, Tiling, WeightFormat, Weights};
use crate::{DTypeChoice, DeviceChoice, Error, LoadOptions};

/// A shorter context than this holds no file worth a model: where no more fits, that is an error.
const LEAST_CONTEXT: usize = 2048;

impl LoadOptions {
    /// Opens the device that was chosen; `auto` is a card only where this program was built for one and it answers.
    pub(crate) fn open_device(&self) -> Result<Device, Error> {
        let built_without = |flag: &'static str| Err(Error::Unsupported(flag));
        let no_card = |error: candle_core::Error| Error::NoCard(sentence(&error));
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
                "this build has no Metal: build it with --features fast-apply-cli/metal, or use --device cpu",
            ),
        }
    }

    /// Loads a model as graphics cards run it, on whatever device: on the processor in f32, where it is slow and there to
    /// be compared with.
    pub fn load_on_tensors(
        &self,
        files: &ModelFiles,
        adapter: Option<&Adapter>,
    ) -> Result<Llama, Error> {
        self.tensor_model(&files.weights(adapter)?)
    }

    /// Makes a model of a published shape with weights that mean nothing, as graphics cards run it: for measuring speed.
    /// A name that ends in `-q4` asks for weights of four bits.
    pub fn random_on_tensors(&self, shape: &str) -> Result<Llama, Error> {
        let (name, format) = match shape.strip_suffix("-q4") {
            Some(name) => (name, WeightFormat::Blocks(GgmlDType::Q4_0)),
            None => (shape, WeightFormat::Floats),
        };
        let config = LlamaConfig::of_shape(name)?;
        let device = self.open_device()?;
        let dtype = self.tensor_type(&device);
        let tiling = Tiling::of(&device);
        let footprint = Footprint::new(&config, format, dtype, tiling);
        let context = self.context_on(&device, &footprint, &config)?;
        Llama::random(&config, format, &device, dtype, tiling, context)
    }

    /// The same for weights that are open already.
    pub(crate) fn tensor_model(&self, weights: &Weights) -> Result<Llama, Error> {
        let device = self.open_device()?;
        let dtype = self.tensor_type(&device);
        let config = weights.config();
        let footprint = Footprint::new(config, WeightFormat::Floats, dtype, Tiling::of(&device));
        let context = self.context_on(&device, &footprint, config)?;
        Llama::load(weights, &device, dtype, context)
    }

    /// The type that a model on tensors computes with.
    fn tensor_type(&self, device: &Device) -> DType {
        match (self.dtype, device) {
            (DTypeChoice::F32, _) | (_, Device::Cpu) => DType::F32,
            _ => DType::BF16,
        }
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
}

/// Bytes that the card has left, as its driver says; none where nobody says it.
#[cfg(feature = "cuda")]
fn free_memory(device: &Device) -> Option<u64> {
    let Device::Cuda(card) = device else {
        return None;
    };
    let (free, _) = card.cuda_stream().context().mem_get_info().ok()?;
    Some(free as u64)
}

/// Bytes that the card has left: there is none.
#[cfg(not(feature = "cuda"))]
fn free_memory(_device: &Device) -> Option<u64> {
    None
}
