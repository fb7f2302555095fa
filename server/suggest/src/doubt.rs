//! Why a merge may be wrong.

use crate::align::Op;
use crate::language::Language;
use crate::outline::Outline;
use crate::plan::Plan;

/// Adds what makes this result doubtful to the plan's doubts.
pub(crate) fn weigh(
    plan: &mut Plan<'_>,
    ops: &[Op],
    text: &str,
    original: &str,
    language: Option<Language>,
) {
    let mut doubts: Vec<(f32, String)> = Vec::new();
    if let Some(language) = language {
        let (before, after) = (
            plan.original_outline.errors,
            Outline::new(text, language).errors,
        );
        if after > before {
            doubts.push((
                0.5,
                "the result has more syntax errors than the file".to_owned(),
            ));
        }
    }
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
