//! An editor that starts the server as editors do.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::binary;

/// How long anything may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// A file to edit.
pub(crate) const HOUSE: &str = "\
const ROOMS: usize = 12;

fn main() {
    println!(\"{ROOMS} rooms\");
}
";

/// An edit of it that names it.
pub(crate) const REPLY: &str = "\
In `src/house.rs`:

```rust
const ROOMS: usize = 13;

// ... existing code ...
```
";

/// A user's directories: a home for the server, and two projects.
pub(crate) struct Home {
    root: TempDir,
    has_models: bool,
}

impl Home {
    pub(crate) fn new() -> Self {
        let home = Self {
            root: TempDir::new().expect("a temporary directory"),
            has_models: false,
        };
        for project in ["one", "two"] {
            let file = home.path(project).join("src/house.rs");
            let directory = file.parent().expect("it has a directory");
            std::fs::create_dir_all(directory).expect("a directory");
            std::fs::write(file, HOUSE).expect("a file");
        }
        home
    }

    /// The models are where whoever runs this has them.
    pub(crate) fn with_models_of_this_user() -> Self {
        Self {
            has_models: true,
            ..Self::new()
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn uri(&self, name: &str) -> String {
        format!("file://{}", self.path(name).display())
    }

    pub(crate) fn sockets(&self) -> usize {
        let directory = self.path("runtime/fast-apply");
        std::fs::read_dir(directory).map_or(0, Iterator::count)
    }

    /// `fast-apply` for this user, run in one of the projects.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.command_of(binary().as_ref(), arguments)
    }

    /// The same with so many KiB of address space.
    #[cfg(target_os = "linux")]
    pub(crate) fn limited_command(&self, kibibytes: u32, arguments: &[&str]) -> Command {
        let limit = format!("ulimit -v {kibibytes} && exec \"$0\" \"$@\"");
        let mut command = self.command_of("sh".as_ref(), &["-c", &limit]);
        command.arg(binary()).args(arguments);
        command
    }

    fn command_of(&self, program: &OsStr, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        if !self.has_models {
            command
                .env("HOME", self.path("home"))
                .env("FAST_APPLY_CACHE", self.path("cache"))
                .env_remove("FAST_APPLY_MODELS");
        }
        command
            .args(arguments)
            .current_dir(self.path("one"))
            .env("XDG_RUNTIME_DIR", self.path("runtime"))
            .env("FAST_APPLY_CONFIG", self.path("config.toml"))
            .env_remove("RUST_LOG")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts a server that works in one of the projects.
    pub(crate) fn editor(&self, project: &str) -> Editor {
        let folder = json!({ "uri": self.uri(project), "name": project });
        let initialize = json!({ "capabilities": {}, "workspaceFolders": [folder] });
        let before = self.sockets();
        let mut editor = Editor::start(self, initialize);
        let start = Instant::now();
        while cfg!(unix) && self.sockets() == before {
            assert!(start.elapsed() < DEADLINE, "no socket came");
            editor.status();
        }
        editor
    }
}

/// A server's process and the pipes to it.
pub(crate) struct Editor {
    pub(crate) process: Child,
    pub(crate) input: Option<ChildStdin>,
    messages: Receiver<Value>,
    next_id: i64,
}

impl Editor {
    pub(crate) fn start(home: &Home, initialize: Value) -> Self {
        Self::start_command(home.command(&["lsp", "--stdio"]), initialize)
    }

    pub(crate) fn start_command(command: Command, initialize: Value) -> Self {
        let mut editor = Self::spawn(command);
        let answer = editor.request("initialize", initialize);
        assert_eq!(
            answer["result"]["serverInfo"]["name"], "fast-apply",
            "{answer}"
        );
        editor.notify("initialized", json!({}));
        editor
    }

    fn spawn(mut command: Command) -> Self {
        let mut process = command.spawn().expect("it starts");
        let output = process.stdout.take().expect("it is piped");
        let (sender, messages) = channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Self {
            input: process.stdin.take(),
            process,
            messages,
            next_id: 1,
        }
    }

    pub(crate) fn send(&mut self, message: &Value) {
        let body = message.to_string();
        let input = self.input.as_mut().expect("it is open");
        write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).expect("it listens");
        input.flush().expect("it listens");
    }

    pub(crate) fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request whose answer is waited for elsewhere; its id.
    pub(crate) fn begin(&mut self, method: &str, params: Value) -> i64 {
        let id = self.next_id;
        self.next_id += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    pub(crate) fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params);
        self.wait_for(|message| message.get("method").is_none() && message["id"] == id)
    }

    pub(crate) fn status(&mut self) -> Value {
        let params = json!({ "command": "fastApply.status" });
        self.request("workspace/executeCommand", params)["result"].take()
    }

    pub(crate) fn wait_for(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self
                .messages
                .recv_timeout(DEADLINE)
                .expect("a message in time");
            if is_it(&message) {
                return message;
            }
        }
    }

    pub(crate) fn open(&mut self, uri: &str) {
        let document = json!({ "uri": uri, "languageId": "rust", "version": 1, "text": HOUSE });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Waits for the process to end, the pipe to it as it is.
    pub(crate) fn end(&mut self) -> ExitStatus {
        end_of(&mut self.process)
    }

    /// Says goodbye as an editor should, and leaves the pipe open.
    pub(crate) fn leave(&mut self) -> Option<i32> {
        self.request("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        self.end().code()
    }
}

/// Waits for a server to end.
pub(crate) fn end_of(process: &mut Child) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = process.try_wait().expect("it can be waited for") {
            return status;
        }
        assert!(start.elapsed() < DEADLINE, "the server does not end");
        thread::sleep(Duration::from_millis(5));
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        // Only of interest where a test has failed.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn read(output: &mut BufReader<ChildStdout>) -> Option<Value> {
    let mut line = String::new();
    output.read_line(&mut line).ok()?;
    let length = line.strip_prefix("Content-Length: ")?.trim().parse().ok()?;
    output.read_line(&mut line).ok()?;
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
