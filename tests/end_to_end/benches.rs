//! `fast-apply bench`: that the benches run, and find what does not depend on the machine.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::program::binary;

/// The edits that every clone has.
pub(crate) const EDITS: &str = "data/eval/edits.jsonl";

/// What a bench prints that ends well.
pub(crate) fn benched(arguments: &[&str]) -> String {
    let output = bench(arguments).output().expect("it starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).expect("it is UTF-8")
}

fn bench(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.arg("bench").args(arguments);
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

#[test]
fn eight_bits_choose_as_f32_does() {
    // It fails where too many choices change clearly.
    let found = benched(&[
        "quality",
        EDITS,
        "--max-lines",
        "40",
        "--limit",
        "8",
        "--dtype",
        "q8",
    ]);
    assert!(found.starts_with("8 answers of "), "{found}");
}

#[test]
fn drafts_stop_where_nothing_can_be_copied() {
    let directory = TempDir::new().expect("a temporary directory");
    let edits = directory.path().join("edits.jsonl");
    let all = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(EDITS));
    let all = all.expect("it is there");
    let of = |language: &str| all.lines().find(|line| line.contains(language));
    let two = [r#""language":"go""#, r#""language":"python""#].map(of);
    let two = two.map(|edit| edit.expect("there is one")).join("\n");
    fs::write(&edits, two).expect("it is written");
    let edits = edits.to_str().expect("it is UTF-8");
    let arguments = ["foreign", edits, "--tokens", "48", "--rounds", "1"];
    // That it costs too much time is no failure here: the machine may be busy.
    let output = bench(&arguments).output().expect("it starts");
    let table = String::from_utf8(output.stdout).expect("it is UTF-8");
    let per_forward: Vec<f64> = table
        .lines()
        .filter(|row| row.contains("with the text of"))
        .filter_map(|row| row.split('|').nth(5)?.trim().parse().ok())
        .collect();
    assert_eq!(per_forward.len(), 2, "{table}");
    assert!(per_forward.iter().all(|&tokens| tokens < 1.6), "{table}");
}

#[test]
fn kernels_stand_beside_the_peak() {
    let directory = TempDir::new().expect("a temporary directory");
    let figures = directory.path().join("kernels.json");
    let path = figures.to_str().expect("it is UTF-8");
    let table = benched(&["kernels", "--rounds", "1", "--json", path]);
    assert!(table.contains("| attention at 4096 | 512 |"), "{table}");
    let figures = fs::read_to_string(figures).expect("it is written");
    let figures: Value = serde_json::from_str(&figures).expect("it is JSON");
    for speed in figures["speeds"].as_array().expect("a list") {
        let number = |key: &str| speed[key].as_f64().expect("a number");
        assert!(number("speed") > 0.0 && number("peak") > 0.0, "{speed}");
    }
}

#[test]
fn files_are_brought_to_their_lengths() {
    let directory = TempDir::new().expect("a temporary directory");
    let output = directory.path().to_str().expect("it is UTF-8");
    benched(&["lengths", EDITS, "--lengths", "95,120", "--output", output]);
    let csv = fs::read_to_string(directory.path().join("lengths.csv")).expect("it is written");
    let lines: Vec<&str> = csv.lines().collect();
    assert!(lines[0].starts_with("lines,edit,"), "{csv}");
    let lengths = lines[1..].iter().map(|line| line.split(',').next());
    assert!(
        lengths.eq(["95", "95", "95", "120", "120", "120"].map(Some)),
        "{csv}"
    );
    let svg = fs::read_to_string(directory.path().join("lengths.svg")).expect("it is drawn");
    assert!(svg.contains("<polyline") && svg.contains("lines of the file"));
}
