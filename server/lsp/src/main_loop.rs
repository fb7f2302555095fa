//! The owner of all state.

use std::sync::Arc;

use crate::event::{Effect, Event, Millis};
use crate::snapshot::Snapshots;

/// Documents, suggestions and sessions, and what becomes of them.
#[derive(Debug, Default)]
pub struct MainLoop {
    snapshots: Arc<Snapshots>,
}

impl MainLoop {
    /// Takes the view that code actions are answered from; nobody else writes it.
    pub fn new(snapshots: Arc<Snapshots>) -> Self {
        Self { snapshots }
    }

    /// Lets one thing happen, and says what to do about it.
    pub fn handle(&mut self, event: Event, now: Millis) -> Vec<Effect> {
        let _ = (event, now, &self.snapshots);
        Vec::new()
    }
}
