use std::time::Instant;

use serde_json::json;

use crate::actions::place;
use crate::editor::{Editor, apply, changed, frame, without_models};

const URI: &str = "file:///project/house.rs";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_known_to_whatever_follows_it_in_the_same_write() {
    let mut editor = Editor::with(json!({})).await;
    editor.open(URI, 1, "fn main() {}\n").await;
    let mut bytes = Vec::new();
    let mut last = 0;
    for round in 0..500 {
        let version = 2 + round;
        let params = changed(URI, version, &format!("fn main() {{ {round} }}\n"));
        bytes.extend(frame(
            &json!({ "jsonrpc": "2.0", "method": "textDocument/didChange", "params": params }),
        ));
        let (id, params) = (10_000 + round, place(URI));
        bytes.extend(frame(
            &json!({ "jsonrpc": "2.0", "id": id, "method": "textDocument/codeAction", "params": params }),
        ));
        last = version;
    }
    editor.send_bytes(&bytes).await;
    for round in 0..500 {
        let answer = editor.answer(10_000 + round).await;
        let version = &answer["result"][0]["arguments"][0]["version"];
        assert_eq!(version, 2 + round, "{answer}");
    }
    assert_eq!(last, 501);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_editor_that_does_not_read_can_still_write() {
    // Pipes that hold less than one answer.
    let mut editor = Editor::connect(without_models(), 64);
    let initialize = json!({ "capabilities": {} });
    let first = editor.ask("initialize", initialize).await;
    editor.notify("initialized", json!({})).await;
    editor.open(URI, 0, "").await;
    let mut asked = Vec::new();
    for version in 1..=10_000 {
        editor.change(URI, version, "fn main() {}\n").await;
        if version % 50 == 0 {
            asked.push((
                version,
                editor.ask("textDocument/codeAction", place(URI)).await,
            ));
        }
    }
    // Only now does it look.
    editor.answer(first).await;
    for (version, id) in asked {
        let answer = editor.answer(id).await;
        assert_eq!(
            answer["result"][0]["arguments"][0]["version"], version,
            "{answer}"
        );
    }
    editor.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn code_actions_are_answered_at_once() {
    let mut editor = Editor::with(json!({})).await;
    editor.open(URI, 1, &"let room = 1;\n".repeat(2_000)).await;
    let mut times = Vec::new();
    for _ in 0..500 {
        let start = Instant::now();
        editor.request("textDocument/codeAction", place(URI)).await;
        times.push(start.elapsed());
    }
    times.sort();
    let median = times[times.len() / 2];
    assert!(median.as_micros() < 1_000, "the median is {median:?}");
}

#[tokio::test]
async fn half_a_character_keeps_the_server_running() {
    let mut editor = Editor::with(json!({})).await;
    let body = r#"{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///project/house.rs","languageId":"rust","version":4,"text":"let a = '\ud83d';\n"}}}"#;
    let message = format!("Content-Length: {}\r\n\r\n{body}", body.len());
    editor.send_bytes(message.as_bytes()).await;
    let answer = editor.request("textDocument/codeAction", place(URI)).await;
    assert_eq!(
        answer["result"][0]["arguments"][0]["version"], 4,
        "{answer}"
    );
}

#[tokio::test]
async fn a_change_without_a_version_leaves_the_last_one() {
    let mut editor = Editor::with(json!({})).await;
    editor.open(URI, 3, "fn main() {}\n").await;
    let mut params = changed(URI, 0, "fn other() {}\n");
    params["textDocument"]["version"] = json!(null);
    editor.notify("textDocument/didChange", params).await;
    let reply = "```rust\nfn other() { third(); }\n```\n";
    let argument = json!({ "uri": URI, "version": 3, "suggestion": { "text": reply } });
    editor.execute("fastApply.apply", argument).await;
    let edit = editor.expect("workspace/applyEdit").await;
    let change = &edit["params"]["edit"]["documentChanges"][0];
    assert_eq!(change["textDocument"]["version"], 3, "{edit}");
    assert_eq!(
        apply("fn other() {}\n", &change["edits"][0]),
        "fn other() { third(); }\n"
    );
}
