//! Cases as directories, for people to write.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Case;

/// What `case.json` says.
#[derive(Deserialize)]
struct Description {
    path: String,
    language: String,
    #[serde(default)]
    instruction: String,
    #[serde(flatten)]
    other: Map<String, Value>,
}

/// Why a directory is no case.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file or directory cannot be read as text.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The description is not one.
    #[error("cannot understand {}", path.display())]
    Description {
        /// The `case.json`.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A file is missing.
    #[error("{} has no file {name}.*", directory.display())]
    Missing {
        /// The case.
        directory: PathBuf,
        /// `before` or `after`.
        name: &'static str,
    },
}

/// Reads every directory below `directory` as one case, by name: `case.json` with `path`, `language`,
/// `instruction` and keys for grouping, `before.*`, `after.*` and `reply.md`. Nothing in a file is changed.
pub fn pack_cases(directory: &Path) -> Result<Vec<Case>, PackError> {
    let mut names = entries(directory)?;
    names.retain(|name| directory.join(name).is_dir());
    names
        .into_iter()
        .map(|name| pack_case(&directory.join(&name), name.to_string_lossy().into_owned()))
        .collect()
}

fn pack_case(directory: &Path, id: String) -> Result<Case, PackError> {
    let path = directory.join("case.json");
    let description: Description = serde_json::from_str(&read(&path)?)
        .map_err(|source| PackError::Description { path, source })?;
    let names = entries(directory)?;
    let version = |stem: &'static str| {
        let name = names
            .iter()
            .find(|name| Path::new(name).file_stem().is_some_and(|s| s == stem));
        let name = name.ok_or_else(|| PackError::Missing {
            directory: directory.to_owned(),
            name: stem,
        })?;
        read(&directory.join(name))
    };
    Ok(Case {
        id,
        path: description.path,
        language: description.language,
        instruction: description.instruction,
        reply: read(&directory.join("reply.md"))?,
        before: version("before")?,
        after: version("after")?,
        other: description.other,
    })
}

/// The names in a directory, sorted.
fn entries(directory: &Path) -> Result<Vec<OsString>, PackError> {
    let unreadable = |source| PackError::Read {
        path: directory.to_owned(),
        source,
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        names.push(entry.map_err(unreadable)?.file_name());
    }
    names.sort();
    Ok(names)
}

fn read(path: &Path) -> Result<String, PackError> {
    fs::read_to_string(path).map_err(|source| PackError::Read {
        path: path.to_owned(),
        source,
    })
}
