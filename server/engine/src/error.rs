use std::path::{Path, PathBuf};

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
    /// The model does not fit into memory.
    #[error(
        "the model needs {} of memory and {} are available: end other programs, or choose a smaller model, 8-bit \
         weights (dtype q8) or a shorter context (maxContext)",
        gigabytes(*needed), gigabytes(*available)
    )]
    Memory {
        /// Bytes of its weights and of keys and values.
        needed: u64,
        /// Bytes that this process can still get.
        available: u64,
    },
    /// An option asks for what this build or this model cannot do.
    #[error("{0}")]
    Unsupported(&'static str),
    /// The engine thread has ended.
    #[error("the model is not loaded")]
    EngineStopped,
    /// The engine thread failed in a way nobody foresaw.
    #[error("the engine failed unexpectedly and was restarted; this rewrite was given up")]
    EnginePanicked,
    /// No graphics card answers.
    #[error("no graphics card can be used ({0}): use --device cpu")]
    NoCard(String),
    /// The model does not fit into a graphics card's memory.
    #[error(
        "the model needs {:.1} GB of the graphics card's memory for a context of {context} tokens and {:.1} GB are \
         free: choose {}",
        *needed as f64 / 1e9, *free as f64 / 1e9, smaller(*longest)
    )]
    CardMemory {
        /// Bytes that the context needs, weights included.
        needed: u64,
        /// Tokens of the context.
        context: usize,
        /// Bytes that the card has left.
        free: u64,
        /// The longest context that fits; 0 if the weights do not.
        longest: usize,
    },
    /// The tensor library failed.
    #[error("the model failed: {0}")]
    Tensor(String),
}

impl Error {
    /// A tensor that a model needs is not in its files.
    pub(crate) fn missing_tensor(place: &Path, name: &str) -> Self {
        Self::Invalid {
            what: place.display().to_string(),
            reason: format!("the tensor '{name}' is missing"),
        }
    }
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}

impl From<candle_core::Error> for Error {
    fn from(error: candle_core::Error) -> Self {
        Self::Tensor(sentence(&error))
    }
}

/// What the tensor library said, without the backtrace that it may print below.
pub(crate) fn sentence(error: &candle_core::Error) -> String {
    error
        .to_string()
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// What to choose where a context is too long for a card.
fn smaller(longest: usize) -> String {
    match longest {
        0 => "a smaller model, or the processor (device cpu)".into(),
        longest => format!("a context of at most {longest} tokens (maxContext)"),
    }
}
