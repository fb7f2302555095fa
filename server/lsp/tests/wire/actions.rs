use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::editor::{Editor, without_models};

const URI: &str = "file:///project/a%20house.rs";

/// The parameters of `textDocument/codeAction` at the start of a document.
pub(crate) fn place(uri: &str) -> Value {
    let start = json!({ "line": 0, "character": 0 });
    json!({
        "textDocument": { "uri": uri },
        "range": { "start": start, "end": start },
        "context": { "diagnostics": [] },
    })
}

const LITERALS: &str = r#"{ "textDocument": { "codeAction": { "codeActionLiteralSupport": {
    "codeActionKind": { "valueSet": [] } } }, "codeLens": {} } }"#;

async fn check(editor: &mut Editor, params: Value, expected: Expect) {
    let answer = editor.request("textDocument/codeAction", params).await;
    let actions = answer["result"].as_array().cloned().unwrap_or_default();
    let lines: Vec<String> = actions.iter().map(|action| format!("{action}\n")).collect();
    expected.assert_eq(&lines.concat());
}

#[tokio::test]
async fn actions_are_commands_for_this_version() {
    let mut editor = Editor::with(serde_json::from_str(LITERALS).unwrap()).await;
    editor.open(URI, 3, "fn main() {}\nfn second() {}\n").await;
    check(
        &mut editor,
        place(URI),
        expect![[r#"
            {"command":{"arguments":[{"uri":"file:///project/a%20house.rs","version":3}],"command":"fastApply.applyFromClipboard","title":"Apply suggested edit from clipboard"},"kind":"refactor.rewrite","title":"Apply suggested edit from clipboard"}
        "#]],
    )
    .await;
    let text = "```rust\nfn main() { second(); }\n```\n";
    let suggested = json!({ "uri": URI, "text": text });
    let answer = editor.execute("fastApply.suggest", suggested).await;
    assert_eq!(answer["result"]["uri"], URI);
    let mut selecting = place(URI);
    selecting["range"]["end"]["line"] = json!(2);
    check(
        &mut editor,
        selecting,
        expect![[r#"
            {"command":{"arguments":[{"uri":"file:///project/a%20house.rs","version":3}],"command":"fastApply.apply","title":"Apply suggested edit"},"kind":"refactor.rewrite","title":"Apply suggested edit"}
            {"command":{"arguments":[{"uri":"file:///project/a%20house.rs","version":3}],"command":"fastApply.preview","title":"Preview suggested edit"},"kind":"refactor.rewrite","title":"Preview suggested edit"}
            {"command":{"arguments":[{"range":{"end":{"character":0,"line":2},"start":{"character":0,"line":0}},"uri":"file:///project/a%20house.rs","version":3}],"command":"fastApply.apply","title":"Apply selection as suggested edit"},"kind":"refactor.rewrite","title":"Apply selection as suggested edit"}
            {"command":{"arguments":[{"uri":"file:///project/a%20house.rs","version":3}],"command":"fastApply.applyFromClipboard","title":"Apply suggested edit from clipboard"},"kind":"refactor.rewrite","title":"Apply suggested edit from clipboard"}
        "#]],
    )
    .await;
    let mut only = place(URI);
    only["context"]["only"] = json!(["quickfix", "source.fixAll"]);
    check(&mut editor, only, expect![[""]]).await;
}

#[tokio::test]
async fn a_document_is_found_however_its_name_is_written() {
    let mut editor = Editor::with(json!({})).await;
    let strange = "file:///project/[a]%20b/C%2B%2B.rs";
    editor.open(strange, 1, "fn main() {}\n").await;
    let answer = editor
        .request(
            "textDocument/codeAction",
            place("file:///project/%5Ba%5D%20b/C%2B%2B.rs"),
        )
        .await;
    // The client's own writing comes back, or nothing; never a third one.
    if let Some(uri) = answer["result"][0]["arguments"][0].get("uri") {
        assert_eq!(uri, strange);
    }
    let answer = editor
        .request("textDocument/codeAction", place(strange))
        .await;
    assert_eq!(answer["result"][0]["arguments"][0]["uri"], strange);
    let answer = editor
        .request("textDocument/codeAction", place("file:///other.rs"))
        .await;
    assert_eq!(answer["result"], Value::Null);
    editor
        .open("untitled:Untitled-1", 1, "fn main() {}\n")
        .await;
    let answer = editor
        .request("textDocument/codeAction", place("untitled:Untitled-1"))
        .await;
    assert_eq!(
        answer["result"][0]["arguments"][0]["uri"],
        "untitled:Untitled-1"
    );
}

#[tokio::test]
async fn clients_that_know_only_commands_get_commands() {
    let mut editor = Editor::with(json!({})).await;
    editor.open(URI, 1, "fn main() {}\n").await;
    check(
        &mut editor,
        place(URI),
        expect![[r#"
            {"arguments":[{"uri":"file:///project/a%20house.rs","version":1}],"command":"fastApply.applyFromClipboard","title":"Apply suggested edit from clipboard"}
        "#]],
    )
    .await;
}

#[tokio::test]
async fn the_clipboard_is_not_offered_where_it_is_turned_off() {
    let initialize = json!({ "capabilities": {}, "initializationOptions": { "clipboard": false } });
    let mut editor = Editor::start(without_models(), initialize).await;
    editor.open(URI, 1, "fn main() {}\n").await;
    check(&mut editor, place(URI), expect![[""]]).await;
    let settings = json!({ "settings": { "fastApply": { "clipboard": true } } });
    editor
        .notify("workspace/didChangeConfiguration", settings)
        .await;
    let answer = editor.request("textDocument/codeAction", place(URI)).await;
    assert_eq!(answer["result"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_pending_suggestion_is_announced_by_a_lens() {
    let mut capabilities: Value = serde_json::from_str(LITERALS).unwrap();
    capabilities["workspace"] = json!({ "codeLens": { "refreshSupport": true } });
    let mut editor = Editor::with(capabilities).await;
    editor.open(URI, 1, "fn main() {}\nfn second() {}\n").await;
    let asked = json!({ "textDocument": { "uri": URI } });
    let answer = editor.request("textDocument/codeLens", asked.clone()).await;
    assert_eq!(answer["result"], json!([]));
    let suggested = json!({ "uri": URI, "text": "```rust\nfn main() { second(); }\n```\n" });
    editor.execute("fastApply.suggest", suggested).await;
    let refresh = editor.expect("workspace/codeLens/refresh").await;
    editor.reply(&refresh, Value::Null).await;
    let answer = editor.request("textDocument/codeLens", asked.clone()).await;
    assert_eq!(answer["result"][0]["command"]["command"], "fastApply.apply");
    editor
        .execute("fastApply.dismiss", json!({ "uri": URI }))
        .await;
    editor.expect("workspace/codeLens/refresh").await;
    let answer = editor.request("textDocument/codeLens", asked).await;
    assert_eq!(answer["result"], json!([]));
}

#[tokio::test]
async fn a_pending_suggestion_is_a_hint_where_there_are_no_lenses() {
    let mut editor = Editor::with(json!({})).await;
    editor.open(URI, 1, "fn main() {}\nfn second() {}\n").await;
    let suggested = json!({ "uri": URI, "text": "```rust\nfn main() { second(); }\n```\n" });
    editor.execute("fastApply.suggest", suggested).await;
    let hint = editor.expect("textDocument/publishDiagnostics").await;
    assert_eq!(hint["params"]["uri"], URI);
    assert_eq!(hint["params"]["diagnostics"][0]["severity"], 4);
    editor
        .execute("fastApply.dismiss", json!({ "uri": URI }))
        .await;
    let hint = editor.expect("textDocument/publishDiagnostics").await;
    assert_eq!(hint["params"]["diagnostics"], json!([]));
}
