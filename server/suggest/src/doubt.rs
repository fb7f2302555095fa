//! Why a merge may be wrong.

use crate::align::Op;
use crate::language::Language;
use crate::outline::Outline;
use crate::plan::Plan;

/// Adds what makes this result doubtful to the plan's doubts.
pub(crate) fn weigh(plan: &mut Plan<'_>, ops: &[Op], text: &str, original: &str) {
    let mut doubts: Vec<(f32, String)> = Vec::new();
    for pair in &plan.pairing.pairs {
        if pair.doubtful {
            let name = &plan.shown_outline.symbols[pair.sketch].name;
            doubts.push((
                0.5,
                format!("the file has several {name} that the sketch could mean"),
            ));
        }
    }
    if text == original {
        doubts.push((0.5, "nothing changes".to_owned()));
    }
    let _ = ops;
    plan.doubts.extend(doubts);
}

/// Errors of syntax: those of the grammar, and brackets and preprocessor conditions that do not balance.
pub(crate) fn errors(text: &str, language: Option<Language>) -> usize {
    let parsed = language.map_or(0, |language| Outline::new(text, language).errors);
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
    parsed + (round.abs() + square.abs() + curly.abs() + conditions.abs()) as usize
}
