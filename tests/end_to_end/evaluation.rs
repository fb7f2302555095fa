//! `fast-apply eval` over the committed edits.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use expect_test::{Expect, expect};
use fast_apply_eval::{pack_cases, read_cases};
use serde_json::Value;
use tempfile::TempDir;

use crate::command::Run;
use crate::program::binary;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/eval")
}

fn edits() -> PathBuf {
    data().join("edits.jsonl")
}

/// `fast-apply eval` over the edits, to be run in a directory.
fn command(directory: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command
        .arg("eval")
        .arg(edits())
        .args(arguments)
        .current_dir(directory.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run(directory: &TempDir, arguments: &[&str]) -> Run {
    Run::of(command(directory, arguments).output().expect("it starts"))
}

fn read(directory: &TempDir, name: &str) -> String {
    fs::read_to_string(directory.path().join(name)).expect("the file is there")
}

fn json(directory: &TempDir, name: &str) -> Value {
    serde_json::from_str(&read(directory, name)).expect("it is JSON")
}

fn directory() -> TempDir {
    TempDir::new().expect("a temporary directory")
}

#[test]
fn the_packed_edits_are_those_in_the_directories() {
    let packed = read_cases(&edits()).expect("the edits are readable");
    let cases = pack_cases(&data().join("cases")).expect("the directories are cases");
    assert_eq!(packed.len(), cases.len());
    for (packed, case) in packed.iter().zip(&cases) {
        assert_eq!(
            packed, case,
            "pack the edits again: see tests/data/eval/README.md"
        );
    }
}

#[test]
fn the_edits_are_of_all_kinds() {
    let cases = read_cases(&edits()).expect("the edits are readable");
    assert!(cases.len() >= 40);
    let has = |holds: fn(&str) -> bool| cases.iter().any(|case| holds(&case.before));
    assert!(has(|text| text.contains("\r\n")));
    assert!(has(|text| text.starts_with('\u{feff}')));
    assert!(has(|text| !text.ends_with('\n')));
    assert!(has(|text| text.lines().count() > 350));
    let mut languages: BTreeMap<&str, usize> = BTreeMap::new();
    for case in &cases {
        *languages.entry(&case.language).or_default() += 1;
        assert_ne!(case.before, case.after, "{}", case.id);
    }
    assert!(languages.len() >= 18, "{languages:?}");
}

/// How many edits the merge gets right, and which ones it does not. Fewer right ones are a regression; after an
/// improvement the table is brought up to date with UPDATE_EXPECT=1.
#[test]
fn merge() {
    let directory = directory();
    let done = run(
        &directory,
        &[
            "--mode",
            "merge",
            "--json",
            "out.json",
            "--failures",
            "failures",
        ],
    )
    .succeeded();
    assert!(
        done.stdout.starts_with("merge: edits.jsonl, no model\n"),
        "{}",
        done.stdout
    );
    let out = json(&directory, "out.json");
    let cases = out["cases"].as_array().expect("a list of cases");
    let mut table = format!(
        "{} cases, {} exact, {} unrelated changes, {} markers left\n",
        out["summary"]["cases"],
        out["summary"]["exact"]["count"],
        out["summary"]["unrelated_changes"]["count"],
        out["summary"]["marker_left"]["count"],
    );
    let mut failures = 0;
    for case in cases.iter().filter(|case| case["exact"] == false) {
        failures += 1;
        let id = case["id"].as_str().expect("an id");
        let outcome = case["outcome"].as_str().expect("an outcome");
        table += &format!("{outcome:8} {id}\n");
        let diff = read(&directory, &format!("failures/{id}.diff"));
        assert_eq!(diff.contains("\n@@ "), outcome == "applied", "{diff}");
    }
    let kept = fs::read_dir(directory.path().join("failures")).expect("a directory");
    assert_eq!(kept.count(), failures);
    expect![[r#"
        48 cases, 46 exact, 0 unrelated changes, 0 markers left
        refused  go-hunks
        refused  shell-function
    "#]]
    .assert_eq(&table);
    assert!(!directory.path().join("out.json.partial").exists());
    check_case_keys(&cases[0]);
    check_summary(&out["summary"], cases.len());
}

fn check_case_keys(case: &Value) {
    for key in [
        "exact",
        "exact_ignoring_blank_lines",
        "marker_left",
        "unrelated_changes",
        "extra_lines",
        "syntax_ok",
        "chars_per_s",
        "tokens_per_s",
        "tokens_per_forward",
        "oracle_tokens_per_forward",
        "confidence",
        "outcome",
        "source",
        "style",
    ] {
        assert!(case.get(key).is_some(), "{key} in {case}");
    }
    assert!(case["tokens_per_s"].is_null(), "no model was asked");
}

fn check_summary(summary: &Value, count: usize) {
    assert_eq!(summary["mode"], "merge");
    assert!(summary["model"].is_null());
    let groups = summary["groups"].as_object().expect("groups");
    let mut keys: Vec<&str> = groups.keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["changed_lines", "language", "lines", "style"]);
    for (key, groups) in groups {
        let cases = groups.as_object().expect("groups").values();
        let sum: u64 = cases.filter_map(|figures| figures["cases"].as_u64()).sum();
        assert_eq!(sum, count as u64, "{key}");
    }
    let outcomes = summary["outcome"].as_object().expect("outcomes").values();
    assert_eq!(
        outcomes.filter_map(Value::as_u64).sum::<u64>(),
        count as u64
    );
}

#[test]
fn some_cases_by_another_key() {
    let directory = directory();
    let arguments = [
        "--mode",
        "merge",
        "--ids",
        "toml-hunks,sql-hunks,go-terse",
        "--limit",
        "2",
    ];
    let arguments = [
        &arguments[..],
        &["--group-by", "path,nothing", "--json", "out.json"],
    ]
    .concat();
    run(&directory, &arguments).succeeded();
    let out = json(&directory, "out.json");
    let ids: Vec<&Value> = out["cases"]
        .as_array()
        .expect("cases")
        .iter()
        .map(|case| &case["id"])
        .collect();
    assert_eq!(ids, ["go-terse", "sql-hunks"], "in the order of the data");
    assert_eq!(
        out["summary"]["groups"],
        serde_json::json!({}),
        "a path is no further key"
    );
}

#[test]
fn a_run_that_was_stopped_goes_on() {
    let directory = directory();
    let arguments = ["--mode", "rewrite", "--json", "out.json"];
    let mut child = command(&directory, &arguments).spawn().expect("it starts");
    let partial = directory.path().join("out.json.partial");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(300);
    while fs::read_to_string(&partial).map_or(0, |text| text.lines().count()) == 0 {
        assert!(
            child.try_wait().expect("it can be asked").is_none(),
            "it ended early"
        );
        assert!(std::time::Instant::now() < deadline, "no case is ever done");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("kill runs").success());
    let stopped = Run::of(child.wait_with_output().expect("it ends"));
    assert_eq!(stopped.exit, Some(130), "{}", stopped.stderr);
    assert!(
        stopped.stderr.contains("goes on from out.json.partial"),
        "{}",
        stopped.stderr
    );
    assert!(!directory.path().join("out.json").exists());

    let kept = fs::read_to_string(&partial).expect("it is there");
    let kept: Vec<Value> = kept
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["result"].clone())
        .collect();
    // The times show that nothing is measured again.
    assert!(kept[0]["total_ms"].as_f64().expect("a time") > 0.0);
    let limit = kept.len().to_string();
    run(&directory, &[&arguments[..], &["--limit", &limit]].concat()).succeeded();
    assert_eq!(json(&directory, "out.json")["cases"], Value::Array(kept));
    assert!(!partial.exists());
}

#[test]
fn what_does_not_fit_the_context_counts_apart() {
    let directory = directory();
    let arguments = [
        "--mode",
        "rewrite",
        "--limit",
        "2",
        "--max-context",
        "64",
        "--json",
        "out.json",
    ];
    let done = run(&directory, &arguments).succeeded();
    assert!(
        done.stdout
            .contains("\n2 further cases do not fit the model's context.\n"),
        "{}",
        done.stdout
    );
    let out = json(&directory, "out.json");
    assert_eq!(out["summary"]["beyond_context"], 2);
    assert_eq!(out["summary"]["cases"], 0);
    assert!(out["summary"]["exact"]["rate"].is_null());
    assert_eq!(out["cases"][0]["fits_context"], false);
    assert_eq!(out["cases"][0]["exact"], false);
}

#[test]
fn a_report() {
    let directory = directory();
    let arguments = [
        "--report",
        "report",
        "--ids",
        "toml-hunks",
        "--mode",
        "merge",
        "--json",
        "out.json",
    ];
    let done = run(&directory, &arguments).succeeded();
    assert!(
        done.stdout.starts_with("merge: "),
        "the table is of the mode asked for: {}",
        done.stdout
    );
    assert_eq!(json(&directory, "out.json")["summary"]["mode"], "merge");
    let page = read(&directory, "report/index.html");
    for label in [
        "rewrite, plain",
        "rewrite, speculative",
        "rewrite, strict",
        "merge",
        "auto",
        "edits.jsonl",
        "smollm2-135m",
    ] {
        assert!(page.contains(label), "{label}");
    }
    assert_eq!(page.matches("class=\"point\"").count(), 5);
    let results = [
        "rewrite-none",
        "rewrite-auto",
        "rewrite-auto-strict",
        "merge-auto",
        "auto-auto",
    ];
    for name in results {
        let out = json(&directory, &format!("report/{name}.json"));
        assert_eq!(out["summary"]["cases"], 1, "{name}");
    }
    let of = |name: &str| json(&directory, &format!("report/{name}.json"))["cases"][0].clone();
    let per_forward = |name: &str| {
        of(name)["tokens_per_forward"]
            .as_f64()
            .expect("a model ran")
    };
    assert_eq!(per_forward("rewrite-none"), 1.0);
    assert!(per_forward("rewrite-auto") > 1.0);
    assert!(of("auto-auto")["oracle_tokens_per_forward"].as_f64() > Some(1.0));
    assert_eq!(
        of("rewrite-none")["exact"],
        of("rewrite-auto")["exact"],
        "speculation changes nothing"
    );
}

fn check_refusal(arguments: &[&str], expected: Expect) {
    let directory = directory();
    let run = run(&directory, &[&["--mode", "merge"], arguments].concat());
    assert_eq!(run.stdout, "");
    expected.assert_eq(&format!("{}exit {:?}\n", run.stderr, run.exit));
    assert_eq!(
        fs::read_dir(directory.path()).expect("a directory").count(),
        0,
        "nothing is written"
    );
}

#[test]
fn refusals() {
    check_refusal(
        &["--ids", "toml-hunks,none"],
        expect![[r#"
        fast-apply: no case has the id 'none'
        exit Some(1)
    "#]],
    );
    check_refusal(
        &["--force-output", "x"],
        expect![[r#"
        fast-apply: --force-output is for one file, not for a data set
        exit Some(2)
    "#]],
    );
    check_refusal(
        &["missing.jsonl"],
        expect![[r#"
            fast-apply: cannot read missing.jsonl: No such file or directory (os error 2)
            exit Some(1)
        "#]],
    );
    check_refusal(
        &["--limit", "0"],
        expect![[r#"
        fast-apply: there is no case to evaluate
        exit Some(1)
    "#]],
    );
    check_refusal(
        &["--json", "nowhere/out.json"],
        expect![[r#"
        fast-apply: cannot write nowhere/out.json: No such file or directory (os error 2)
        exit Some(1)
    "#]],
    );
}
