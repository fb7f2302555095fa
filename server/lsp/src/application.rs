//! One job from beginning to end: the reply taken apart, the edit applied, the outcome in words.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fast_apply_apply::{
    Applier, ApplyError, Event as Step, Options, Outcome, OutcomeKind, Request, Stats,
};
use fast_apply_suggest::Language;
use fast_apply_text::SourceText;

use crate::event::{Ending, Job, Work};

/// An applier for a server that has not chosen its model yet.
pub(crate) fn without_model() -> Applier {
    Applier::new(|| Err(ApplyError::NoModel("none is chosen yet".to_owned())))
}

/// Does a job. Never fails: what goes wrong, also by a panic, is the ending.
pub(crate) fn run(applier: &Applier, job: Job, on_news: &mut dyn FnMut(Work)) -> Ending {
    let mode = job.mode;
    let result = catch_unwind(AssertUnwindSafe(|| apply(applier, job, on_news)));
    match result {
        Ok(Ok(ending)) => ending,
        Ok(Err(error)) => failed(mode.name(), error.to_string()),
        Err(_) => failed(
            mode.name(),
            "the edit could not be worked out because of a fault in fast-apply; the log says where"
                .to_owned(),
        ),
    }
}

fn apply(applier: &Applier, job: Job, on_news: &mut dyn FnMut(Work)) -> Result<Ending, ApplyError> {
    if job.suggested.text.trim().is_empty() {
        return Err(ApplyError::EmptyEdit);
    }
    let original = match SourceText::from_bytes(job.original.into_bytes()) {
        Ok(original) => original,
        Err(error) => return Ok(failed(job.mode.name(), error.to_string())),
    };
    let reply = fast_apply_suggest::parse(&job.suggested.text);
    let selection = reply.for_file(&job.path, original.model_text());
    if selection.suggestion.text().trim().is_empty() {
        return Err(ApplyError::NoBlock(selection.ignored.join(" ")));
    }
    if original.model_text().is_empty() {
        return Err(ApplyError::EmptyFile);
    }
    let options = Options {
        mode: job.mode,
        strict: job.strict,
        ..Options::default()
    };
    let instruction = job.suggested.instruction.as_deref();
    let request = Request {
        original: &original,
        suggestion: &selection.suggestion,
        language: Language::from_path(&job.path),
        instruction: instruction.unwrap_or(&selection.suggestion.instruction),
        conversation: job.conversation.as_deref(),
        options: &options,
        cancel: job.cancel,
    };
    let outcome = applier.apply(&request, &mut |step| {
        on_news(match step {
            Step::Prompt { done, total } => Work::Prompt { done, total },
            Step::Text(text) => Work::Text(text.to_owned()),
            Step::Settled(text) => Work::Settled(text.to_owned()),
        });
    })?;
    Ok(ending(outcome, selection.ignored))
}

/// What is worth saying about an outcome.
fn ending(outcome: Outcome, ignored: Vec<String>) -> Ending {
    let stats = outcome.stats;
    let mut sentences = Vec::new();
    match &outcome.text {
        None => sentences.extend(stats.error.clone()),
        Some(_) => {
            let failed = stats.guards.iter().filter(|guard| !guard.passed);
            sentences.extend(failed.filter_map(|guard| guard.detail.clone()));
        }
    }
    sentences.extend(ignored);
    // A merge that is sure enough needs none.
    let without_model = outcome.without_model.filter(|_| outcome.text.is_none());
    sentences.extend(without_model.map(|reason| format!("there was no model to ask: {reason}")));
    Ending {
        text: outcome.text,
        alternatives: outcome.alternatives,
        message: (!sentences.is_empty()).then(|| sentences.join("; ")),
        stats: Box::new(stats),
    }
}

fn failed(mode: &'static str, reason: String) -> Ending {
    Ending {
        text: None,
        alternatives: None,
        message: Some(reason.clone()),
        stats: Box::new(Stats {
            mode,
            outcome: Some(OutcomeKind::Failed),
            error: Some(reason),
            ..Stats::default()
        }),
    }
}
