//! Pairs of texts from a git repository: what its commits did to its files.

mod balance;
mod repository;
mod source_file;

use std::path::{Path, PathBuf};

use fast_apply_text::hunks;

use crate::Pair;
use repository::{Edit, Repository};

/// Which edits are taken.
#[derive(Debug, Clone)]
pub struct Mining {
    /// Commits that change more source files are left out: their subjects say little about one of them.
    pub files_per_commit: usize,
    /// The shortest and the longest file, in lines.
    pub lines: (usize, usize),
    /// The most lines that an edit may add and remove.
    pub changed_lines: usize,
    /// The most runs of changed lines.
    pub hunks: usize,
    /// Examples of files of the same name.
    pub per_file_name: usize,
    /// Which share of the files under 100 lines is taken, from 0 to 1.
    pub small_share: f64,
    /// Which share of the edits stands for one that has been made already, from 0 to 1. Edits that only
    /// change blanks are nearly no-ops and are taken in the same share.
    pub no_op_share: f64,
    /// Decides what is taken.
    pub seed: u64,
}

impl Default for Mining {
    fn default() -> Self {
        Mining {
            files_per_commit: 3,
            lines: (12, 2_500),
            changed_lines: 120,
            hunks: 8,
            per_file_name: 3,
            small_share: 0.3,
            no_op_share: 0.02,
            seed: 0,
        }
    }
}

/// Why a repository cannot be mined.
#[derive(Debug, thiserror::Error)]
pub enum MineError {
    /// There is no `git`, or its pipe broke.
    #[error("cannot run git")]
    Git(#[from] std::io::Error),
    /// `git` says no.
    #[error("git cannot read {}: {said}", path.display())]
    Refused {
        /// The repository.
        path: PathBuf,
        /// What it said.
        said: String,
    },
    /// `git` says what nobody understands.
    #[error("git gave an answer that is not understood: {0}")]
    Answer(String),
}

impl Mining {
    /// The edits of a repository's history, newest first. `name` stands for it in the pairs.
    pub fn pairs(&self, repository: &Path, name: &str) -> Result<Vec<Pair>, MineError> {
        let mut repository = Repository::open(repository)?;
        let licence = repository.licence_files()?;
        let mut pairs = Vec::new();
        for edit in repository.edits(self.files_per_commit)? {
            let before = repository.text(&edit.before)?;
            let after = repository.text(&edit.after)?;
            let (Some(before), Some(after)) = (before, after) else {
                continue;
            };
            pairs.extend(self.pair(edit, before, after).map(|pair| Pair {
                repo: name.to_owned(),
                licence: licence.clone(),
                ..pair
            }));
        }
        Ok(self.balanced(pairs))
    }

    /// The pair, unless the edit is too small, too large or not a person's.
    fn pair(&self, edit: Edit, before: String, after: String) -> Option<Pair> {
        let lang = source_file::language(&edit.path)?;
        let lines = before.lines().count();
        let (shortest, longest) = self.lines;
        if !(shortest..=longest).contains(&lines)
            || after.trim().is_empty()
            || source_file::is_generated(&edit.path, &after)
        {
            return None;
        }
        let hunks = hunks(&before, &after);
        let added = hunks.iter().map(|hunk| hunk.rewritten.len()).sum();
        let removed = hunks.iter().map(|hunk| hunk.original.len()).sum();
        if hunks.is_empty() || hunks.len() > self.hunks || added + removed > self.changed_lines {
            return None;
        }
        Some(Pair {
            commit: edit.commit,
            path: edit.path,
            lang: lang.to_owned(),
            instruction: edit.subject,
            before,
            after,
            lines,
            hunks: hunks.len(),
            added,
            removed,
            ..Pair::default()
        })
    }
}
