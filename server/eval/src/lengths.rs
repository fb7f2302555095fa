//! What a rewrite costs by the length of the file.

use std::sync::atomic::AtomicBool;

use fast_apply_engine::Error;
use fast_apply_engine::decode::{Decoder, Effort, Task};
use fast_apply_engine::draft::{DraftKind, DraftLength, Sources};
use fast_apply_engine::model::LanguageModel;
use serde::Serialize;

use crate::Case;

/// Tokens that plain decoding writes: its speed hardly depends on how many.
const PLAIN_TOKENS: usize = 32;

/// One edit in a file of some length, forced to its true result.
#[derive(Debug, Clone, Serialize)]
pub struct LengthRow {
    /// Lines of the file before the edit.
    pub lines: usize,
    /// The edit.
    pub id: String,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Tokens of the answer.
    pub answer_tokens: usize,
    /// Characters of the answer.
    pub characters: usize,
    /// Seconds for the prompt, with an empty cache.
    pub prompt_s: f64,
    /// Seconds for the answer.
    pub answer_s: f64,
    /// Tokens a second of plain decoding behind the same prompt.
    pub plain_tokens_per_s: f64,
}

impl Case {
    /// The same edit in a file of `lines` lines: what is missing is taken from `filling` and
    /// stands behind the file's own lines. None if the file is longer, or the filling too short.
    pub fn lengthened(&self, lines: usize, filling: &str) -> Option<Case> {
        let missing = lines.checked_sub(self.before.lines().count())?;
        let more: Vec<&str> = filling.lines().take(missing).collect();
        if more.len() < missing {
            return None;
        }
        let lengthen =
            |text: &str| format!("{}\n{}\n", text.trim_end_matches('\n'), more.join("\n"));
        Some(match missing {
            0 => self.clone(),
            _ => Case {
                before: lengthen(&self.before),
                after: lengthen(&self.after),
                ..self.clone()
            },
        })
    }
}

impl LengthRow {
    /// Measures one edit with an empty cache.
    pub fn measure<M: LanguageModel>(
        decoder: &mut Decoder<M>,
        case: &Case,
        edit: &Sources,
    ) -> Result<Self, Error> {
        let truth = edit.truth.as_deref().unwrap_or_default();
        let mut run = |draft: DraftKind, max_output: usize| -> Result<Effort, Error> {
            decoder.clear();
            let task = Task {
                prompt: &edit.prompt,
                stop_tokens: &[u32::MAX],
                max_output,
                drafter: draft.drafter(edit),
                draft_length: DraftLength::Auto,
                copy_head: None,
                rule: None,
                forced: Some(truth),
                expected: None,
                cancel: &AtomicBool::new(false),
            };
            Ok(decoder.run(task, &mut |_| {})?.effort)
        };
        let plain = run(DraftKind::None, PLAIN_TOKENS)?;
        let speculative = run(DraftKind::Auto, usize::MAX)?;
        Ok(Self {
            lines: case.before.lines().count(),
            id: case.id.clone(),
            prompt_tokens: edit.prompt.len(),
            answer_tokens: truth.len(),
            characters: case.after.chars().count(),
            prompt_s: speculative.prefill.as_secs_f64(),
            answer_s: speculative.decode.as_secs_f64(),
            plain_tokens_per_s: PLAIN_TOKENS.min(truth.len()) as f64 / plain.decode.as_secs_f64(),
        })
    }
}
