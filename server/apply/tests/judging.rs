//! Doubtful merges, with a model that is certain of one text.

#![cfg(feature = "replay")]
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use fast_apply_apply::{Applier, Mode, Options, Outcome, OutcomeKind, Replay, Request, Source};
use fast_apply_suggest::{CONFIDENT, Context, Language, merge, parse};
use fast_apply_text::SourceText;

const FILE: &str = "import os\n\n\n@cached\ndef total(items):\n    return len(items)\n\n\ndef mean(items):\n    return 0\n";

/// It does not say whether the decorator stays.
const SKETCH: &str = "```python\ndef total(items):\n    return sum(items)\n\n# ...\n```\n";

fn apply(text: &str, cancelled: bool) -> Outcome {
    let applier = Applier::with_replay(Replay {
        text: text.to_owned(),
        step_chars: 16,
        step: Duration::ZERO,
        halfway: None,
    });
    let original = SourceText::from_text(FILE.to_owned());
    let suggestion = parse(SKETCH).for_file("sums.py", FILE).suggestion;
    let request = Request {
        original: &original,
        suggestion: &suggestion,
        language: Some(Language::Python),
        instruction: "",
        conversation: None,
        options: &Options {
            mode: Mode::Auto,
            ..Options::default()
        },
        cancel: Arc::new(AtomicBool::new(cancelled)),
    };
    applier.apply(&request, &mut |_| {}).unwrap()
}

/// The merge and what else the sketch could mean.
fn readings() -> Vec<String> {
    let suggestion = parse(SKETCH).for_file("sums.py", FILE).suggestion;
    let context = Context {
        language: Some(Language::Python),
        instruction: "",
    };
    let merged = merge(FILE, &suggestion, &context).unwrap();
    assert!(merged.confidence < CONFIDENT);
    merged.alternatives
}

#[test]
fn the_reading_that_the_model_is_sure_of_is_written_if_no_check_forbids_it() {
    let mut by_model = 0;
    for (index, text) in readings().iter().enumerate() {
        let outcome = apply(text, false);
        assert_eq!(outcome.readings.len(), readings().len());
        let Some(written) = outcome.text else {
            assert_ne!(index, 0, "the merge passes every check");
            assert!(outcome.stats.error.unwrap().starts_with("refused"));
            continue;
        };
        assert_eq!(written, *text);
        assert!(outcome.stats.guards.iter().all(|guard| guard.passed));
        assert_eq!(outcome.stats.outcome, Some(OutcomeKind::Applied));
        let source = if index == 0 {
            Source::Both
        } else {
            Source::Model
        };
        assert_eq!(outcome.stats.source, Some(source));
        by_model += index;
    }
    assert!(by_model > 0, "a reading that is not the merge can be sound");
}

#[test]
fn a_model_that_wants_none_of_the_readings_is_no_reason_to_write_one() {
    let outcome = apply(&FILE.replace("mean", "average"), false);
    assert_eq!(outcome.text, None);
    assert_eq!(outcome.stats.outcome, Some(OutcomeKind::Refused));
    assert!(!outcome.readings.is_empty());
    let [merge, _] = outcome.alternatives.unwrap();
    assert_eq!(merge, readings()[0]);
}

#[test]
fn a_cancel_while_the_model_judges_writes_nothing() {
    let outcome = apply(&readings()[0], true);
    assert_eq!(outcome.text, None);
    assert_eq!(outcome.stats.outcome, Some(OutcomeKind::Cancelled));
}
