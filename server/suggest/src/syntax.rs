//! How many errors of syntax a text has.

use crate::language::Language;
use crate::outline::Outline;

/// Errors of syntax: those of the grammar, and brackets and preprocessor conditions that do not balance.
pub(crate) fn errors(text: &str, language: Option<Language>) -> usize {
    errors_besides(
        language.map_or(0, |language| Outline::new(text, language).errors),
        text,
        language,
    )
}

/// The same for a text whose errors by the grammar are known. Where there are none, all brackets of the code balance;
/// those of comments and strings need not.
pub(crate) fn errors_besides(parsed: usize, text: &str, language: Option<Language>) -> usize {
    let is_parsed = parsed == 0 && language.is_some_and(|language| language.grammar().is_some());
    let (mut round, mut square, mut curly, mut conditions) = (0i64, 0i64, 0i64, 0i64);
    let preprocessed = matches!(language, Some(Language::C | Language::Cpp));
    for line in text.lines() {
        for byte in line.bytes() {
            match byte {
                b'(' => round += 1,
                b')' => round -= 1,
                b'[' => square += 1,
                b']' => square -= 1,
                b'{' => curly += 1,
                b'}' => curly -= 1,
                _ => {}
            }
        }
        if preprocessed && let Some(directive) = line.trim_start().strip_prefix('#') {
            let directive = directive.trim_start();
            conditions +=
                i64::from(directive.starts_with("if")) - i64::from(directive.starts_with("endif"));
        }
    }
    let brackets = match is_parsed {
        true => 0,
        false => round.abs() + square.abs() + curly.abs(),
    };
    let empty = match language {
        Some(Language::Python) => empty_blocks(text),
        _ => 0,
    };
    parsed + (brackets + conditions.abs()) as usize + empty
}

/// How many lines of Python open a block and have nothing in it, which the grammar admits.
fn empty_blocks(text: &str) -> usize {
    const OPENINGS: &[&str] = &[
        "async ", "class ", "def ", "elif ", "else:", "except", "finally:", "for ", "if ", "try:",
        "while ", "with ",
    ];
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| {
            let line = line.trim_start();
            !line.is_empty() && !line.starts_with('#')
        })
        .collect();
    let opens = |line: &str| {
        line.trim_end().ends_with(':')
            && OPENINGS
                .iter()
                .any(|opening| line.trim_start().starts_with(opening))
    };
    let indent = |line: &str| line.len() - line.trim_start().len();
    lines
        .windows(2)
        .filter(|two| opens(two[0]) && indent(two[1]) <= indent(two[0]))
        .count()
}
