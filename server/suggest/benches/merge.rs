//! Time of a merge without a model, and how it grows with the file.
//!
//! `cargo bench -p fast-apply-suggest`

use std::fmt::Write;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fast_apply_suggest::{Context, Language, merge, parse};

/// A Rust file of about `lines` lines: functions of ten lines with names of their own.
fn file(lines: usize) -> String {
    let mut text = String::from("use std::collections::HashMap;\n\n");
    for index in 0..lines / 10 {
        write!(
            text,
            "/// Adds entry {index}.\npub fn add_{index}(map: &mut HashMap<u64, String>, key: u64) -> usize {{\n    \
             let value = format!(\"entry {index} of {{key}}\");\n    if map.contains_key(&key) {{\n        return {index};\n    }}\n    \
             map.insert(key, value);\n    map.len() + {index}\n}}\n\n"
        )
        .expect("writing to a string");
    }
    text
}

/// A sketch of about `lines` lines: every shown function gets a changed line, with markers between.
fn sketch(file: &str, lines: usize) -> String {
    let functions = file.lines().count() / 10;
    let shown = (lines / 11).max(1);
    let mut text = String::from("```rust\n");
    for step in 0..shown {
        let index = step * functions / shown;
        write!(
            text,
            "// ... existing code ...\n\npub fn add_{index}(map: &mut HashMap<u64, String>, key: u64) -> usize {{\n    \
             let value = format!(\"item {index} of {{key}}\");\n    if map.contains_key(&key) {{\n        return {index};\n    }}\n    \
             map.insert(key, value);\n    map.len() + {index}\n}}\n\n"
        )
        .expect("writing to a string");
    }
    text.push_str("// ... existing code ...\n```\n");
    text
}

fn benchmark(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("merge");
    group.sample_size(20);
    for lines in [400, 1_000, 4_000, 10_000] {
        let original = file(lines);
        let reply = sketch(&original, 60);
        let context = Context {
            language: Some(Language::Rust),
            instruction: "Say item instead of entry.",
        };
        group.throughput(Throughput::Elements(lines as u64));
        group.bench_with_input(
            BenchmarkId::new("60-line sketch", lines),
            &original,
            |bencher, original| {
                bencher.iter(|| {
                    let suggestion = parse(black_box(&reply))
                        .for_file("a.rs", original)
                        .suggestion;
                    merge(original, &suggestion, &context).expect("a sketch always merges")
                });
            },
        );
    }
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
