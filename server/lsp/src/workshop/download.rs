//! The download of a model, by another program.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use super::start;

/// How long the end of a program that downloads is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// A download in the background. The program behind it would go on after the server's end, so it has to be stopped.
pub(super) struct Download {
    stopped: Arc<AtomicBool>,
    /// Gets nothing, and comes to its end with the download.
    ended: Receiver<()>,
}

impl Download {
    /// Starts a thread for it. `fetch` asks often whether to go on.
    pub(super) fn start(fetch: impl FnOnce(&dyn Fn() -> ControlFlow<()>) + Send + 'static) -> Self {
        let stopped = Arc::new(AtomicBool::new(false));
        let (running, ended) = channel();
        let asked = Arc::clone(&stopped);
        start("fetcher", move || {
            let _running = running;
            fetch(&|| match asked.load(Ordering::Relaxed) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            });
        });
        Self { stopped, ended }
    }

    /// Stops it and waits until it has.
    pub(super) fn stop(self) {
        self.stopped.store(true, Ordering::Relaxed);
        if let Err(RecvTimeoutError::Timeout) = self.ended.recv_timeout(PATIENCE) {
            tracing::warn!("a download does not stop");
        }
    }
}
