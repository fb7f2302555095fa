use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use fast_apply_engine::decode::{Decoder, Task};
use fast_apply_engine::draft::{DraftKind, DraftLength, Sources};
use fast_apply_engine::engine::BoxedModel;
use fast_apply_engine::model::LanguageModel;

use super::contender::{Contender, ContenderError, Pass, Rewrite};

/// Our own model, on our own kernels.
pub struct Kernels {
    name: String,
    model: BoxedModel,
}

impl Kernels {
    /// Takes a loaded model.
    pub fn new(name: &str, model: BoxedModel) -> Self {
        Self {
            name: name.to_owned(),
            model,
        }
    }
}

impl Contender for Kernels {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn context_length(&self) -> usize {
        self.model.context_length()
    }

    fn truncate(&mut self, position: usize) -> Result<(), ContenderError> {
        self.model.truncate(position);
        Ok(())
    }

    fn advance(&mut self, tokens: &[u32]) -> Result<Duration, ContenderError> {
        let start = Instant::now();
        self.model.forward(tokens, 0..0)?;
        Ok(start.elapsed())
    }

    fn verify(&mut self, tokens: &[u32]) -> Result<Pass, ContenderError> {
        let start = Instant::now();
        let choices = self.model.forward(tokens, 0..tokens.len())?;
        Ok(Pass {
            time: start.elapsed(),
            choices: choices.iter().map(|choice| choice.token).collect(),
        })
    }

    fn rewrite(&mut self, sources: &Sources) -> Result<Option<Rewrite>, ContenderError> {
        self.model.truncate(0);
        let mut decoder = Decoder::new(&mut self.model)?;
        let cancel = AtomicBool::new(false);
        let task = Task {
            prompt: &sources.prompt,
            stop_tokens: &[u32::MAX],
            max_output: usize::MAX,
            drafter: DraftKind::default().drafter(sources),
            draft_length: DraftLength::Auto,
            copy_head: None,
            rule: None,
            forced: sources.truth.as_deref(),
            expected: None,
            cancel: &cancel,
        };
        let effort = decoder.run(task, &mut |_| {})?.effort;
        self.model.truncate(sources.prompt.len());
        Ok(Some(Rewrite {
            prompt: effort.prefill,
            answer: effort.decode,
        }))
    }
}
