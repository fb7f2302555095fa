//! The way into the main loop.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use crate::event::{Command, Event, RequestId};

/// What becomes of a command: a value, or one sentence that says why not.
pub(crate) type Answer = Result<Value, String>;

/// Sends events to the main loop. Copies are the same inbox; nothing here ever waits.
#[derive(Clone, Debug)]
pub(crate) struct Inbox {
    events: UnboundedSender<Event>,
    waiting: Arc<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    answers: Mutex<HashMap<RequestId, oneshot::Sender<Answer>>>,
    next: AtomicU64,
}

impl Inbox {
    /// An inbox whose events arrive at the other end of `events`.
    pub(crate) fn new(events: UnboundedSender<Event>) -> Self {
        Self {
            events,
            waiting: Arc::default(),
        }
    }

    /// Sends an event. Once the main loop has ended, nobody misses it.
    pub(crate) fn send(&self, event: Event) {
        self.events.send(event).ok();
    }

    /// Sends a command at once; its answer comes later, or never if the main loop has ended.
    pub(crate) fn command(&self, command: Command) -> oneshot::Receiver<Answer> {
        let request = RequestId(self.waiting.next.fetch_add(1, Ordering::Relaxed));
        let (sender, answer) = oneshot::channel();
        self.answers().insert(request, sender);
        self.send(Event::Command { request, command });
        answer
    }

    /// Gives an answer to whoever waits for it.
    pub(crate) fn answer(&self, request: RequestId, answer: Answer) {
        if let Some(sender) = self.answers().remove(&request) {
            // Whoever asked may have gone.
            sender.send(answer).ok();
        }
    }

    fn answers(&self) -> std::sync::MutexGuard<'_, HashMap<RequestId, oneshot::Sender<Answer>>> {
        let answers = self.waiting.answers.lock();
        answers.unwrap_or_else(PoisonError::into_inner)
    }
}
