//! Progress that the editor shows for the server.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::protocol::outbox::Outbox;

/// A progress display that the server has asked for.
#[derive(Clone)]
pub(crate) struct ProgressBar {
    outbox: Arc<Outbox>,
    token: String,
    state: Arc<Mutex<Bar>>,
}

enum Bar {
    /// The client has not agreed yet; this is what to show when it does.
    Asked(Value),
    Open,
    /// It is over, or the client wants none.
    Closed,
}

impl ProgressBar {
    /// Asks for a display. Nothing may be shown in it before the client agrees.
    pub(crate) fn start(outbox: Arc<Outbox>, token: String, title: String) -> Self {
        let begin = json!({ "kind": "begin", "title": title, "cancellable": true });
        let bar = Self {
            outbox,
            token,
            state: Arc::new(Mutex::new(Bar::Asked(begin))),
        };
        let asked = bar.clone();
        let params = json!({ "token": bar.token });
        bar.outbox
            .request("window/workDoneProgress/create", params, move |reply| {
                let mut state = asked.state();
                let begin = match (&*state, reply) {
                    (Bar::Asked(begin), Ok(_)) => begin.clone(),
                    _ => {
                        *state = Bar::Closed;
                        return;
                    }
                };
                *state = Bar::Open;
                drop(state);
                asked.outbox.notify(
                    "$/progress",
                    json!({ "token": asked.token, "value": begin }),
                );
            });
        bar
    }

    /// Shows how far it is, in percent if that is known.
    pub(crate) fn report(&self, percent: Option<u8>, message: String) {
        match &mut *self.state() {
            Bar::Asked(begin) => describe(begin, percent, &message),
            Bar::Open => {
                let mut value = json!({ "kind": "report", "cancellable": true });
                describe(&mut value, percent, &message);
                let params = json!({ "token": self.token, "value": value });
                self.outbox
                    .notify_latest(self.token.clone(), "$/progress", params);
            }
            Bar::Closed => {}
        }
    }

    /// Takes the display away.
    pub(crate) fn end(&self, message: Option<String>) {
        let mut state = self.state();
        if let Bar::Open = *state {
            let value = match message {
                Some(message) => json!({ "kind": "end", "message": message }),
                None => json!({ "kind": "end" }),
            };
            let params = json!({ "token": self.token, "value": value });
            self.outbox.notify("$/progress", params);
        }
        *state = Bar::Closed;
    }

    fn state(&self) -> MutexGuard<'_, Bar> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn describe(value: &mut Value, percent: Option<u8>, message: &str) {
    if let Some(percent) = percent {
        value["percentage"] = json!(percent);
    }
    if !message.is_empty() {
        value["message"] = json!(message);
    }
}
