//! What is said over a socket, one JSON value on a line.

use serde::{Deserialize, Serialize};

/// The longest line, in bytes.
pub(super) const LIMIT: u64 = 8 << 20;

/// What `fast-apply suggest` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Request {
    /// Whether the server has a file, by its absolute path or by the end of one.
    Find(String),
    /// Here is a suggestion.
    Suggest(Suggestion),
}

/// What a server says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Response {
    /// The server has the file.
    Found(Place),
    /// It is pending now.
    Accepted,
    /// No; one sentence says why.
    Refused(String),
}

/// A suggestion for one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// The document, as [`Place::uri`] names it.
    pub uri: String,
    /// The chat reply.
    pub text: String,
    /// What it is for, if the prose of the reply does not say it.
    pub instruction: Option<String>,
    /// The turns of the chat that led to it.
    pub conversation: Option<String>,
    /// Whether the user is asked, in the editor, to apply it now.
    pub apply: bool,
}

/// Where a server has a file. The greatest is the nearest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Whether the editor has it open, which goes before any folder.
    pub is_open: bool,
    /// The depth of the workspace folder that holds it.
    pub depth: usize,
    /// The document.
    pub uri: String,
}

impl Place {
    /// What to compare places by.
    pub fn nearness(&self) -> (bool, usize) {
        (self.is_open, self.depth)
    }
}
