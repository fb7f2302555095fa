//! The command, and a directory of its own to run it in.

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A file to edit.
pub(crate) const ORIGINAL: &str = "\
/// How many rooms the house has.
const ROOMS: usize = 12;

fn area(width: f64, length: f64) -> f64 {
    width * length
}

fn main() {
    println!(\"{ROOMS} rooms, {} square metres\", area(4.0, 5.5));
}
";

/// An edit of it.
pub(crate) const EDIT: &str = "\
The hall was forgotten:

```rust
/// How many rooms the house has, with the hall.
const ROOMS: usize = 13;

// ... existing code ...
```
";

/// What the edit means.
pub(crate) const EDITED: &str = "\
/// How many rooms the house has, with the hall.
const ROOMS: usize = 13;

fn area(width: f64, length: f64) -> f64 {
    width * length
}

fn main() {
    println!(\"{ROOMS} rooms, {} square metres\", area(4.0, 5.5));
}
";

/// A temporary directory with `house.rs`, `edit.md`, and `edited.rs`, which the edit means.
pub(crate) struct Directory {
    directory: TempDir,
}

impl Directory {
    pub(crate) fn new() -> Directory {
        let directory = Directory {
            directory: TempDir::new().expect("a temporary directory"),
        };
        directory.write("house.rs", ORIGINAL);
        directory.write("edit.md", EDIT);
        directory.write("edited.rs", EDITED);
        directory
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).expect("a file can be written");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        let bytes = fs::read(self.path(name)).expect("the file is there");
        String::from_utf8(bytes).expect("it is UTF-8")
    }

    /// The statistics in `stats.json`.
    pub(crate) fn stats(&self) -> Value {
        serde_json::from_str(&self.read("stats.json")).expect("the statistics are JSON")
    }

    /// Every file below the directory with its bytes; links are followed, directories are `None`.
    pub(crate) fn contents(&self) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        let mut contents = BTreeMap::new();
        let mut directories = vec![self.directory.path().to_owned()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).expect("a directory") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    directories.push(path.clone());
                    contents.insert(path, None);
                } else {
                    let bytes = fs::read(&path).unwrap_or_default();
                    contents.insert(path, Some(bytes));
                }
            }
        }
        contents
    }

    /// `fast-apply apply` with these arguments, to be run in the directory.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .arg("apply")
            .args(arguments)
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        Run::of(self.command(arguments).output().expect("it starts"))
    }

    /// Runs it with the content of a file as standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Run {
        let input = File::open(self.path(input)).expect("the input is there");
        let output = self.command(arguments).stdin(input).output();
        Run::of(output.expect("it starts"))
    }
}

/// What a process left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// `None` if a signal ended it.
    pub(crate) exit: Option<i32>,
}

impl Run {
    pub(crate) fn of(output: Output) -> Run {
        Run {
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
            exit: output.status.code(),
        }
    }

    /// Makes sure that it went well.
    pub(crate) fn succeeded(self) -> Run {
        assert_eq!(self.exit, Some(0), "{}", self.stderr);
        self
    }
}

/// `fast-apply` of the same build. Cargo names the binary only to the tests of its own package; but
/// it is built, beside the tests, whenever that package's tests are, and so by `cargo test --workspace`.
pub(crate) fn binary() -> PathBuf {
    let test = env::current_exe().expect("this test has a path");
    let profile = test.parent().and_then(|deps| deps.parent());
    let binary = profile
        .expect("tests lie in target/PROFILE/deps")
        .join(format!("fast-apply{}", env::consts::EXE_SUFFIX));
    assert!(
        binary.exists(),
        "{} is missing: run `cargo build --workspace` first",
        binary.display()
    );
    binary
}
