use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use fast_apply_engine::decode::Stop;
use fast_apply_suggest::{CONFIDENT, Language, Merge, Method, Suggestion, merge};
use fast_apply_text::SourceText;

use crate::decision::{Candidate, HOPELESS, decide, loses_lines};
use crate::guarding::{all_passed, context_of, guards};
use crate::outcome::{cancelled, refused, written};
use crate::rewrite_engine::{Prediction, Rewrite, RewriteEngine};
use crate::rewriter::Rewriter;
use crate::stats::{Guard, Source, Stats};
use crate::verdict::ask;
use crate::{ApplyError, Mode, Options, Outcome};

/// Loads a model when it is first needed.
type Loader = Box<dyn Fn() -> Result<Rewriter, ApplyError> + Send + Sync>;

/// Applies edits, with a model that is loaded when it is first needed.
///
/// Threads can share it: the model's own thread takes one rewrite after the other.
pub struct Applier {
    load: Loader,
    engine: Mutex<Slot>,
}

/// Where the model is kept.
enum Slot {
    Empty,
    /// It could not be loaded, for this reason; nothing tries again unasked.
    Failed(String),
    Loaded(Arc<dyn RewriteEngine>),
}

/// One edit of one text.
pub struct Request<'a> {
    /// The text before the edit.
    pub original: &'a SourceText,
    /// The edit.
    pub suggestion: &'a Suggestion,
    /// The language of the text, if its structure is understood.
    pub language: Option<Language>,
    /// What the edit is for; empty if nobody said.
    pub instruction: &'a str,
    /// The turns of the chat that led to it.
    pub conversation: Option<&'a str>,
    /// How to apply it.
    pub options: &'a Options,
    /// Set to stop at the next verify step.
    pub cancel: Arc<AtomicBool>,
}

/// Progress of one application.
#[derive(Debug, PartialEq)]
pub enum Event<'a> {
    /// So much of the prompt has been read, in tokens.
    Prompt {
        /// Tokens done.
        done: usize,
        /// Tokens in all.
        total: usize,
    },
    /// This text follows the model's output so far; LF line endings.
    Text(&'a str),
    /// The new text will be this one, whatever the model says; the original's line endings.
    Settled(&'a str),
}

impl Applier {
    /// Takes what loads the model.
    pub fn new(load: impl Fn() -> Result<Rewriter, ApplyError> + Send + Sync + 'static) -> Self {
        Self {
            load: Box::new(load),
            engine: Mutex::new(Slot::Empty),
        }
    }

    /// Takes a model that is loaded.
    pub fn with_model(rewriter: Rewriter) -> Self {
        Self::with_engine(Arc::new(rewriter))
    }

    /// Takes a text to be written instead of a model's.
    #[cfg(feature = "replay")]
    pub fn with_replay(replay: crate::Replay) -> Self {
        Self::with_engine(Arc::new(replay))
    }

    fn with_engine(engine: Arc<dyn RewriteEngine>) -> Self {
        let unneeded = || Err(ApplyError::NoModel("it was unloaded".to_owned()));
        Self {
            load: Box::new(unneeded),
            engine: Mutex::new(Slot::Loaded(engine)),
        }
    }

    /// Applies one edit and waits for the end.
    ///
    /// # Errors
    /// The model is needed and cannot be loaded or run. Refusals and cancels are no errors.
    pub fn apply(
        &self,
        request: &Request<'_>,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<Outcome, ApplyError> {
        let start = Instant::now();
        let original = request.original.model_text();
        let merged = merge(original, request.suggestion, &context_of(request));
        let merge_ms = start.elapsed().as_secs_f64() * 1e3;
        if request.options.mode == Mode::Rewrite {
            let prediction = match &merged {
                Ok(merged) => Prediction::Draft(&merged.text),
                Err(_) => Prediction::None,
            };
            let mut rewrite = self.model()?.rewrite(request, prediction, on_event)?;
            rewrite.stats.start_earlier(merge_ms);
            return Ok(of_model(request, &rewrite));
        }
        let mut stats = self.stats(request.options);
        let merged = match merged {
            Ok(merged) => merged,
            Err(error) => {
                stats.start_earlier(merge_ms);
                return Ok(refused(request, stats, error.to_string(), None));
            }
        };
        let merge_guards = guards(request, &merged.text, None);
        if request.options.mode == Mode::Merge || merged.method == Method::Patch {
            stats.confidence = Some(f64::from(merged.confidence));
            stats.start_earlier(merge_ms);
            return Ok(choose(request, &merged, merge_guards, None, stats));
        }
        let before = Merged {
            merge: merged,
            guards: merge_guards,
            milliseconds: merge_ms,
        };
        Ok(match self.model() {
            Ok(model) => with_model(request, before, &*model, on_event),
            Err(error) => without_model(request, before, stats, &error),
        })
    }

    /// What is known before any result: the options, and the model if it is loaded.
    pub fn stats(&self, options: &Options) -> Stats {
        match &*self.slot() {
            Slot::Loaded(engine) => engine.stats(options),
            Slot::Empty | Slot::Failed(_) => Stats {
                mode: options.mode.name(),
                ..Stats::default()
            },
        }
    }

    /// Loads the model if it is not there, also where that has failed before.
    ///
    /// # Errors
    /// It cannot be loaded.
    pub fn load(&self) -> Result<(), ApplyError> {
        let mut slot = self.slot();
        if let Slot::Failed(_) = *slot {
            *slot = Slot::Empty;
        }
        self.loaded(&mut slot).map(|_| ())
    }

    /// Gives the model's memory back once no rewrite uses it. The next that needs one loads it again.
    pub fn unload(&self) {
        *self.slot() = Slot::Empty;
    }

    /// Gets a loaded model ready for edits of this text, which has LF line endings; returns at once.
    pub fn warm(&self, original: &str, cancel: Arc<AtomicBool>) {
        if let Slot::Loaded(engine) = &*self.slot() {
            engine.warm(original, cancel);
        }
    }

    /// Makes the next rewrite a cold one.
    pub fn clear_cache(&self) {
        if let Slot::Loaded(engine) = &*self.slot() {
            engine.clear_cache();
        }
    }

    /// The model, loaded if need be.
    fn model(&self) -> Result<Arc<dyn RewriteEngine>, ApplyError> {
        self.loaded(&mut self.slot())
    }

    fn loaded(&self, slot: &mut Slot) -> Result<Arc<dyn RewriteEngine>, ApplyError> {
        if let Slot::Empty = slot {
            *slot = match (self.load)() {
                Ok(rewriter) => Slot::Loaded(Arc::new(rewriter)),
                Err(ApplyError::NoModel(reason)) => Slot::Failed(reason),
                Err(other) => Slot::Failed(other.to_string()),
            };
        }
        match slot {
            Slot::Loaded(engine) => Ok(Arc::clone(engine)),
            Slot::Failed(reason) => Err(ApplyError::NoModel(reason.clone())),
            Slot::Empty => unreachable!("it has just been filled"),
        }
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        // A panic while loading leaves the slot as it was.
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A merge that a model has its say about.
struct Merged {
    merge: Merge,
    guards: Vec<Guard>,
    /// The time it took.
    milliseconds: f64,
}

/// `auto` with a model: a sure merge is only checked, a doubtful one is judged, and what the judge
/// leaves open is written anew.
fn with_model(
    request: &Request<'_>,
    merged: Merged,
    model: &dyn RewriteEngine,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Outcome {
    let Merged {
        merge,
        guards,
        mut milliseconds,
    } = merged;
    let confidence = Some(f64::from(merge.confidence));
    let mut readings = Vec::new();
    if merge.confidence >= CONFIDENT && all_passed(&guards) {
        on_event(Event::Settled(&request.original.restore(&merge.text)));
    } else if merge.confidence >= HOPELESS
        && let Ok(verdict) = ask(model, request, &merge, &guards, on_event)
    {
        let Some(mut verdict) = verdict else {
            return cancelled(model.stats(request.options));
        };
        verdict.stats.start_earlier(milliseconds);
        if let Some(chosen) = verdict.chosen {
            verdict.stats.confidence = confidence;
            verdict.stats.guards = chosen.guards;
            return Outcome {
                readings: verdict.readings,
                ..written(request, &chosen.text, chosen.source, verdict.stats)
            };
        }
        readings = verdict.readings;
        milliseconds = verdict.stats.total_ms.unwrap_or_default();
    }
    // Where the merge wins in any case, all the model can say is whether it agrees.
    let prediction = match merge.confidence >= CONFIDENT {
        true => Prediction::Check(&merge.text),
        false => Prediction::Draft(&merge.text),
    };
    match model.rewrite(request, prediction, on_event) {
        Ok(rewrite) => {
            let mut stats = rewrite.stats.clone();
            stats.confidence = confidence;
            stats.start_earlier(milliseconds);
            Outcome {
                readings,
                ..choose(request, &merge, guards, Some(&rewrite), stats)
            }
        }
        Err(error) => {
            let merged = Merged {
                merge,
                guards,
                milliseconds,
            };
            Outcome {
                readings,
                ..without_model(request, merged, model.stats(request.options), &error)
            }
        }
    }
}

/// `auto` without a model is `merge`.
fn without_model(
    request: &Request<'_>,
    merged: Merged,
    mut stats: Stats,
    reason: &ApplyError,
) -> Outcome {
    stats.confidence = Some(f64::from(merged.merge.confidence));
    stats.start_earlier(merged.milliseconds);
    Outcome {
        without_model: Some(reason.to_string()),
        ..choose(request, &merged.merge, merged.guards, None, stats)
    }
}

/// The model's text, whatever it is.
fn of_model(request: &Request<'_>, rewrite: &Rewrite) -> Outcome {
    if rewrite.stop == Stop::Cancelled {
        return cancelled(rewrite.stats.clone());
    }
    let mut stats = rewrite.stats.clone();
    stats.guards = guards(request, &rewrite.text, Some(rewrite));
    written(request, &rewrite.text, Source::Model, stats)
}

/// Chooses between merge and model.
fn choose(
    request: &Request<'_>,
    merged: &Merge,
    merge_guards: Vec<Guard>,
    rewrite: Option<&Rewrite>,
    mut stats: Stats,
) -> Outcome {
    // A cancel may also have come while the model was fetched or loaded.
    let is_cancelled = rewrite.is_some_and(|rewrite| rewrite.stop == Stop::Cancelled);
    if is_cancelled || request.cancel.load(Ordering::Relaxed) {
        return cancelled(stats);
    }
    let model_guards = rewrite.map(|rewrite| guards(request, &rewrite.text, Some(rewrite)));
    let verdict = if merged.method == Method::Patch {
        Some(Source::Patch)
    } else {
        let candidate = rewrite
            .zip(model_guards.as_deref())
            .map(|(rewrite, guards)| Candidate {
                text: &rewrite.text,
                sound: all_passed(guards)
                    && !loses_lines(request.original.model_text(), &merged.text, &rewrite.text),
                strict: request.options.strict,
                tokens: rewrite.tokens.clone(),
            });
        let confidence = match all_passed(&merge_guards) {
            true => merged.confidence,
            false => merged.confidence.min(HOPELESS),
        };
        decide(&merged.text, confidence, candidate.as_ref())
    };
    match (verdict, rewrite, model_guards) {
        (Some(Source::Model), Some(rewrite), Some(guards)) => {
            stats.guards = guards;
            written(request, &rewrite.text, Source::Model, stats)
        }
        (Some(source), ..) => {
            stats.guards = merge_guards;
            written(request, &merged.text, source, stats)
        }
        (None, ..) => {
            stats.guards = merge_guards;
            refuse_both(request, merged, rewrite, stats)
        }
    }
}

fn refuse_both(
    request: &Request<'_>,
    merged: &Merge,
    rewrite: Option<&Rewrite>,
    stats: Stats,
) -> Outcome {
    let failed = stats.guards.iter().filter(|guard| !guard.passed);
    let failed = failed.filter_map(|guard| guard.detail.clone());
    let doubts: Vec<String> = merged.doubts.iter().cloned().chain(failed).collect();
    let doubts = match doubts.is_empty() {
        true => "the merge is unsure".to_owned(),
        false => doubts.join("; "),
    };
    let alternatives = rewrite
        .map(|rewrite| [&merged.text, &rewrite.text].map(|text| request.original.restore(text)));
    let reason = match alternatives {
        Some(_) => format!("{doubts}, and the model writes something else"),
        None => doubts,
    };
    refused(request, stats, reason, alternatives)
}
