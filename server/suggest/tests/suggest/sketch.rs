//! Merging of sketches that are given as a reply's code.

use fast_apply_suggest::{CONFIDENT, Context, Language, Merge, merge, parse};

/// Merges a sketch.
pub(crate) fn merged(path: &str, instruction: &str, sketch: &str, before: &str) -> Merge {
    let reply = format!("```\n{sketch}```\n");
    let suggestion = parse(&reply).for_file(path, before).suggestion;
    let context = Context {
        language: Language::from_path(path),
        instruction,
    };
    merge(before, &suggestion, &context).expect("a sketch always merges")
}

/// Merges a sketch that leaves no doubt.
pub(crate) fn check(path: &str, instruction: &str, sketch: &str, before: &str, after: &str) {
    let merged = merged(path, instruction, sketch, before);
    assert_eq!(merged.text, after, "{sketch}");
    assert!(
        merged.confidence >= CONFIDENT,
        "{sketch}{:?}",
        merged.doubts
    );
}
