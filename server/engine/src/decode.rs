//! Greedy decoding with drafts: one forward pass verifies a whole draft.
//!
//! Leviathan et al., "Fast Inference from Transformers via Speculative Decoding" (2023), for greedy
//! decoding: a draft token is accepted exactly if it is the model's own choice at its place, so the
//! output never depends on the drafter.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::Error;
use crate::copy_head::{Candidates, CopyHead, Expectation};
use crate::copying::{CopyRule, Copying};
use crate::draft::{CostCurve, Draft, DraftLength, Drafter, LengthPolicy};
use crate::model::{Choice, LanguageModel};

/// Prompt tokens fed per forward pass; between two passes a cancel is noticed.
const PREFILL_CHUNK: usize = 256;

/// What to decode, and how far.
pub struct Task<'a> {
    /// The whole prompt; not empty.
    pub prompt: &'a [u32],
    /// The tokens that end an answer. They are not part of the output.
    pub stop_tokens: &'a [u32],
    /// The longest output.
    pub max_output: usize,
    /// Proposes drafts; `None` is plain decoding.
    pub drafter: Option<Box<dyn Drafter>>,
    /// How long drafts may be.
    pub draft_length: DraftLength,
    /// What has a say in every choice beside the model's logits; none: nothing.
    pub copy_head: Option<&'a CopyHead>,
    /// Which lines the output may have; none: any.
    pub rule: Option<&'a CopyRule>,
    /// Accept these tokens, and then the end, whatever the model chooses. Every pass still runs in
    /// full: this measures speed on a true edit with any weights.
    pub forced: Option<&'a [u32]>,
    /// Stop at the first token that differs from these: enough to tell whether the model agrees.
    pub expected: Option<&'a [u32]>,
    /// Set from outside to stop at the next verify step.
    pub cancel: &'a AtomicBool,
}

impl Task<'_> {
    /// Replaces the model's choices by the forced ones; the first is for output token `from`.
    fn force(&self, choices: &mut [Choice], from: usize) {
        let Some(forced) = self.forced else { return };
        let end = self.stop_tokens.first().copied().unwrap_or_default();
        for (place, choice) in choices.iter_mut().enumerate() {
            choice.token = forced.get(from + place).copied().unwrap_or(end);
        }
    }
}

/// Progress of a task.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress<'a> {
    /// So many of the prompt's tokens are in the cache.
    Prefill {
        /// Tokens done.
        done: usize,
        /// Tokens in all.
        total: usize,
    },
    /// These tokens follow the output so far.
    Accepted(&'a [u32]),
}

/// A finished output.
#[derive(Debug, Clone)]
pub struct Generation {
    /// The output, without the token that ended it.
    pub tokens: Vec<u32>,
    /// By how much the model preferred each of `tokens`, in logits.
    pub margins: Vec<f32>,
    /// Why it ended.
    pub stop: Stop,
    /// What it took.
    pub effort: Effort,
}

/// Why an output ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The model ended it.
    End,
    /// It reached `max_output`, or the end of the context.
    MaxOutput,
    /// It left the expected output.
    Differs,
    /// It was cancelled.
    Cancelled,
}

/// What an output took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Effort {
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Of those, tokens that were in the cache already.
    pub cached_tokens: usize,
    /// Forward passes after the prompt.
    pub forwards: usize,
    /// Draft tokens verified.
    pub drafted: usize,
    /// Draft tokens accepted.
    pub accepted: usize,
    /// Time for the prompt.
    pub prefill: Duration,
    /// Time from the first verify pass on.
    pub decode: Duration,
}

/// A model and the tokens in its cache, so that a new prompt reuses what it shares with them.
pub struct Decoder<M> {
    model: M,
    cached: Vec<u32>,
    curve: CostCurve,
}

impl<M: LanguageModel> Decoder<M> {
    /// Takes a model with an empty cache and measures how its passes cost.
    pub fn new(mut model: M) -> Result<Self, Error> {
        let curve = measure_cost(&mut model)?;
        Ok(Self {
            model,
            cached: Vec::new(),
            curve,
        })
    }

    /// Takes a model whose costs are known.
    pub fn with_cost(model: M, curve: CostCurve) -> Self {
        Self {
            model,
            cached: Vec::new(),
            curve,
        }
    }

    /// The model.
    pub fn model(&self) -> &M {
        &self.model
    }

    /// The tokens in its cache.
    pub(crate) fn cached(&self) -> &[u32] {
        &self.cached
    }

    /// Forgets everything fed so far.
    pub fn clear(&mut self) {
        self.model.truncate(0);
        self.cached.clear();
    }

    /// Puts `prefix` into the cache, so that a prompt that starts with it is fed faster.
    pub fn warm(&mut self, prefix: &[u32], cancel: &AtomicBool) -> Result<(), Error> {
        if self.cached.starts_with(prefix) {
            // What stands behind it may be wanted again, too.
            return Ok(());
        }
        self.reuse(prefix, prefix.len());
        self.feed_prompt(prefix, prefix.len(), cancel, &mut |_| {})?;
        Ok(())
    }

    /// Runs a task to its end.
    pub fn run(
        &mut self,
        task: Task<'_>,
        on_progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Generation, Error> {
        let limit = self.model.context_length();
        if task.prompt.len() >= limit {
            return Err(Error::ContextExceeded {
                needed: task.prompt.len() + 1,
                limit,
            });
        }
        let start = Instant::now();
        let mut run = Run::new(&task);
        // The last token is fed with logits, so it must not come from the cache.
        let (last, before) = (task.prompt.len() - 1, &task.prompt[..task.prompt.len() - 1]);
        self.reuse(before, last);
        run.effort.cached_tokens = self.cached.len();
        if !self.feed_prompt(before, task.prompt.len(), task.cancel, on_progress)? {
            run.effort.prefill = start.elapsed();
            return Ok(run.finish(Stop::Cancelled));
        }
        let expected = run.expected_along(&[]);
        let mut choices = self.feed(&task.prompt[last..], &expected)?;
        task.force(&mut choices, 0);
        if let Some(copying) = run.copying.clone() {
            self.constrain(copying, &[], &expected, &mut choices, last)?;
        }
        on_progress(Progress::Prefill {
            done: task.prompt.len(),
            total: task.prompt.len(),
        });
        run.effort.prefill = start.elapsed();

        let start = Instant::now();
        let mut policy = LengthPolicy::new(task.draft_length, self.curve.clone());
        let stop = self.verify_steps(task, &choices, &mut policy, &mut run, on_progress)?;
        // What was learnt of this machine holds for the next task, too.
        self.curve = policy.into_curve();
        run.effort.decode = start.elapsed();
        Ok(run.finish(stop))
    }

    /// Drafts and verifies until the output ends. `first` is the model's first token: the output
    /// is always one token ahead of the cache.
    fn verify_steps(
        &mut self,
        mut task: Task<'_>,
        first: &[Choice],
        policy: &mut LengthPolicy,
        run: &mut Run<'_>,
        on_progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Stop, Error> {
        if let Some(stop) = run.accept(first, on_progress) {
            return Ok(stop);
        }
        loop {
            if task.cancel.load(Ordering::Relaxed) {
                return Ok(Stop::Cancelled);
            }
            let Some(&pending) = run.tokens.last() else {
                return Ok(Stop::End);
            };
            let room = self.model.context_length() - self.model.position();
            if room == 0 {
                return Ok(Stop::MaxOutput);
            }
            let left = run.max_output - run.tokens.len();
            let at_once = self.model.rows_at_once();
            let limit = policy.limit(at_once).min(left).min(room - 1);
            let mut draft = match &mut task.drafter {
                Some(drafter) => drafter.draft(&run.tokens, limit),
                None => Draft::default(),
            };
            let base = self.model.position();
            let cut_off = policy.cut(&mut draft, base);
            let mut fed = Vec::with_capacity(draft.tokens.len() + 1);
            fed.push(pending);
            fed.extend_from_slice(&draft.tokens);
            let start = Instant::now();
            let expected = run.expected_along(&draft.tokens);
            let mut choices = self.feed(&fed, &expected)?;
            policy.observe_cost(fed.len(), base, start.elapsed());
            task.force(&mut choices, run.tokens.len());
            let accepted = match run.copying.clone() {
                Some(copying) => {
                    self.constrain(copying, &draft.tokens, &expected, &mut choices, base)?
                }
                None => draft
                    .tokens
                    .iter()
                    .zip(&choices)
                    .take_while(|(drafted, choice)| **drafted == choice.token)
                    .count(),
            };
            self.model.truncate(base + 1 + accepted);
            self.cached.truncate(base + 1 + accepted);
            let next = match accepted == draft.tokens.len() {
                true => cut_off.map(|token| token == choices[accepted].token),
                false => None,
            };
            policy.observe(&draft, accepted, next);
            run.effort.forwards += 1;
            run.effort.drafted += draft.tokens.len();
            run.effort.accepted += accepted;
            if let Some(stop) = run.accept(&choices[..=accepted], on_progress) {
                return Ok(stop);
            }
        }
    }

    /// Rolls the cache back to what it shares with `tokens`, at most `most`.
    pub(crate) fn reuse(&mut self, tokens: &[u32], most: usize) {
        let shared = self
            .cached
            .iter()
            .zip(tokens)
            .take(most)
            .take_while(|(a, b)| a == b)
            .count();
        self.model.truncate(shared);
        self.cached.truncate(shared);
    }

    /// Feeds what the cache lacks of `tokens`, in chunks; `false` if it was cancelled.
    pub(crate) fn feed_prompt(
        &mut self,
        tokens: &[u32],
        total: usize,
        cancel: &AtomicBool,
        on_progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<bool, Error> {
        while self.cached.len() < tokens.len() {
            if cancel.load(Ordering::Relaxed) {
                return Ok(false);
            }
            let from = self.cached.len();
            let most = PREFILL_CHUNK.min(self.model.rows_at_once());
            let chunk = &tokens[from..tokens.len().min(from + most)];
            self.model.forward(chunk, 0..0)?;
            self.cached.extend_from_slice(chunk);
            on_progress(Progress::Prefill {
                done: self.cached.len(),
                total,
            });
        }
        Ok(true)
    }

    /// Replaces choices by what the rule allows, as far as the draft agrees with them, and returns
    /// how many of its tokens do. The rows were fed from `base` on.
    fn constrain(
        &mut self,
        mut copying: Copying<'_>,
        drafted: &[u32],
        expected: &[Candidates],
        choices: &mut [Choice],
        base: usize,
    ) -> Result<usize, Error> {
        for (row, choice) in choices.iter_mut().enumerate() {
            let mut cut = false;
            *choice = copying.choose(*choice, || {
                cut = true;
                let mut logits = self.logits_again(base + row)?;
                if let Some(expected) = expected.get(row) {
                    expected.change(&mut logits);
                }
                Ok(logits)
            })?;
            if cut || drafted.get(row) != Some(&choice.token) {
                return Ok(row);
            }
            copying.advance(choice.token);
        }
        Ok(drafted.len())
    }

    /// The logits behind a cached token. The cache ends with it afterwards.
    fn logits_again(&mut self, position: usize) -> Result<Vec<f32>, Error> {
        self.model.truncate(position);
        self.cached.truncate(position + 1);
        let mut logits = self.model.logits(&self.cached[position..], 0..1)?;
        Ok(logits.swap_remove(0))
    }

    pub(crate) fn feed_for_logits(&mut self, tokens: &[u32]) -> Result<Vec<Vec<f32>>, Error> {
        let logits = self.model.logits(tokens, 0..tokens.len())?;
        self.cached.extend_from_slice(tokens);
        Ok(logits)
    }

    /// Feeds tokens and chooses what follows each; `expected` says what the copy head expects there,
    /// if there is one.
    fn feed(&mut self, tokens: &[u32], expected: &[Candidates]) -> Result<Vec<Choice>, Error> {
        let rows = 0..tokens.len();
        let choices = match expected {
            [] => self.model.forward(tokens, rows)?,
            _ => {
                let asked: Vec<_> = expected.iter().map(Candidates::tokens).collect();
                let rows = self.model.forward_asking(tokens, rows, &asked)?;
                let rows = expected.iter().zip(rows);
                rows.map(|(expected, (choice, logits))| expected.choose(choice, logits))
                    .collect()
            }
        };
        self.cached.extend_from_slice(tokens);
        Ok(choices)
    }
}

/// The output of a task in progress.
struct Run<'a> {
    expected: Option<&'a [u32]>,
    expectation: Option<Expectation<'a>>,
    copying: Option<Copying<'a>>,
    tokens: Vec<u32>,
    margins: Vec<f32>,
    effort: Effort,
    stop_tokens: Vec<u32>,
    max_output: usize,
}

impl<'a> Run<'a> {
    fn new(task: &Task<'a>) -> Self {
        Self {
            expected: task.expected,
            expectation: task.copy_head.map(Expectation::new),
            copying: task
                .rule
                .filter(|_| task.forced.is_none())
                .map(Copying::new),
            tokens: Vec::new(),
            margins: Vec::new(),
            effort: Effort {
                prompt_tokens: task.prompt.len(),
                ..Effort::default()
            },
            stop_tokens: task.stop_tokens.to_vec(),
            max_output: task.max_output,
        }
    }

    /// What the copy head expects behind the output and behind each token of a draft.
    fn expected_along(&self, draft: &[u32]) -> Vec<Candidates> {
        let expectation = self.expectation.as_ref();
        expectation.map_or(Vec::new(), |expectation| expectation.along(draft))
    }

    /// Appends the model's choices up to the first stop token, the first unexpected token or the
    /// longest output.
    fn accept(
        &mut self,
        choices: &[Choice],
        on_progress: &mut dyn FnMut(Progress<'_>),
    ) -> Option<Stop> {
        let from = self.tokens.len();
        let mut stop = None;
        for choice in choices {
            if self.stop_tokens.contains(&choice.token) {
                stop = Some(Stop::End);
                break;
            }
            if self.tokens.len() == self.max_output {
                stop = Some(Stop::MaxOutput);
                break;
            }
            self.tokens.push(choice.token);
            self.margins.push(choice.margin());
            if let Some(copying) = &mut self.copying {
                copying.advance(choice.token);
            }
            if let Some(expectation) = &mut self.expectation {
                expectation.advance(choice.token);
            }
            let place = self.tokens.len() - 1;
            if self
                .expected
                .is_some_and(|expected| expected.get(place) != Some(&choice.token))
            {
                stop = Some(Stop::Differs);
                break;
            }
        }
        if self.tokens.len() > from {
            on_progress(Progress::Accepted(&self.tokens[from..]));
        }
        stop
    }

    fn finish(self, stop: Stop) -> Generation {
        Generation {
            tokens: self.tokens,
            margins: self.margins,
            stop,
            effort: self.effort,
        }
    }
}

/// Times passes of several lengths on an empty cache; the faster of two runs each.
fn measure_cost<M: LanguageModel>(model: &mut M) -> Result<CostCurve, Error> {
    let mut points = Vec::new();
    let mut lengths = vec![1, 16, 64];
    // Where that is more, what lies between costs nothing.
    lengths.extend(Some(model.rows_at_once()).filter(|&rows| (65..usize::MAX).contains(&rows)));
    for rows in lengths {
        let rows = rows.min(model.context_length());
        let mut best = Duration::MAX;
        for _ in 0..2 {
            let start = Instant::now();
            model.forward(&vec![0; rows], 0..rows)?;
            best = best.min(start.elapsed());
            model.truncate(0);
        }
        points.push((rows, best));
    }
    points.dedup_by_key(|(rows, _)| *rows);
    Ok(CostCurve::new(points))
}
