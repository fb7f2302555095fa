//! Everything on its way to the client, in one order.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::sync::Notify;
use tower_lsp::jsonrpc::Response;

/// Takes the client's answer to a request: its result, or what its error says. It runs in wire order, ahead of the
/// next message of the client, and must not wait.
type OnReply = Box<dyn FnOnce(Result<Value, String>) + Send>;

/// Messages to the client. Nobody who puts one in ever waits, so that a client that stops reading holds up nothing.
#[derive(Default)]
pub(crate) struct Outbox {
    state: Mutex<State>,
    filled: Notify,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Message>,
    /// What must not be sent before the client has said `initialized`.
    held: VecDeque<Message>,
    phase: Phase,
    replies: HashMap<i64, OnReply>,
    next_id: i64,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Holding,
    Open,
    /// What is queued still goes out, then no more.
    Closed,
}

struct Message {
    /// A message not yet sent gives way to a later one of the same subject.
    subject: Option<String>,
    body: Value,
}

impl Outbox {
    /// Answers a request of the client.
    pub(crate) fn respond(&self, response: Response) {
        match serde_json::to_value(response) {
            Ok(body) => self.state().queue.push_back(Message::plain(body)),
            Err(error) => tracing::error!("an answer cannot be written: {error}"),
        }
        self.filled.notify_one();
    }

    /// Sends a notification.
    pub(crate) fn notify(&self, method: &str, params: Value) {
        self.push(None, notification(method, params));
    }

    /// Sends a notification that replaces the last of the same subject unless that is sent already.
    pub(crate) fn notify_latest(&self, subject: String, method: &str, params: Value) {
        self.push(Some(subject), notification(method, params));
    }

    /// Sends a request.
    pub(crate) fn request(
        &self,
        method: &str,
        params: Value,
        on_reply: impl FnOnce(Result<Value, String>) + Send + 'static,
    ) {
        let mut state = self.state();
        let id = state.next_id;
        state.next_id += 1;
        state.replies.insert(id, Box::new(on_reply));
        drop(state);
        let mut body = notification(method, params);
        body["id"] = json!(id);
        self.push(None, body);
    }

    /// Hands on the client's answer to a request. Some clients leave out the result where there is none.
    pub(crate) fn reply(&self, mut message: Value) {
        let id = message.get("id").and_then(Value::as_i64);
        let on_reply = id.and_then(|id| self.state().replies.remove(&id));
        let Some(on_reply) = on_reply else {
            tracing::warn!("the client answers a request that does not wait: {message}");
            return;
        };
        on_reply(
            match message.get("error").filter(|error| !error.is_null()) {
                Some(error) => {
                    let reason = error.get("message").and_then(Value::as_str);
                    Err(reason.unwrap_or("an error without a message").to_owned())
                }
                None => Ok(message
                    .get_mut("result")
                    .map(Value::take)
                    .unwrap_or_default()),
            },
        );
    }

    /// From now on requests and notifications go out too, those held back first.
    pub(crate) fn open(&self) {
        let mut state = self.state();
        if state.phase == Phase::Holding {
            state.phase = Phase::Open;
            let held = std::mem::take(&mut state.held);
            state.queue.extend(held);
        }
        drop(state);
        self.filled.notify_one();
    }

    /// Takes no more; what is queued can still be taken out.
    pub(crate) fn close(&self) {
        self.state().phase = Phase::Closed;
        self.filled.notify_one();
    }

    /// The next message; `None` once it is closed and empty. For one reader.
    pub(crate) async fn next(&self) -> Option<Value> {
        loop {
            let (message, phase) = {
                let mut state = self.state();
                (state.queue.pop_front(), state.phase)
            };
            match (message, phase) {
                (Some(message), _) => return Some(message.body),
                (None, Phase::Closed) => return None,
                (None, Phase::Holding | Phase::Open) => {}
            }
            // A permit left by an earlier message only costs one more look.
            self.filled.notified().await;
        }
    }

    fn push(&self, subject: Option<String>, body: Value) {
        let mut state = self.state();
        let queue = match state.phase {
            Phase::Holding => &mut state.held,
            Phase::Open => &mut state.queue,
            Phase::Closed => return,
        };
        let earlier = subject.as_ref().and_then(|subject| {
            let is_same = |message: &&mut Message| message.subject.as_ref() == Some(subject);
            queue.iter_mut().rev().find(is_same)
        });
        match earlier {
            Some(earlier) => earlier.body = body,
            None => queue.push_back(Message { subject, body }),
        }
        drop(state);
        self.filled.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Message {
    fn plain(body: Value) -> Self {
        Self {
            subject: None,
            body,
        }
    }
}

fn notification(method: &str, params: Value) -> Value {
    let mut body = json!({ "jsonrpc": "2.0", "method": method });
    if !params.is_null() {
        body["params"] = params;
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn methods(outbox: &Outbox) -> Vec<String> {
        outbox.close();
        let mut methods = Vec::new();
        while let Some(message) = outbox.next().await {
            methods.push(format!("{} {}", message["method"], message["params"]));
        }
        methods
    }

    #[tokio::test]
    async fn what_was_not_sent_gives_way_to_what_is_newer() {
        let outbox = Outbox::default();
        let report = |subject: &str, number: i32| {
            outbox.notify_latest(subject.to_owned(), "report", json!(number));
        };
        report("a", 1);
        report("b", 2);
        outbox.notify("message", json!(3));
        report("a", 4);
        outbox.open();
        assert_eq!(
            outbox.next().await.map(|it| it["params"].clone()),
            Some(json!(4))
        );
        report("a", 5);
        report("b", 6);
        report("a", 7);
        assert_eq!(
            methods(&outbox).await,
            ["\"report\" 6", "\"message\" 3", "\"report\" 7"]
        );
    }

    #[tokio::test]
    async fn only_answers_go_out_before_it_is_open() {
        let outbox = Outbox::default();
        outbox.notify("message", json!({}));
        outbox.respond(Response::from_ok(1.into(), json!("answer")));
        assert_eq!(
            outbox.next().await.map(|it| it["result"].clone()),
            Some(json!("answer"))
        );
        assert_eq!(methods(&outbox).await, [""; 0]);
    }
}
