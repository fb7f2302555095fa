//! The one line that says what a run did and how fast.

use fast_apply_apply::{OutcomeKind, Stats};

/// For instance `applied by the model in 2.3 s: 1,250 chars/s, ...`.
pub(crate) fn line(stats: &Stats) -> String {
    let outcome = match stats.outcome {
        Some(OutcomeKind::Applied) => "applied",
        Some(OutcomeKind::Unchanged) => "unchanged",
        Some(OutcomeKind::Refused) => "refused",
        Some(OutcomeKind::Cancelled) => "cancelled",
        Some(OutcomeKind::Failed) | None => "failed",
    };
    let forced = if stats.forced { ", output forced" } else { "" };
    let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.0}"));
    format!(
        "{outcome} in {:.2} s{forced}: {} chars/s, {} tokens/s; {} tokens in {} forward passes \
         ({:.1} per pass), prompt {} tokens, {} of them cached, in {:.2} s",
        stats.total_ms.unwrap_or_default() / 1e3,
        number(stats.chars_per_s),
        number(stats.tokens_per_s),
        stats.output_tokens.unwrap_or_default(),
        stats.forwards.unwrap_or_default(),
        stats.tokens_per_forward.unwrap_or_default(),
        stats.prompt_tokens.unwrap_or_default(),
        stats.cached_tokens.unwrap_or_default(),
        stats.prefill_ms.unwrap_or_default() / 1e3,
    )
}
