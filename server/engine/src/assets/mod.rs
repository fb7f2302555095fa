//! Model assets: which models there are, where they come from, and where they lie on this machine.
//!
//! Only files are handled here: GGUF and safetensors are checked for being whole, and read elsewhere.

mod adapter;
mod cache;
mod checksum;
mod error;
mod gguf;
#[cfg(feature = "hf")]
mod hugging_face;
mod integrity;
mod progress;
mod prompt_template;
mod python_package;
mod registry;
mod resolve;
mod safetensors;
mod store;
#[cfg(all(test, unix))]
mod tests;

pub use adapter::Adapter;
pub use error::AssetError;
pub use progress::Progress;
pub use prompt_template::{PromptPiece, PromptTemplate};
pub use registry::{Model, Registry, RegistryError, Source};
pub use resolve::{ModelSpec, ResolvedModel, Weights};
pub use store::{Fetch, Locations, Place, Store, Verified};
