//! SHA-256 of files, and of bytes on their way into one.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

use sha2::{Digest, Sha256};

use super::{
    AssetError, Progress,
    progress::{Report, report},
};

/// Bytes handled between two reports.
const CHUNK: usize = 1 << 20;

/// Why bytes did not get from one place to the other.
pub(super) enum CopyError {
    Read(io::Error),
    Write(io::Error),
    Stopped(AssetError),
}

/// Copies everything and gives its length and checksum in lower-case hexadecimal.
pub(super) fn copy(
    mut from: impl Read,
    mut to: impl Write,
    progress: Report<'_>,
) -> Result<(u64, String), CopyError> {
    let mut buffer = vec![0; CHUNK];
    let (mut length, mut digest) = (0, Sha256::new());
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(CopyError::Read(error)),
        };
        to.write_all(&buffer[..read]).map_err(CopyError::Write)?;
        digest.update(&buffer[..read]);
        length += read as u64;
        report(progress, Progress::Bytes(length)).map_err(CopyError::Stopped)?;
    }
    let sha256 = digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok((length, sha256))
}

/// The checksum of a file.
pub(super) fn of_file(path: &Path, progress: Report<'_>) -> Result<String, AssetError> {
    let unreadable = |error| AssetError::reading(path, error);
    let file = File::open(path).map_err(unreadable)?;
    let total = file.metadata().map_err(unreadable)?.len();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    report(
        progress,
        Progress::Step {
            name: &format!("checking {name}"),
            total: Some(total),
        },
    )?;
    match copy(file, io::sink(), progress) {
        Ok((_, sha256)) => Ok(sha256),
        Err(CopyError::Read(error) | CopyError::Write(error)) => Err(unreadable(error)),
        Err(CopyError::Stopped(error)) => Err(error),
    }
}
