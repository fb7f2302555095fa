use serde_json::{Value, json};

use crate::editor::{Editor, without_models};

async fn encoding(offered: Value) -> String {
    let general = json!({ "positionEncodings": offered });
    let mut editor = Editor::connect(without_models(), 1 << 16);
    let initialize = json!({ "capabilities": { "general": general } });
    let answer = editor.request("initialize", initialize).await;
    let encoding = &answer["result"]["capabilities"]["positionEncoding"];
    encoding.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_best_common_encoding_is_chosen() {
    assert_eq!(
        encoding(json!(["utf-32", "utf-16", "utf-8"])).await,
        "utf-8"
    );
    assert_eq!(encoding(json!(["utf-32", "utf-16"])).await, "utf-16");
    assert_eq!(encoding(json!(["utf-32"])).await, "utf-32");
    assert_eq!(encoding(json!(["ebcdic"])).await, "utf-16");
    assert_eq!(encoding(json!([])).await, "utf-16");
    assert_eq!(encoding(Value::Null).await, "utf-16");
}

#[tokio::test]
async fn nothing_is_offered_that_editors_would_wait_for() {
    let mut editor = Editor::connect(without_models(), 1 << 16);
    let answer = editor
        .request("initialize", json!({ "capabilities": {} }))
        .await;
    let offered = &answer["result"]["capabilities"];
    assert_eq!(
        offered["textDocumentSync"],
        json!({ "openClose": true, "change": 2 })
    );
    let actions = json!({ "codeActionKinds": ["refactor.rewrite"] });
    assert_eq!(offered["codeActionProvider"], actions);
    assert_eq!(
        offered["codeLensProvider"],
        json!({ "resolveProvider": false })
    );
    let commands = offered["executeCommandProvider"]["commands"]
        .as_array()
        .unwrap();
    assert_eq!(commands.len(), 9);
}
