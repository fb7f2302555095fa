//! Llama models: shape, weights, adapters, cache and forward pass.

mod cache;
mod causal_mask;
mod config;
mod cpu;
mod footprint;
mod language_model;
mod linear;
mod llama;
mod lora;
mod random;
mod rope_table;
mod shape;
mod tiling;
mod top_two;
mod weights;

pub use config::LlamaConfig;
pub use cpu::CpuLlama;
pub use footprint::{Footprint, WeightFormat};
pub use language_model::{Choice, LanguageModel};
pub use linear::Stored;
pub use llama::Llama;
pub use lora::Lora;
pub use tiling::Tiling;
pub use weights::Weights;

pub(crate) use weights::{open_gguf, read_to_string};
