//! How likely a model holds given texts to be: teacher forcing.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Error;
use crate::copying::{CopyRule, Copying};
use crate::decode::{Decoder, Progress};
use crate::model::{Choice, LanguageModel};

/// Rows whose logits are in memory at the same time; between two passes a cancel is noticed.
const CHUNK: usize = 64;

/// A text that could stand behind a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The text from its first token on.
    pub tokens: Vec<u32>,
    /// The tokens to be scored; those behind them have no influence.
    pub scored: Range<usize>,
}

/// What a model thinks of one token in its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TokenScore {
    /// The natural logarithm of its probability.
    pub log_probability: f32,
    /// The same of the token that greedy decoding would take, under the rule if there is one.
    pub best_log_probability: f32,
    /// That token.
    pub best: u32,
    /// Whether that is this token.
    pub agrees: bool,
}

impl TokenScore {
    /// Scores `token` against the logits of its place, where greedy decoding may take what `choose`
    /// makes of the best.
    pub fn new(token: u32, logits: &[f32], choose: impl FnOnce(Choice) -> Choice) -> Self {
        let choice = Choice::of_logits(logits);
        let best = choose(choice);
        let sum: f64 = logits
            .iter()
            .map(|logit| f64::from((logit - choice.logit).exp()))
            .sum();
        let normalizer = choice.logit + sum.ln() as f32;
        let own = logits
            .get(token as usize)
            .copied()
            .unwrap_or(f32::NEG_INFINITY);
        Self {
            log_probability: own - normalizer,
            best_log_probability: best.logit - normalizer,
            best: best.token,
            agrees: token == best.token,
        }
    }
}

/// Scores of some candidates, and what they took.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// Those of each candidate's scored tokens.
    pub candidates: Vec<Vec<TokenScore>>,
    /// Tokens of the prompt that were in the cache already.
    pub cached_tokens: usize,
}

impl<M: LanguageModel> Decoder<M> {
    /// Scores the tokens of candidates behind a prompt that is not empty; none if it was cancelled.
    ///
    /// With a rule, what greedy decoding would take is the best token that the rule allows. From
    /// where a candidate breaks the rule it is the model's own choice again.
    ///
    /// What a candidate shares with the prompt and the candidate before it is not computed again,
    /// so candidates that share a long beginning belong side by side. `on_progress` gets how many
    /// tokens are done, and of how many.
    pub fn score(
        &mut self,
        prompt: &[u32],
        candidates: &[Candidate],
        rule: Option<&CopyRule>,
        cancel: &AtomicBool,
        on_progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Option<Scores>, Error> {
        let scored: usize = candidates.iter().map(|one| one.scored.len()).sum();
        let total = prompt.len() + scored;
        self.reuse(prompt, prompt.len() - 1);
        let mut scores = Scores {
            candidates: Vec::with_capacity(candidates.len()),
            cached_tokens: self.cached().len(),
        };
        let mut done = 0;
        for candidate in candidates {
            // A later candidate may go back in the cache; what is done stays done.
            let mut on_prompt = |fed: usize| on_progress(done.max(fed.min(prompt.len())), total);
            let task = Scoring {
                prompt,
                candidate,
                rule,
                cancel,
            };
            let Some(of_one) = self.score_one(&task, &mut on_prompt)? else {
                return Ok(None);
            };
            done = done.max(prompt.len()) + of_one.len();
            on_progress(done, total);
            scores.candidates.push(of_one);
        }
        Ok(Some(scores))
    }

    fn score_one(
        &mut self,
        task: &Scoring<'_>,
        on_fed: &mut dyn FnMut(usize),
    ) -> Result<Option<Vec<TokenScore>>, Error> {
        let Scoring {
            prompt,
            candidate,
            rule,
            cancel,
        } = task;
        let mut sequence = prompt.to_vec();
        sequence.extend_from_slice(&candidate.tokens[..candidate.scored.end]);
        let limit = self.model().context_length();
        if sequence.len() > limit {
            return Err(Error::ContextExceeded {
                needed: sequence.len(),
                limit,
            });
        }
        // The row in front of the first scored token gives that token's logits.
        let first = prompt.len() + candidate.scored.start - 1;
        self.reuse(&sequence, first);
        let fed = self.feed_prompt(&sequence[..first], first, cancel, &mut |progress| {
            if let Progress::Prefill { done, .. } = progress {
                on_fed(done);
            }
        })?;
        if !fed {
            return Ok(None);
        }
        let mut copying = rule.map(Copying::new);
        for &token in &candidate.tokens[..candidate.scored.start] {
            advance(&mut copying, token);
        }
        let mut scores = Vec::with_capacity(candidate.scored.len());
        let rows = &sequence[first..sequence.len() - 1];
        for (part, rows) in rows.chunks(CHUNK).enumerate() {
            if cancel.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let targets = &sequence[first + part * CHUNK + 1..];
            let logits = self.feed_for_logits(rows)?;
            for (&token, logits) in targets.iter().zip(&logits) {
                let choose = |choice| match &copying {
                    Some(copying) => copying.choose_of(choice, logits),
                    None => choice,
                };
                scores.push(TokenScore::new(token, logits, choose));
                advance(&mut copying, token);
            }
        }
        Ok(Some(scores))
    }
}

/// Takes a token, and gives the rule up where it is broken.
fn advance(copying: &mut Option<Copying<'_>>, token: u32) {
    if copying
        .as_mut()
        .is_some_and(|copying| !copying.advance(token))
    {
        *copying = None;
    }
}

/// One candidate and what stands before it.
struct Scoring<'a> {
    prompt: &'a [u32],
    candidate: &'a Candidate,
    rule: Option<&'a CopyRule>,
    cancel: &'a AtomicBool,
}
