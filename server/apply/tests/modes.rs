//! Modes where no model can be had.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use fast_apply_apply::{Applier, ApplyError, Mode, Options, Outcome, OutcomeKind, Request, Source};
use fast_apply_suggest::{Language, parse};
use fast_apply_text::SourceText;

const FILE: &str = "fn one() -> u32 {\r\n    1\r\n}\r\n\r\nfn two() -> u32 {\r\n    2\r\n}\r\n";

const SKETCH: &str = "```rust\nfn two() -> u32 {\n    1 + 1\n}\n```\n";

fn apply(mode: Mode, reply: &str, cancelled: bool) -> Result<Outcome, ApplyError> {
    let applier = Applier::new(|| Err(ApplyError::NoModel("it is a test".to_owned())));
    let original = SourceText::from_text(FILE.to_owned());
    let suggestion = parse(reply)
        .for_file("numbers.rs", original.model_text())
        .suggestion;
    let request = Request {
        original: &original,
        suggestion: &suggestion,
        language: Some(Language::Rust),
        instruction: "",
        conversation: None,
        options: &Options {
            mode,
            ..Options::default()
        },
        cancel: Arc::new(AtomicBool::new(cancelled)),
    };
    applier.apply(&request, &mut |_| {})
}

#[test]
fn a_sure_merge_is_written_with_the_files_line_endings() {
    let outcome = apply(Mode::Merge, SKETCH, false).unwrap();
    assert_eq!(
        outcome.text.unwrap(),
        FILE.replace("    2\r\n", "    1 + 1\r\n")
    );
    assert_eq!(outcome.stats.outcome, Some(OutcomeKind::Applied));
    assert_eq!(outcome.stats.source, Some(Source::Merge));
    assert_eq!(outcome.stats.guards.len(), 7);
    assert!(outcome.stats.guards.iter().all(|guard| guard.passed));
    assert_eq!(outcome.without_model, None, "nobody asked for one");
}

#[test]
fn auto_without_a_model_is_merge_and_says_so() {
    let outcome = apply(Mode::Auto, SKETCH, false).unwrap();
    assert_eq!(outcome.stats.source, Some(Source::Merge));
    assert!(outcome.without_model.unwrap().contains("it is a test"));
}

#[test]
fn a_patch_needs_no_model() {
    let reply = "```diff\n@@ -5,3 +5,3 @@\n fn two() -> u32 {\n-    2\n+    1 + 1\n }\n```\n";
    let outcome = apply(Mode::Auto, reply, false).unwrap();
    assert_eq!(outcome.stats.source, Some(Source::Patch));
    assert_eq!(outcome.without_model, None);
    assert_eq!(
        outcome.text.unwrap(),
        FILE.replace("    2\r\n", "    1 + 1\r\n")
    );
}

#[test]
fn a_patch_that_fits_nowhere_is_refused() {
    let reply = "```diff\n@@ -5,3 +5,3 @@\n fn three() -> u32 {\n-    3\n+    1 + 2\n }\n```\n";
    let outcome = apply(Mode::Auto, reply, false).unwrap();
    assert_eq!(outcome.text, None);
    assert_eq!(outcome.stats.outcome, Some(OutcomeKind::Refused));
    let error = outcome.stats.error.unwrap();
    assert!(error.starts_with("refused, and nothing was written: the file has no text like"));
}

#[test]
fn a_cancel_while_the_model_is_fetched_writes_nothing() {
    let outcome = apply(Mode::Auto, SKETCH, true).unwrap();
    assert_eq!(outcome.text, None);
    assert_eq!(outcome.stats.outcome, Some(OutcomeKind::Cancelled));
}

#[test]
fn rewrite_without_a_model_is_an_error() {
    let error = apply(Mode::Rewrite, SKETCH, false).unwrap_err();
    assert_eq!(error.to_string(), "there is no model: it is a test");
}
