use std::sync::atomic::AtomicBool;

use fast_apply_engine::Error;
use fast_apply_engine::decode::{Decoder, Effort, Task};
use fast_apply_engine::draft::{DraftKind, DraftLength, Sources};
use fast_apply_engine::model::Llama;
use serde::Serialize;

use super::roofline::Roofline;
use super::work::Work;

/// One edit, forced to its true result: every pass runs in full, whatever the weights.
#[derive(Debug, Clone, Serialize)]
pub struct CardRewrite {
    /// The case.
    pub id: String,
    /// Lines of the file before the edit.
    pub lines: usize,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Tokens of the result.
    pub output_tokens: usize,
    /// Prompt tokens a second, nothing in the cache.
    pub prefill_tokens_per_s: f64,
    /// Output tokens a second without drafts, of the first part of the output.
    pub plain_tokens_per_s: f64,
    /// Output tokens a second with drafts.
    pub tokens_per_s: f64,
    /// Passes behind the prompt.
    pub forwards: usize,
    /// Output tokens a second that the device's own speed allows in as many passes.
    pub roofline_tokens_per_s: f64,
}

impl CardRewrite {
    /// Measures one edit with its sources; `plain_tokens` bounds the run without drafts, which is slow.
    pub fn measure(
        decoder: &mut Decoder<Llama>,
        (id, lines): (&str, usize),
        sources: &Sources,
        plain_tokens: usize,
        roofline: &Roofline,
    ) -> Result<Self, Error> {
        let truth = sources.truth.as_deref().unwrap_or_default();
        let cancel = AtomicBool::new(false);
        let mut run = |draft: DraftKind, max_output: usize| -> Result<(usize, Effort), Error> {
            let task = Task {
                prompt: &sources.prompt,
                stop_tokens: &[u32::MAX],
                max_output,
                drafter: draft.drafter(sources),
                draft_length: DraftLength::Auto,
                copy_head: None,
                rule: None,
                forced: Some(truth),
                expected: None,
                cancel: &cancel,
            };
            let generation = decoder.run(task, &mut |_| {})?;
            Ok((generation.tokens.len(), generation.effort))
        };
        // Once to learn what passes cost at this depth, then as a later edit would be written.
        run(DraftKind::Auto, truth.len())?;
        let (output, effort) = run(DraftKind::Auto, truth.len())?;
        let (plain_output, plain) = run(DraftKind::None, plain_tokens)?;
        decoder.clear();
        let cancel = AtomicBool::new(false);
        let start = std::time::Instant::now();
        decoder.warm(&sources.prompt, &cancel)?;
        decoder.model().device().synchronize()?;
        let prefill = start.elapsed().as_secs_f64();

        let rows = output.div_ceil(effort.forwards.max(1));
        let depth = sources.prompt.len() + output / 2;
        let pass = roofline.seconds(Work::of_pass(decoder.model(), rows, depth));
        Ok(Self {
            id: id.to_owned(),
            lines,
            prompt_tokens: sources.prompt.len(),
            output_tokens: output,
            prefill_tokens_per_s: sources.prompt.len() as f64 / prefill,
            plain_tokens_per_s: plain_output as f64 / plain.decode.as_secs_f64(),
            tokens_per_s: output as f64 / effort.decode.as_secs_f64(),
            forwards: effort.forwards,
            roofline_tokens_per_s: output as f64 / (pass * effort.forwards.max(1) as f64),
        })
    }
}
