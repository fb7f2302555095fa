use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::DataError;
use crate::json_lines::{read_json_lines, write_json_lines};

/// What one commit did to one file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// The repository.
    pub repo: String,
    /// The licence files at its root, by name; null if there is none.
    #[serde(default)]
    pub licence: Option<String>,
    /// The commit's hash.
    pub commit: String,
    /// The path of the file.
    pub path: String,
    /// The language of the file.
    pub lang: String,
    /// The commit's subject.
    pub instruction: String,
    /// The file before the commit.
    pub before: String,
    /// The file behind the commit; the same for an edit that has been made already.
    pub after: String,
    /// Lines of the file before the commit.
    #[serde(default)]
    pub lines: usize,
    /// Runs of changed lines.
    #[serde(default)]
    pub hunks: usize,
    /// Lines that came.
    #[serde(default)]
    pub added: usize,
    /// Lines that went.
    #[serde(default)]
    pub removed: usize,
}

/// Reads pairs: one JSON object a line, compressed where the name ends in `.zst`.
pub fn read_pairs(path: &Path) -> Result<Vec<Pair>, DataError> {
    read_json_lines(path)
}

/// Writes pairs in the same form.
pub fn write_pairs(path: &Path, pairs: &[Pair]) -> io::Result<()> {
    write_json_lines(path, pairs)
}
