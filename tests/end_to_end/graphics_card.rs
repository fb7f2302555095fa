//! The program for graphics cards, and the plain one beside it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::program::binary;

/// What `fast-apply lsp` says with a program of these shell commands beside it that calls itself `fast-apply-cuda`.
fn started(commands: &str, arguments: &[&str]) -> String {
    let directory = TempDir::new().expect("a temporary directory");
    let plain = directory.path().join("fast-apply");
    fs::copy(binary(), &plain).expect("it can be copied");
    let program = directory.path().join("fast-apply-cuda");
    fs::write(&program, format!("#!/bin/sh\n{commands}\n")).expect("it can be written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let output = Command::new(&plain)
        .arg("lsp")
        .args(arguments)
        .stdin(Stdio::null())
        .env("XDG_CACHE_HOME", directory.path())
        .output()
        .expect("it starts");
    String::from_utf8(output.stdout).expect("it is UTF-8")
}

const TELLS: &str = r#"test "$1" = lsp && echo "card: $*""#;

#[test]
fn the_server_runs_on_the_card_where_there_is_one() {
    let usable = format!(r#"test "$1" = --probe && exit 0; {TELLS}"#);
    assert_eq!(started(&usable, &["--stdio"]), "card: lsp --stdio\n");
    assert_eq!(
        started(&usable, &["--device", "cuda"]),
        "card: lsp --device cuda\n"
    );
    assert_eq!(started(&usable, &["--device", "cpu"]), "");
}

#[test]
fn without_a_card_the_plain_server_serves() {
    assert_eq!(
        started(&format!(r#"test "$1" = --probe && exit 4; {TELLS}"#), &[]),
        ""
    );
    assert_eq!(
        started(
            &format!(r#"test "$1" = --probe && exec sleep 60; {TELLS}"#),
            &[]
        ),
        ""
    );
}

#[test]
fn the_plain_program_names_the_other() {
    let output = Command::new(binary())
        .arg("--probe")
        .output()
        .expect("it starts");
    assert_eq!(output.status.code(), Some(4));
    let said = String::from_utf8(output.stderr).expect("it is UTF-8");
    assert_eq!(
        said,
        "fast-apply: this program has no CUDA: run fast-apply-cuda, which server/engine/cuda/build makes, or use --device cpu\n"
    );
}
