use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fast_apply_apply::{Applier, ApplyError, Replay};
use fast_apply_lsp::model_source::{MissingFlag, ModelSource, OnFetched};
use fast_apply_lsp::user_config::ModelChoice;
use serde_json::json;

use crate::editor::{Editor, NoModel, Writing, serving};
use crate::sessions::{HOUSE, REPLY, URI};

/// A model that is not here, and counts what is done about it.
#[derive(Clone, Default)]
struct Fetchable {
    loads: Arc<AtomicUsize>,
    fetches: Arc<AtomicUsize>,
    choices: Arc<Mutex<Vec<ModelChoice>>>,
}

impl ModelSource for Fetchable {
    fn applier(&self, choice: &ModelChoice, missing: MissingFlag) -> Applier {
        self.choices.lock().unwrap().push(choice.clone());
        let source = self.clone();
        Applier::new(move || {
            source.loads.fetch_add(1, Ordering::SeqCst);
            missing.store(source.fetches.load(Ordering::SeqCst) == 0, Ordering::SeqCst);
            Err(ApplyError::NoModel("this one cannot be loaded".to_owned()))
        })
    }

    fn fetch(&self, _: &ModelChoice, on_fetched: OnFetched<'_>) -> Result<(), String> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let _ = on_fetched(50, Some(100));
        Ok(())
    }
}

/// Waits until the server says that the model is in this state.
async fn wait_for_state(editor: &mut Editor, logged: &str) {
    let is_it = |params: &serde_json::Value| params["message"].as_str().unwrap().contains(logged);
    editor.expect_where("window/logMessage", is_it).await;
}

#[tokio::test]
async fn a_missing_model_is_offered_once_when_it_is_wanted() {
    let source = Fetchable::default();
    let mut editor = Editor::start(serving(source.clone()), json!({ "capabilities": {} })).await;
    editor.open(URI, 1, HOUSE).await;
    wait_for_state(&mut editor, "cannot be loaded").await;
    let status = editor.execute("fastApply.status", json!({})).await;
    assert_eq!(status["result"]["state"], "missing", "{status}");
    assert_eq!(source.fetches.load(Ordering::SeqCst), 0);

    editor
        .execute("fastApply.suggest", json!({ "uri": URI, "text": REPLY }))
        .await;
    let question = editor.expect("window/showMessageRequest").await;
    assert!(
        question["params"]["message"]
            .as_str()
            .unwrap()
            .contains("fast-apply model pull")
    );
    editor
        .execute("fastApply.suggest", json!({ "uri": URI, "text": REPLY }))
        .await;
    let later = editor.leftovers().await;
    assert!(
        later
            .iter()
            .all(|message| message["method"] != "window/showMessageRequest")
    );

    let loads = source.loads.load(Ordering::SeqCst);
    editor
        .reply(&question, json!({ "title": "Download" }))
        .await;
    let is_done = |params: &serde_json::Value| {
        params["message"]
            .as_str()
            .unwrap()
            .contains("on this machine now")
    };
    editor.expect_where("window/showMessage", is_done).await;
    wait_for_state(&mut editor, "cannot be loaded").await;
    assert_eq!(source.fetches.load(Ordering::SeqCst), 1);
    assert!(
        source.loads.load(Ordering::SeqCst) > loads,
        "it is tried again"
    );
}

#[tokio::test]
async fn a_failed_download_says_why() {
    let mut editor = Editor::start(serving(NoModel), json!({ "capabilities": {} })).await;
    editor.open(URI, 1, HOUSE).await;
    wait_for_state(&mut editor, "none in this test").await;
    editor
        .execute("fastApply.suggest", json!({ "uri": URI, "text": REPLY }))
        .await;
    let question = editor.expect("window/showMessageRequest").await;
    editor
        .reply(&question, json!({ "title": "Download" }))
        .await;
    let is_why =
        |params: &serde_json::Value| params["message"].as_str().unwrap().contains("no network");
    editor.expect_where("window/showMessage", is_why).await;
}

#[tokio::test]
async fn another_model_is_loaded_when_the_settings_name_one() {
    let source = Fetchable::default();
    let initialize = json!({ "capabilities": {}, "initializationOptions": { "device": "cpu" } });
    let mut editor = Editor::start(serving(source.clone()), initialize).await;
    wait_for_state(&mut editor, "cannot be loaded").await;
    for settings in [
        json!({ "device": "cpu", "clipboard": false }),
        json!({ "dtype": "q8" }),
    ] {
        let settings = json!({ "settings": { "fastApply": settings } });
        editor
            .notify("workspace/didChangeConfiguration", settings)
            .await;
    }
    wait_for_state(&mut editor, "cannot be loaded").await;
    let choices = source.choices.lock().unwrap();
    assert_eq!(choices.len(), 2, "only a setting that matters does");
    assert_ne!(choices[0].load.dtype, choices[1].load.dtype);
}

#[tokio::test]
async fn a_loaded_model_is_named() {
    let replay = Replay {
        text: String::new(),
        step_chars: 1,
        step: Duration::ZERO,
        halfway: None,
    };
    let mut editor = Editor::start(serving(Writing(replay)), json!({ "capabilities": {} })).await;
    wait_for_state(&mut editor, "ready").await;
    let status = editor.execute("fastApply.status", json!({})).await;
    assert_eq!(status["result"]["state"], "ready", "{status}");
    assert_eq!(status["result"]["model"], "replay", "{status}");
}

#[tokio::test]
async fn no_model_is_loaded_for_the_merge_alone() {
    let source = Fetchable::default();
    let initialize = json!({ "capabilities": {}, "initializationOptions": { "mode": "merge" } });
    let mut editor = Editor::start(serving(source.clone()), initialize).await;
    editor.open(URI, 1, HOUSE).await;
    let argument = json!({ "uri": URI, "suggestion": { "text": REPLY } });
    editor.execute("fastApply.apply", argument).await;
    editor.expect("workspace/applyEdit").await;
    assert_eq!(source.loads.load(Ordering::SeqCst), 0);
}
