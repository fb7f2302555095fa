//! A Llama model that rewrites text with speculative edits.
//!
//! Token ids, draft sources and a cancel flag go in; accepted tokens come out.

pub mod decode;
pub mod draft;
mod error;
pub mod kernels;
pub mod model;
pub mod tokenizer;

pub use error::Error;
