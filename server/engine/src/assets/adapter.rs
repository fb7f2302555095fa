//! LoRA adapters, as PEFT writes them.

use std::{borrow::Cow, fs, path::Path};

use super::AssetError;

/// A LoRA adapter: two files' contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adapter {
    /// Its id, or the path it was read from.
    pub id: String,
    /// `adapter_config.json`.
    pub config: Cow<'static, [u8]>,
    /// `adapter_model.safetensors`.
    pub weights: Cow<'static, [u8]>,
}

struct BuiltIn {
    id: &'static str,
    config: &'static [u8],
    weights: &'static [u8],
}

const BUILT_IN: &[BuiltIn] = include!(concat!(env!("OUT_DIR"), "/adapters.rs"));

impl Adapter {
    /// The ids of the adapters in this binary.
    pub fn built_in_ids() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|adapter| adapter.id)
    }

    /// The adapter of that id in this binary.
    pub fn built_in(id: &str) -> Option<Adapter> {
        let adapter = BUILT_IN.iter().find(|adapter| adapter.id == id)?;
        Some(Adapter {
            id: id.to_owned(),
            config: Cow::Borrowed(adapter.config),
            weights: Cow::Borrowed(adapter.weights),
        })
    }

    /// Reads the adapter in a directory.
    ///
    /// # Errors
    /// One of its two files cannot be read.
    pub fn read(directory: &Path) -> Result<Adapter, AssetError> {
        let read = |file: &str| {
            let path = directory.join(file);
            fs::read(&path).map_err(|error| AssetError::reading(&path, error))
        };
        Ok(Adapter {
            id: directory.display().to_string(),
            config: Cow::Owned(read("adapter_config.json")?),
            weights: Cow::Owned(read("adapter_model.safetensors")?),
        })
    }

    /// The built-in adapter, or else the directory, called `name`.
    pub(super) fn named(name: &str) -> Result<Adapter, AssetError> {
        if let Some(adapter) = Adapter::built_in(name) {
            return Ok(adapter);
        }
        let directory = Path::new(name);
        if directory.is_dir() {
            return Adapter::read(directory);
        }
        let known: Vec<&str> = Adapter::built_in_ids().collect();
        let known = if known.is_empty() {
            "none in this build".to_owned()
        } else {
            known.join(", ")
        };
        Err(AssetError::UnknownAdapter {
            name: name.to_owned(),
            known,
        })
    }
}
