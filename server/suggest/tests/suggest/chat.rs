//! Replies as chat models write them, merged into files of realistic length in many languages.
//!
//! Each directory of `chat/` holds a file `before.*` and, for each case, the request and the reply in `NAME.md`
//! (the request is the first line) and in `NAME.diff` what becomes of the file. The first line of that says whether
//! the merge is sure enough to be used without a model.

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use fast_apply_suggest::{
    CONFIDENT, Context, Ending, Language, MOST_ALTERNATIVES, Region, RegionKind, check, merge,
    parse,
};

fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(directory)
        .expect("the directory of cases is there")
        .map(|entry| entry.expect("an entry can be read").path())
        .collect();
    paths.sort();
    paths
}

/// The number of cases in a directory, and of those whose sketch can be read in more than one way.
fn check_language(directory: &Path) -> (usize, usize) {
    let paths = entries(directory);
    let before = paths
        .iter()
        .find(|path| path.file_stem().is_some_and(|stem| stem == "before"))
        .expect("each directory has a file `before`");
    let text = fs::read_to_string(before).expect("the file is text");
    let path = before.to_str().expect("the path is text");
    let (mut count, mut open) = (0, 0);
    for case in &paths {
        if case == before || case.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let case_text = fs::read_to_string(case).expect("the case is text");
        let (instruction, reply) = case_text
            .split_once('\n')
            .expect("the request is the first line");
        let suggestion = parse(reply).for_file(path, &text).suggestion;
        let context = Context {
            language: Language::from_path(path),
            instruction,
        };
        let merged = merge(&text, &suggestion, &context).expect("a sketch always merges");
        if let Some((best, others)) = merged.alternatives.split_first() {
            assert_eq!(*best, merged.text, "the best reading is the merge");
            assert!((1..MOST_ALTERNATIVES).contains(&others.len()) && !others.contains(best));
            let ambiguous = |region: &Region| region.kind == RegionKind::Ambiguous;
            assert!(merged.regions.iter().any(ambiguous), "{case:?}");
            open += 1;
        }
        let sure = if merged.confidence >= CONFIDENT {
            "sure"
        } else {
            "doubtful"
        };
        let mut shown = format!("{sure}\n");
        for doubt in &merged.doubts {
            shown.push_str(&format!("because {doubt}\n"));
        }
        for guard in check(&text, &suggestion, &merged.text, Ending::Complete, &context) {
            if !guard.passed {
                shown.push_str(&format!("guard {}: {}\n", guard.name, guard.detail));
            }
        }
        shown.push_str(
            &similar::TextDiff::from_lines(&text, &merged.text)
                .unified_diff()
                .context_radius(2)
                .to_string(),
        );
        expect_file![case.with_extension("diff")].assert_eq(&shown);
        count += 1;
    }
    (count, open)
}

#[test]
fn replies_merge_as_meant() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suggest/chat");
    let (mut cases, mut open) = (0, 0);
    for path in entries(&root) {
        let (more, ambiguous) = check_language(&path);
        cases += more;
        open += ambiguous;
    }
    assert!(cases >= 60, "only {cases} cases were found");
    assert!(open > 0, "no case has alternatives");
}
