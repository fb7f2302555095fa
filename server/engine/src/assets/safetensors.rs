//! Whether a directory of safetensors, as Hugging Face lays it out, is complete.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use serde::Deserialize;

/// The files that every model has beside its weights.
pub(super) const CONFIGURATION: [&str; 2] = ["config.json", "tokenizer.json"];
/// The weights, where they are one file.
pub(super) const WEIGHTS: &str = "model.safetensors";
/// The list of files, where they are several.
pub(super) const INDEX: &str = "model.safetensors.index.json";

/// No real header is nearly as long.
const LONGEST_HEADER: u64 = 100_000_000;

/// What is wrong with a directory, as a predicate of it.
#[derive(Debug, thiserror::Error)]
pub(super) enum SafetensorsError {
    #[error("has no {0}")]
    Missing(String),
    #[error("holds a {file} that is cut off: it has {actual} of {expected} bytes")]
    CutOff {
        file: String,
        actual: u64,
        expected: u64,
    },
    #[error("holds a {0} that is damaged")]
    Corrupt(String),
    #[error("holds a {file} that cannot be read: {source}")]
    Io { file: String, source: io::Error },
}

/// Checks that the configuration is there and that every file of weights is as long as its header says.
pub(super) fn inspect(directory: &Path) -> Result<(), SafetensorsError> {
    for file in CONFIGURATION {
        if !directory.join(file).is_file() {
            return Err(SafetensorsError::Missing(file.to_owned()));
        }
    }
    for file in weight_files(directory)? {
        inspect_file(directory, &file)?;
    }
    Ok(())
}

/// The names of the files that hold the weights.
pub(super) fn weight_files(directory: &Path) -> Result<BTreeSet<String>, SafetensorsError> {
    #[derive(Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, String>,
    }
    if !directory.join(INDEX).is_file() {
        return Ok(BTreeSet::from([WEIGHTS.to_owned()]));
    }
    let text =
        fs::read_to_string(directory.join(INDEX)).map_err(|source| SafetensorsError::Io {
            file: INDEX.to_owned(),
            source,
        })?;
    let index: Index =
        serde_json::from_str(&text).map_err(|_| SafetensorsError::Corrupt(INDEX.to_owned()))?;
    let files: BTreeSet<String> = index.weight_map.into_values().collect();
    let plain = |file: &String| !file.contains(['/', '\\']) && file.ends_with(".safetensors");
    if files.is_empty() || !files.iter().all(plain) {
        return Err(SafetensorsError::Corrupt(INDEX.to_owned()));
    }
    Ok(files)
}

fn inspect_file(directory: &Path, file: &str) -> Result<(), SafetensorsError> {
    #[derive(Deserialize)]
    struct Tensor {
        data_offsets: Option<(u64, u64)>,
    }
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => SafetensorsError::Missing(file.to_owned()),
        _ => SafetensorsError::Io {
            file: file.to_owned(),
            source,
        },
    };
    let corrupt = || SafetensorsError::Corrupt(file.to_owned());
    let mut input = File::open(directory.join(file)).map_err(unreadable)?;
    let actual = input.metadata().map_err(unreadable)?.len();
    let cut_off = |expected| SafetensorsError::CutOff {
        file: file.to_owned(),
        actual,
        expected,
    };

    let mut length = [0; 8];
    if actual < 8 {
        return Err(cut_off(8));
    }
    input.read_exact(&mut length).map_err(unreadable)?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST_HEADER {
        return Err(corrupt());
    }
    let mut header = Vec::new();
    input
        .take(length)
        .read_to_end(&mut header)
        .map_err(unreadable)?;
    if (header.len() as u64) < length {
        return Err(cut_off(8 + length));
    }
    let tensors: BTreeMap<String, Tensor> =
        serde_json::from_slice(&header).map_err(|_| corrupt())?;
    let data = tensors
        .values()
        .filter_map(|tensor| tensor.data_offsets)
        .map(|(_, end)| end)
        .max();
    let expected = data
        .unwrap_or(0)
        .checked_add(8 + length)
        .ok_or_else(corrupt)?;
    if actual < expected {
        return Err(cut_off(expected));
    }
    Ok(())
}
