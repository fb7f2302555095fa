//! Whether the editor still lives. One that crashes closes no pipe that a child of its own holds open.

use std::time::Duration;

/// How often it is looked for.
const PERIOD: Duration = Duration::from_secs(1);

/// Ends when the process that `known` names, which was alive then, is gone.
pub(crate) async fn gone(known: impl Fn() -> Option<u32>) {
    loop {
        tokio::time::sleep(PERIOD).await;
        if known().is_some_and(|process| !is_alive(process)) {
            return;
        }
    }
}

/// Whether there is such a process.
#[cfg(unix)]
pub(crate) fn is_alive(process: u32) -> bool {
    use rustix::process::{Pid, test_kill_process};

    let process = i32::try_from(process).ok().and_then(Pid::from_raw);
    let Some(process) = process else {
        return false;
    };
    // Somebody else's process cannot be signalled, but is there.
    !matches!(test_kill_process(process), Err(rustix::io::Errno::SRCH))
}

/// Here the end of the input has to do.
#[cfg(not(unix))]
pub(crate) fn is_alive(_: u32) -> bool {
    true
}
