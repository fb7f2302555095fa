//! The simulated editors against what the real ones said.
//!
//! `tests/editors` has recorded what editors do with edits, typing and undoing: see `test_transcripts.py` there. Each
//! simulated editor is given the same, and must say the same: versions, texts, how changes are split, and the order.

use std::collections::VecDeque;
use std::path::Path;

use fast_apply_lsp::event::{EditAnswer, Millis};
use fast_apply_text::{Position, PositionRange, TextChange};
use fastrand::Rng;
use serde_json::{Value, json};

use crate::buffer::index_at;
use crate::client::{Client, Message};
use crate::editor::{Editor, Temper};

/// How late a real editor can be with what the simulated one does at once, and what it does early.
const TOLERANCE: Millis = 120;
/// Where the simulated VS Code can do this or that, one of its runs must be the recorded one.
const SEEDS: u64 = 4096;

#[test]
fn neovim_with_our_plugin() {
    check("neovim", Editor::Neovim);
}

#[test]
fn neovim_without_our_plugin() {
    check("neovim-without-plugin", Editor::NeovimStock);
}

#[test]
fn helix() {
    check("helix", Editor::Helix);
}

#[test]
fn vscode() {
    check("vscode", Editor::VsCode);
}

#[test]
fn another_editor_says_something_else() {
    for (name, editor) in [
        ("neovim", Editor::NeovimStock),
        ("neovim-without-plugin", Editor::Neovim),
        ("helix", Editor::Neovim),
        ("vscode", Editor::Helix),
    ] {
        let differ = cases(name)
            .iter()
            .filter(|case| play(case, editor).is_err())
            .count();
        assert!(differ > 2, "{editor:?} passes for {name}");
    }
}

#[track_caller]
fn check(name: &str, editor: Editor) {
    let cases = cases(name);
    assert!(cases.len() > 5, "{name}.jsonl holds little");
    for case in &cases {
        if let Err(difference) = play(case, editor) {
            panic!("{name}, {}: {difference}", case[0]);
        }
    }
}

/// The cases of a record, each with its title and what happened.
fn cases(name: &str) -> Vec<Vec<Value>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/transcripts");
    let text = std::fs::read_to_string(folder.join(format!("{name}.jsonl"))).unwrap();
    let mut cases: Vec<Vec<Value>> = Vec::new();
    for line in text.lines().skip(1) {
        let entry: Value = serde_json::from_str(line).unwrap();
        if entry.get("case").is_some() {
            cases.push(Vec::new());
        }
        cases.last_mut().unwrap().push(entry);
    }
    cases
}

fn play(case: &[Value], editor: Editor) -> Result<(), String> {
    let seeds = if editor == Editor::VsCode { SEEDS } else { 1 };
    let mut differences = (0..seeds).map(|seed| replay(case, editor, seed));
    let first = differences.next().unwrap();
    match first.is_ok() || differences.any(|it| it.is_ok()) {
        true => Ok(()),
        false => first,
    }
}

fn replay(case: &[Value], editor: Editor, seed: u64) -> Result<(), String> {
    let opened = &case[1]["opened"];
    let mut client = Client::new(editor, Temper::Honest, opened["text"].as_str().unwrap());
    if opened["version"] != client.version() {
        return Err(format!("it opens with version {}", client.version()));
    }
    // How often Neovim has counted before a document is changed is not to be seen before.
    if let Some(first) = case.iter().find_map(|entry| entry.get("changed")) {
        let steps = first["changes"].as_array().unwrap().len();
        client.start_counting_at(number(&first["version"]) as i32 - steps as i32);
    }
    let mut random = Rng::with_seed(seed);
    let mut said: VecDeque<(Millis, Value)> = VecDeque::new();
    for entry in &case[2..] {
        let now = number(&entry["ms"]);
        if let Some(edit) = entry.get("edit") {
            silent(&said, &client, entry)?;
            let edits: Vec<(PositionRange, String)> = list(&edit["edits"])
                .map(|it| (range(&it["range"]), string(&it["text"])))
                .collect();
            let version = edit["version"].as_i64().unwrap() as i32;
            let messages =
                client.apply_edit(number(&edit["id"]), version, &edits, now, &mut random);
            said.extend(messages.iter().map(|message| (now, shown(message))));
        } else if let Some(user) = entry.get("user") {
            silent(&said, &client, entry)?;
            let messages = match user.get("typed") {
                Some(typed) => {
                    let at = position(&user["at"]);
                    let at = index_at(&client.buffer.text(), at, client.encoding());
                    client.type_text(at, at, &string(typed), now)
                }
                None => client.undo(now),
            };
            said.extend(messages.iter().map(|message| (now, shown(message))));
        } else {
            if said.is_empty()
                && let Some(time) = client.flush_time()
            {
                let messages = client.flush(time);
                said.extend(messages.iter().map(|message| (time, shown(message))));
            }
            let Some((time, simulated)) = said.pop_front() else {
                return Err(format!("it says nothing, where the editor says {entry}"));
            };
            let mut real = entry.clone();
            real.as_object_mut().unwrap().remove("ms");
            if simulated != real {
                return Err(format!("it says {simulated}, and the editor {real}"));
            }
            if now + 20 < time || time + TOLERANCE < now {
                return Err(format!("it says {simulated} at {time} ms, not at {now}"));
            }
        }
    }
    silent(&said, &client, &Value::Null)
}

/// Whether a simulated editor has said everything before the next thing happens to it.
fn silent(said: &VecDeque<(Millis, Value)>, client: &Client, next: &Value) -> Result<(), String> {
    match (said.front(), client.flush_time()) {
        (None, None) => Ok(()),
        (Some((_, message)), _) => Err(format!("it says {message} before {next}")),
        (None, Some(time)) => Err(format!(
            "it has something to tell at {time} ms, before {next}"
        )),
    }
}

fn shown(message: &Message) -> Value {
    match message {
        Message::Changed { version, changes } => {
            let changes: Vec<Value> = changes
                .iter()
                .map(|TextChange { range, text }| {
                    let range = range
                        .as_ref()
                        .map(|range| [range.start, range.end].map(|it| [it.line, it.character]));
                    json!({ "range": range, "text": text })
                })
                .collect();
            json!({ "changed": { "version": version, "changes": changes } })
        }
        Message::Answer { ticket, answer } => {
            json!({ "answer": { "id": ticket, "applied": *answer == EditAnswer::Applied } })
        }
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

fn range(value: &Value) -> PositionRange {
    PositionRange {
        start: position(&value[0]),
        end: position(&value[1]),
    }
}

fn position(value: &Value) -> Position {
    Position {
        line: number(&value[0]) as u32,
        character: number(&value[1]) as u32,
    }
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn string(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
