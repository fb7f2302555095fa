use std::sync::Arc;

use fast_apply_lsp::ServeOptions;
use serde_json::{Value, json};

use crate::editor::{Editor, without_models};
use crate::sessions::{HOUSE, REPLY, URI};

#[tokio::test]
async fn commands_that_cannot_be_done_say_why() {
    let mut editor = Editor::with(json!({})).await;
    editor.open(URI, 1, HOUSE).await;
    let refusals = [
        ("fastApply.fly", json!({}), "no command"),
        ("fastApply.cancel", json!({}), "needs the document"),
        ("fastApply.cancel", json!("x"), "one object"),
        ("fastApply.apply", json!({ "uri": URI }), "pending"),
        (
            "fastApply.apply",
            json!({ "uri": URI, "version": "new" }),
            "invalid type",
        ),
    ];
    for (command, argument, reason) in refusals {
        let answer = editor.execute(command, argument).await;
        assert_eq!(answer["error"]["code"], -32803, "{answer}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(reason), "{message}");
    }
    let answer = editor
        .request("workspace/executeCommand", json!({ "arguments": [] }))
        .await;
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
}

#[tokio::test]
async fn status_needs_no_argument() {
    let mut editor = Editor::with(json!({})).await;
    let params = json!({ "command": "fastApply.status" });
    let answer = editor.request("workspace/executeCommand", params).await;
    assert_eq!(answer["result"]["sessions"], json!([]), "{answer}");
}

fn with_clipboard(content: Result<String, String>) -> ServeOptions {
    ServeOptions {
        clipboard: Arc::new(move || content.clone()),
        ..without_models()
    }
}

#[tokio::test]
async fn the_clipboard_is_applied() {
    let options = with_clipboard(Ok(REPLY.to_owned()));
    let mut editor = Editor::start(options, json!({ "capabilities": {} })).await;
    editor.open(URI, 1, HOUSE).await;
    let argument = json!({ "uri": URI, "version": 1 });
    let answer = editor
        .execute("fastApply.applyFromClipboard", argument)
        .await;
    assert_eq!(answer["result"], Value::Null, "{answer}");
    let edit = editor.expect("workspace/applyEdit").await;
    let document = &edit["params"]["edit"]["documentChanges"][0]["textDocument"];
    assert_eq!(document, &json!({ "uri": URI, "version": 1 }));
}

#[tokio::test]
async fn a_clipboard_that_cannot_be_applied_is_a_message() {
    let cases = [
        (Err("the clipboard is empty".to_owned()), 1, "empty"),
        (Ok(REPLY.to_owned()), 0, "has changed"),
    ];
    for (content, version, reason) in cases {
        let options = with_clipboard(content);
        let mut editor = Editor::start(options, json!({ "capabilities": {} })).await;
        editor.open(URI, 1, HOUSE).await;
        let argument = json!({ "uri": URI, "version": version });
        let answer = editor
            .execute("fastApply.applyFromClipboard", argument)
            .await;
        assert!(answer.get("result").is_some(), "{answer}");
        let shown = editor.expect("window/showMessage").await;
        assert!(
            shown["params"]["message"]
                .as_str()
                .unwrap()
                .contains(reason),
            "{shown}"
        );
    }
}
