//! The way into the main loop.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use crate::event::{Command, Event, RequestId};

/// What becomes of a command: a value, or one sentence that says why not.
pub(crate) type Answer = Result<Value, String>;

/// Sends events to the main loop. Copies are the same inbox; nothing here ever waits.
#[derive(Clone)]
pub(crate) struct Inbox {
    events: UnboundedSender<Event>,
    waiting: Arc<Waiting>,
}

/// Takes an answer, on the main loop's task and before anything else that the command has caused.
type OnAnswer = Box<dyn FnOnce(Answer) + Send>;

#[derive(Default)]
struct Waiting {
    answers: Mutex<HashMap<RequestId, OnAnswer>>,
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
        let (sender, answer) = oneshot::channel();
        self.command_then(command, |answer| {
            // Whoever asked may have gone.
            sender.send(answer).ok();
        });
        answer
    }

    /// Sends a command at once, and hands its answer on.
    pub(crate) fn command_then(
        &self,
        command: Command,
        on_answer: impl FnOnce(Answer) + Send + 'static,
    ) {
        let request = RequestId(self.waiting.next.fetch_add(1, Ordering::Relaxed));
        self.answers().insert(request, Box::new(on_answer));
        self.send(Event::Command { request, command });
    }

    /// Gives an answer to whoever waits for it.
    pub(crate) fn answer(&self, request: RequestId, answer: Answer) {
        let on_answer = self.answers().remove(&request);
        if let Some(on_answer) = on_answer {
            on_answer(answer);
        }
    }

    fn answers(&self) -> MutexGuard<'_, HashMap<RequestId, OnAnswer>> {
        let answers = self.waiting.answers.lock();
        answers.unwrap_or_else(PoisonError::into_inner)
    }
}
