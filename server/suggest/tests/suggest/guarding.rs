//! Guards: right results pass, and every mutant of a right result is caught.

use std::collections::BTreeMap;

use fast_apply_suggest::{CONFIDENT, Context, Ending, Language, check, merge, parse};

/// A file, what a chat model answered, and what the file should become.
struct Case {
    path: &'static str,
    instruction: &'static str,
    original: &'static str,
    sketch: &'static str,
    expected: &'static str,
}

const CASES: &[Case] = &[
    Case {
        path: "cache.rs",
        instruction: "Count the hits and add a method for the hit rate.",
        original: include_str!("cases/cache.before.rs"),
        sketch: include_str!("cases/cache.sketch.rs"),
        expected: include_str!("cases/cache.after.rs"),
    },
    Case {
        path: "client.py",
        instruction: "Retry on connection errors; remove the old _legacy_get helper.",
        original: include_str!("cases/client.before.py"),
        sketch: include_str!("cases/client.sketch.py"),
        expected: include_str!("cases/client.after.py"),
    },
    Case {
        path: "store.ts",
        instruction: "Make set return the previous value.",
        original: include_str!("cases/store.before.ts"),
        sketch: include_str!("cases/store.sketch.ts"),
        expected: include_str!("cases/store.after.ts"),
    },
    Case {
        path: "server.go",
        instruction: "Log slow requests.",
        original: include_str!("cases/server.before.go"),
        sketch: include_str!("cases/server.sketch.go"),
        expected: include_str!("cases/server.after.go"),
    },
];

fn failures(case: &Case, result: &str) -> Vec<&'static str> {
    let suggestion = parse(case.sketch)
        .for_file(case.path, case.original)
        .suggestion;
    let context = Context {
        language: Language::from_path(case.path),
        instruction: case.instruction,
    };
    let reports = check(
        case.original,
        &suggestion,
        result,
        Ending::Complete,
        &context,
    );
    reports
        .iter()
        .filter(|report| !report.passed)
        .map(|report| report.name)
        .collect()
}

#[test]
fn cases_merge_and_pass_all_guards() {
    for case in CASES {
        let suggestion = parse(case.sketch)
            .for_file(case.path, case.original)
            .suggestion;
        let context = Context {
            language: Language::from_path(case.path),
            instruction: case.instruction,
        };
        let merged = merge(case.original, &suggestion, &context).unwrap();
        assert_eq!(merged.text, case.expected, "{}", case.path);
        assert!(
            merged.confidence >= CONFIDENT,
            "{} {:?}",
            case.path,
            merged.doubts
        );
        assert_eq!(
            failures(case, case.expected),
            Vec::<&str>::new(),
            "{}",
            case.path
        );
    }
}

/// Every result with one line lost, altered, doubled, invented or moved, and every result cut off.
fn mutants(text: &str) -> BTreeMap<String, String> {
    let lines: Vec<&str> = text.lines().collect();
    let join = |lines: &[&str]| format!("{}\n", lines.join("\n"));
    let mut mutants = BTreeMap::new();
    for at in 0..lines.len() {
        let line = lines[at];
        let mut without = lines.clone();
        without.remove(at);
        mutants.insert(format!("line {} lost", at + 1), join(&without));
        if at > 0 {
            mutants.insert(format!("cut before line {}", at + 1), join(&lines[..at]));
        }
        if line.trim().is_empty() {
            continue;
        }
        let mut with = |what: &str, new: Vec<&str>| {
            let mut other = lines.clone();
            other.splice(at..=at, new);
            mutants.insert(format!("line {} {what}", at + 1), join(&other));
        };
        let altered = format!("{line} + 1");
        with("altered", vec![&altered]);
        let invented = format!(
            "{}invented({at});",
            &line[..line.len() - line.trim_start().len()]
        );
        with("followed by an invented one", vec![line, &invented]);
        with("doubled", vec![line, line]);
        let far = (at + 7) % lines.len();
        without.insert(far.min(without.len()), line);
        if !lines
            .iter()
            .enumerate()
            .any(|(other, known)| other != at && known.trim() == line.trim())
        {
            mutants.insert(format!("line {} moved", at + 1), join(&without));
        }
    }
    mutants.retain(|_, mutant| mutant != text);
    mutants
}

#[test]
fn all_mutants_are_caught() {
    let mut count = 0;
    let mut missed = Vec::new();
    for case in CASES {
        for (name, mutant) in mutants(case.expected) {
            count += 1;
            if failures(case, &mutant).is_empty() {
                missed.push(format!("{}: {name}", case.path));
            }
        }
    }
    assert!(count >= 200, "only {count} mutants");
    assert!(
        missed.is_empty(),
        "{} of {count} mutants are missed:\n{}",
        missed.len(),
        missed.join("\n")
    );
}

#[test]
fn leaks_and_cut_offs_are_named() {
    let case = &CASES[0];
    let leaked = format!("{}</update>\n", case.expected);
    assert!(failures(case, &leaked).contains(&"tag_leaked"));
    let marked = case
        .expected
        .replacen("use ", "// ... existing code ...\nuse ", 1);
    assert!(failures(case, &marked).contains(&"marker_left"));
    let suggestion = parse(case.sketch)
        .for_file(case.path, case.original)
        .suggestion;
    let reports = check(
        case.original,
        &suggestion,
        case.expected,
        Ending::CutOff,
        &Context::default(),
    );
    assert!(
        reports
            .iter()
            .any(|report| report.name == "truncated" && !report.passed)
    );
}
