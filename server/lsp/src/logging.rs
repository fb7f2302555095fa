//! What the server writes about itself: to stderr, where only trouble belongs, and to a file.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// The size at which the file is begun anew; the one before is kept.
const FILE_LIMIT: u64 = 8 << 20;

/// Starts logging for the whole process, to `log/server.log` in `directory` and, warnings only, to stderr. `RUST_LOG`
/// decides what is logged to both; without it `level` does, for the file. Gives the path of the file.
///
/// # Errors
/// The file cannot be written; stderr is used all the same.
pub fn start(directory: Option<&Path>, level: &str) -> io::Result<Option<PathBuf>> {
    let named = std::env::var("RUST_LOG")
        .ok()
        .filter(|named| !named.is_empty());
    let filter = named
        .as_deref()
        .map(EnvFilter::try_new)
        .and_then(Result::ok);
    let to_stderr = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(false);
    let to_stderr = match filter {
        Some(filter) => to_stderr.with_filter(filter).boxed(),
        None => to_stderr.with_filter(LevelFilter::WARN).boxed(),
    };
    let opened = directory.map(open).transpose();
    let (file, result) = match opened {
        Ok(Some((file, path))) => (Some(file), Ok(Some(path))),
        Ok(None) => (None, Ok(None)),
        Err(error) => (None, Err(error)),
    };
    let to_file = file.map(|file| {
        let level = named.as_deref().unwrap_or(level);
        let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
        tracing_subscriber::fmt::layer()
            .with_writer(std::sync::Mutex::new(file))
            .with_ansi(false)
            .with_filter(filter)
    });
    // Somebody else's subscriber may be there already, in a program that serves among other things.
    tracing_subscriber::registry()
        .with(to_stderr)
        .with(to_file)
        .try_init()
        .ok();
    result
}

/// Opens the log for several servers at once: each line is one append.
fn open(directory: &Path) -> io::Result<(File, PathBuf)> {
    let directory = directory.join("log");
    fs::create_dir_all(&directory)?;
    let path = directory.join("server.log");
    if fs::metadata(&path).is_ok_and(|metadata| metadata.len() > FILE_LIMIT) {
        fs::rename(&path, directory.join("server.log.1"))?;
    }
    let file = OpenOptions::new().create(true).append(true).open(&path)?;
    Ok((file, path))
}
