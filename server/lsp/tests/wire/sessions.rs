use std::time::{Duration, Instant};

use fast_apply_apply::{Applier, Replay};
use fast_apply_lsp::model_source::{MissingFlag, ModelSource, OnFetched};
use fast_apply_lsp::user_config::ModelChoice;
use serde_json::{Value, json};

use crate::editor::{Editor, Writing, apply, serving, without_models};

pub(crate) const URI: &str = "file:///project/house.rs";

pub(crate) const HOUSE: &str = "\
fn area(width: f64, length: f64) -> f64 {
    width * length
}

fn main() {
    println!(\"{}\", area(4.0, 5.5));
}
";

pub(crate) const REPLY: &str = "\
Say what the number is:

```rust
// ... existing code ...

fn main() {
    println!(\"{} square metres\", area(4.0, 5.5));
}
```
";

/// What the reply means.
fn edited() -> String {
    HOUSE.replace("{}\"", "{} square metres\"")
}

/// A document in the editor.
struct Buffer {
    text: String,
    version: i32,
}

impl Buffer {
    async fn open(editor: &mut Editor) -> Self {
        editor.open(URI, 1, HOUSE).await;
        Self {
            text: HOUSE.to_owned(),
            version: 1,
        }
    }

    /// Does what the server asks for until it sends the message that is waited for.
    async fn obey(&mut self, editor: &mut Editor, until: impl Fn(&Value) -> bool) -> Value {
        loop {
            let is_it = |message: &Value| {
                let asked = ["workspace/applyEdit", "window/workDoneProgress/create"];
                until(message) || asked.iter().any(|method| message["method"] == *method)
            };
            let message = editor.wait_for("anything to do", is_it).await;
            if until(&message) {
                return message;
            }
            if message["method"] == "workspace/applyEdit" {
                self.land(editor, &message).await;
                editor.reply(&message, json!({ "applied": true })).await;
            } else {
                editor.reply(&message, Value::Null).await;
            }
        }
    }

    /// Makes an edit and tells of it.
    async fn land(&mut self, editor: &mut Editor, message: &Value) {
        let change = &message["params"]["edit"]["documentChanges"][0];
        assert_eq!(
            change["textDocument"],
            json!({ "uri": URI, "version": self.version })
        );
        assert!(message["params"].get("label").is_none(), "{message}");
        // From the last to the first, as positions are those before any of them.
        for edit in change["edits"].as_array().unwrap().iter().rev() {
            self.text = apply(&self.text, edit);
        }
        self.version += 1;
        editor.change(URI, self.version, &self.text).await;
    }
}

fn phase(message: &Value) -> &str {
    match message["method"] == "fastApply/event" {
        true => message["params"]["phase"].as_str().unwrap(),
        false => "",
    }
}

fn writing(text: &str, step: Duration) -> Writing {
    Writing(Replay {
        text: text.to_owned(),
        step_chars: 8,
        step,
        halfway: None,
    })
}

const EVENTS: &str = r#"{ "experimental": { "fastApply": { "events": true } } }"#;

#[tokio::test]
async fn a_suggestion_becomes_edits_of_the_changed_lines() {
    let capabilities: Value = serde_json::from_str(EVENTS).unwrap();
    let options = serving(writing(&edited(), Duration::ZERO));
    let mut editor = Editor::start(options, json!({ "capabilities": capabilities })).await;
    let mut buffer = Buffer::open(&mut editor).await;
    editor
        .execute("fastApply.suggest", json!({ "uri": URI, "text": REPLY }))
        .await;
    let answer = editor
        .execute("fastApply.apply", json!({ "uri": URI, "version": 1 }))
        .await;
    let session = answer["result"]["session"].clone();
    assert!(session.is_u64(), "{answer}");
    let started = buffer
        .obey(&mut editor, |message| phase(message) == "started")
        .await;
    assert_eq!(started["params"]["session"], session);
    let finished = buffer
        .obey(&mut editor, |message| phase(message) == "finished")
        .await;
    assert_eq!(buffer.text, edited());
    assert_eq!(
        finished["params"]["stats"]["outcome"], "applied",
        "{finished}"
    );
    assert_eq!(finished["params"]["hunks"][0]["landed"], true, "{finished}");

    editor
        .execute("fastApply.undo", json!({ "uri": URI }))
        .await;
    buffer
        .obey(&mut editor, |message| phase(message) == "cancelled")
        .await;
    assert_eq!(buffer.text, HOUSE);
    editor.leave().await;
}

#[tokio::test]
async fn an_error_is_a_refusal_and_the_edit_is_made_anew() {
    let capabilities: Value = serde_json::from_str(EVENTS).unwrap();
    let options = serving(writing(&edited(), Duration::ZERO));
    let mut editor = Editor::start(options, json!({ "capabilities": capabilities })).await;
    let mut buffer = Buffer::open(&mut editor).await;
    let argument = json!({ "uri": URI, "suggestion": { "text": REPLY } });
    editor.execute("fastApply.apply", argument).await;
    let refused = editor.expect("workspace/applyEdit").await;
    // The user was faster.
    buffer.text = format!("// Mine.\n{}", buffer.text);
    buffer.version = 2;
    editor.change(URI, 2, &buffer.text).await;
    let error =
        json!({ "code": -32603, "message": "Edits on `house.rs' require version 1, you have 2" });
    editor
        .send(json!({ "jsonrpc": "2.0", "id": refused["id"], "error": error }))
        .await;
    buffer
        .obey(&mut editor, |message| phase(message) == "finished")
        .await;
    assert_eq!(buffer.text, format!("// Mine.\n{}", edited()));
    editor.leave().await;
}

#[tokio::test]
async fn progress_is_shown_and_its_cancel_button_works() {
    let capabilities = json!({ "window": { "workDoneProgress": true } });
    let options = serving(writing(&edited(), Duration::from_millis(20)));
    let initialize =
        json!({ "capabilities": capabilities, "initializationOptions": { "mode": "rewrite" } });
    let mut editor = Editor::start(options, initialize).await;
    let mut buffer = Buffer::open(&mut editor).await;
    let start = Instant::now();
    let argument = json!({ "uri": URI, "suggestion": { "text": REPLY } });
    editor.execute("fastApply.apply", argument).await;
    let kind = |message: &Value| {
        message["params"]["value"]["kind"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let begin = buffer
        .obey(&mut editor, |message| kind(message) == "begin")
        .await;
    assert_eq!(begin["params"]["value"]["cancellable"], true);
    let mut reports = 0;
    buffer
        .obey(&mut editor, |message| {
            kind(message) == "report" && message["params"]["value"]["percentage"].as_u64() > Some(0)
        })
        .await;
    reports += 1;
    let token = begin["params"]["token"].clone();
    editor
        .notify("window/workDoneProgress/cancel", json!({ "token": token }))
        .await;
    buffer
        .obey(&mut editor, |message| kind(message) == "end")
        .await;
    assert_eq!(buffer.text, HOUSE);
    let later = editor.leftovers().await;
    reports += later
        .iter()
        .filter(|message| kind(message) == "report")
        .count();
    let most = 2 + start.elapsed().as_millis() / 100;
    assert!(
        reports as u128 <= most,
        "{reports} reports in {:?}",
        start.elapsed()
    );
    editor.leave().await;
}

#[tokio::test]
async fn a_file_that_is_not_open_must_lie_in_the_workspace() {
    let inside = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    for directory in [&inside, &outside] {
        std::fs::write(directory.path().join("house.rs"), HOUSE).unwrap();
    }
    let uri =
        |directory: &tempfile::TempDir| format!("file://{}/house.rs", directory.path().display());
    let folder = json!({ "uri": format!("file://{}", inside.path().display()), "name": "inside" });
    let initialize = json!({ "capabilities": {}, "workspaceFolders": [folder] });
    let mut editor = Editor::start(without_models(), initialize).await;
    let suggest = |uri: String| json!({ "uri": uri, "text": REPLY });
    let answer = editor
        .execute("fastApply.suggest", suggest(uri(&outside)))
        .await;
    assert!(
        answer["error"]["message"]
            .as_str()
            .unwrap()
            .contains("outside"),
        "{answer}"
    );
    let answer = editor
        .execute("fastApply.suggest", suggest(uri(&inside)))
        .await;
    assert!(answer["result"]["id"].is_u64(), "{answer}");
    let answer = editor
        .execute("fastApply.suggest", suggest("untitled:One".to_owned()))
        .await;
    assert!(
        answer["error"]["message"]
            .as_str()
            .unwrap()
            .contains("not open"),
        "{answer}"
    );
    let answer = editor
        .execute("fastApply.apply", json!({ "uri": uri(&inside) }))
        .await;
    assert!(
        answer["error"]["message"]
            .as_str()
            .unwrap()
            .contains("not open"),
        "{answer}"
    );

    let folder =
        json!({ "uri": format!("file://{}", outside.path().display()), "name": "outside" });
    let event = json!({ "event": { "added": [folder], "removed": [] } });
    editor
        .notify("workspace/didChangeWorkspaceFolders", event)
        .await;
    let answer = editor
        .execute("fastApply.suggest", suggest(uri(&outside)))
        .await;
    assert!(answer["result"]["id"].is_u64(), "{answer}");
}

#[tokio::test]
async fn a_preview_is_a_document_or_else_a_message() {
    let capabilities = json!({ "window": { "showDocument": { "support": true } } });
    let mut editor = Editor::with(capabilities).await;
    editor.open(URI, 1, HOUSE).await;
    editor
        .execute("fastApply.suggest", json!({ "uri": URI, "text": REPLY }))
        .await;
    editor
        .execute("fastApply.preview", json!({ "uri": URI }))
        .await;
    let shown = editor.expect("window/showDocument").await;
    let uri = shown["params"]["uri"].as_str().unwrap();
    let path = uri.strip_prefix("file://").unwrap().to_owned();
    let preview = std::fs::read_to_string(&path).unwrap();
    assert!(
        preview.contains("+    println!(\"{} square metres\""),
        "{preview}"
    );
    editor.reply(&shown, json!({ "success": false })).await;
    let message = editor.expect_where("window/showMessage", |params| {
        params["message"]
            .as_str()
            .unwrap()
            .contains("square metres")
    });
    message.await;
    editor.leave().await;
    assert!(
        !std::path::Path::new(&path).exists(),
        "{path} is left behind"
    );
}

/// A model whose loading is faulty.
struct Panicking;

impl ModelSource for Panicking {
    fn applier(&self, _: &ModelChoice, _: MissingFlag) -> Applier {
        Applier::new(|| panic!("a fault that a test has put here"))
    }

    fn fetch(&self, _: &ModelChoice, _: OnFetched<'_>) -> Result<(), String> {
        Ok(())
    }
}

#[tokio::test]
async fn a_fault_in_a_job_ends_that_job_alone() {
    let capabilities: Value = serde_json::from_str(EVENTS).unwrap();
    let initialize =
        json!({ "capabilities": capabilities, "initializationOptions": { "mode": "rewrite" } });
    let mut editor = Editor::start(serving(Panicking), initialize).await;
    let mut buffer = Buffer::open(&mut editor).await;
    let argument = json!({ "uri": URI, "suggestion": { "text": REPLY } });
    editor.execute("fastApply.apply", argument).await;
    let ended = buffer
        .obey(&mut editor, |message| {
            !["", "started", "hunk"].contains(&phase(message))
        })
        .await;
    assert!(
        ended["params"]["message"]
            .as_str()
            .unwrap()
            .contains("fault"),
        "{ended}"
    );
    assert_eq!(buffer.text, HOUSE);
    let settings = json!({ "settings": { "fastApply": { "mode": "merge" } } });
    editor
        .notify("workspace/didChangeConfiguration", settings)
        .await;
    let argument = json!({ "uri": URI, "suggestion": { "text": REPLY } });
    editor.execute("fastApply.apply", argument).await;
    buffer
        .obey(&mut editor, |message| phase(message) == "finished")
        .await;
    assert_eq!(buffer.text, edited());
}
