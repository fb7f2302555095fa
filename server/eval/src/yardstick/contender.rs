use std::io;
use std::time::Duration;

use fast_apply_engine::draft::Sources;

/// One engine with one model and one sequence.
pub trait Contender {
    /// What stands at the head of its column.
    fn name(&self) -> String;

    /// The longest sequence it can hold.
    fn context_length(&self) -> usize;

    /// Forgets all but the first `position` positions.
    fn truncate(&mut self, position: usize) -> Result<(), ContenderError>;

    /// Feeds tokens that stay, without logits.
    fn advance(&mut self, tokens: &[u32]) -> Result<Duration, ContenderError>;

    /// Feeds tokens in one pass, with the logits of every one where the engine can give them. The
    /// tokens stay until `truncate`.
    fn verify(&mut self, tokens: &[u32]) -> Result<Pass, ContenderError>;

    /// Writes the true answer of an edit with drafts from its sources, as an application would; the
    /// prompt stays. `None` where an engine has no such thing.
    fn rewrite(&mut self, _sources: &Sources) -> Result<Option<Rewrite>, ContenderError> {
        Ok(None)
    }
}

/// One answer with drafts.
#[derive(Debug, Clone, Copy)]
pub struct Rewrite {
    /// What the prompt took, which was not in the cache.
    pub prompt: Duration,
    /// What the answer took.
    pub answer: Duration,
}

/// An engine that is not on this machine: it keeps its column, which stays empty.
pub struct Absent(
    /// What stands at the head of the column.
    pub String,
);

impl Contender for Absent {
    fn name(&self) -> String {
        self.0.clone()
    }

    fn context_length(&self) -> usize {
        0
    }

    fn truncate(&mut self, _position: usize) -> Result<(), ContenderError> {
        Ok(())
    }

    fn advance(&mut self, _tokens: &[u32]) -> Result<Duration, ContenderError> {
        unreachable!("nothing fits its context")
    }

    fn verify(&mut self, _tokens: &[u32]) -> Result<Pass, ContenderError> {
        unreachable!("nothing fits its context")
    }
}

/// One forward pass.
#[derive(Debug, Clone)]
pub struct Pass {
    /// What it took.
    pub time: Duration,
    /// The greedy choices behind the last rows; engines that give the logits of every row give as
    /// many as there were tokens.
    pub choices: Vec<u32>,
}

/// Why an engine could not take part.
#[derive(Debug, thiserror::Error)]
pub enum ContenderError {
    /// One of our own.
    #[error(transparent)]
    Engine(#[from] fast_apply_engine::Error),
    /// Stock candle.
    #[error("candle: {0}")]
    Candle(#[from] candle_core::Error),
    /// The process with llama.cpp does not answer.
    #[error("llama.cpp: {0}")]
    Process(#[from] io::Error),
    /// llama.cpp answers something else.
    #[error("llama.cpp: {0}")]
    Answer(String),
}
