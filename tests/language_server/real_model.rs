//! The default model behind the server.

use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::code_actions::Latencies;
use crate::editor::{Editor, Home};
use crate::program::binary;
use crate::session::OpenDocument;

const FILE: &str = include_str!("../../server/text/src/line_ending.rs");
const REPLY: &str = include_str!("../data/demo/reply.md");

#[test]
fn code_actions_do_not_wait_for_the_model() {
    pull();
    let latencies = Latencies::while_the_model_writes(FILE, REPLY, 200);
    let (median, late) = (latencies.quantile(0.5), latencies.quantile(0.95));
    // The bench says what it is; this is what it must not even be on a machine that has other things to do.
    let bound = Duration::from_millis(250);
    assert!(median < bound / 5 && late < bound, "{median:?}, {late:?}");
}

#[test]
fn the_model_streams_an_edit_and_the_edit_can_be_undone() {
    pull();
    let home = Home::with_models_of_this_user();
    let initialize = json!({
        "capabilities": { "experimental": { "fastApply": { "events": true } } },
        "initializationOptions": { "mode": "rewrite" },
    });
    let mut editor = Editor::start(&home, initialize);
    let uri = home.uri("one/line_ending.rs");
    let mut document = OpenDocument::open(&mut editor, &uri, FILE);

    let applied = document.apply(&mut editor, REPLY);
    assert_eq!(applied.event["phase"], "finished", "{}", applied.event);
    let stats = &applied.event["stats"];
    assert!(stats["forwards"].as_u64() > Some(0), "{stats}");
    assert_eq!(stats["source"], "model", "{stats}");
    assert_eq!(applied.edits, 2, "one for each hunk");
    let first = applied.first_edit.expect("there was one");
    assert!(first < applied.total, "it does not wait for the end");
    assert!(document.text().contains("pub const fn as_str"));

    let undone = document.undo(&mut editor);
    assert_eq!(undone.event["phase"], "cancelled", "{}", undone.event);
    assert_eq!(document.text(), FILE);
    assert_eq!(editor.leave(), Some(0));
}

/// Fetches the model if it is not here.
fn pull() {
    let pulled = Command::new(binary()).args(["model", "pull"]).output();
    let pulled = pulled.expect("it runs");
    assert!(pulled.status.success(), "{pulled:?}");
}
