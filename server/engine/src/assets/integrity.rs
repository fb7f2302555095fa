//! Whether what lies on this machine is the model it should be.

use std::{
    fs::{self, File},
    path::Path,
};

use super::{AssetError, Model, checksum, gguf, progress::Report, safetensors};

/// How much is checked of what lies in the cache. It was checked in full when it was put there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    Structure,
    Everything,
}

/// Checks the file or directory of a model of the registry.
pub(super) fn check(
    model: &Model,
    path: &Path,
    effort: Check,
    remedy: &'static str,
    progress: Report<'_>,
) -> Result<(), AssetError> {
    if model.file.is_none() {
        return whole_directory(path, remedy);
    }
    whole_gguf(path, remedy)?;
    let Some(expected) = &model.sha256 else {
        return Ok(());
    };
    let size = fs::metadata(path)
        .map_err(|error| AssetError::reading(path, error))?
        .len();
    if effort == Check::Structure && size == model.size {
        return Ok(());
    }
    let actual = checksum::of_file(path, progress)?;
    if &actual == expected {
        return Ok(());
    }
    let (what, expected) = (path.display().to_string(), expected.clone());
    Err(AssetError::Checksum {
        what,
        expected,
        actual,
        remedy,
    })
}

/// Checks the structure of a GGUF file.
pub(super) fn whole_gguf(
    path: &Path,
    remedy: &'static str,
) -> Result<gguf::GgufSummary, AssetError> {
    File::open(path).map_err(|error| AssetError::reading(path, error))?;
    gguf::inspect(path).map_err(|error| AssetError::Damaged {
        path: path.to_owned(),
        reason: error.to_string(),
        remedy,
    })
}

/// Checks the structure of a directory of safetensors.
pub(super) fn whole_directory(path: &Path, remedy: &'static str) -> Result<(), AssetError> {
    safetensors::inspect(path).map_err(|error| AssetError::Damaged {
        path: path.to_owned(),
        reason: error.to_string(),
        remedy,
    })
}
