//! What is wrong in the settings.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Sentences for the user, each told once however often it comes up.
pub(crate) struct Complaints {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: Vec<String>,
    told: HashSet<String>,
}

impl Complaints {
    /// These are the first to be told.
    pub(crate) fn new(waiting: Vec<String>) -> Self {
        let state = State {
            waiting,
            ..State::default()
        };
        Self {
            state: Mutex::new(state),
        }
    }

    pub(crate) fn add(&self, complaints: Vec<String>) {
        let mut state = self.state();
        for complaint in complaints {
            if !state.told.contains(&complaint) && !state.waiting.contains(&complaint) {
                state.waiting.push(complaint);
            }
        }
    }

    /// What is to be told now, if anything.
    pub(crate) fn take(&self) -> Option<String> {
        let mut state = self.state();
        let complaints = std::mem::take(&mut state.waiting);
        let text = format!("fast-apply: {}", complaints.join("; "));
        let is_any = !complaints.is_empty();
        state.told.extend(complaints);
        is_any.then_some(text)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
