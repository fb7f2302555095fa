//! What a decoder needs from a model.

use std::ops::Range;

use crate::Error;
use crate::copy_head::{CANDIDATES, NO_TOKEN};

/// The logits of some candidates of a row, in their order.
pub type CandidateLogits = [f32; CANDIDATES];

/// A causal language model with a cache that can be rolled back.
pub trait LanguageModel {
    /// Feeds `tokens` after the cached ones and returns the greedy choice behind each of the rows
    /// in `rows` (indices into `tokens`).
    fn forward(&mut self, tokens: &[u32], rows: Range<usize>) -> Result<Vec<Choice>, Error>;

    /// Feeds `tokens` after the cached ones and returns the logits behind each of the rows in
    /// `rows`, `[rows][vocabulary]`. What `forward` chooses is the largest of these.
    fn logits(&mut self, tokens: &[u32], rows: Range<usize>) -> Result<Vec<Vec<f32>>, Error>;

    /// As `forward`, and gives the logits of some candidates for each row: those of `asked`, where
    /// those of `NO_TOKEN` mean nothing.
    fn forward_asking(
        &mut self,
        tokens: &[u32],
        rows: Range<usize>,
        asked: &[[u32; CANDIDATES]],
    ) -> Result<Vec<(Choice, CandidateLogits)>, Error> {
        let logits = self.logits(tokens, rows)?;
        let rows = logits.iter().zip(asked);
        Ok(rows
            .map(|(logits, asked)| (Choice::of_logits(logits), candidate_logits(logits, asked)))
            .collect())
    }

    /// Number of cached positions.
    fn position(&self) -> usize;

    /// Forgets every cached position from `position` on.
    fn truncate(&mut self, position: usize);

    /// Positions the model can hold.
    fn context_length(&self) -> usize;

    /// Rows that the next pass computes in the time of one: more take as long as further passes. Where every row counts,
    /// there is no such number.
    fn rows_at_once(&self) -> usize {
        usize::MAX
    }
}

impl<M: LanguageModel + ?Sized> LanguageModel for &mut M {
    fn forward(&mut self, tokens: &[u32], rows: Range<usize>) -> Result<Vec<Choice>, Error> {
        (**self).forward(tokens, rows)
    }

    fn logits(&mut self, tokens: &[u32], rows: Range<usize>) -> Result<Vec<Vec<f32>>, Error> {
        (**self).logits(tokens, rows)
    }

    fn forward_asking(
        &mut self,
        tokens: &[u32],
        rows: Range<usize>,
        asked: &[[u32; CANDIDATES]],
    ) -> Result<Vec<(Choice, CandidateLogits)>, Error> {
        (**self).forward_asking(tokens, rows, asked)
    }

    fn position(&self) -> usize {
        (**self).position()
    }

    fn truncate(&mut self, position: usize) {
        (**self).truncate(position);
    }

    fn context_length(&self) -> usize {
        (**self).context_length()
    }

    fn rows_at_once(&self) -> usize {
        (**self).rows_at_once()
    }
}

impl<M: LanguageModel + ?Sized> LanguageModel for Box<M> {
    fn forward(&mut self, tokens: &[u32], rows: Range<usize>) -> Result<Vec<Choice>, Error> {
        (**self).forward(tokens, rows)
    }

    fn logits(&mut self, tokens: &[u32], rows: Range<usize>) -> Result<Vec<Vec<f32>>, Error> {
        (**self).logits(tokens, rows)
    }

    fn forward_asking(
        &mut self,
        tokens: &[u32],
        rows: Range<usize>,
        asked: &[[u32; CANDIDATES]],
    ) -> Result<Vec<(Choice, CandidateLogits)>, Error> {
        (**self).forward_asking(tokens, rows, asked)
    }

    fn position(&self) -> usize {
        (**self).position()
    }

    fn truncate(&mut self, position: usize) {
        (**self).truncate(position);
    }

    fn context_length(&self) -> usize {
        (**self).context_length()
    }

    fn rows_at_once(&self) -> usize {
        (**self).rows_at_once()
    }
}

fn candidate_logits(logits: &[f32], asked: &[u32; CANDIDATES]) -> CandidateLogits {
    asked.map(|token| match token {
        NO_TOKEN => f32::NEG_INFINITY,
        token => logits[token as usize],
    })
}

/// The two best tokens of one row of logits; ties go to the lower id.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// The best token: what greedy decoding takes.
    pub token: u32,
    /// Its logit.
    pub logit: f32,
    /// The second-best token.
    pub runner_up: u32,
    /// Its logit.
    pub runner_up_logit: f32,
}

impl Choice {
    /// Picks the two best of a row of logits.
    pub fn of_logits(logits: &[f32]) -> Self {
        let mut choice = Self {
            token: 0,
            logit: f32::NEG_INFINITY,
            runner_up: 0,
            runner_up_logit: f32::NEG_INFINITY,
        };
        for (token, &logit) in logits.iter().enumerate() {
            if logit > choice.logit {
                choice.runner_up = choice.token;
                choice.runner_up_logit = choice.logit;
                choice.token = token as u32;
                choice.logit = logit;
            } else if logit > choice.runner_up_logit {
                choice.runner_up = token as u32;
                choice.runner_up_logit = logit;
            }
        }
        choice
    }

    /// How much better the best token is than the second best. Negative only where another rule than the best logit
    /// has chosen.
    pub fn margin(&self) -> f32 {
        self.logit - self.runner_up_logit
    }
}
