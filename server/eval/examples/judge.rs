//! Chooses when a model's judgement of doubtful merges is believed: holds it against the truth.
//!
//! `cargo run --release -p fast-apply-eval --example judge -- EDITS.jsonl... [--lines N] [--limit N] [--dtype f32|q8] [--keep FILE]`
//!
//! EDITS are data sets as `fast-apply eval` reads them, of edits that a merge can know nothing of: `--example
//! calibrate` of `fast-apply-suggest` writes such ones. Of the doubtful merges of files of at most so many lines a
//! model judges so many, drawn by their names. For each lead over the likeliest other reading, and each distance
//! from the model's own choice that is borne, the table gives the texts that would be written, the wrong ones among
//! them, and what becomes of all edits: how many are written, and how many of these are wrong. With `--keep`,
//! judgements are kept in a file and not made again.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use fast_apply_apply::{Applier, HOPELESS, Mode, Options, Request, Rewriter, chosen_reading};
use fast_apply_engine::assets::{Fetch, Locations, ModelSpec, Registry, Store};
use fast_apply_engine::{DTypeChoice, DeviceChoice, LoadOptions};
use fast_apply_eval::{Case, read_cases};
use fast_apply_suggest::{CONFIDENT, Context, Ending, Language, Merge, check, merge};
use fast_apply_text::SourceText;
use serde::{Deserialize, Serialize};

const LEADS: [f32; 5] = [2.0, 4.0, 8.0, 12.0, 16.0];
const WORST: [f32; 6] = [0.0, 0.5, 1.0, 2.0, 4.0, 8.0];

/// A doubtful merge and its other readings, judged.
#[derive(Serialize, Deserialize)]
struct Judged {
    id: String,
    readings: Vec<Reading>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Reading {
    likelihood: f32,
    worst: f32,
    /// Whether it is the true text.
    right: bool,
    /// Whether it passes every check.
    sound: bool,
}

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut option = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.remove(at);
        Some(arguments.remove(at))
    };
    let mut number = |name: &str| {
        option(name).map_or(usize::MAX, |number| number.parse().expect("it is a number"))
    };
    let (lines, limit) = (number("--lines"), number("--limit"));
    let keep = option("--keep");
    let dtype = option("--dtype").map_or(DTypeChoice::Auto, |name| {
        name.parse().expect("a precision is auto, f32 or q8")
    });
    let mut cases = Vec::new();
    for path in &arguments {
        cases.extend(read_cases(Path::new(path)).expect("the data can be read"));
    }
    cases.sort_by_cached_key(|case| {
        let mut hasher = DefaultHasher::new();
        case.id.hash(&mut hasher);
        hasher.finish()
    });

    let (mut sure, mut sure_wrong, mut unsure, mut hopeless, mut right) = (0, 0, 0, 0, 0);
    let mut doubtful = Vec::new();
    for case in &cases {
        let Some(merged) = merged(case) else { continue };
        if merged.confidence >= CONFIDENT {
            sure += 1;
            sure_wrong += usize::from(merged.text != case.after);
            continue;
        }
        // Of the hopeless ones `auto` asks no model.
        if merged.confidence < HOPELESS {
            hopeless += 1;
            continue;
        }
        unsure += 1;
        if case.before.lines().count() <= lines && doubtful.len() < limit {
            right += usize::from(merged.text == case.after);
            doubtful.push((case, merged));
        }
    }
    println!(
        "{sure} sure merges, {sure_wrong} wrong; {unsure} doubtful and {hopeless} hopeless ones"
    );
    let judged = judge_all(&doubtful, dtype, keep.as_deref());
    println!(
        "{} of these judged; of them, the merge is right in {right}, one of the readings in {}, the likeliest in {}",
        judged.len(),
        judged
            .iter()
            .filter(|case| case.readings.iter().any(|reading| reading.right))
            .count(),
        judged.iter().filter(|case| likeliest(case).0.right).count(),
    );
    println!("\n| lead | worst | written | wrong | of all: written | wrong |");
    println!("| --: | --: | --: | --: | --: | --: |");
    let row = |name: &str, chosen: &dyn Fn(&Judged) -> Option<Reading>| {
        let share = unsure as f64 / judged.len().max(1) as f64;
        let chosen: Vec<Reading> = judged.iter().filter_map(chosen).collect();
        let wrong = chosen.iter().filter(|reading| !reading.right).count();
        let all = sure as f64 + share * chosen.len() as f64;
        println!(
            "| {name} | {} | {wrong} | {:.1} % | {:.2} % |",
            chosen.len(),
            100.0 * all / (sure + unsure + hopeless) as f64,
            100.0 * (sure_wrong as f64 + share * wrong as f64) / all,
        );
    };
    for lead in LEADS {
        for worst in WORST {
            row(&format!("{lead} | {worst}"), &|case| {
                let (reading, own_lead) = likeliest(case);
                (own_lead >= lead && reading.worst <= worst && reading.sound).then_some(reading)
            });
        }
    }
    row("as `auto` | does", &|case| {
        let readings = case
            .readings
            .iter()
            .map(|reading| fast_apply_apply::Reading {
                likelihood: reading.likelihood,
                worst: reading.worst,
            });
        let index = chosen_reading(&readings.collect::<Vec<_>>())?;
        Some(case.readings[index]).filter(|reading| reading.sound)
    });
}

fn merged(case: &Case) -> Option<Merge> {
    merge(&case.before, &case.suggestion(), &context(case)).ok()
}

fn context(case: &Case) -> Context<'_> {
    Context {
        language: Language::from_path(&case.path),
        instruction: &case.instruction,
    }
}

/// The likeliest reading, and by how much it is. One that stands alone leads by any number.
fn likeliest(judged: &Judged) -> (Reading, f32) {
    let mut readings = judged.readings.clone();
    readings.sort_by(|a, b| b.likelihood.total_cmp(&a.likelihood));
    let lead = match readings.get(1) {
        Some(second) => readings[0].likelihood - second.likelihood,
        None => f32::INFINITY,
    };
    (readings[0], lead)
}

fn judge_all(doubtful: &[(&Case, Merge)], dtype: DTypeChoice, keep: Option<&str>) -> Vec<Judged> {
    let kept = keep.and_then(|path| fs::read_to_string(path).ok());
    let kept = kept.unwrap_or_default();
    let mut kept: HashMap<String, Judged> = kept
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is a judgement"))
        .map(|judged: Judged| (judged.id.clone(), judged))
        .collect();
    let mut keep = keep.map(|path| {
        let file = OpenOptions::new().append(true).create(true).open(path);
        file.expect("the file of --keep can be written")
    });
    let applier = Applier::new(move || load(dtype));
    let mut judged = Vec::new();
    for (number, (case, merged)) in doubtful.iter().enumerate() {
        let known = kept.remove(&case.id);
        let is_new = known.is_none();
        let Some(one) = known.or_else(|| judge(&applier, case, merged)) else {
            continue;
        };
        if let Some(keep) = keep.as_mut().filter(|_| is_new) {
            let line = serde_json::to_string(&one).expect("it is data");
            writeln!(keep, "{line}").expect("the file of --keep can be written");
            eprintln!("{} of {}", number + 1, doubtful.len());
        }
        judged.push(one);
    }
    judged
}

fn load(dtype: DTypeChoice) -> Result<Rewriter, fast_apply_apply::ApplyError> {
    let store = Store::open(
        Registry::builtin(),
        Locations::from_environment().expect("there is a cache directory"),
    );
    let spec = ModelSpec {
        model: None,
        adapter: None,
    };
    let model = store
        .resolve(&spec, Fetch::Allowed, &mut |_| ControlFlow::Continue(()))
        .expect("the default model can be had");
    let options = LoadOptions {
        device: DeviceChoice::Auto,
        dtype,
        max_context: usize::MAX,
    };
    Rewriter::load(model, options)
}

/// What the model says; none if the case does not fit its context.
fn judge(applier: &Applier, case: &Case, merged: &Merge) -> Option<Judged> {
    let original = SourceText::from_text(case.before.clone());
    let suggestion = case.suggestion();
    let context = context(case);
    let options = Options {
        mode: Mode::Auto,
        // What the judge leaves open is not of interest.
        max_output: Some(1),
        ..Options::default()
    };
    let own = Some(case.instruction.as_str()).filter(|text| !text.trim().is_empty());
    let request = Request {
        original: &original,
        suggestion: &suggestion,
        language: context.language,
        instruction: own.unwrap_or(&suggestion.instruction),
        conversation: None,
        options: &options,
        cancel: Arc::new(AtomicBool::new(false)),
    };
    let outcome = applier.apply(&request, &mut |_| {}).ok()?;
    let texts = match merged.alternatives.is_empty() {
        true => std::slice::from_ref(&merged.text),
        false => &merged.alternatives,
    };
    let readings = texts.iter().zip(&outcome.readings).map(|(text, reading)| {
        let reports = check(&case.before, &suggestion, text, Ending::Complete, &context);
        Reading {
            likelihood: reading.likelihood,
            worst: reading.worst,
            right: *text == case.after,
            sound: reports.iter().all(|report| report.passed),
        }
    });
    let readings: Vec<Reading> = readings.collect();
    (!readings.is_empty()).then(|| Judged {
        id: case.id.clone(),
        readings,
    })
}
