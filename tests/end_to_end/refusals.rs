//! Bad input: one sentence, an exit code, and nothing written.

use std::fs;

use expect_test::{Expect, expect};

use crate::command::{Directory, Run};

/// Runs `apply` on `house.rs` in mode `rewrite`, with more arguments, and compares what it says.
fn check(directory: &Directory, arguments: &[&str], expected: Expect) {
    let fixed = ["house.rs", "--edit", "edit.md", "--mode", "rewrite"];
    let arguments: Vec<&str> = fixed.iter().chain(arguments).copied().collect();
    let before = directory.contents();
    check_run(&directory.run(&arguments), expected);
    assert_eq!(directory.contents(), before, "nothing is written");
}

fn check_run(run: &Run, expected: Expect) {
    assert_eq!(run.stdout, "");
    assert!(run.stderr.starts_with("fast-apply: "), "{}", run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    expected.assert_eq(&format!("{}exit {:?}\n", run.stderr, run.exit));
}

/// The same with another content of `house.rs`.
fn check_file(content: &[u8], expected: Expect) {
    let directory = Directory::new();
    directory.write("house.rs", content);
    check(&directory, &["--in-place"], expected);
}

#[test]
fn a_missing_file() {
    let directory = Directory::new();
    fs::remove_file(directory.path("house.rs")).expect("it can go");
    check(
        &directory,
        &["--in-place"],
        expect![[r#"
        fast-apply: cannot read house.rs: No such file or directory (os error 2)
        exit Some(1)
    "#]],
    );
}

#[test]
fn a_directory() {
    let directory = Directory::new();
    fs::remove_file(directory.path("house.rs")).expect("it can go");
    fs::create_dir(directory.path("house.rs")).expect("a directory");
    check(
        &directory,
        &["--in-place"],
        expect![[r#"
        fast-apply: cannot read house.rs: Is a directory (os error 21)
        exit Some(1)
    "#]],
    );
}

#[test]
fn a_binary_file() {
    check_file(
        b"\x7fELF\x02\x01\x01\0\0\0\0",
        expect![[r#"
        fast-apply: cannot edit house.rs: byte 7 is NUL, so this is a binary file; only text in UTF-8 can be rewritten
        exit Some(1)
    "#]],
    );
}

#[test]
fn a_file_in_utf_16() {
    check_file(
        b"\xff\xfef\0n\0",
        expect![[r#"
        fast-apply: cannot edit house.rs: the text is UTF-16; only UTF-8 is supported, so convert it first
        exit Some(1)
    "#]],
    );
}

#[test]
fn a_file_in_latin_1() {
    check_file(
        b"// K\xfcche\n",
        expect![[r#"
        fast-apply: cannot edit house.rs: byte 4 is not valid UTF-8; only text in UTF-8 can be rewritten
        exit Some(1)
    "#]],
    );
}

#[test]
fn an_empty_file() {
    check_file(
        b"",
        expect![[r#"
        fast-apply: the file is empty: there is nothing to edit, so paste the suggestion itself
        exit Some(1)
    "#]],
    );
}

#[test]
fn an_empty_edit() {
    for edit in ["", " \n\n"] {
        let directory = Directory::new();
        directory.write("edit.md", edit);
        let before = directory.contents();
        let run = directory.run(&["house.rs", "--edit", "edit.md", "--mode", "rewrite"]);
        assert_eq!(run.exit, Some(1), "{}", run.stderr);
        assert_eq!(run.stdout, "");
        assert!(run.stderr.contains("is empty"), "{}", run.stderr);
        assert_eq!(directory.contents(), before, "nothing is written");
    }
}

#[test]
fn an_edit_of_another_file() {
    let directory = Directory::new();
    directory.write("edit.md", "`src/garden.py`:\n\n```python\nTREES = 3\n```\n");
    let arguments = ["house.rs", "--edit", "edit.md", "--mode", "rewrite"];
    let before = directory.contents();
    let run = directory.run(&arguments);
    assert_eq!(run.exit, Some(1), "{}", run.stderr);
    assert_eq!(run.stdout, "");
    let last = run.stderr.lines().last();
    expect!["fast-apply: the edit has no block for this file: Block 1 of 1 is for src/garden.py."]
        .assert_eq(last.unwrap_or_default());
    assert_eq!(directory.contents(), before, "nothing is written");
}

#[test]
fn a_missing_edit() {
    let directory = Directory::new();
    fs::remove_file(directory.path("edit.md")).expect("it can go");
    check(
        &directory,
        &["--in-place"],
        expect![[r#"
        fast-apply: cannot read the edit edit.md: No such file or directory (os error 2)
        exit Some(1)
    "#]],
    );
}

#[test]
fn a_file_too_long_for_the_context() {
    let directory = Directory::new();
    directory.write(
        "house.rs",
        "let room = house.room(\"kitchen\");\n".repeat(50),
    );
    let arguments = ["--max-context", "200", "--in-place"];
    check(
        &directory,
        &arguments,
        expect![[r#"
        fast-apply: the file and the edit need 1171 tokens, but the context holds 200: use a shorter file, or a model with a longer context
        exit Some(4)
    "#]],
    );
}

#[test]
fn an_output_in_a_missing_directory() {
    let directory = Directory::new();
    check(
        &directory,
        &["--output", "garden/house.rs"],
        expect![[r#"
        fast-apply: cannot write garden/house.rs: No such file or directory (os error 2)
        exit Some(1)
    "#]],
    );
}

#[test]
fn an_output_below_a_file() {
    let directory = Directory::new();
    check(
        &directory,
        &["--output", "edit.md/house.rs"],
        expect![[r#"
        fast-apply: cannot write edit.md/house.rs: Not a directory (os error 20)
        exit Some(1)
    "#]],
    );
}

#[test]
fn an_output_that_is_a_directory() {
    let directory = Directory::new();
    fs::create_dir(directory.path("garden")).expect("a directory");
    check(
        &directory,
        &["--output", "garden"],
        expect![[r#"
        fast-apply: cannot write garden: Is a directory (os error 21)
        exit Some(1)
    "#]],
    );
}

#[test]
fn a_missing_forced_output() {
    let directory = Directory::new();
    check(
        &directory,
        &["--force-output", "missing.rs"],
        expect![[r#"
        fast-apply: cannot read missing.rs: No such file or directory (os error 2)
        exit Some(1)
    "#]],
    );
}

#[test]
fn an_unknown_model() {
    let directory = Directory::new();
    check(
        &directory,
        &["--model", "llama-4", "--in-place"],
        expect![[r#"
            fast-apply: there is no model and no file called llama-4; the known models are smollm2-135m, llama-3.2-1b, llama-3.2-3b, llama-3.1-8b, llama-3.3-70b
            exit Some(4)
        "#]],
    );
}

#[test]
fn a_model_that_is_none() {
    let directory = Directory::new();
    check(
        &directory,
        &["--model", "edit.md", "--in-place"],
        expect![[r#"
            fast-apply: edit.md is not a GGUF file; replace it
            exit Some(4)
        "#]],
    );
}

#[test]
fn an_unknown_adapter() {
    let directory = Directory::new();
    let run = directory.run(&[
        "house.rs",
        "--edit",
        "edit.md",
        "--mode",
        "rewrite",
        "--adapter",
        "fast",
    ]);
    assert_eq!(run.exit, Some(4), "{}", run.stderr);
    assert!(run.stderr.contains("fast"), "{}", run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
}

#[test]
fn no_model_and_no_network() {
    let directory = Directory::new();
    fs::create_dir(directory.path("cache")).expect("a directory");
    let arguments = [
        "house.rs",
        "--edit",
        "edit.md",
        "--mode",
        "rewrite",
        "--offline",
        "--in-place",
    ];
    let before = directory.read("house.rs");
    let output = directory
        .command(&arguments)
        .env("FAST_APPLY_CACHE", directory.path("cache"))
        .env("HF_HOME", directory.path("hub"))
        .env_remove("FAST_APPLY_MODELS")
        .output();
    check_run(
        &Run::of(output.expect("it starts")),
        expect![[r#"
        fast-apply: the model smollm2-135m is not on this machine; fetch it with `fast-apply model pull smollm2-135m`, or set FAST_APPLY_MODELS to a directory that holds it
        exit Some(4)
    "#]],
    );
    assert_eq!(directory.read("house.rs"), before);
}

#[test]
fn the_oracle_without_the_truth() {
    let directory = Directory::new();
    check(
        &directory,
        &["--draft", "oracle"],
        expect![[r#"
        fast-apply: --draft oracle needs --force-output FILE
        exit Some(2)
    "#]],
    );
}

/// The parser of arguments explains these; only the exit code is the command's own.
#[test]
fn values_that_no_option_has() {
    let directory = Directory::new();
    let before = directory.contents();
    for arguments in [
        &["--draft", "guess"][..],
        &["--draft-len", "long"],
        &["--dtype", "f8"],
        &["--device", "abacus"],
        &["--mode", "guess"],
        &["--repeat", "0"],
        &["--max-output", "-1"],
        &["--in-place", "--diff"],
        &["--in-place", "--output", "other.rs"],
        &["--fast"],
    ] {
        let fixed = ["house.rs", "--edit", "edit.md"];
        let all: Vec<&str> = fixed.iter().chain(arguments).copied().collect();
        let run = directory.run(&all);
        assert_eq!(run.exit, Some(2), "{arguments:?}: {}", run.stderr);
        assert!(
            run.stderr.starts_with("error: "),
            "{arguments:?}: {}",
            run.stderr
        );
        assert_eq!(run.stdout, "");
    }
    assert_eq!(directory.contents(), before, "nothing is written");
}
