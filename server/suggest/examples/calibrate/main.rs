//! Chooses the confidence threshold: merges synthesized sketches and compares confidence with the truth.
//!
//! `zstd -dc PAIRS.jsonl.zst | cargo run --release -p fast-apply-suggest --example calibrate -- [--repos A,B] [--not A,B] [--limit N] [--show N] [--show-from C] [--write EDITS]`
//!
//! Each input line has `repo`, `path`, `before`, `after`. For each threshold the table gives the merges at or
//! above it and how many of these are wrong. `--write` keeps the edits as JSON lines that `fast-apply eval` reads.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufWriter, Write};

use fast_apply_suggest::{CONFIDENT, Context, Language, merge, parse};
use serde::Deserialize;
use serde_json::json;
use similar::TextDiff;

mod synthesizer;

use synthesizer::{Style, sketch};

#[derive(Deserialize)]
struct Pair {
    repo: String,
    path: String,
    before: String,
    after: String,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        arguments
            .iter()
            .position(|argument| argument == name)
            .and_then(|at| arguments.get(at + 1))
            .cloned()
    };
    let list = |name: &str| {
        option(name).map(|list| list.split(',').map(str::to_owned).collect::<Vec<_>>())
    };
    let (only, not) = (list("--repos"), list("--not").unwrap_or_default());
    let limit: usize = option("--limit").map_or(usize::MAX, |limit| {
        limit.parse().expect("--limit is a number")
    });
    let mut show: usize =
        option("--show").map_or(0, |show| show.parse().expect("--show is a number"));
    let show_from: f32 = option("--show-from").map_or(CONFIDENT, |least| {
        least.parse().expect("--show-from is a number")
    });
    let mut edits = option("--write").map(|path| {
        BufWriter::new(File::create(path).expect("the file of --write can be written"))
    });
    let style_only = option("--style");
    let skip: u64 = option("--skip").map_or(0, |skip| skip.parse().expect("--skip is a number"));
    let mut results: Vec<(f32, bool, Style)> = Vec::new();
    let mut alone: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    let mut unsure = [0; 3];
    let mut slowest = (0.0f64, String::new());
    for (seed, line) in std::io::stdin().lock().lines().enumerate() {
        if results.len() >= limit {
            break;
        }
        let line = line.expect("the input is text");
        if (seed as u64) < skip {
            continue;
        }
        let pair: Pair = serde_json::from_str(&line).expect("each line is a pair");
        if only.as_ref().is_some_and(|only| !only.contains(&pair.repo))
            || not.contains(&pair.repo)
            || pair.before.contains('\r')
        {
            continue;
        }
        let seed = seed as u64;
        let style = [Style::Hunks, Style::Outline, Style::Blocks][seed as usize % 3];
        if style_only
            .as_ref()
            .is_some_and(|only| format!("{style:?}") != *only)
        {
            continue;
        }
        let Some(sketch) = sketch(&pair.before, &pair.after, &pair.path, style, seed / 3) else {
            continue;
        };
        let reply = format!("`````{}\n{sketch}`````\n", pair.path);
        if let Some(edits) = &mut edits {
            let edit = json!({
                "id": format!("{}-{seed:05}", pair.repo),
                "path": pair.path,
                "language": pair.path.rsplit('.').next(),
                "instruction": "",
                "reply": reply,
                "before": pair.before,
                "after": pair.after,
                "style": format!("{style:?}"),
                "repo": pair.repo,
            });
            writeln!(edits, "{edit}").expect("the file of --write can be written");
        }
        let started = std::time::Instant::now();
        let suggestion = parse(&reply).for_file(&pair.path, &pair.before).suggestion;
        let context = Context {
            language: Language::from_path(&pair.path),
            instruction: "",
        };
        let Ok(merged) = merge(&pair.before, &suggestion, &context) else {
            results.push((0.0, false, style));
            continue;
        };
        let elapsed = started.elapsed().as_secs_f64() * 1e3;
        if elapsed > slowest.0 {
            slowest = (
                elapsed,
                format!("{} {} lines", pair.path, pair.before.lines().count()),
            );
        }
        let right = merged.text == pair.after;
        if !right && merged.confidence >= show_from && show > 0 {
            show -= 1;
            println!(
                "=== {} {} {style:?} line {seed} confidence {} {:?}\n{sketch}",
                pair.repo, pair.path, merged.confidence, merged.doubts
            );
            println!(
                "{}",
                TextDiff::from_lines(&pair.after, &merged.text)
                    .unified_diff()
                    .context_radius(3)
                    .header("wanted", "merged")
            );
        }
        if let [doubt] = merged.doubts.as_slice() {
            let counts = alone.entry(kind_of_doubt(doubt)).or_default();
            counts[usize::from(!right)] += 1;
        }
        if merged.confidence < CONFIDENT {
            unsure[usize::from(!right)] += 1;
            unsure[2] += usize::from(!right && merged.alternatives.contains(&pair.after));
        }
        results.push((merged.confidence, right, style));
    }
    println!("right and wrong where one doubt stands alone:");
    for (doubt, [right, wrong]) in &alone {
        println!(
            "{right:5} {wrong:4}  {:.2}  {doubt}",
            *right as f64 / (right + wrong) as f64
        );
    }
    for style in [Style::Hunks, Style::Outline, Style::Blocks] {
        let of: Vec<_> = results
            .iter()
            .filter(|(_, _, other)| *other == style)
            .collect();
        let right = of.iter().filter(|(_, right, _)| *right).count();
        println!("{style:?}: {} of {} right", right, of.len());
    }
    let [right, wrong, offered] = unsure;
    println!(
        "below {CONFIDENT}: {right} right, {wrong} wrong, {offered} of these with the right text as an alternative"
    );
    let total = results.len();
    println!(
        "all: {} of {total} right; slowest {:.1} ms ({})",
        results.iter().filter(|result| result.1).count(),
        slowest.0,
        slowest.1
    );
    for threshold in [0.0, 0.3, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0] {
        let above: Vec<_> = results
            .iter()
            .filter(|(confidence, ..)| *confidence >= threshold)
            .collect();
        let wrong = above.iter().filter(|(_, right, _)| !right).count();
        println!(
            "C {threshold:.2}: {:5} at or above ({:.1} %), {wrong:4} wrong ({:.2} %)",
            above.len(),
            100.0 * above.len() as f64 / total.max(1) as f64,
            100.0 * wrong as f64 / above.len().max(1) as f64
        );
    }
}

/// A doubt without the names and numbers that it holds.
fn kind_of_doubt(doubt: &str) -> String {
    let words = doubt
        .split(' ')
        .filter(|word| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase() || c == ','));
    words
        .rev()
        .take(14)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect::<Vec<_>>()
        .join(" ")
}
