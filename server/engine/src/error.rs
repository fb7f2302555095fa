use std::path::PathBuf;

/// Why a model cannot be loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A model file says something that cannot be.
    #[error("{what} is not usable: {reason}")]
    Invalid {
        /// The file, or the part of it.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Prompt and output do not fit.
    #[error(
        "the file and the edit need {needed} tokens, but the context holds {limit}: \
         use a shorter file, or a model with a longer context"
    )]
    ContextExceeded {
        /// Tokens of the prompt and at least one of output.
        needed: usize,
        /// Positions the model or `--max-context` allows.
        limit: usize,
    },
    /// The tensor library failed.
    #[error("the model failed: {0}")]
    Tensor(#[from] candle_core::Error),
}
