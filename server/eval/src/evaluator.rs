use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use fast_apply_apply::{Applier, ApplyError, Options, Outcome, OutcomeKind, Request, Stats};
use fast_apply_engine::Error as EngineError;
use fast_apply_engine::assets::PromptTemplate;
use fast_apply_engine::draft::{DraftKind, DraftLength};
use fast_apply_engine::tokenizer::Tokenizer;
use fast_apply_suggest::Language;
use fast_apply_text::{SourceText, UnifiedDiff, hunks};

use crate::{Case, CaseResult, Comparison, MergeSource, replay_drafters};

/// Applies the edits of a data set as `apply` would, and holds the results against the truth.
pub struct Evaluator<'a> {
    /// What applies them.
    pub applier: &'a Applier,
    /// How.
    pub options: &'a Options,
    /// What every edit is for, in place of what the cases say.
    pub instruction: Option<&'a str>,
    /// The turns of a chat that led to every edit.
    pub conversation: Option<&'a str>,
    /// What knows how few forward passes would do; none where no model has a say.
    pub oracle: Option<&'a Oracle>,
    /// Set to stop at the next verify step.
    pub cancel: Arc<AtomicBool>,
}

/// Tells how many tokens a drafter that knows the result would get through one forward pass.
pub struct Oracle {
    /// The model's.
    pub tokenizer: Tokenizer,
    /// The model's.
    pub template: PromptTemplate,
    /// The longest draft.
    pub length: DraftLength,
}

/// Longer than any output that fits a context.
const UNBOUNDED: usize = 1 << 20;

impl Oracle {
    fn tokens_per_forward(&self, case: &Case) -> Option<f64> {
        let length = match self.length {
            DraftLength::Fixed(length) => length,
            DraftLength::Auto => UNBOUNDED,
        };
        let report = replay_drafters(
            std::slice::from_ref(case),
            &self.tokenizer,
            &self.template,
            &[(DraftKind::Oracle, length)],
            MergeSource::LeftOut,
            &mut || {},
        );
        // A text that cannot be encoded has no such number; the model will have said so, too.
        report.ok()?.rows.first().map(|row| row.tokens_per_forward)
    }
}

impl Evaluator<'_> {
    /// Applies one edit with an empty cache and compares; none if it was cancelled.
    ///
    /// # Errors
    /// There is no model, and nothing can be done without one.
    pub fn evaluate(&self, case: &Case) -> Result<Option<CaseResult>, ApplyError> {
        self.applier.clear_cache();
        let original = SourceText::from_text(case.before.clone());
        let mut result = self.unmeasured(case);
        match self.apply(case, &original) {
            Ok(outcome) if outcome.stats.outcome == Some(OutcomeKind::Cancelled) => {
                return Ok(None);
            }
            Ok(outcome) => measure(&mut result, case, outcome),
            Err(ApplyError::NoModel(reason)) => return Err(ApplyError::NoModel(reason)),
            Err(error) => {
                result.fits_context = !matches!(
                    error,
                    ApplyError::Engine(EngineError::ContextExceeded { .. })
                );
                result.error = Some(error.to_string());
            }
        }
        Ok(Some(result))
    }

    fn apply(&self, case: &Case, original: &SourceText) -> Result<Outcome, ApplyError> {
        if original.model_text().is_empty() {
            return Err(ApplyError::EmptyFile);
        }
        if case.reply.trim().is_empty() {
            return Err(ApplyError::EmptyEdit);
        }
        let reply = SourceText::from_text(case.reply.clone());
        let selection = fast_apply_suggest::parse(reply.model_text())
            .for_file(&case.path, original.model_text());
        let suggestion = selection.suggestion;
        if suggestion.text().trim().is_empty() {
            return Err(ApplyError::NoBlock(selection.ignored.join(" ")));
        }
        let own = Some(case.instruction.as_str()).filter(|text| !text.trim().is_empty());
        let request = Request {
            original,
            suggestion: &suggestion,
            language: Language::from_path(&case.path),
            instruction: self.instruction.or(own).unwrap_or(&suggestion.instruction),
            conversation: self.conversation,
            options: self.options,
            cancel: self.cancel.clone(),
        };
        self.applier.apply(&request, &mut |_| {})
    }

    /// What is known of a case whatever comes of it: as if it had failed.
    fn unmeasured(&self, case: &Case) -> CaseResult {
        let mut result = CaseResult {
            id: case.id.clone(),
            path: case.path.clone(),
            language: case.language.clone(),
            lines: case.before.lines().count(),
            changed_lines: hunks(&case.before, &case.after)
                .iter()
                .map(|hunk| hunk.original.len().max(hunk.rewritten.len()))
                .sum(),
            fits_context: true,
            outcome: "failed".to_owned(),
            oracle_tokens_per_forward: self
                .oracle
                .and_then(|oracle| oracle.tokens_per_forward(case)),
            ..CaseResult::default()
        };
        result.keep(&case.other);
        result
    }
}

fn measure(result: &mut CaseResult, case: &Case, outcome: Outcome) {
    let stats = &outcome.stats;
    result.outcome = word(&stats.outcome).unwrap_or_default();
    result.source = word(&stats.source);
    result.confidence = stats.confidence;
    result.chars_per_s = stats.chars_per_s;
    result.tokens_per_s = stats.tokens_per_s;
    result.tokens_per_forward = stats.tokens_per_forward;
    result.total_ms = stats.total_ms;
    result.prompt_tokens = stats.prompt_tokens;
    result.output_tokens = stats.output_tokens;
    result.error = stats.error.clone();
    result.without_model = outcome.without_model;
    let Some(text) = &outcome.text else { return };
    let comparison = Comparison::new(&case.before, &case.after, text);
    result.exact = *text == case.after;
    result.exact_ignoring_blank_lines = Some(comparison.exact_ignoring_blank_lines);
    result.unrelated_changes = Some(comparison.unrelated_changes);
    result.extra_lines = Some(comparison.extra_lines);
    result.marker_left = passed(stats, "marker_left").map(|passed| !passed);
    // Without a grammar nobody knows.
    result.syntax_ok = Language::from_path(&case.path).and_then(|_| passed(stats, "syntax"));
    result.guards_failed = stats
        .guards
        .iter()
        .filter(|guard| !guard.passed)
        .map(|guard| guard.name.to_owned())
        .collect();
    if !result.exact {
        let name = case.path.trim_start_matches('/');
        result.diff = Some(UnifiedDiff::new(name, &case.after, text).to_string());
    }
}

fn passed(stats: &Stats, guard: &str) -> Option<bool> {
    let report = stats.guards.iter().find(|report| report.name == guard)?;
    Some(report.passed)
}

/// The word that stands for a value in the statistics.
fn word<T: serde::Serialize>(value: &Option<T>) -> Option<String> {
    let value = serde_json::to_value(value).ok()?;
    value.as_str().map(str::to_owned)
}
