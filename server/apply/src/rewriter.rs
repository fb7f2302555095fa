use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::channel;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use fast_apply_engine::Error as EngineError;
use fast_apply_engine::assets::{PromptTemplate, ResolvedModel};
use fast_apply_engine::copy_head::{CopyHead, CopySources, Network};
use fast_apply_engine::copying::{Coming, CopyRule, Pattern, TokenBytes};
use fast_apply_engine::decode::{Generation, Stop};
use fast_apply_engine::draft::Sources;
use fast_apply_engine::engine::{
    Engine, Event as EngineEvent, RewriteRequest, ScoreEvent, ScoreRequest,
};
use fast_apply_engine::prompt::{Prompt, PromptTexts};
use fast_apply_engine::tokenizer::Tokenizer;
use fast_apply_engine::{LoadOptions, Placement};
use fast_apply_suggest::{Reach, Suggestion, marker_lines};

use crate::excerpt::Excerpt;
use crate::guarding::context_of;
use crate::judgement::{Comparison, Judgement};
use crate::output::Output;
use crate::rewrite_engine::{Prediction, Rewrite, RewriteEngine};
use crate::stats::{Stats, StopKind};
use crate::{ApplyError, Event, Options, Request};

/// Lines around what differs that a model sees of a file that is too long for it.
const AROUND: usize = 60;

/// Where a model that may only copy may leave out lines of the file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LeavingOut {
    /// Where the edit can mean it.
    WhereMeant,
    Anywhere,
}

/// A resident model with what is needed to ask it for rewrites.
pub struct Rewriter {
    engine: Engine,
    tokenizer: Tokenizer,
    template: PromptTemplate,
    stop_tokens: Vec<u32>,
    token_bytes: OnceLock<Arc<TokenBytes>>,
    line_ends: Vec<u32>,
    max_context: usize,
    model: String,
    adapter: Option<String>,
    /// That of the adapter's copy head, where it has one.
    network: Option<Arc<Network>>,
    placement: Placement,
    load_ms: f64,
}

impl Rewriter {
    /// Loads a model and waits until it is ready.
    pub fn load(model: ResolvedModel, options: LoadOptions) -> Result<Self, ApplyError> {
        let start = Instant::now();
        let placement = options.placement()?;
        let tokenizer = model.weights.tokenizer()?;
        let stop_tokens = model.prompt.stop_tokens(&tokenizer)?;
        let (sender, loaded) = channel();
        let (weights, adapter) = (model.weights, model.adapter);
        let copy_head = adapter
            .as_ref()
            .and_then(|adapter| adapter.copy_head.as_ref());
        let network = copy_head.map(|file| Network::new(file)).transpose()?;
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
            token_bytes: OnceLock::new(),
            load_ms: milliseconds(start),
            template: model.prompt,
            model: model.id,
            adapter: adapter_id,
            network: network.map(Arc::new),
            engine,
            tokenizer,
            stop_tokens,
            max_context,
            placement,
        })
    }

    /// The prompt, if it and a rewrite about as long as the file fit the context.
    fn prompt(&self, request: &Request<'_>, original: &str) -> Result<Prompt, ApplyError> {
        let sketch = request.suggestion.text();
        let prompt = self.template.encode(
            &self.tokenizer,
            PromptTexts {
                original,
                sketch: &sketch,
                instruction: Some(request.instruction).filter(|text| !text.is_empty()),
                conversation: request.conversation,
            },
        )?;
        let needed = prompt.tokens.len() + prompt.original.len();
        if needed > self.max_context {
            return Err(EngineError::ContextExceeded {
                needed,
                limit: self.max_context,
            }
            .into());
        }
        Ok(prompt)
    }

    fn engine_request(
        &self,
        request: &Request<'_>,
        prediction: Prediction<'_>,
    ) -> Result<RewriteRequest, ApplyError> {
        let prompt = self.prompt(request, request.original.model_text())?;
        let encode = |text: Option<&str>| text.map(|text| self.tokenizer.encode(text)).transpose();
        let options = request.options;
        let forced = encode(options.force_output.as_deref())?;
        let (merge, only_agreement) = match prediction {
            Prediction::None => (None, false),
            Prediction::Draft(text) => (Some(text), false),
            Prediction::Check(text) => (Some(text), true),
        };
        let merge = encode(merge)?;
        let copy_head = self.network.as_ref().map(|network| {
            let sources = self.copy_sources(request, &prompt);
            CopyHead {
                network: Arc::clone(network),
                sources: Arc::new(sources),
            }
        });
        // A copy head knows better than the words of the edit which lines it leaves out.
        let leaving_out = match copy_head {
            Some(_) => LeavingOut::Anywhere,
            None => LeavingOut::WhereMeant,
        };
        let by_default = prompt.original.len() + 2 * prompt.sketch.len() + 256;
        Ok(RewriteRequest {
            sources: Sources {
                original: prompt.original,
                sketch: prompt.sketch,
                merge: merge.clone(),
                prompt: prompt.tokens,
                line_ends: self.line_ends.clone(),
                truth: forced.clone(),
            },
            draft: options.draft,
            draft_length: options.draft_length,
            stop_tokens: self.stop_tokens.clone(),
            max_output: options.max_output.unwrap_or(by_default),
            rule: options
                .strict
                .then(|| self.copy_rule(request, &Excerpt::default(), leaving_out)),
            copy_head,
            forced,
            expected: merge.filter(|_| only_agreement),
            cancel: request.cancel.clone(),
        })
    }
}

impl Rewriter {
    /// Allows what the edit may change, and where it does not tell, its lines and the file's in any order.
    fn copy_rule(
        &self,
        request: &Request<'_>,
        excerpt: &Excerpt,
        leaving_out: LeavingOut,
    ) -> CopyRule {
        let mut pattern = pattern(request, excerpt);
        if leaving_out == LeavingOut::Anywhere {
            pattern.may_go.fill(true);
        }
        CopyRule::new(pattern, self.vocabulary(), self.stop_tokens.clone())
    }

    /// What a rewrite is copied from.
    fn copy_sources(&self, request: &Request<'_>, prompt: &Prompt) -> CopySources {
        let original = request.original.model_text();
        let markers = marker_lines(original, &request.suggestion.text());
        CopySources::new(
            &prompt.original,
            &prompt.sketch,
            &markers,
            self.stop_tokens[0],
            self.vocabulary(),
        )
    }

    fn vocabulary(&self) -> Arc<TokenBytes> {
        let bytes = || self.tokenizer.token_bytes();
        Arc::clone(self.token_bytes.get_or_init(bytes))
    }
}

impl RewriteEngine for Rewriter {
    fn stats(&self, options: &Options) -> Stats {
        Stats {
            mode: options.mode.name(),
            strict: options.strict,
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

    fn clear_cache(&self) {
        self.engine.clear_cache();
    }

    fn rewrite(
        &self,
        request: &Request<'_>,
        prediction: Prediction<'_>,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<Rewrite, ApplyError> {
        let start = Instant::now();
        let engine_request = self.engine_request(request, prediction)?;
        let (sender, events) = channel();
        self.engine.rewrite(
            engine_request,
            Box::new(move |event| {
                // Nobody listens any more only if this call has returned early.
                sender.send(event).ok();
            }),
        );
        let mut output = Output::new(request.original.model_text(), start);
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
        let mut end = 0;
        let tokens = generation
            .tokens
            .iter()
            .zip(&generation.margins)
            .map(|(&token, &margin)| {
                end += self.tokenizer.decode(&[token]).len();
                (end, margin)
            });
        let mut stats = Stats {
            total_ms: Some(milliseconds(start)),
            first_hunk_ms: output.first_hunk().map(|time| time.as_secs_f64() * 1e3),
            ..self.stats(request.options)
        };
        add_effort(&mut stats, &generation);
        Ok(Rewrite {
            tokens: tokens.collect(),
            text: output.into_text(),
            stop: generation.stop,
            stats,
        })
    }

    fn judge(
        &self,
        request: &Request<'_>,
        texts: &[String],
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<Option<Judgement>, ApplyError> {
        let start = Instant::now();
        let original = request.original.model_text();
        let (excerpt, prompt) = match self.prompt(request, original) {
            // What differs can be judged without the rest.
            Err(ApplyError::Engine(EngineError::ContextExceeded { .. })) => {
                let excerpt = Excerpt::of_differences(original, texts, AROUND);
                let prompt = self.prompt(request, excerpt.cut(original))?;
                (excerpt, prompt.tokens)
            }
            prompt => (Excerpt::default(), prompt?.tokens),
        };
        let prompt_tokens = prompt.len();
        let encode = |text: &String| -> Result<Vec<u32>, ApplyError> {
            let mut tokens = self.tokenizer.encode(excerpt.cut(text))?;
            tokens.extend(self.stop_tokens.first());
            Ok(tokens)
        };
        let comparison = Comparison::new(texts.iter().map(encode).collect::<Result<_, _>>()?);
        let (sender, events) = channel();
        let score_request = ScoreRequest {
            prompt,
            candidates: comparison.candidates(),
            rule: Some(self.copy_rule(request, &excerpt, LeavingOut::WhereMeant)),
            cancel: request.cancel.clone(),
        };
        self.engine.score(
            score_request,
            Box::new(move |event| {
                // Nobody listens any more only if this call has returned early.
                sender.send(event).ok();
            }),
        );
        let scores = loop {
            match events.recv().map_err(|_| EngineError::EngineStopped)? {
                ScoreEvent::Progress { done, total } => on_event(Event::Prompt { done, total }),
                ScoreEvent::Finished(scores) => break scores,
                ScoreEvent::Failed(error) => return Err(error.into()),
            }
        };
        Ok(scores.map(|scores| {
            let took = milliseconds(start);
            let stats = Stats {
                total_ms: Some(took),
                prefill_ms: Some(took),
                prompt_tokens: Some(prompt_tokens),
                cached_tokens: Some(scores.cached_tokens),
                ..self.stats(request.options)
            };
            comparison.judge(&scores.candidates, stats)
        }))
    }

    fn warm(&self, original: &str, cancel: Arc<AtomicBool>) {
        // A text that cannot be encoded is reported by the rewrite that follows.
        if let Ok(prefix) = self.template.encode_prefix(&self.tokenizer, original)
            && prefix.len() <= self.max_context
        {
            self.engine.warm(prefix, cancel);
        }
    }
}

/// What a rewrite of an excerpt may be if the model may only copy.
fn pattern(request: &Request<'_>, excerpt: &Excerpt) -> Pattern {
    let text = request.original.model_text();
    let original: Vec<String> = text.lines().map(str::to_owned).collect();
    let lines = excerpt.lines(original.len());
    let places = lines.start..=lines.end;
    match Reach::of(text, request.suggestion, &context_of(request)) {
        Some(reach) => Pattern {
            may_go: reach.lines_that_may_go()[lines.clone()].to_vec(),
            may_come: places
                .map(|place| match reach.blanks_may_come(place) {
                    true if reach.lines_may_come(place) => Coming::Lines,
                    true => Coming::Blanks,
                    false => Coming::Nothing,
                })
                .collect(),
            new_lines: reach.new_lines(text, request.suggestion),
            original: original[lines].to_vec(),
        },
        None => Pattern {
            may_go: vec![true; lines.len()],
            may_come: vec![Coming::Lines; lines.len() + 1],
            new_lines: shown_and_known(request.suggestion, text),
            original: original[lines].to_vec(),
        },
    }
}

/// The lines of the file and of the edit, each at most as often as they have it together.
fn shown_and_known(suggestion: &Suggestion, original: &str) -> HashMap<String, usize> {
    let mut lines = HashMap::new();
    let shown = suggestion.lines(original);
    for line in shown.iter().map(String::as_str).chain(original.lines()) {
        *lines.entry(line.trim().to_owned()).or_default() += 1;
    }
    lines
}

fn add_effort(stats: &mut Stats, generation: &Generation) {
    let effort = generation.effort;
    let output_tokens = generation.tokens.len();
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
    stats.stop = match generation.stop {
        Stop::End => Some(StopKind::End),
        Stop::MaxOutput => Some(StopKind::MaxOutput),
        Stop::Cancelled => Some(StopKind::Cancelled),
        Stop::Differs => None,
    };
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

fn ratio(numerator: f64, denominator: f64) -> Option<f64> {
    (denominator > 0.0).then(|| numerator / denominator)
}
