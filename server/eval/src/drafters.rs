//! How many tokens each drafter gets through one forward pass, if the model writes the true result.
//!
//! No weights are needed: a stand-in recites the true result, and the real decoder verifies every
//! drafter against it.

use std::ops::Range;
use std::sync::atomic::AtomicBool;

use fast_apply_engine::Error;
use fast_apply_engine::assets::PromptTemplate;
use fast_apply_engine::decode::{Decoder, Effort, Task};
use fast_apply_engine::draft::{CostCurve, DraftKind, DraftLength, Sources};
use fast_apply_engine::model::{Choice, LanguageModel};
use fast_apply_engine::tokenizer::Tokenizer;

use crate::Case;

/// One drafter with one draft length over a whole data set.
#[derive(Debug, Clone)]
pub struct DrafterRow {
    /// The drafter.
    pub draft: DraftKind,
    /// Tokens drafted at most.
    pub length: usize,
    /// Output tokens of all cases by forward passes of all cases.
    pub tokens_per_forward: f64,
    /// The median over the cases of output tokens per forward pass.
    pub median: f64,
    /// Accepted by drafted tokens.
    pub acceptance: f64,
}

/// All rows, and what they were measured on.
#[derive(Debug, Clone)]
pub struct DrafterReport {
    /// Number of cases.
    pub cases: usize,
    /// Output tokens of all cases.
    pub output_tokens: usize,
    /// One row for each drafter and length.
    pub rows: Vec<DrafterRow>,
}

/// Whether the merge is among the sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeSource {
    /// It is drafted from where it exists.
    Used,
    /// Drafts come from the original and the sketch alone.
    LeftOut,
}

/// Replays the true results of `cases` through every one of `drafters`.
pub fn replay_drafters(
    cases: &[Case],
    tokenizer: &Tokenizer,
    template: &PromptTemplate,
    drafters: &[(DraftKind, usize)],
    merge: MergeSource,
    on_case: &mut dyn FnMut(),
) -> Result<DrafterReport, Error> {
    let mut efforts: Vec<Vec<(usize, Effort)>> = vec![Vec::new(); drafters.len()];
    let mut output_tokens = 0;
    for case in cases {
        let mut sources = case.sources(tokenizer, template)?;
        if merge == MergeSource::LeftOut {
            sources.merge = None;
        }
        let truth = sources.truth.clone().unwrap_or_default();
        output_tokens += truth.len();
        for ((draft, length), efforts) in drafters.iter().zip(&mut efforts) {
            efforts.push((truth.len(), replay(&sources, &truth, *draft, *length)?));
        }
        on_case();
    }
    let rows = drafters
        .iter()
        .zip(&efforts)
        .map(|(&(draft, length), efforts)| {
            let sum =
                |value: fn(&Effort) -> usize| efforts.iter().map(|(_, e)| value(e)).sum::<usize>();
            let mut ratios: Vec<f64> = efforts
                .iter()
                .map(|(tokens, effort)| *tokens as f64 / effort.forwards.max(1) as f64)
                .collect();
            ratios.sort_by(f64::total_cmp);
            DrafterRow {
                draft,
                length,
                tokens_per_forward: output_tokens as f64 / sum(|e| e.forwards).max(1) as f64,
                median: ratios.get(ratios.len() / 2).copied().unwrap_or_default(),
                acceptance: sum(|e| e.accepted) as f64 / sum(|e| e.drafted).max(1) as f64,
            }
        });
    Ok(DrafterReport {
        cases: cases.len(),
        output_tokens,
        rows: rows.collect(),
    })
}

fn replay(
    sources: &Sources,
    truth: &[u32],
    draft: DraftKind,
    length: usize,
) -> Result<Effort, Error> {
    let recital = Recital {
        prompt: sources.prompt.len(),
        truth: truth.to_vec(),
        position: 0,
    };
    let cancel = AtomicBool::new(false);
    let task = Task {
        prompt: &sources.prompt,
        stop_tokens: &[STOP],
        max_output: usize::MAX,
        drafter: draft.drafter(sources),
        draft_length: DraftLength::Fixed(length),
        copy_head: None,
        rule: None,
        forced: None,
        expected: None,
        cancel: &cancel,
    };
    Ok(Decoder::with_cost(recital, CostCurve::new([]))
        .run(task, &mut |_| {})?
        .effort)
}

/// The token behind the true result; no vocabulary has it.
const STOP: u32 = u32::MAX;

/// A model that has one thing to say.
struct Recital {
    prompt: usize,
    truth: Vec<u32>,
    position: usize,
}

impl LanguageModel for Recital {
    fn forward(&mut self, tokens: &[u32], rows: Range<usize>) -> Result<Vec<Choice>, Error> {
        let first = self.position + 1;
        self.position += tokens.len();
        Ok(rows
            .map(|row| {
                let place = (first + row).saturating_sub(self.prompt);
                let token = self.truth.get(place).copied().unwrap_or(STOP);
                Choice {
                    token,
                    logit: 1.0,
                    runner_up: STOP,
                    runner_up_logit: 0.0,
                }
            })
            .collect())
    }

    fn logits(&mut self, tokens: &[u32], rows: Range<usize>) -> Result<Vec<Vec<f32>>, Error> {
        let largest = self.truth.iter().copied().max().unwrap_or_default() as usize;
        let choices = self.forward(tokens, rows)?;
        let one_of = |choice: &Choice| {
            let mut logits = vec![0.0; largest + 1];
            if let Some(logit) = logits.get_mut(choice.token as usize) {
                *logit = 1.0;
            }
            logits
        };
        Ok(choices.iter().map(one_of).collect())
    }

    fn position(&self) -> usize {
        self.position
    }

    fn truncate(&mut self, position: usize) {
        self.position = self.position.min(position);
    }

    fn context_length(&self) -> usize {
        usize::MAX
    }
}
