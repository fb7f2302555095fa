//! How the command fails: a sentence on stderr and an exit code.

use std::{fmt, io, process::ExitCode};

use fast_apply_apply::ApplyError;
use fast_apply_engine::{Error as EngineError, assets::AssetError};

/// Why the command ends without having done what was asked.
pub(crate) struct Failure {
    exit: Exit,
    error: anyhow::Error,
}

/// The exit codes beside 0. Most wrong usage is reported by clap itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Something could not be read or written.
    InputOutput = 1,
    /// Options that do not go together.
    Usage = 2,
    /// No result was good enough to write.
    Refused = 3,
    /// A model, an asset or its context is the matter.
    Model = 4,
    /// No server runs that could take a suggestion.
    NoServer = 5,
    /// Interrupted from the keyboard.
    Cancelled = 130,
}

impl Failure {
    pub(crate) fn new(exit: Exit, error: anyhow::Error) -> Failure {
        Failure { exit, error }
    }

    /// Something that was given cannot be used.
    pub(crate) fn input(error: ApplyError) -> Failure {
        Failure::new(Exit::InputOutput, error.into())
    }

    /// Options that do not go together.
    pub(crate) fn usage(sentence: &'static str) -> Failure {
        Failure::new(Exit::Usage, anyhow::anyhow!(sentence))
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Prints the sentence and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        let reader_is_gone = self
            .error
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
        // A pager that has seen enough is no failure worth a word.
        if !reader_is_gone {
            eprintln!("fast-apply: {:#}", self.error);
        }
        ExitCode::from(self.exit as u8)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:#}", self.error)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Failure {
        Failure::new(Exit::InputOutput, error)
    }
}

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Failure {
        Failure::new(Exit::Model, error.into())
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Failure {
        Failure::new(Exit::Model, error.into())
    }
}

impl From<AssetError> for Failure {
    fn from(error: AssetError) -> Failure {
        let exit = match error {
            AssetError::Cancelled => Exit::Cancelled,
            _ => Exit::Model,
        };
        Failure {
            exit,
            error: error.into(),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure {
            exit: Exit::InputOutput,
            error: error.into(),
        }
    }
}
