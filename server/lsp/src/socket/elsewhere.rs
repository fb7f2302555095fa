//! Where there are no Unix sockets, no server can be reached.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::protocol::Shell;
use crate::socket::message::{Place, Suggestion};

/// No directory.
pub fn directory() -> Option<PathBuf> {
    None
}

/// No directories.
pub fn directories() -> Vec<PathBuf> {
    Vec::new()
}

/// Nobody calls.
pub(crate) async fn listen(_: PathBuf, _: Arc<Shell>) {}

/// No servers.
#[derive(Debug)]
pub struct Servers;

/// None of the servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerIndex;

impl Servers {
    /// Finds none.
    ///
    /// # Errors
    /// Always.
    pub fn connect(_: &[PathBuf]) -> io::Result<Self> {
        let reason = "servers cannot be reached from outside the editor on this system";
        Err(io::Error::new(io::ErrorKind::Unsupported, reason))
    }

    /// True.
    pub fn is_empty(&self) -> bool {
        true
    }

    /// Finds none.
    ///
    /// # Errors
    /// Always.
    pub fn find(&mut self, path: &str) -> Result<(ServerIndex, Place), String> {
        Err(format!("no editor has {path}"))
    }

    /// Hands over nothing.
    ///
    /// # Errors
    /// Always.
    pub fn suggest(&mut self, _: ServerIndex, suggestion: Suggestion) -> Result<(), String> {
        Err(format!("no editor has {}", suggestion.uri))
    }
}
