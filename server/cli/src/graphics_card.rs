//! The program for graphics cards, `fast-apply-cuda`, and when it takes this one's place.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use fast_apply_engine::{DTypeChoice, DeviceChoice, LoadOptions};

use crate::failure::{Exit, Failure};

/// How long a card may take to answer.
const PROBE_TIME: Duration = Duration::from_secs(5);

/// Fails unless this program can run a model on a graphics card of this machine.
pub(crate) fn probe() -> Result<(), Failure> {
    let options = LoadOptions {
        device: DeviceChoice::Cuda,
        dtype: DTypeChoice::Auto,
        max_context: 0,
    };
    let placement = options
        .placement()
        .map_err(|error| Failure::new(Exit::Model, error.into()))?;
    println!("{} {}", placement.device, placement.dtype);
    Ok(())
}

/// Becomes the program for graphics cards, with the same arguments, if it lies beside this one and says that it can run
/// here. Returns if not: a card is a gain and never a must.
pub(crate) fn hand_over() {
    if cfg!(feature = "cuda") {
        return;
    }
    let Ok(this) = std::env::current_exe() else {
        return;
    };
    let name = format!("fast-apply-cuda{}", std::env::consts::EXE_SUFFIX);
    let program = this.with_file_name(name);
    if program.is_file() && succeeds(&program) {
        replace_by(&program);
    }
}

/// Whether its probe succeeds in time.
fn succeeds(program: &Path) -> bool {
    let child = Command::new(program)
        .arg("--probe")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return false };
    let start = Instant::now();
    while start.elapsed() < PROBE_TIME {
        match child.try_wait() {
            Ok(None) => thread::sleep(Duration::from_millis(5)),
            Ok(Some(status)) => return status.success(),
            Err(_) => return false,
        }
    }
    // A driver that hangs must not hold up the editor.
    drop(child.kill());
    drop(child.wait());
    false
}

#[cfg(unix)]
fn replace_by(program: &Path) {
    use std::os::unix::process::CommandExt;

    let error = Command::new(program)
        .args(std::env::args_os().skip(1))
        .exec();
    eprintln!("fast-apply: {} does not start: {error}", program.display());
}

/// Nothing takes a process's place there: name the program in the editor's settings.
#[cfg(not(unix))]
fn replace_by(_program: &Path) {}
