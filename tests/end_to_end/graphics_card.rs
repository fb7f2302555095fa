//! The program for graphics cards, and the plain one beside it.

use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use fast_apply_engine::assets::{Fetch, Locations, ModelSpec, Registry, Store};
use serde_json::Value;
use tempfile::TempDir;

use crate::benches::{EDITS, benched};
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

/// Without the library for it the option names the other program, and before any model is looked for.
#[test]
fn the_plain_program_cannot_be_told_to_use_a_card() {
    let cache = TempDir::new().expect("a temporary directory");
    for arguments in [
        &[
            "apply",
            "program.rs",
            "--edit",
            "data/demo/reply.md",
            "--mode",
            "rewrite",
            "--device",
            "cuda",
        ][..],
        &[
            "bench", "card", EDITS, "--shape", "tiny", "--device", "cuda",
        ],
    ] {
        let output = Command::new(binary())
            .args(arguments)
            .arg("--offline")
            .env("FAST_APPLY_CACHE", cache.path())
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("it starts");
        assert_eq!(output.status.code(), Some(4), "{arguments:?}");
        let said = String::from_utf8(output.stderr).expect("it is UTF-8");
        assert!(
            said.contains("run fast-apply-cuda"),
            "{arguments:?}: {said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

/// What `bench card` finds on the processor, where the same tensor operations run.
fn benched_card(arguments: &[&str]) -> (String, Value) {
    let directory = TempDir::new().expect("a temporary directory");
    let figures = directory.path().join("figures.json");
    let path = figures.to_str().expect("it is UTF-8");
    let table = benched(
        &[
            &["card", EDITS, "--device", "cpu", "--json", path],
            arguments,
        ]
        .concat(),
    );
    let figures = fs::read(figures).expect("it is written");
    (table, serde_json::from_slice(&figures).expect("it is JSON"))
}

#[test]
fn a_shape_is_benched_without_its_weights() {
    for shape in ["tiny", "tiny-q4"] {
        let (table, figures) = benched_card(&[
            "--shape",
            shape,
            "--depths",
            "0,100,200",
            "--rows",
            "1,20",
            "--rounds",
            "2",
            "--limit",
            "2",
            "--plain-tokens",
            "4",
            "--own-tokens",
            "20",
            "--max-context",
            "4096",
        ]);
        assert!(
            table.starts_with(&format!("{shape}, random weights")),
            "{table}"
        );
        let passes = |what: &str| figures["passes"][what].as_array().expect("a list").len();
        assert_eq!((passes("verify"), passes("prefill")), (6, 2));
        assert_eq!(passes("parts"), 3);
        let rewrites = figures["rewrites"].as_array().expect("a list");
        assert_eq!(rewrites.len(), 2);
        for rewrite in rewrites {
            let figure = |name: &str| rewrite[name].as_f64().expect("a number");
            assert!(figure("tokens_per_s") > 0.0 && figure("plain_tokens_per_s") > 0.0);
            assert!(
                figure("forwards") * 2.0 < figure("output_tokens"),
                "drafts are taken"
            );
        }
        for one in figures["lossless"].as_array().expect("a list") {
            assert_eq!(
                (&one["tokens"], &one["difference"]),
                (&20.into(), &Value::Null)
            );
        }
        assert_eq!(figures["agreement"], Value::Null);
    }
}

/// The script that goes to a machine with a card, on the processor: all of it, with the default model and a shape.
#[test]
fn the_bench_script_needs_the_program_the_edits_and_the_model() {
    let store = Store::open(
        Registry::builtin(),
        Locations::from_environment().expect("there is a cache"),
    );
    let default = ModelSpec::default();
    let model = store
        .resolve(&default, Fetch::Allowed, &mut |_| ControlFlow::Continue(()))
        .expect("it can be fetched");
    let out = TempDir::new().expect("a temporary directory");
    let output = Command::new("../server/engine/cuda/bench")
        .args([Path::new(EDITS), model.weights.path(), out.path()])
        .args(["--device", "cpu", "--min-lines", "0", "--max-lines", "12"])
        .args(["--depths", "0", "--rows", "1", "--rounds", "1"])
        .args([
            "--plain-tokens",
            "1",
            "--own-tokens",
            "4",
            "--compared-tokens",
            "40",
        ])
        .env("FAST_APPLY_CUDA", binary())
        .env("FAST_APPLY_SHAPES", "tiny")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("bash is there");
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}{errors}");
    let figures = |name: &str| -> Value {
        let json = fs::read(out.path().join(name)).expect("it is written");
        serde_json::from_slice(&json).expect("it is JSON")
    };
    assert_eq!(figures("tiny.json")["model"], "tiny");
    // Our own kernels and the tensor operations, on the same weights.
    let agreement = &figures("default.json")["agreement"];
    assert_eq!(
        (&agreement["rows"], &agreement["same"]),
        (&40.into(), &40.into()),
        "{printed}"
    );
    assert!(
        agreement["largest_difference"].as_f64() < Some(1e-2),
        "{agreement}"
    );
}
