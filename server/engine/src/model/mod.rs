//! Llama models: shape, weights, adapters, cache and forward pass.

mod cache;
mod causal_mask;
mod config;
mod cpu;
mod float_rows;
mod footprint;
mod gguf_file;
mod language_model;
mod linear;
mod llama;
mod lora;
mod random;
mod rope_table;
mod shape;
mod shards;
mod tensor_reader;
mod tiling;
mod top_two;
mod weights;

pub use config::LlamaConfig;
pub use cpu::CpuLlama;
pub use float_rows::FloatRows;
pub use footprint::{Footprint, WeightFormat};
pub use language_model::{CandidateLogits, Choice, LanguageModel};
pub use linear::Stored;
pub use llama::Llama;
pub use lora::Lora;
pub use tensor_reader::TensorReader;
pub use tiling::Tiling;
pub use weights::Weights;

pub(crate) use gguf_file::open_gguf;
pub(crate) use weights::read_to_string;
