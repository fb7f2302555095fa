//! What code actions are answered from, without asking the main loop.

use dashmap::DashMap;

use crate::event::Uri;

/// The read-only view of all open documents; only the main loop writes it.
pub type Snapshots = DashMap<Uri, Snapshot>;

/// What can be offered on a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Whether a suggestion is pending.
    pub pending: bool,
    /// Whether a session runs.
    pub running: bool,
    /// Whether there is something to undo.
    pub undoable: bool,
}
