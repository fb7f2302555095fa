use serde_json::{Value, json};

use crate::editor::{Editor, without_models};

async fn complaint_about(options: Value) -> String {
    let initialize = json!({ "capabilities": {}, "initializationOptions": options });
    let mut editor = Editor::start(without_models(), initialize).await;
    let shown = editor.expect("window/showMessage").await;
    assert_eq!(shown["params"]["type"], 2);
    shown["params"]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_cannot_be_used_is_named_and_never_fatal() {
    let complaint = complaint_about(json!({
        "colour": "red",
        "device": "abacus",
        "mode": 7,
        "maxContext": 0,
        "idleUnloadMinutes": -1,
        "logLevel": "=====",
        "strict": "very",
        "granularity": null,
        "dtype": "f32",
    }))
    .await;
    for name in [
        "colour",
        "device",
        "mode",
        "maxContext",
        "idleUnloadMinutes",
        "logLevel",
        "strict",
    ] {
        assert!(complaint.contains(name), "{name}: {complaint}");
    }
    for name in ["granularity is", "dtype is"] {
        assert!(!complaint.contains(name), "{name}: {complaint}");
    }
    assert!(
        complaint_about(json!("auto"))
            .await
            .contains("not an object")
    );
}

#[tokio::test]
async fn a_workspace_cannot_choose_a_file() {
    for path in [
        "./model.gguf",
        "/models/model",
        "model.gguf",
        "C:\\model",
        "https://example.org/model",
    ] {
        let complaint = complaint_about(json!({ "model": path })).await;
        assert!(complaint.contains("config.toml"), "{path}: {complaint}");
    }
    let complaint = complaint_about(json!({ "model": "parrot" })).await;
    assert!(complaint.contains("known models"), "{complaint}");
}

#[tokio::test]
async fn settings_are_asked_for_where_the_client_can_be_asked() {
    let capabilities = json!({ "workspace": {
        "configuration": true,
        "didChangeConfiguration": { "dynamicRegistration": true },
    } });
    let mut editor = Editor::with(capabilities).await;
    let registration = editor.expect("client/registerCapability").await;
    editor.reply(&registration, Value::Null).await;
    let asked = editor.expect("workspace/configuration").await;
    assert_eq!(asked["params"]["items"][0]["section"], "fastApply");
    editor
        .reply(&asked, json!([{ "mode": "merge", "speed": 11 }]))
        .await;
    let shown = editor.expect("window/showMessage").await;
    assert!(
        shown["params"]["message"]
            .as_str()
            .unwrap()
            .contains("speed"),
        "{shown}"
    );

    // What was said once is not said again.
    editor
        .notify(
            "workspace/didChangeConfiguration",
            json!({ "settings": null }),
        )
        .await;
    let asked = editor.expect("workspace/configuration").await;
    editor
        .reply(&asked, json!([{ "mode": "hurry", "speed": 11 }]))
        .await;
    let shown = editor.expect("window/showMessage").await;
    let message = shown["params"]["message"].as_str().unwrap();
    assert!(
        message.contains("mode") && !message.contains("speed"),
        "{shown}"
    );
}

#[tokio::test]
async fn settings_for_others_are_passed_over() {
    let mut editor = Editor::with(json!({})).await;
    let settings = json!({ "settings": { "rust-analyzer": {}, "mode": "whatever" } });
    editor
        .notify("workspace/didChangeConfiguration", settings)
        .await;
    let shown = editor.expect("window/showMessage").await;
    let message = shown["params"]["message"].as_str().unwrap();
    assert!(
        message.contains("mode") && !message.contains("rust"),
        "{shown}"
    );
}
