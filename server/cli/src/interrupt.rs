//! Ctrl-C: the first asks the work to stop and clean up, the second ends the process at once.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicBool, Ordering},
};

use signal_hook::{consts::SIGINT, flag};

use crate::failure::Exit;

static REQUESTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| {
    let requested = Arc::new(AtomicBool::new(false));
    // In this order: only a flag that an earlier signal has set ends the process. Where signals cannot be caught, the
    // system ends the process at the first.
    let _ = flag::register_conditional_shutdown(SIGINT, Exit::Cancelled as i32, requested.clone());
    let _ = flag::register(SIGINT, requested.clone());
    requested
});

/// Whether the user has asked to stop. From the first call on, Ctrl-C no longer ends the process by itself.
pub(crate) fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

/// What Ctrl-C sets. From the first call on, Ctrl-C no longer ends the process by itself.
pub(crate) fn flag() -> Arc<AtomicBool> {
    REQUESTED.clone()
}
