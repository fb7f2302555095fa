//! A git repository, read through the `git` command.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::MineError;
use super::source_file;

/// A repository and a process that hands out its files.
pub(super) struct Repository {
    path: PathBuf,
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What a commit did to a file that was there before and stayed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) commit: String,
    pub(super) subject: String,
    pub(super) path: String,
    /// The object with the file before the commit.
    pub(super) before: String,
    /// The object with the file behind it.
    pub(super) after: String,
}

/// Marks the start of a commit in the log; no path or hash starts with it.
const COMMIT: char = '\u{1}';
/// Stands between a commit's hash and its subject.
const SUBJECT: char = '\u{2}';

impl Repository {
    pub(super) fn open(path: &Path) -> Result<Repository, MineError> {
        answer(path, &["rev-parse", "--git-dir"])?;
        let mut process = git(path)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(requests), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(MineError::Answer("no pipe".to_owned()));
        };
        Ok(Repository {
            path: path.to_owned(),
            process,
            requests,
            answers: BufReader::new(answers),
        })
    }

    /// The names of the licence files at the root, as the newest commit has them.
    pub(super) fn licence_files(&self) -> Result<Option<String>, MineError> {
        let listing = answer(&self.path, &["ls-tree", "-z", "--name-only", "HEAD"])?;
        let is_licence = |name: &&str| {
            let name = name.to_ascii_uppercase();
            ["LICENSE", "LICENCE", "COPYING", "UNLICENSE"]
                .iter()
                .any(|word| name.starts_with(word))
        };
        let names: Vec<&str> = listing.split('\0').filter(is_licence).collect();
        Ok((!names.is_empty()).then(|| names.join(", ")))
    }

    /// The edits of all commits that change at most so many source files, newest first. Merges have none.
    pub(super) fn edits(&self, files_per_commit: usize) -> Result<Vec<Edit>, MineError> {
        let format = format!("--format={COMMIT}%H{SUBJECT}%s");
        let log = answer(
            &self.path,
            &[
                "log",
                "--no-merges",
                "--no-renames",
                "--raw",
                "--no-abbrev",
                "-z",
                &format,
            ],
        )?;
        let mut edits = Vec::new();
        for commit in log.split(COMMIT).skip(1) {
            let mut of_commit = edits_of(commit)?;
            if of_commit.len() <= files_per_commit {
                edits.append(&mut of_commit);
            }
        }
        Ok(edits)
    }

    /// The text of an object; none if it is none, or no UTF-8.
    pub(super) fn text(&mut self, object: &str) -> Result<Option<String>, MineError> {
        writeln!(self.requests, "{object}")?;
        self.requests.flush()?;
        let mut header = String::new();
        self.answers.read_line(&mut header)?;
        let size = match header.split_whitespace().collect::<Vec<_>>()[..] {
            [_, "missing"] => return Ok(None),
            [_, _, size] => size.parse().ok(),
            _ => None,
        };
        let size: usize = size.ok_or_else(|| MineError::Answer(header.trim().to_owned()))?;
        // A line break follows.
        let mut bytes = vec![0; size + 1];
        self.answers.read_exact(&mut bytes)?;
        bytes.pop();
        let text = String::from_utf8(bytes).ok();
        Ok(text.filter(|text| !text.contains('\0')))
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        // It holds nothing that could be lost.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// The edits in a commit's part of the log: `HASH<2>SUBJECT`, then mode, objects and path of each file,
/// all ended by NUL. A source file that came or went counts as an edit with an empty object name, which is
/// no text.
fn edits_of(commit: &str) -> Result<Vec<Edit>, MineError> {
    let unclear = || MineError::Answer(commit.chars().take(200).collect());
    let mut fields = commit
        .split('\0')
        .map(|field| field.trim_start_matches('\n'));
    let (hash, subject) = fields
        .next()
        .and_then(|header| header.split_once(SUBJECT))
        .ok_or_else(unclear)?;
    let mut edits = Vec::new();
    while let Some(change) = fields.next() {
        if change.is_empty() {
            continue;
        }
        let path = fields.next().ok_or_else(unclear)?;
        let [_, _, before, after, _] = change.split(' ').collect::<Vec<_>>()[..] else {
            return Err(unclear());
        };
        if source_file::language(path).is_some() {
            edits.push(Edit {
                commit: hash.to_owned(),
                subject: subject.to_owned(),
                path: path.to_owned(),
                before: before.to_owned(),
                after: after.to_owned(),
            });
        }
    }
    Ok(edits)
}

fn git(path: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(path)
        .args(["-c", "core.quotepath=off"])
        .env("GIT_OPTIONAL_LOCKS", "0");
    command
}

/// What `git` prints.
fn answer(path: &Path, arguments: &[&str]) -> Result<String, MineError> {
    let output = git(path).args(arguments).output()?;
    if !output.status.success() {
        return Err(MineError::Refused {
            path: path.to_owned(),
            said: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        });
    }
    // Old subjects and paths may be in any encoding.
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
