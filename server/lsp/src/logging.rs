//! What the server writes about itself: to stderr, where only trouble belongs, and to a file.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, reload};

/// The size at which the file is begun anew; the one before is kept.
const FILE_LIMIT: u64 = 8 << 20;

/// Changes what is logged to the file, in the syntax of `RUST_LOG`.
pub type SetLevel = Arc<dyn Fn(&str) + Send + Sync>;

/// Starts logging for the whole process, to `log/server.log` in `directory` and, warnings only, to stderr. `RUST_LOG`
/// decides what is logged to both; without it `level` does, for the file.
///
/// The second value says why the file cannot be written, if so; stderr is used all the same.
pub fn start(directory: Option<&Path>, level: &str) -> (SetLevel, io::Result<()>) {
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
        Ok(file) => (file, Ok(())),
        Err(error) => (None, Err(error)),
    };
    let filter = EnvFilter::try_new(named.as_deref().unwrap_or(level));
    let (filter, handle) = reload::Layer::new(filter.unwrap_or_else(|_| EnvFilter::new("info")));
    let to_file = file.map(|file| {
        tracing_subscriber::fmt::layer()
            .with_writer(Mutex::new(file))
            .with_ansi(false)
            .with_filter(filter)
    });
    // Somebody else's subscriber may be there already, in a program that serves among other things.
    tracing_subscriber::registry()
        .with(to_stderr)
        .with(to_file)
        .try_init()
        .ok();
    let set_level = move |level: &str| {
        if named.is_none()
            && let Ok(filter) = EnvFilter::try_new(level)
        {
            // Without a file there is nothing to change.
            handle.reload(filter).ok();
        }
    };
    (Arc::new(set_level), result)
}

/// Opens the log for several servers at once: each line is one append.
fn open(directory: &Path) -> io::Result<File> {
    let directory = directory.join("log");
    fs::create_dir_all(&directory)?;
    let path = directory.join("server.log");
    if fs::metadata(&path).is_ok_and(|metadata| metadata.len() > FILE_LIMIT) {
        fs::rename(&path, directory.join("server.log.1"))?;
    }
    OpenOptions::new().create(true).append(true).open(&path)
}
