use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::channel;
use std::time::Instant;

use fast_apply_engine::Error as EngineError;
use fast_apply_engine::assets::PromptTemplate;
use fast_apply_engine::decode::{Generation, Stop};
use fast_apply_engine::draft::Sources;
use fast_apply_engine::engine::{Engine, Event as EngineEvent, RewriteRequest};
use fast_apply_engine::prompt::{Prompt, PromptTexts};
use fast_apply_engine::tokenizer::Tokenizer;
use fast_apply_engine::{LoadOptions, Placement};
use fast_apply_text::SourceText;

use crate::output::Output;
use crate::stats::{Guard, OutcomeKind, Source, Stats, StopKind};
use crate::{ApplyError, Options};

/// A resident model with what is needed to ask it for rewrites.
pub struct Rewriter {
    engine: Engine,
    tokenizer: Tokenizer,
    template: PromptTemplate,
    stop_tokens: Vec<u32>,
    line_ends: Vec<u32>,
    max_context: usize,
    model: String,
    adapter: Option<String>,
    placement: Placement,
    load_ms: f64,
}

/// One edit of one text.
pub struct Request<'a> {
    /// The text before the edit.
    pub original: &'a SourceText,
    /// The edit, with LF line endings.
    pub sketch: &'a str,
    /// What the edit is for, in words.
    pub instruction: Option<&'a str>,
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
    /// This text follows the output so far; LF line endings.
    Text(&'a str),
}

/// How one application ended.
#[derive(Debug)]
pub struct Outcome {
    /// The new text with the original's line endings, unless there is none.
    pub text: Option<String>,
    /// What it took.
    pub stats: Stats,
}

impl Rewriter {
    /// Loads a model and waits until it is ready.
    pub fn load(
        model: fast_apply_engine::assets::ResolvedModel,
        options: LoadOptions,
    ) -> Result<Self, ApplyError> {
        let start = Instant::now();
        let placement = options.placement()?;
        let tokenizer = model.weights.tokenizer()?;
        let stop_tokens = model.prompt.stop_tokens(&tokenizer)?;
        let (sender, loaded) = channel();
        let (weights, adapter) = (model.weights, model.adapter);
        let adapter_id = adapter.as_ref().map(|adapter| adapter.id.clone());
        let engine = Engine::start(
            move || options.load(&weights, adapter.as_ref()),
            move |result| {
                sender.send(result).ok();
            },
        );
        let max_context = loaded.recv().map_err(|_| EngineError::EngineStopped)??;
        Ok(Self {
            line_ends: tokenizer.line_ends(),
            load_ms: milliseconds(start),
            template: model.prompt,
            model: model.id,
            adapter: adapter_id,
            engine,
            tokenizer,
            stop_tokens,
            max_context,
            placement,
        })
    }

    /// What is known of an application by this model before it starts.
    pub fn stats(&self, options: &Options) -> Stats {
        Stats {
            mode: options.mode.name(),
            model: Some(self.model.clone()),
            adapter: self.adapter.clone(),
            device: Some(self.placement.device),
            dtype: Some(self.placement.dtype),
            threads: Some(self.placement.threads),
            kernels: Some(self.placement.kernels),
            draft: Some(options.draft.name()),
            forced: options.force_output.is_some(),
            load_ms: Some(self.load_ms),
            ..Stats::default()
        }
    }

    /// Forgets every text seen: the next rewrite is a cold one.
    pub fn clear_cache(&self) {
        self.engine.clear_cache();
    }

    /// Rewrites a text and waits for the end.
    pub fn rewrite(
        &self,
        request: &Request<'_>,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<Outcome, ApplyError> {
        let start = Instant::now();
        let original = request.original.model_text();
        let prompt = self.template.encode(
            &self.tokenizer,
            PromptTexts {
                original,
                sketch: request.sketch,
                instruction: request.instruction,
                conversation: request.conversation,
            },
        )?;
        let engine_request = self.engine_request(&prompt, request)?;
        let (sender, events) = channel();
        self.engine.rewrite(
            engine_request,
            Box::new(move |event| {
                // Nobody listens any more only if this call has returned early.
                sender.send(event).ok();
            }),
        );
        let mut output = Output::new(original, start);
        let generation = loop {
            match events.recv().map_err(|_| EngineError::EngineStopped)? {
                EngineEvent::Prefill { done, total } => on_event(Event::Prompt { done, total }),
                EngineEvent::Accepted(tokens) => {
                    on_event(Event::Text(output.push(&self.tokenizer.decode(&tokens))));
                }
                EngineEvent::Finished(generation) => break generation,
                EngineEvent::Failed(error) => return Err(error.into()),
            }
        };
        let mut stats = self.stats(request.options);
        stats.total_ms = Some(milliseconds(start));
        stats.first_hunk_ms = output.first_hunk().map(|time| time.as_secs_f64() * 1e3);
        Ok(finish(
            request.original,
            &output.into_text(),
            &generation,
            stats,
        ))
    }

    fn engine_request(
        &self,
        prompt: &Prompt,
        request: &Request<'_>,
    ) -> Result<RewriteRequest, ApplyError> {
        // A rewrite is about as long as the file: if that does not fit, nothing useful will.
        let needed = prompt.tokens.len() + prompt.original.len();
        if needed > self.max_context {
            return Err(EngineError::ContextExceeded {
                needed,
                limit: self.max_context,
            }
            .into());
        }
        let options = request.options;
        let forced = match &options.force_output {
            Some(text) => Some(self.tokenizer.encode(text)?),
            None => None,
        };
        let by_default = prompt.original.len() + 2 * prompt.sketch.len() + 256;
        Ok(RewriteRequest {
            sources: Sources {
                original: prompt.original.clone(),
                sketch: prompt.sketch.clone(),
                merge: None,
                prompt: prompt.tokens.clone(),
                line_ends: self.line_ends.clone(),
                truth: forced.clone(),
            },
            draft: options.draft,
            draft_length: options.draft_length,
            stop_tokens: self.stop_tokens.clone(),
            max_output: options.max_output.unwrap_or(by_default),
            forced,
            cancel: request.cancel.clone(),
        })
    }
}

fn finish(
    original: &SourceText,
    rewrite: &str,
    generation: &Generation,
    mut stats: Stats,
) -> Outcome {
    let effort = generation.effort;
    let output_tokens = generation.tokens.len();
    stats.original_chars = Some(original.text().chars().count());
    stats.prompt_tokens = Some(effort.prompt_tokens);
    stats.cached_tokens = Some(effort.cached_tokens);
    stats.output_tokens = Some(output_tokens);
    stats.forwards = Some(effort.forwards);
    stats.drafted = Some(effort.drafted);
    stats.accepted = Some(effort.accepted);
    stats.prefill_ms = Some(effort.prefill.as_secs_f64() * 1e3);
    stats.decode_ms = Some(effort.decode.as_secs_f64() * 1e3);
    stats.tokens_per_forward = ratio(output_tokens as f64, effort.forwards as f64);
    stats.tokens_per_s = ratio(output_tokens as f64, effort.decode.as_secs_f64());
    stats.stop = Some(match generation.stop {
        Stop::End => StopKind::End,
        Stop::MaxOutput => StopKind::MaxOutput,
        Stop::Cancelled => StopKind::Cancelled,
    });
    if generation.stop == Stop::Cancelled {
        stats.outcome = Some(OutcomeKind::Cancelled);
        return Outcome { text: None, stats };
    }
    let truncated = generation.stop == Stop::MaxOutput;
    stats.guards.push(Guard {
        name: "truncated",
        passed: !truncated,
        detail: truncated.then(|| format!("the output was cut at {output_tokens} tokens")),
    });
    let text = original.restore(rewrite);
    let chars = text.chars().count();
    stats.chars = Some(chars);
    stats.chars_per_s = stats
        .total_ms
        .and_then(|total| ratio(chars as f64, total / 1e3));
    stats.source = Some(Source::Model);
    stats.outcome = Some(match text == original.text() {
        true => OutcomeKind::Unchanged,
        false => OutcomeKind::Applied,
    });
    Outcome {
        text: Some(text),
        stats,
    }
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

fn ratio(numerator: f64, denominator: f64) -> Option<f64> {
    (denominator > 0.0).then(|| numerator / denominator)
}
