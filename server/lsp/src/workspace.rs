//! Which files may be touched though no editor has them open.

use std::path::{Component, Path, PathBuf};
use std::sync::{PoisonError, RwLock};

/// The folders that the editor works in.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    folders: RwLock<Vec<PathBuf>>,
}

impl Workspace {
    /// From now on the folders are these.
    pub(crate) fn set(&self, folders: Vec<PathBuf>) {
        *self.folders.write().unwrap_or_else(PoisonError::into_inner) = folders;
    }

    /// The folders as the editor names them.
    pub(crate) fn folders(&self) -> Vec<PathBuf> {
        let folders = self.folders.read();
        folders.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The innermost folder that holds the file, all links resolved, unless the file is version control's own.
    ///
    /// # Errors
    /// One sentence that says why the file may not be touched. Asks the file system.
    pub(crate) fn folder_of(&self, file: &Path) -> Result<PathBuf, String> {
        let name = file.display();
        let resolved = file
            .canonicalize()
            .map_err(|error| format!("{name} cannot be found: {error}; open it in the editor"))?;
        if !resolved.is_file() {
            return Err(format!("{name} is not a file"));
        }
        let folders = self.folders();
        let holding = folders
            .iter()
            .filter_map(|folder| folder.canonicalize().ok())
            .filter(|folder| resolved.starts_with(folder));
        let Some(folder) = holding.max_by_key(|folder| folder.components().count()) else {
            return Err(format!(
                "{name} lies outside the workspace and is not open; open it in the editor"
            ));
        };
        // Also a folder inside `.git` does not make its files the user's.
        let is_git = |part: Component<'_>| part.as_os_str().eq_ignore_ascii_case(".git");
        match resolved.components().any(is_git) {
            true => Err(format!("{name} belongs to git and is left alone")),
            false => Ok(folder),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[cfg(unix)]
    #[test]
    fn links_are_resolved_before_a_file_is_trusted() {
        let root = tempfile::tempdir().expect("a directory");
        let [inside, outside] = ["inside", "outside"].map(|name| root.path().join(name));
        fs::create_dir_all(inside.join(".git")).expect("a directory");
        fs::create_dir_all(&outside).expect("a directory");
        for file in [
            inside.join("a.rs"),
            inside.join(".git/config"),
            outside.join("b.rs"),
        ] {
            fs::write(file, "").expect("a file");
        }
        std::os::unix::fs::symlink(outside.join("b.rs"), inside.join("b.rs")).expect("a link");
        std::os::unix::fs::symlink(&inside, root.path().join("also")).expect("a link");
        let workspace = Workspace::default();
        workspace.set(vec![root.path().join("also")]);

        let is_allowed = |path: &Path| workspace.folder_of(path).is_ok();
        assert!(is_allowed(&inside.join("a.rs")));
        assert!(is_allowed(&root.path().join("also/a.rs")));
        assert!(!is_allowed(&inside.join("b.rs")));
        assert!(!is_allowed(&outside.join("b.rs")));
        assert!(!is_allowed(&inside.join(".git/config")));
        assert!(!is_allowed(&inside.join("../outside/b.rs")));
        assert!(!is_allowed(&inside.join("none.rs")));
        assert!(!is_allowed(&inside));
    }
}
