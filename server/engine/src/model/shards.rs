//! The tensors of a directory of safetensors.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use candle_core::safetensors::BufferedSafetensors;
use candle_core::{DType, Device, Tensor};

use super::weights::read_to_string;
use crate::Error;
use crate::error::sentence;

/// The files of a model, of which one at a time is in memory.
pub(super) struct Shards {
    path_of: HashMap<String, PathBuf>,
    open: Mutex<Option<Arc<Shard>>>,
}

/// A file of tensors in memory.
pub(super) struct Shard {
    path: PathBuf,
    tensors: BufferedSafetensors,
}

impl Shards {
    /// Finds `model.safetensors`, or the files that `model.safetensors.index.json` lists.
    pub(super) fn of(directory: &Path) -> Result<Self, Error> {
        let index = directory.join("model.safetensors.index.json");
        let path_of = if index.exists() {
            paths_of_index(&index, directory)?
        } else {
            let path = directory.join("model.safetensors");
            let names = names_in(&path)?;
            names.into_iter().map(|name| (name, path.clone())).collect()
        };
        Ok(Self {
            path_of,
            open: Mutex::new(None),
        })
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.path_of.contains_key(name)
    }

    /// The size of the largest file, in bytes.
    pub(super) fn largest(&self) -> u64 {
        let size = |path: &PathBuf| fs::metadata(path).map_or(0, |metadata| metadata.len());
        self.path_of.values().map(size).max().unwrap_or_default()
    }

    /// The file that has a tensor, in place of the one that is in memory.
    pub(super) fn with(&self, name: &str) -> Result<Arc<Shard>, Error> {
        let path = self
            .path_of
            .get(name)
            .ok_or_else(|| Error::missing_tensor(Path::new("the safetensors directory"), name))?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shard) = open.as_ref().filter(|shard| shard.path == *path) {
            return Ok(Arc::clone(shard));
        }
        // Two at a time would be a reason not to have memory enough.
        *open = None;
        let shard = Arc::new(Shard::open(path)?);
        *open = Some(Arc::clone(&shard));
        Ok(shard)
    }
}

impl Shard {
    fn open(path: &Path) -> Result<Self, Error> {
        let bytes = fs::read(path).map_err(|source| Error::Read {
            path: path.to_owned(),
            source,
        })?;
        let tensors = BufferedSafetensors::new(bytes).map_err(|error| Error::Invalid {
            what: path.display().to_string(),
            reason: sentence(&error),
        })?;
        Ok(Self {
            path: path.to_owned(),
            tensors,
        })
    }

    pub(super) fn shape(&self, name: &str) -> Result<Vec<usize>, Error> {
        Ok(self.tensors.get(name)?.shape().to_vec())
    }

    /// Some numbers of a tensor, as f32.
    pub(super) fn floats(&self, name: &str, numbers: Range<usize>) -> Result<Vec<f32>, Error> {
        let view = self.tensors.get(name)?;
        let dtype = DType::try_from(view.dtype())?;
        let size = dtype.size_in_bytes();
        let bytes = &view.data()[numbers.start * size..numbers.end * size];
        let tensor = Tensor::from_raw_buffer(bytes, dtype, &[numbers.len()], &Device::Cpu)?;
        Ok(tensor.to_dtype(DType::F32)?.to_vec1::<f32>()?)
    }
}

/// The names of the tensors in a file. It starts with the length of a JSON object that has them as keys.
fn names_in(path: &Path) -> Result<Vec<String>, Error> {
    let unreadable = |source: io::Error| Error::Read {
        path: path.to_owned(),
        source,
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(unreadable)?;
    let mut header = Vec::new();
    let header_only = file.take(u64::from_le_bytes(length));
    BufReader::new(header_only)
        .read_to_end(&mut header)
        .map_err(unreadable)?;
    let header: HashMap<String, serde::de::IgnoredAny> =
        serde_json::from_slice(&header).map_err(|error| Error::Invalid {
            what: path.display().to_string(),
            reason: format!("its header cannot be read ({error})"),
        })?;
    let is_tensor = |name: &String| name != "__metadata__";
    Ok(header.into_keys().filter(is_tensor).collect())
}

fn paths_of_index(index: &Path, directory: &Path) -> Result<HashMap<String, PathBuf>, Error> {
    #[derive(serde::Deserialize)]
    struct Index {
        weight_map: HashMap<String, String>,
    }
    let parsed: Index =
        serde_json::from_str(&read_to_string(index)?).map_err(|error| Error::Invalid {
            what: index.display().to_string(),
            reason: error.to_string(),
        })?;
    Ok(parsed
        .weight_map
        .into_iter()
        .map(|(name, file)| (name, directory.join(file)))
        .collect())
}
