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
    let suggestion = case.suggestion();
    let original = SourceText::from_text(case.before.clone());
    let run = |options: &Options| -> Result<Stats, ApplyError> {
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
    };
    let speculative = Options {
        mode: Mode::Rewrite,
        force_output: Some(case.after.clone()),
        ..options.clone()
    };
    let plain = Options {
        draft: DraftKind::None,
        max_output: Some(plain_tokens),
        ..speculative.clone()
    };
    applier.load()?;
    applier.clear_cache();
    let cold = run(&speculative)?;
    let warm = run(&speculative)?;
    let plain = run(&plain)?;
    Ok(SpeedRow {
        id: case.id.clone(),
        lines: case.before.lines().count(),
        plain,
        cold,
        warm,
    })
}
