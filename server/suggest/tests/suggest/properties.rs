//! Properties of merges of synthesized sketches.

use fast_apply_suggest::{CONFIDENT, Context, Ending, Language, check, merge, parse};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

#[path = "../../examples/calibrate/synthesizer.rs"]
mod synthesizer;

use synthesizer::{Style, sketch};

/// A Python file of functions whose lines all differ.
fn file() -> impl Strategy<Value = Vec<Vec<String>>> {
    let body = 2usize..7;
    prop::collection::vec(body, 2..9).prop_map(|sizes| {
        let function = |(index, size): (usize, &usize)| {
            let mut lines = vec![format!("def function_{index}(argument_{index}):")];
            lines.extend((0..*size).map(|line| {
                format!(
                    "    value_{index}_{line} = compute_{index}_{line}(argument_{index}, {line})"
                )
            }));
            lines
        };
        sizes.iter().enumerate().map(function).collect()
    })
}

/// A change of one line: where, and what.
#[derive(Clone, Copy, Debug)]
enum Edit {
    Replace,
    Insert,
    Delete,
}

fn text(functions: &[Vec<String>]) -> String {
    let functions: Vec<String> = functions.iter().map(|lines| lines.join("\n")).collect();
    format!("import os\n\n\n{}\n", functions.join("\n\n\n"))
}

fn edited(
    mut functions: Vec<Vec<String>>,
    edits: &[(prop::sample::Index, prop::sample::Index, Edit)],
) -> Vec<Vec<String>> {
    for (number, (function, line, edit)) in edits.iter().enumerate() {
        let lines = function.get(&functions).len();
        let at = function.index(functions.len());
        // The last line stays: whether a sketch that ends before it cuts it off, no sketch tells.
        if lines < 3 {
            continue;
        }
        let line = 1 + line.index(lines - 2);
        match edit {
            Edit::Replace => {
                functions[at][line] = functions[at][line].replacen("compute", "measure", 1)
            }
            Edit::Insert => {
                functions[at].insert(line, format!("    extra_{number} = observe_{number}()"))
            }
            Edit::Delete => drop(functions[at].remove(line)),
        }
    }
    functions
}

fn edits() -> impl Strategy<Value = Vec<(prop::sample::Index, prop::sample::Index, Edit)>> {
    let edit = prop_oneof![Just(Edit::Replace), Just(Edit::Insert), Just(Edit::Delete)];
    prop::collection::vec(
        (
            any::<prop::sample::Index>(),
            any::<prop::sample::Index>(),
            edit,
        ),
        1..4,
    )
}

fn style() -> impl Strategy<Value = Style> {
    prop_oneof![
        Just(Style::Hunks),
        Just(Style::Outline),
        Just(Style::Blocks)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Where every line is unique, a sketch merges back exactly or is doubted.
    #[test]
    fn unique_lines_merge_exactly(functions in file(), edits in edits(), style in style(), seed in 0u64..20) {
        let before = text(&functions);
        let after = text(&edited(functions, &edits));
        if let Some(sketch) = sketch(&before, &after, "a.py", style, seed) {
            let suggestion = parse(&format!("```python\n{sketch}```\n")).for_file("a.py", &before).suggestion;
            let context = Context { language: Language::from_path("a.py"), instruction: "" };
            let merged = merge(&before, &suggestion, &context).unwrap();
            if merged.confidence >= CONFIDENT {
                prop_assert_eq!(&merged.text, &after, "{}", sketch);
            }
        }
    }

    /// Whatever the texts, a merge ends, and it stays within the reach that the guards watch.
    #[test]
    fn any_sketch_stays_in_reach(
        original in "(def [abc]\\(\\):\n|    [xyz] = [12]\n|    return [xy]\n|\n|class [AB]:\n|import [mn]\n){0,30}",
        shown in "(def [abc]\\(\\):\n|    [xyz] = [12]\n|    return [xy]\n|\n|class [AB]:\n|import [mn]\n|# \\.\\.\\.\n|    # \\.\\.\\. existing code\n){1,15}",
    ) {
        let suggestion = parse(&format!("```python\n{shown}```\n")).for_file("a.py", &original).suggestion;
        let context = Context { language: Some(Language::Python), instruction: "" };
        if let Ok(merged) = merge(&original, &suggestion, &context) {
            let reports = check(&original, &suggestion, &merged.text, Ending::Complete, &context);
            let reach = reports.iter().find(|report| report.name == "out_of_reach").unwrap();
            prop_assert!(reach.passed, "{}\n--- original\n{}\n--- sketch\n{}\n--- merged\n{}", reach.detail, original, shown, merged.text);
        }
    }

    /// Arbitrary text as original and as sketch.
    #[test]
    fn any_text_is_merged(original in "\\PC{0,200}|(\\PC{0,10}\n){0,20}", shown in "\\PC{0,200}|(\\PC{0,10}\n){0,20}", path in "a\\.(rs|py|ts|go|java|kt|cpp|txt)") {
        let suggestion = parse(&shown).for_file(&path, &original).suggestion;
        let context = Context { language: Language::from_path(&path), instruction: &shown };
        if let Ok(merged) = merge(&original, &suggestion, &context) {
            check(&original, &suggestion, &merged.text, Ending::Complete, &context);
        }
    }
}

/// Of edits in files whose lines are all unique, hardly any is doubted.
#[test]
fn few_unique_edits_are_doubted() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut total = 0;
    let mut doubted = Vec::new();
    for seed in 0..400 {
        let functions = file().new_tree(&mut runner).unwrap().current();
        let edits = edits().new_tree(&mut runner).unwrap().current();
        let before = text(&functions);
        let after = text(&edited(functions, &edits));
        let style = [Style::Hunks, Style::Outline, Style::Blocks][seed as usize % 3];
        let Some(sketch) = sketch(&before, &after, "a.py", style, seed) else {
            continue;
        };
        let suggestion = parse(&format!("```python\n{sketch}```\n"))
            .for_file("a.py", &before)
            .suggestion;
        let merged = merge(
            &before,
            &suggestion,
            &Context {
                language: Language::from_path("a.py"),
                instruction: "",
            },
        )
        .unwrap();
        total += 1;
        if merged.confidence < CONFIDENT {
            doubted.push(format!("{:?}\n{sketch}", merged.doubts));
        }
    }
    assert!(
        doubted.len() * 20 < total,
        "{} of {total} are doubted:\n{}",
        doubted.len(),
        doubted.join("\n")
    );
}
