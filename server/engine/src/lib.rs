//! A Llama model that rewrites text with speculative edits.
//!
//! Token ids, draft sources and a cancel flag go in; accepted tokens come out.

pub mod assets;
mod card;
pub mod copy_head;
pub mod copying;
pub mod decode;
pub mod draft;
pub mod engine;
mod error;
pub mod kernels;
mod load;
mod memory;
pub mod model;
pub mod prompt;
pub mod score;
pub mod tokenizer;

pub use error::Error;
pub use load::{DTypeChoice, DeviceChoice, LoadOptions, Placement};
