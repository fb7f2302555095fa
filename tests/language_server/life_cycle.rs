use std::io::{BufRead, BufReader, Read, Write};
#[cfg(unix)]
use std::os::{fd::OwnedFd, unix::net::UnixStream};
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

use crate::editor::{DEADLINE, Editor, Home, REPLY, end_of};

/// Stands in for Python, and so for pip.
const SCRIPTED_PYTHON: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../server/engine/tests/fixtures/scripted-python/python3"
);

#[test]
fn the_exit_code_says_whether_the_editor_said_goodbye() {
    let home = Home::new();
    assert_eq!(home.editor("one").leave(), Some(0));

    let mut editor = home.editor("one");
    editor.notify("exit", Value::Null);
    assert_eq!(editor.end().code(), Some(1));

    let mut editor = home.editor("one");
    editor.input = None;
    assert_eq!(editor.end().code(), Some(1));

    let mut editor = home.editor("one");
    let input = editor.input.as_mut().expect("it is open");
    input
        .write_all(b"Content-Length: 1000\r\n\r\n{")
        .expect("it listens");
    editor.input = None;
    assert_eq!(editor.end().code(), Some(1));
    assert_eq!(home.sockets(), 0, "sockets are left behind");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_in_an_orderly_way() {
    let home = Home::new();
    let mut editor = home.editor("one");
    let process = editor.process.id().to_string();
    let killed = Command::new("kill").args(["-TERM", &process]).status();
    assert!(killed.expect("it runs").success());
    assert_eq!(editor.end().code(), Some(1));
    assert_eq!(home.sockets(), 0, "sockets are left behind");
}

#[cfg(unix)]
#[test]
fn it_does_not_outlive_the_editor() {
    let home = Home::new();
    // The editor that is named is not the one that holds the pipe.
    let mut named = Command::new("sleep").arg("60").spawn().expect("it starts");
    let initialize = json!({ "processId": named.id(), "capabilities": {} });
    let mut editor = Editor::start(&home, initialize);
    named.kill().expect("it runs");
    named.wait().expect("it has ended");
    assert_eq!(editor.end().code(), Some(1));
}

#[test]
fn it_ends_though_nobody_reads_what_it_says() {
    let home = Home::new();
    let mut process = home.command(&["lsp"]).spawn().expect("it starts");
    let mut input = process.stdin.take().expect("it is piped");
    let mut say = |message: Value| {
        let body = message.to_string();
        write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).expect("it listens");
    };
    let params = json!({ "capabilities": {} });
    say(json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }));
    say(json!({ "jsonrpc": "2.0", "method": "initialized", "params": {} }));
    // More than a pipe holds.
    for id in 1..5_000 {
        let params = json!({ "command": "fastApply.status" });
        say(
            json!({ "jsonrpc": "2.0", "id": id, "method": "workspace/executeCommand", "params": params }),
        );
    }
    say(json!({ "jsonrpc": "2.0", "method": "exit" }));
    assert_eq!(end_of(&mut process).code(), Some(1));
}

#[cfg(unix)]
#[test]
fn it_speaks_through_sockets_which_node_gives_to_its_children() {
    let home = Home::new();
    let (ours, theirs) = UnixStream::pair().expect("sockets");
    let end = || OwnedFd::from(theirs.try_clone().expect("a socket"));
    let mut command = home.command(&["lsp"]);
    let mut process = command
        .stdin(end())
        .stdout(end())
        .spawn()
        .expect("it starts");
    // The server's ends of it are the server's alone.
    drop((command, theirs));
    ours.set_read_timeout(Some(DEADLINE)).expect("a socket");
    let say = |message: Value| {
        let body = message.to_string();
        write!(&ours, "Content-Length: {}\r\n\r\n{body}", body.len()).expect("it listens");
    };
    let params = json!({ "capabilities": {} });
    say(json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }));
    let mut answer = String::new();
    let mut input = BufReader::new(&ours);
    input.read_line(&mut answer).expect("it answers");
    assert!(answer.starts_with("Content-Length: "), "{answer}");
    say(json!({ "jsonrpc": "2.0", "id": 1, "method": "shutdown" }));
    say(json!({ "jsonrpc": "2.0", "method": "exit" }));
    let mut rest = String::new();
    input.read_to_string(&mut rest).expect("it closes its end");
    assert!(rest.contains("\"id\":1"), "{rest}");
    assert_eq!(end_of(&mut process).code(), Some(0));
}

#[test]
fn it_starts_without_a_model_and_says_what_is_missing() {
    let home = Home::new();
    let mut editor = home.editor("one");
    let logged = editor.wait_for(|message| {
        let text = message["params"]["message"].as_str().unwrap_or_default();
        message["method"] == "window/logMessage" && text.contains("model pull")
    });
    assert_eq!(logged["params"]["type"], 2, "{logged}");
    let status = editor.status();
    assert_eq!(status["state"], "missing", "{status}");
    assert!(
        status["message"]
            .as_str()
            .unwrap_or_default()
            .contains("model pull"),
        "{status}"
    );
    assert_eq!(editor.leave(), Some(0));
    assert!(home.path("cache/log/server.log").exists());
    let mut errors = String::new();
    let stderr = editor.process.stderr.as_mut().expect("it is piped");
    stderr.read_to_string(&mut errors).expect("it is text");
    assert!(errors.lines().count() <= 1, "{errors}");
}

#[cfg(unix)]
#[test]
fn a_download_ends_with_the_server() {
    let home = Home::new();
    let (programs, started) = (home.path("programs"), home.path("started"));
    std::fs::create_dir(&programs).expect("a directory");
    let script = format!(
        "echo $$ > {0}.part; mv {0}.part {0}; exec sleep 60\n",
        started.display()
    );
    std::fs::write(programs.join("commands.sh"), script).expect("a file");
    std::os::unix::fs::symlink(SCRIPTED_PYTHON, programs.join("python3")).expect("a link");
    let others = std::env::var("PATH").unwrap_or_default();
    let mut command = home.command(&["lsp"]);
    command.env("PATH", format!("{}:{others}", programs.display()));
    let mut editor = Editor::start_command(command, json!({ "capabilities": {} }));
    while editor.status()["state"] != "missing" {}

    let uri = home.uri("one/src/house.rs");
    editor.open(&uri);
    let arguments = json!([{ "uri": uri, "text": REPLY }]);
    let params = json!({ "command": "fastApply.suggest", "arguments": arguments });
    editor.begin("workspace/executeCommand", params);
    let question = editor.wait_for(|message| message["method"] == "window/showMessageRequest");
    let answer = json!({ "title": "Download" });
    editor.send(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": answer }));
    let begun = Instant::now();
    while !started.exists() {
        assert!(begun.elapsed() < DEADLINE, "the download does not start");
        editor.status();
    }
    assert_eq!(editor.leave(), Some(0));
    let process = std::fs::read_to_string(&started).expect("a number");
    let looked_for = Command::new("kill").args(["-0", process.trim()]).output();
    assert!(!looked_for.expect("it runs").status.success(), "it goes on");
}

#[test]
fn the_users_own_configuration_may_name_files() {
    let home = Home::new();
    let config = "speed = 11\n[models.mine]\npath = \"/nowhere/model.gguf\"\n";
    std::fs::write(home.path("config.toml"), config).expect("a file");
    let initialize = json!({ "capabilities": {}, "initializationOptions": { "model": "mine" } });
    let mut editor = Editor::start(&home, initialize);
    let shown = editor.wait_for(|message| message["method"] == "window/showMessage");
    let text = shown["params"]["message"].as_str().unwrap_or_default();
    assert!(text.contains("speed") && !text.contains("mine"), "{shown}");
    let is_failure = |message: &Value| {
        let text = message["params"]["message"].as_str().unwrap_or_default();
        message["method"] == "window/showMessage" && text.contains("/nowhere/model.gguf")
    };
    editor.wait_for(is_failure);
    assert_eq!(editor.status()["state"], "failed");
    assert_eq!(editor.leave(), Some(0));
}

#[test]
fn nothing_to_read_is_the_end() {
    let home = Home::new();
    let run = home
        .command(&["lsp"])
        .stdin(Stdio::null())
        .output()
        .expect("it starts");
    assert_eq!(run.status.code(), Some(1));
    assert!(run.stdout.is_empty());
}
