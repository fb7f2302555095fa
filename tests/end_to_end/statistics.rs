//! `--stats`: the same keys whatever the outcome.

use serde_json::Value;

use crate::command::{Directory, ORIGINAL};

const KEYS: [&str; 32] = [
    "accepted",
    "adapter",
    "cached_tokens",
    "chars",
    "chars_per_s",
    "confidence",
    "decode_ms",
    "device",
    "draft",
    "drafted",
    "dtype",
    "error",
    "first_hunk_ms",
    "forced",
    "forwards",
    "guards",
    "kernels",
    "load_ms",
    "mode",
    "model",
    "original_chars",
    "outcome",
    "output_tokens",
    "prefill_ms",
    "prompt_tokens",
    "source",
    "stop",
    "strict",
    "threads",
    "tokens_per_forward",
    "tokens_per_s",
    "total_ms",
];

/// Makes sure that the statistics have their keys, and no others, and tell of this outcome.
pub(crate) fn check(stats: &Value, outcome: &str) {
    let object = stats.as_object().expect("the statistics are one object");
    let mut keys: Vec<&str> = object.keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, KEYS);
    assert_eq!(stats["outcome"], outcome, "{stats}");
    assert_eq!(stats["mode"], "rewrite");
    let is_good = ["applied", "unchanged"].contains(&outcome);
    assert_eq!(stats["error"].is_null(), is_good, "{stats}");
    for guard in stats["guards"].as_array().expect("guards are a list") {
        assert!(guard["name"].is_string(), "{guard}");
        assert!(guard["passed"].is_boolean(), "{guard}");
        assert!(guard.get("detail").is_some(), "{guard}");
    }
}

fn run(arguments: &[&str]) -> (Option<i32>, Value) {
    let directory = Directory::new();
    let common = [
        "--edit",
        "edit.md",
        "--mode",
        "rewrite",
        "--stats",
        "stats.json",
    ];
    let arguments: Vec<&str> = arguments.iter().chain(&common).copied().collect();
    let exit = directory.run(&arguments).exit;
    (exit, directory.stats())
}

#[test]
fn applied() {
    let (exit, stats) = run(&["house.rs", "--force-output", "edited.rs"]);
    assert_eq!(exit, Some(0));
    check(&stats, "applied");
    assert_eq!(stats["forced"], true);
    assert_eq!(stats["source"], "model");
    assert_eq!(stats["stop"], "end");
    assert_eq!(stats["model"], "smollm2-135m");
    assert_eq!(stats["original_chars"], ORIGINAL.chars().count());
    let number = |key: &str| {
        stats[key]
            .as_f64()
            .unwrap_or_else(|| panic!("{key}: {stats}"))
    };
    for key in [
        "load_ms",
        "prefill_ms",
        "decode_ms",
        "first_hunk_ms",
        "threads",
    ] {
        assert!(number(key) > 0.0, "{key}: {stats}");
    }
    assert!(number("total_ms") >= number("prefill_ms") + number("decode_ms"));
    assert!(number("total_ms") >= number("first_hunk_ms"));
    assert!(number("accepted") <= number("drafted"));
    assert!(number("accepted") + number("forwards") >= number("output_tokens"));
    let close = |key: &str, value: f64| {
        assert!((number(key) / value - 1.0).abs() < 1e-6, "{key}: {stats}");
    };
    close("chars_per_s", 1e3 * number("chars") / number("total_ms"));
    close(
        "tokens_per_s",
        1e3 * number("output_tokens") / number("decode_ms"),
    );
    close(
        "tokens_per_forward",
        number("output_tokens") / number("forwards"),
    );
}

#[test]
fn unchanged() {
    let (exit, stats) = run(&["house.rs", "--force-output", "house.rs"]);
    assert_eq!(exit, Some(0));
    check(&stats, "unchanged");
    assert!(stats["first_hunk_ms"].is_null(), "nothing changed: {stats}");
}

#[test]
fn cut() {
    let (exit, stats) = run(&[
        "house.rs",
        "--force-output",
        "edited.rs",
        "--max-output",
        "9",
    ]);
    assert_eq!(exit, Some(0));
    check(&stats, "applied");
    assert_eq!(stats["output_tokens"], 9);
    assert_eq!(stats["stop"], "max_output");
    let guards = stats["guards"].as_array().expect("guards are a list");
    let cut = guards.iter().find(|guard| guard["name"] == "truncated");
    assert_eq!(cut.expect("the guard is listed")["passed"], false);
}

#[test]
fn failed_before_the_model() {
    let (exit, stats) = run(&["missing.rs"]);
    assert_eq!(exit, Some(1));
    check(&stats, "failed");
    assert!(stats["model"].is_null());
}

#[test]
fn failed_in_the_model() {
    let (exit, stats) = run(&["house.rs", "--max-context", "64"]);
    assert_eq!(exit, Some(4));
    check(&stats, "failed");
}
