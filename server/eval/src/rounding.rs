//! What rounding weights and activations changes of a model's choices.

use fast_apply_engine::Error;
use fast_apply_engine::draft::Sources;
use fast_apply_engine::model::{Choice, LanguageModel};
use serde::Serialize;

/// Where the reference prefers its choice by more than this, in logits, another choice is a fault.
const CLEAR_MARGIN: f32 = 0.5;

/// Tokens per clear flip that a rounded model may not fall below.
pub const TOKENS_PER_CLEAR_FLIP: usize = 5_000;

/// The choices of a rounded model against those of the same weights in f32, both given the true
/// answers so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Rounding {
    /// Answers compared.
    pub answers: usize,
    /// Tokens of these, the one that ends each included.
    pub tokens: usize,
    /// Tokens with another choice.
    pub flips: usize,
    /// Those among them where f32's margin exceeds half a logit.
    pub clear_flips: usize,
    /// The largest margin, in logits, that was flipped.
    pub worst_margin: f32,
    /// Answers of which f32 chooses every token right: it would write them.
    pub exact_in_f32: usize,
    /// The same of the rounded model.
    pub exact_rounded: usize,
}

impl Rounding {
    /// Adds the answer of one edit; `end` is the token that ends it.
    ///
    /// # Errors
    /// If the edit does not fit the context of one of the models.
    pub fn add(
        &mut self,
        rounded: &mut dyn LanguageModel,
        reference: &mut dyn LanguageModel,
        edit: &Sources,
        end: u32,
    ) -> Result<(), Error> {
        let truth = edit.truth.as_deref().unwrap_or_default();
        let tokens = [&edit.prompt[..], truth].concat();
        let rows = edit.prompt.len() - 1..tokens.len();
        let choices = |model: &mut dyn LanguageModel| -> Result<Vec<Choice>, Error> {
            model.truncate(0);
            model.forward(&tokens, rows.clone())
        };
        let (rounded, reference) = (choices(rounded)?, choices(reference)?);
        let answer: Vec<u32> = truth.iter().copied().chain([end]).collect();
        let is_exact =
            |choices: &[Choice]| choices.iter().map(|c| c.token).eq(answer.iter().copied());
        self.answers += 1;
        self.tokens += answer.len();
        self.exact_in_f32 += usize::from(is_exact(&reference));
        self.exact_rounded += usize::from(is_exact(&rounded));
        for (own, expected) in rounded.iter().zip(&reference) {
            if own.token != expected.token {
                self.flips += 1;
                self.clear_flips += usize::from(expected.margin() > CLEAR_MARGIN);
                self.worst_margin = self.worst_margin.max(expected.margin());
            }
        }
        Ok(())
    }

    /// Whether few enough choices changed clearly: at most one, and one more for every
    /// `TOKENS_PER_CLEAR_FLIP` tokens.
    pub fn is_faithful(&self) -> bool {
        self.clear_flips <= 1 + self.tokens / TOKENS_PER_CLEAR_FLIP
    }
}
