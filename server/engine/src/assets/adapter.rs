//! LoRA adapters, as PEFT writes them.

use std::{borrow::Cow, fs, path::Path};

use super::AssetError;

/// A LoRA adapter: its files' contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adapter {
    /// Its id, or the path it was read from.
    pub id: String,
    /// `adapter_config.json`.
    pub config: Cow<'static, [u8]>,
    /// `adapter_model.safetensors`.
    pub weights: Cow<'static, [u8]>,
    /// `copy_head.safetensors`, where it has one.
    pub copy_head: Option<Cow<'static, [u8]>>,
}

struct BuiltIn {
    id: &'static str,
    config: &'static [u8],
    weights: &'static [u8],
    copy_head: Option<&'static [u8]>,
}

/// The file that an adapter can have beside PEFT's two.
const COPY_HEAD: &str = "copy_head.safetensors";

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
            copy_head: adapter.copy_head.map(Cow::Borrowed),
        })
    }

    /// Reads the adapter in a directory.
    ///
    /// # Errors
    /// One of its files cannot be read, or one of PEFT's two is not there.
    pub fn read(directory: &Path) -> Result<Adapter, AssetError> {
        let read = |file: &str| {
            let path = directory.join(file);
            fs::read(&path).map_err(|error| AssetError::reading(&path, error))
        };
        let copy_head = directory.join(COPY_HEAD).exists();
        let copy_head = copy_head.then(|| read(COPY_HEAD)).transpose()?;
        Ok(Adapter {
            copy_head: copy_head.map(Cow::Owned),
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
