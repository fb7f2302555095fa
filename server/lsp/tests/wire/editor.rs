//! The scripted editor.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use fast_apply_apply::{Applier, ApplyError, Replay};
use fast_apply_lsp::model_source::{MissingFlag, ModelSource, OnFetched};
use fast_apply_lsp::user_config::ModelChoice;
use fast_apply_lsp::{End, ServeOptions, serve};
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf,
    duplex, split,
};
use tokio::task::JoinHandle;

/// How long anything may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// An editor that does only what a test says.
pub(crate) struct Editor {
    input: BufReader<ReadHalf<DuplexStream>>,
    pub(crate) output: WriteHalf<DuplexStream>,
    server: JoinHandle<End>,
    /// Messages that were read while another was waited for.
    unread: VecDeque<Value>,
    next_id: i64,
}

impl Editor {
    /// Starts a server and says nothing yet. The pipes to and from it hold so many bytes.
    pub(crate) fn connect(options: ServeOptions, pipe: usize) -> Self {
        let (ours, theirs) = duplex(pipe);
        let (input, output) = split(theirs);
        let server = tokio::spawn(serve(input, output, options));
        let (input, output) = split(ours);
        Self {
            input: BufReader::new(input),
            output,
            server,
            unread: VecDeque::new(),
            next_id: 1,
        }
    }

    /// Starts a server and introduces itself with these parameters of `initialize`.
    pub(crate) async fn start(options: ServeOptions, initialize: Value) -> Self {
        let mut editor = Self::connect(options, 1 << 20);
        let answer = editor.request("initialize", initialize).await;
        assert!(answer.get("result").is_some(), "{answer}");
        editor.notify("initialized", json!({})).await;
        editor
    }

    /// Starts a server without a model for an editor that can do these things.
    pub(crate) async fn with(capabilities: Value) -> Self {
        Self::start(without_models(), json!({ "capabilities": capabilities })).await
    }

    pub(crate) async fn send(&mut self, message: Value) {
        self.send_bytes(&frame(&message)).await;
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        let sent = tokio::time::timeout(DEADLINE, self.output.write_all(bytes));
        sent.await.expect("the server reads in time").unwrap();
    }

    pub(crate) async fn notify(&mut self, method: &str, params: Value) {
        self.send(json!({ "jsonrpc": "2.0", "method": method, "params": params }))
            .await;
    }

    /// Sends a request and gives its number.
    pub(crate) async fn ask(&mut self, method: &str, params: Value) -> i64 {
        let id = self.next_id;
        self.next_id += 1;
        self.send(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
            .await;
        id
    }

    /// Sends a request and waits for its answer, which has a `result` or an `error`.
    pub(crate) async fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params).await;
        self.answer(id).await
    }

    pub(crate) async fn answer(&mut self, id: i64) -> Value {
        let is_answer = |message: &Value| message.get("method").is_none() && message["id"] == id;
        self.wait_for(&format!("the answer to {id}"), is_answer)
            .await
    }

    /// Runs a command of the server.
    pub(crate) async fn execute(&mut self, command: &str, argument: Value) -> Value {
        let params = json!({ "command": command, "arguments": [argument] });
        self.request("workspace/executeCommand", params).await
    }

    /// The next request or notification of this method, with whatever came before it left for later.
    pub(crate) async fn expect(&mut self, method: &str) -> Value {
        self.wait_for(method, |message| message["method"] == method)
            .await
    }

    /// The next notification or request of this method whose parameters are as wanted.
    pub(crate) async fn expect_where(
        &mut self,
        method: &str,
        is_meant: impl Fn(&Value) -> bool,
    ) -> Value {
        let is_it = |message: &Value| message["method"] == method && is_meant(&message["params"]);
        self.wait_for(method, is_it).await
    }

    /// Answers a request of the server.
    pub(crate) async fn reply(&mut self, request: &Value, result: Value) {
        self.send(json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }))
            .await;
    }

    /// Everything that has come so far and was not asked for. The server has handled all that was sent before.
    pub(crate) async fn leftovers(&mut self) -> Vec<Value> {
        self.execute("fastApply.status", json!({})).await;
        self.unread.drain(..).collect()
    }

    pub(crate) async fn open(&mut self, uri: &str, version: i32, text: &str) {
        let document =
            json!({ "uri": uri, "languageId": "rust", "version": version, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }))
            .await;
    }

    /// Tells that the whole text is another now.
    pub(crate) async fn change(&mut self, uri: &str, version: i32, text: &str) {
        self.notify("textDocument/didChange", changed(uri, version, text))
            .await;
    }

    /// Says goodbye as an editor should.
    pub(crate) async fn leave(mut self) -> End {
        let answer = self.request("shutdown", Value::Null).await;
        assert_eq!(answer["result"], Value::Null, "{answer}");
        self.notify("exit", Value::Null).await;
        self.end().await
    }

    /// Waits for the server to end, the pipe to it still open.
    pub(crate) async fn end(self) -> End {
        let end = tokio::time::timeout(DEADLINE, self.server);
        end.await
            .expect("the server ends in time")
            .expect("without a panic")
    }

    /// Closes the pipe to the server, and waits for it to end.
    pub(crate) async fn hang_up(mut self) -> End {
        self.output.shutdown().await.unwrap();
        self.end().await
    }

    pub(crate) async fn wait_for(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.unread.iter().position(&is_it) {
            return self.unread.remove(at).unwrap();
        }
        loop {
            let message = tokio::time::timeout(DEADLINE, read(&mut self.input)).await;
            let message = message
                .unwrap_or_else(|_| panic!("no {what} came; unread: {:?}", self.unread))
                .unwrap_or_else(|| panic!("the server left before {what}"));
            if is_it(&message) {
                return message;
            }
            self.unread.push_back(message);
        }
    }
}

pub(crate) fn changed(uri: &str, version: i32, text: &str) -> Value {
    json!({ "textDocument": { "uri": uri, "version": version }, "contentChanges": [{ "text": text }] })
}

pub(crate) fn frame(message: &Value) -> Vec<u8> {
    let body = message.to_string();
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

async fn read(input: &mut BufReader<ReadHalf<DuplexStream>>) -> Option<Value> {
    let mut header = String::new();
    input.read_line(&mut header).await.unwrap();
    let length = header
        .strip_prefix("Content-Length: ")?
        .trim()
        .parse()
        .unwrap();
    input.read_line(&mut header).await.unwrap();
    let mut body = vec![0; length];
    input.read_exact(&mut body).await.unwrap();
    Some(serde_json::from_slice(&body).expect("the server writes JSON"))
}

/// A text applied to by one edit of `workspace/applyEdit`; ASCII, so that all encodings agree.
pub(crate) fn apply(text: &str, edit: &Value) -> String {
    let at = |position: &Value| {
        let line = position["line"].as_u64().unwrap() as usize;
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        start + position["character"].as_u64().unwrap() as usize
    };
    let (start, end) = (at(&edit["range"]["start"]), at(&edit["range"]["end"]));
    [
        &text[..start],
        edit["newText"].as_str().unwrap(),
        &text[end..],
    ]
    .concat()
}

pub(crate) fn without_models() -> ServeOptions {
    serving(NoModel)
}

pub(crate) fn serving(models: impl ModelSource + 'static) -> ServeOptions {
    ServeOptions {
        models: Arc::new(models),
        clipboard: Arc::new(|| Err("there is no clipboard in this test".to_owned())),
        ..ServeOptions::default()
    }
}

/// A machine without any model, and no way to get one.
pub(crate) struct NoModel;

impl ModelSource for NoModel {
    fn applier(&self, _: &ModelChoice, missing: MissingFlag) -> Applier {
        Applier::new(move || {
            missing.store(true, Ordering::Relaxed);
            Err(ApplyError::NoModel("there is none in this test".to_owned()))
        })
    }

    fn fetch(&self, _: &ModelChoice, _: OnFetched<'_>) -> Result<(), String> {
        Err("there is no network in this test".to_owned())
    }
}

/// A model that always writes the same.
pub(crate) struct Writing(pub(crate) Replay);

impl ModelSource for Writing {
    fn applier(&self, _: &ModelChoice, _: MissingFlag) -> Applier {
        Applier::with_replay(self.0.clone())
    }

    fn fetch(&self, _: &ModelChoice, on_fetched: OnFetched<'_>) -> Result<(), String> {
        match on_fetched(1, Some(1)) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err("cancelled".to_owned()),
        }
    }
}
