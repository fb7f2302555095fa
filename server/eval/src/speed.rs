//! Speculative against plain decoding in one process, on the true results.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use fast_apply_apply::{Applier, ApplyError, Mode, Options, Request, Stats};
use fast_apply_engine::draft::DraftKind;
use fast_apply_suggest::Language;
use fast_apply_text::SourceText;

use crate::Case;

/// One case, forced to its true result.
#[derive(Debug, Clone)]
pub struct SpeedRow {
    /// The case.
    pub id: String,
    /// Lines of the file before the edit.
    pub lines: usize,
    /// Plain decoding, warm. Its output may be cut: its speed hardly depends on its length.
    pub plain: Stats,
    /// Speculative decoding with an empty cache.
    pub cold: Stats,
    /// Speculative decoding with the file in the cache.
    pub warm: Stats,
}

/// Measures one case. `plain_tokens` bounds the plain run, which is slow.
pub fn measure_speed(
    applier: &Applier,
    case: &Case,
    options: &Options,
    plain_tokens: usize,
) -> Result<SpeedRow, ApplyError> {
    let speculative = forced(options, &case.after);
    let plain = plainly(&speculative, plain_tokens);
    applier.load()?;
    applier.clear_cache();
    let cold = run(applier, case, &speculative)?;
    let warm = run(applier, case, &speculative)?;
    let plain = run(applier, case, &plain)?;
    Ok(SpeedRow {
        id: case.id.clone(),
        lines: case.before.lines().count(),
        plain,
        cold,
        warm,
    })
}

/// Speculative over plain decoding where nothing can be copied, above which drafting is taken to
/// cost nothing.
pub const FOREIGN_RATIO: f64 = 0.95;

/// How fast one case is forced to a text that has nothing to do with it.
#[derive(Debug, Clone)]
pub struct ForeignRow {
    /// The case.
    pub id: String,
    /// Tokens per second of plain decoding, the median of the rounds.
    pub plain: f64,
    /// Of speculative decoding.
    pub speculative: f64,
    /// Of speculative decoding.
    pub tokens_per_forward: f64,
}

/// Forces the first `tokens` tokens of `foreign` as the output of a case, plainly and with drafts
/// in turn, `rounds` times.
pub fn measure_foreign(
    applier: &Applier,
    case: &Case,
    foreign: &str,
    options: &Options,
    tokens: usize,
    rounds: usize,
) -> Result<ForeignRow, ApplyError> {
    let speculative = Options {
        max_output: Some(tokens),
        ..forced(options, foreign)
    };
    let plain = plainly(&speculative, tokens);
    run(applier, case, &speculative)?;
    let (mut slow, mut fast, mut per_forward) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        slow.extend(run(applier, case, &plain)?.tokens_per_s);
        let stats = run(applier, case, &speculative)?;
        fast.extend(stats.tokens_per_s);
        per_forward.extend(stats.tokens_per_forward);
    }
    Ok(ForeignRow {
        id: case.id.clone(),
        plain: median(slow),
        speculative: median(fast),
        tokens_per_forward: median(per_forward),
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn forced(options: &Options, output: &str) -> Options {
    Options {
        mode: Mode::Rewrite,
        force_output: Some(output.to_owned()),
        ..options.clone()
    }
}

fn plainly(options: &Options, tokens: usize) -> Options {
    Options {
        draft: DraftKind::None,
        max_output: Some(tokens),
        ..options.clone()
    }
}

fn run(applier: &Applier, case: &Case, options: &Options) -> Result<Stats, ApplyError> {
    let suggestion = case.suggestion();
    let original = SourceText::from_text(case.before.clone());
    let request = Request {
        original: &original,
        suggestion: &suggestion,
        language: Language::from_path(&case.path),
        instruction: &suggestion.instruction,
        conversation: None,
        options,
        cancel: Arc::new(AtomicBool::new(false)),
    };
    Ok(applier.apply(&request, &mut |_| {})?.stats)
}
