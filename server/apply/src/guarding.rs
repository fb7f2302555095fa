//! The checks of a result.

use fast_apply_engine::decode::Stop;
use fast_apply_suggest::{Context, Ending, check};

use crate::Request;
use crate::rewrite_engine::Rewrite;
use crate::stats::Guard;

/// The checks of a result; `rewrite` is given if a model wrote it.
pub(crate) fn guards(request: &Request<'_>, text: &str, rewrite: Option<&Rewrite>) -> Vec<Guard> {
    let ending = match rewrite.is_some_and(|rewrite| rewrite.stop == Stop::MaxOutput) {
        true => Ending::CutOff,
        false => Ending::Complete,
    };
    let original = request.original.model_text();
    check(
        original,
        request.suggestion,
        text,
        ending,
        &context_of(request),
    )
    .into_iter()
    .map(|report| Guard {
        name: report.name,
        passed: report.passed,
        detail: (!report.passed).then_some(report.detail),
    })
    .collect()
}

pub(crate) fn all_passed(guards: &[Guard]) -> bool {
    guards.iter().all(|guard| guard.passed)
}

pub(crate) fn context_of<'a>(request: &Request<'a>) -> Context<'a> {
    Context {
        language: request.language,
        instruction: request.instruction,
    }
}
