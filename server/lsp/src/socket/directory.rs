//! The directory of the sockets, which nobody else can enter.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use fast_apply_engine::assets::Locations;

/// The directory that a server puts its socket into: the first that the environment names.
pub fn directory() -> Option<PathBuf> {
    directories().into_iter().next()
}

/// Every directory that a server of this user may have put its socket into. An editor can have been started in another
/// environment than a shell.
pub fn directories() -> Vec<PathBuf> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let runtime = runtime.filter(|path| path.is_absolute());
    let cache = Locations::from_environment().ok();
    let cache = cache.map(|locations| locations.cache.join("run"));
    let runtime = runtime.map(|path| path.join("fast-apply"));
    runtime.into_iter().chain(cache).collect()
}

/// Makes sure that the directory is there and private.
pub(super) fn prepare(directory: &Path) -> io::Result<()> {
    if let Some(parent) = directory.parent() {
        fs::create_dir_all(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => check(directory),
    }
}

/// Makes sure that the directory is this user's alone, and no link.
pub(super) fn check(directory: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(directory)?;
    let is_private = metadata.is_dir() && is_own(&metadata) && metadata.mode() & 0o077 == 0;
    match is_private {
        true => Ok(()),
        false => Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!(
                "{} is not a directory that only you can enter; remove it or make it so (chmod 700)",
                directory.display()
            ),
        )),
    }
}

/// The sockets in a directory.
pub(super) fn sockets(directory: &Path) -> io::Result<Vec<PathBuf>> {
    check(directory)?;
    let mut sockets = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let is_socket = path.extension() == Some(OsStr::new("sock"))
            && fs::symlink_metadata(&path)
                .is_ok_and(|metadata| metadata.file_type().is_socket() && is_own(&metadata));
        if is_socket {
            sockets.push(path);
        }
    }
    sockets.sort();
    Ok(sockets)
}

fn is_own(metadata: &Metadata) -> bool {
    metadata.uid() == rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn only_a_private_directory_is_used() {
        let root = tempfile::tempdir().expect("a directory");
        let directory = root.path().join("a/run");
        prepare(&directory).expect("it is made");
        prepare(&directory).expect("it is private");

        fs::set_permissions(&directory, fs::Permissions::from_mode(0o750)).expect("it is mine");
        assert!(prepare(&directory).is_err(), "others can enter it");

        fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).expect("it is mine");
        let link = root.path().join("link");
        symlink(&directory, &link).expect("a link");
        assert!(prepare(&link).is_err(), "it is a link");
    }
}
