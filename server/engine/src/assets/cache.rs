//! The directory that fetched models are kept in. Nothing half-written is ever seen under `models/`.

use std::{
    fs::{self, File, TryLockError},
    io::Read,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use tempfile::TempDir;

use super::{
    AssetError, Model, Progress, checksum,
    checksum::CopyError,
    gguf,
    progress::{Report, report},
};

/// What the names of unfinished downloads start with.
const UNFINISHED: &str = "unfinished-";

/// The cache directory.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    directory: PathBuf,
}

/// The right to fetch into a cache, held by one process at a time, and a place for what is not finished. Both end
/// with the value; what a killed process leaves is deleted by the next one.
pub(super) struct Staging<'c> {
    cache: &'c Cache,
    // Before the lock, so that it is deleted while the lock is held.
    directory: TempDir,
    _lock: File,
}

impl Cache {
    pub(super) fn new(directory: PathBuf) -> Cache {
        Cache { directory }
    }

    /// Where the model lies if it is in the cache.
    pub(super) fn path_of(&self, model: &Model) -> PathBuf {
        let directory = self.directory.join("models").join(&model.id);
        match &model.file {
            Some(file) => directory.join(file),
            None => directory,
        }
    }

    /// Waits for other processes that fetch, and deletes what dead ones have left.
    pub(super) fn stage(&self, progress: Report<'_>) -> Result<Staging<'_>, AssetError> {
        let unwritable = |error| AssetError::writing(&self.directory, error);
        fs::create_dir_all(&self.directory).map_err(unwritable)?;
        let lock = File::create(self.directory.join("lock")).map_err(unwritable)?;
        let locked = loop {
            match lock.try_lock() {
                Ok(()) => break true,
                Err(TryLockError::WouldBlock) => {
                    report(progress, Progress::Waiting)?;
                    thread::sleep(Duration::from_millis(200));
                }
                // A file system without locks: two downloads at a time waste work, but install whole files.
                Err(TryLockError::Error(_)) => break false,
            }
        };
        for entry in fs::read_dir(&self.directory).map_err(unwritable)?.flatten() {
            if locked && entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                fs::remove_dir_all(entry.path()).map_err(unwritable)?;
            }
        }
        let directory = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .tempdir_in(&self.directory)
            .map_err(unwritable)?;
        Ok(Staging {
            cache: self,
            directory,
            _lock: lock,
        })
    }
}

impl Staging<'_> {
    /// An empty directory for what is not finished.
    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// An error of writing here.
    pub(super) fn unwritable(&self, error: std::io::Error) -> AssetError {
        AssetError::writing(&self.cache.directory, error)
    }

    /// Writes what arrives from `source`, called `what`, to the disk, checks it, and puts it in its place.
    pub(super) fn install(
        &self,
        model: &Model,
        what: &str,
        source: impl Read,
        progress: Report<'_>,
    ) -> Result<PathBuf, AssetError> {
        let unwritable = |error| self.unwritable(error);
        report(
            progress,
            Progress::Step {
                name: "checking and storing",
                total: Some(model.size),
            },
        )?;
        let path = self.path().join("model");
        let mut file = File::create(&path).map_err(unwritable)?;
        // A pinned model has an exact size; whatever is longer need not be written out to be refused.
        let limit = model.sha256.as_ref().map_or(u64::MAX, |_| model.size + 1);
        let (_, sha256) = checksum::copy(source.take(limit), &mut file, progress).map_err(
            |error| match error {
                CopyError::Read(_) => AssetError::Interrupted {
                    what: what.to_owned(),
                },
                CopyError::Write(error) => unwritable(error),
                CopyError::Stopped(error) => error,
            },
        )?;
        file.sync_all().map_err(unwritable)?;
        if let Some(expected) = model
            .sha256
            .as_ref()
            .filter(|&expected| *expected != sha256)
        {
            return Err(AssetError::Checksum {
                what: what.to_owned(),
                expected: expected.clone(),
                actual: sha256,
                remedy: AssetError::TRY_AGAIN,
            });
        }
        let destination = self.cache.path_of(model);
        gguf::inspect(&path).map_err(|error| AssetError::Damaged {
            path: destination.clone(),
            reason: error.to_string(),
            remedy: AssetError::TRY_AGAIN,
        })?;
        let parent = destination.parent().unwrap_or(&self.cache.directory);
        fs::create_dir_all(parent).map_err(unwritable)?;
        fs::rename(&path, &destination).map_err(unwritable)?;
        if cfg!(unix) {
            // The rename itself is on the disk only with its directory.
            File::open(parent)
                .and_then(|directory| directory.sync_all())
                .map_err(unwritable)?;
        }
        Ok(destination)
    }
}
