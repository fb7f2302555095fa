use fast_apply_lsp::{End, ServeOptions};
use serde_json::{Value, json};

use crate::editor::{Editor, frame, without_models};

#[tokio::test]
async fn a_server_ends_at_exit_though_its_input_stays_open() {
    let editor = Editor::with(json!({})).await;
    assert_eq!(editor.leave().await, End::Orderly);

    let mut editor = Editor::with(json!({})).await;
    editor.notify("exit", Value::Null).await;
    assert_eq!(editor.end().await, End::Abrupt);

    let mut editor = Editor::connect(without_models(), 1 << 16);
    editor.notify("exit", json!({})).await;
    assert_eq!(editor.end().await, End::Abrupt);
}

#[tokio::test]
async fn a_server_ends_with_its_input() {
    let editor = Editor::with(json!({})).await;
    assert_eq!(editor.hang_up().await, End::Abrupt);

    let mut editor = Editor::with(json!({})).await;
    editor.request("shutdown", Value::Null).await;
    assert_eq!(editor.hang_up().await, End::Orderly);

    let mut editor = Editor::with(json!({})).await;
    editor
        .send_bytes(b"Content-Length: 100\r\n\r\n{\"half\":")
        .await;
    assert_eq!(editor.hang_up().await, End::Abrupt);
}

#[tokio::test]
async fn what_was_asked_is_answered_though_the_input_has_ended() {
    let mut editor = Editor::with(json!({})).await;
    let id = editor
        .ask(
            "workspace/executeCommand",
            json!({ "command": "fastApply.status" }),
        )
        .await;
    tokio::io::AsyncWriteExt::shutdown(&mut editor.output)
        .await
        .unwrap();
    assert_eq!(editor.answer(id).await["result"]["pending"], json!([]));
    assert_eq!(editor.end().await, End::Abrupt);
}

#[tokio::test]
async fn a_server_ends_when_it_is_stopped() {
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let options = ServeOptions {
        stop: Box::pin(async {
            stopped.await.ok();
        }),
        ..without_models()
    };
    let editor = Editor::start(options, json!({ "capabilities": {} })).await;
    stop.send(()).unwrap();
    assert_eq!(editor.end().await, End::Abrupt);
}

#[cfg(unix)]
#[tokio::test]
async fn an_editor_that_is_gone_ends_the_server_though_the_pipe_is_open() {
    let mut process = std::process::Command::new("sleep")
        .arg("60")
        .spawn()
        .unwrap();
    let initialize = json!({ "processId": process.id(), "capabilities": {} });
    let editor = Editor::start(without_models(), initialize).await;
    process.kill().unwrap();
    process.wait().unwrap();
    assert_eq!(editor.end().await, End::Abrupt);
}

#[tokio::test]
async fn garbage_is_passed_over() {
    let mut editor = Editor::with(json!({})).await;
    editor
        .send_bytes(b"what is this\r\n\r\nContent-Length: 5\r\n\r\n{{{{{")
        .await;
    let complaint = editor.wait_for("a complaint", |message| {
        message["id"].is_null() && message["error"].is_object()
    });
    assert_eq!(complaint.await["error"]["code"], -32700);
    editor.send(json!([1, 2])).await;
    editor
        .send(json!({ "jsonrpc": "2.0", "id": 99, "result": null }))
        .await;
    editor
        .send(json!({ "jsonrpc": "2.0", "id": "x", "method": 5 }))
        .await;
    editor
        .notify("textDocument/didOpen", json!({ "textDocument": 7 }))
        .await;
    editor.notify("$/unknown", json!({})).await;
    let answer = editor.request("textDocument/hover", json!({})).await;
    assert!(answer["error"].is_object(), "{answer}");
    assert_eq!(editor.leave().await, End::Orderly);
}

#[tokio::test]
async fn requests_before_initialize_are_refused_and_notifications_dropped() {
    let mut editor = Editor::connect(without_models(), 1 << 16);
    editor.open("file:///early.rs", 1, "").await;
    let params = json!({ "command": "fastApply.status" });
    let answer = editor.request("workspace/executeCommand", params).await;
    assert_eq!(answer["error"]["code"], -32002);
    let answer = editor
        .request("initialize", json!({ "capabilities": 5 }))
        .await;
    assert!(answer["error"].is_object(), "{answer}");
    let answer = editor
        .request("initialize", json!({ "capabilities": {} }))
        .await;
    assert_eq!(answer["result"]["serverInfo"]["name"], "fast-apply");
    editor.notify("initialized", json!({})).await;
    let place = json!({
        "textDocument": { "uri": "file:///early.rs" },
        "range": { "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 0 } },
        "context": { "diagnostics": [] },
    });
    let answer = editor.request("textDocument/codeAction", place).await;
    assert_eq!(answer["result"], Value::Null);
    assert_eq!(editor.leave().await, End::Orderly);
}

#[tokio::test]
async fn nothing_is_said_before_initialized() {
    let mut editor = Editor::connect(without_models(), 1 << 16);
    let initialize = json!({ "capabilities": {}, "initializationOptions": { "colour": "red" } });
    let id = editor.ask("initialize", initialize).await;
    let status = json!({ "command": "fastApply.status" });
    let asked = editor.ask("workspace/executeCommand", status).await;
    editor.answer(id).await;
    editor.answer(asked).await;
    // Both answers came first, so nothing else did.
    editor
        .send_bytes(&frame(
            &json!({ "jsonrpc": "2.0", "method": "initialized", "params": {} }),
        ))
        .await;
    let shown = editor.expect("window/showMessage").await;
    assert!(
        shown["params"]["message"]
            .as_str()
            .unwrap()
            .contains("colour"),
        "{shown}"
    );
}
