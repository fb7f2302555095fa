//! Files that are too long for the model's context.

use std::fmt::Write;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use fast_apply_apply::{Applier, Mode, Options, Reading, Request, Rewriter};
use fast_apply_engine::assets::{Fetch, Locations, ModelSpec, Registry, Store};
use fast_apply_engine::{DTypeChoice, DeviceChoice, LoadOptions};
use fast_apply_eval::Case;
use fast_apply_suggest::Language;
use fast_apply_text::SourceText;

/// It does not say whether the decorator stays.
const DOUBTFUL: &str = "```python\ndef total(items):\n    return sum(items)\n\n# ...\n```\n";

#[test]
fn a_doubtful_merge_is_judged_by_what_is_around_the_change() {
    let mut file = "import os\n\n\n@cached\ndef total(items):\n    return len(items)\n".to_owned();
    for step in 0..150 {
        write!(file, "\n\ndef step_{step}(value):\n    word = 'the {step}. step'\n    return value + len(word)\n")
            .expect("memory is there");
    }
    let case = Case {
        path: "sums.py".into(),
        reply: DOUBTFUL.into(),
        before: file,
        ..Case::default()
    };
    let original = SourceText::from_text(case.before.clone());
    let request = Request {
        original: &original,
        suggestion: &case.suggestion(),
        language: Language::from_path(&case.path),
        instruction: "",
        conversation: None,
        options: &Options {
            mode: Mode::Auto,
            ..Options::default()
        },
        cancel: Arc::new(AtomicBool::new(false)),
    };
    let outcome = applier().apply(&request, &mut |_| {}).expect("it answers");
    assert!(outcome.readings.len() > 1, "{outcome:?}");
    let is_real = |reading: &Reading| reading.likelihood.is_finite() && reading.worst.is_finite();
    assert!(outcome.readings.iter().all(is_real), "{outcome:?}");
}

/// One with the default model and a context that is shorter than the file.
fn applier() -> Applier {
    let locations = Locations::from_environment().expect("a cache directory");
    let spec = ModelSpec {
        model: None,
        adapter: None,
    };
    let model = Store::open(Registry::builtin(), locations)
        .resolve(&spec, Fetch::Allowed, &mut |_| ControlFlow::Continue(()))
        .expect("the default model is on this machine, or can be fetched");
    let options = LoadOptions {
        device: DeviceChoice::Cpu,
        dtype: DTypeChoice::Auto,
        max_context: 2048,
    };
    Applier::with_model(Rewriter::load(model, options).expect("it is loaded"))
}
