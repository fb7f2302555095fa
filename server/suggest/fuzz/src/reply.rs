//! Arbitrary bytes as a file and a chat reply: parsing, merging and checking end, and without a panic.
//!
//! The first byte chooses the language. A NUL ends the reply; the file follows. Without a NUL the file is a fixed one.

#![no_main]

use fast_apply_suggest::{Context, Ending, Language, MOST_ALTERNATIVES, check, merge, parse};
use fast_apply_text::SourceText;
use libfuzzer_sys::fuzz_target;

const PATHS: [&str; 8] = [
    "src/a.rs", "a.py", "a.ts", "a.go", "A.java", "a.cc", "a.kt", "a.txt",
];

const FILE: &str = include_str!("reply.rs");

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, rest)) = bytes.split_first() else {
        return;
    };
    let path = PATHS[usize::from(first) % PATHS.len()];
    let end = rest.iter().position(|&byte| byte == 0);
    let (reply, file) = match end {
        Some(end) => (&rest[..end], text(&rest[end + 1..])),
        None => (rest, SourceText::from_text(FILE.to_owned())),
    };
    let (reply, original) = (text(reply), file.model_text());
    let selection = parse(reply.model_text()).for_file(path, original);
    let context = Context {
        language: Language::from_path(path),
        instruction: &selection.suggestion.instruction,
    };
    let Ok(merged) = merge(original, &selection.suggestion, &context) else {
        return;
    };
    assert!((0.0..=1.0).contains(&merged.confidence));
    assert!(merged.alternatives.len() <= MOST_ALTERNATIVES);
    for result in [merged.text.as_str(), original, reply.model_text()] {
        check(original, &selection.suggestion, result, Ending::Complete, &context);
    }
    file.restore(&merged.text);
});

/// The text as the program would see it, with replacement characters for what is no UTF-8.
fn text(bytes: &[u8]) -> SourceText {
    SourceText::from_text(String::from_utf8_lossy(bytes).into_owned())
}
