//! Llama models: shape, weights, adapters, cache and forward pass.

mod cache;
mod causal_mask;
mod config;
mod cpu;
mod language_model;
mod llama;
mod lora;
mod top_two;
mod weights;

pub use config::LlamaConfig;
pub use cpu::CpuLlama;
pub use language_model::{Choice, LanguageModel};
pub use llama::Llama;
pub use lora::Lora;
pub use weights::Weights;

pub(crate) use weights::{open_gguf, read_to_string};
