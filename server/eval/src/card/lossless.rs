use std::sync::atomic::AtomicBool;

use fast_apply_engine::Error;
use fast_apply_engine::decode::{Decoder, Generation, Task};
use fast_apply_engine::draft::{DraftKind, DraftLength, Sources};
use fast_apply_engine::model::Llama;
use serde::Serialize;

/// Two logits closer than this may change places by rounding alone.
pub const TIE: f32 = 1e-3;

/// What the model writes by itself, with drafts against without.
#[derive(Debug, Clone, Serialize)]
pub struct Losslessness {
    /// Tokens compared.
    pub tokens: usize,
    /// The first token that differs, and by how much the model preferred the plain one, in logits.
    pub difference: Option<(usize, f32)>,
}

impl Losslessness {
    /// Writes at most `tokens` tokens behind a prompt, both ways.
    pub fn measure(
        decoder: &mut Decoder<Llama>,
        sources: &Sources,
        stop_tokens: &[u32],
        tokens: usize,
    ) -> Result<Self, Error> {
        let cancel = AtomicBool::new(false);
        let mut write = |draft: DraftKind, draft_length| -> Result<Generation, Error> {
            let task = Task {
                prompt: &sources.prompt,
                stop_tokens,
                max_output: tokens,
                drafter: draft.drafter(sources),
                draft_length,
                copy_head: None,
                rule: None,
                forced: None,
                expected: None,
                cancel: &cancel,
            };
            decoder.run(task, &mut |_| {})
        };
        let plain = write(DraftKind::None, DraftLength::Auto)?;
        // Long drafts, right or wrong: a model that is of another mind must not be left to plain steps.
        let drafted = write(DraftKind::Auto, DraftLength::Fixed(100))?;
        let longest = plain.tokens.len().max(drafted.tokens.len());
        let differs = |&at: &usize| plain.tokens.get(at) != drafted.tokens.get(at);
        let difference = (0..longest).find(differs).map(|at| {
            let margin = plain.margins.get(at).copied();
            (at, margin.unwrap_or(f32::INFINITY))
        });
        Ok(Self {
            tokens: plain.tokens.len(),
            difference,
        })
    }

    /// Whether nothing differs but ties.
    pub fn holds(&self) -> bool {
        self.difference.is_none_or(|(_, margin)| margin < TIE)
    }
}
