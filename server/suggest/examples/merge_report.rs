//! Merges every case of a data set without a model and reports what is exact, wrong and refused.
//!
//! `cargo run --release -p fast-apply-suggest --example merge_report -- DATA.jsonl [--show ID]`
//!
//! Each line of DATA has `id`, `path`, `style`, `instruction`, `reply`, `before`, `after`.

use std::collections::BTreeMap;

use fast_apply_suggest::{CONFIDENT, Context, Ending, Language, check, merge, parse};
use serde::Deserialize;
use similar::TextDiff;

#[derive(Deserialize)]
struct Case {
    id: String,
    path: String,
    #[serde(default)]
    style: String,
    instruction: String,
    reply: String,
    before: String,
    after: String,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let data = std::fs::read_to_string(
        arguments
            .first()
            .expect("usage: merge_report DATA.jsonl [--show ID]"),
    )
    .expect("DATA is readable");
    let show = arguments
        .iter()
        .position(|argument| argument == "--show")
        .and_then(|at| arguments.get(at + 1));
    let mut styles: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let mut totals = [0; 3];
    let mut wrong_but_sure = 0;
    let mut slowest = 0.0f64;
    for line in data.lines() {
        let mut case: Case = serde_json::from_str(line).expect("each line is a case");
        // As the command does it: the merge sees line feeds and no byte order mark.
        for text in [&mut case.before, &mut case.after, &mut case.reply] {
            *text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        }
        let started = std::time::Instant::now();
        let selection = parse(&case.reply).for_file(&case.path, &case.before);
        let context = Context {
            language: Language::from_path(&case.path),
            instruction: &case.instruction,
        };
        let result = merge(&case.before, &selection.suggestion, &context);
        slowest = slowest.max(started.elapsed().as_secs_f64() * 1e3);
        let (verdict, note) = match &result {
            Ok(merged) if merged.text == case.after => {
                (0, format!("{:.2} {:?}", merged.confidence, merged.doubts))
            }
            Ok(merged) => {
                wrong_but_sure += usize::from(merged.confidence >= CONFIDENT);
                (1, format!("{:.2} {:?}", merged.confidence, merged.doubts))
            }
            Err(error) => (2, error.to_string()),
        };
        for guard in check(
            &case.before,
            &selection.suggestion,
            &case.after,
            Ending::Complete,
            &context,
        ) {
            if !guard.passed {
                println!(
                    "guard on the right text: {} {}: {}",
                    case.id, guard.name, guard.detail
                );
            }
        }
        totals[verdict] += 1;
        styles.entry(case.style.clone()).or_default()[verdict] += 1;
        println!(
            "{:8} {} {} {note}",
            ["exact", "WRONG", "refused"][verdict],
            case.id,
            case.style
        );
        if show.is_some_and(|id| *id == case.id || id == "wrong" && verdict == 1)
            && let Ok(merged) = &result
        {
            println!(
                "{}",
                TextDiff::from_lines(&case.after, &merged.text)
                    .unified_diff()
                    .context_radius(3)
                    .header("wanted", "merged")
            );
        }
    }
    for (style, [exact, wrong, refused]) in &styles {
        println!("{style:24} exact {exact:3} wrong {wrong:3} refused {refused:3}");
    }
    let [exact, wrong, refused] = totals;
    println!(
        "all: exact {exact}, wrong {wrong} (of these {wrong_but_sure} at or above {CONFIDENT}), refused {refused}; slowest {slowest:.1} ms"
    );
}
