//! Where the new text goes, and that its bytes are right.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use expect_test::expect;

use crate::command::{Directory, EDITED, ORIGINAL};

/// The model's passes run in full, but what it writes is known.
const FORCED: [&str; 7] = [
    "house.rs",
    "--edit",
    "edit.md",
    "--mode",
    "rewrite",
    "--force-output",
    "edited.rs",
];

fn forced<'a>(more: &[&'a str]) -> Vec<&'a str> {
    FORCED.iter().chain(more).copied().collect()
}

#[test]
fn the_new_text_goes_to_stdout() {
    let directory = Directory::new();
    let before = directory.contents();
    let run = directory.run(&FORCED).succeeded();
    assert_eq!(run.stdout, EDITED);
    assert!(run.stderr.starts_with("applied "), "{}", run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    assert_eq!(directory.contents(), before);
}

#[test]
fn a_diff_names_the_file() {
    let directory = Directory::new();
    let before = directory.contents();
    let run = directory.run(&forced(&["--diff"])).succeeded();
    expect![[r#"
        --- a/house.rs
        +++ b/house.rs
        @@ -1,5 +1,5 @@
        -/// How many rooms the house has.
        -const ROOMS: usize = 12;
        +/// How many rooms the house has, with the hall.
        +const ROOMS: usize = 13;
         
         fn area(width: f64, length: f64) -> f64 {
             width * length
    "#]]
    .assert_eq(&run.stdout);
    assert_eq!(directory.contents(), before);
}

#[test]
fn another_file_is_made_or_replaced() {
    let directory = Directory::new();
    directory.write("there.rs", "something longer than nothing\n".repeat(100));
    for output in ["new.rs", "there.rs"] {
        let run = directory.run(&forced(&["--output", output])).succeeded();
        assert_eq!(run.stdout, "");
        assert_eq!(directory.read(output), EDITED);
        assert_eq!(directory.read("house.rs"), ORIGINAL);
    }
    assert_eq!(directory.contents().len(), 5, "nothing else stays");
}

#[test]
fn in_place_keeps_the_mode_and_the_link() {
    let directory = Directory::new();
    fs::create_dir(directory.path("real")).expect("a directory");
    fs::rename(directory.path("house.rs"), directory.path("real/house.rs")).expect("it moves");
    symlink("real/house.rs", directory.path("house.rs")).expect("a link");
    let mode = fs::Permissions::from_mode(0o751);
    fs::set_permissions(directory.path("real/house.rs"), mode).expect("its owner may");

    let run = directory.run(&forced(&["--in-place"])).succeeded();
    assert_eq!(run.stdout, "");
    let link = fs::read_link(directory.path("house.rs")).expect("the link is still one");
    assert_eq!(link.to_str(), Some("real/house.rs"));
    let real = fs::metadata(directory.path("real/house.rs")).expect("the file is there");
    assert_eq!(real.permissions().mode() & 0o7777, 0o751);
    assert!(real.is_file());
    assert_eq!(directory.read("real/house.rs"), EDITED);
    assert_eq!(directory.contents().len(), 5, "nothing else stays");
}

#[test]
fn bytes_of_other_lines_stay() {
    let directory = Directory::new();
    // A byte order mark, both line endings, trailing blanks, a tab, and no line ending at the end.
    let original = "\u{feff}first\r\nsecond  \r\n\tthird ä\nfourth\r\nlast";
    directory.write("notes.txt", original);
    directory.write("edited.txt", "first\nzwei\n\tthird ä\nfourth\nlast\n");
    directory.write("edit.md", "```\nfirst\nzwei\n```\n");
    directory
        .run(&[
            "notes.txt",
            "--edit",
            "edit.md",
            "--mode",
            "rewrite",
            "--force-output",
            "edited.txt",
            "--in-place",
        ])
        .succeeded();
    assert_eq!(
        directory.read("notes.txt"),
        original.replace("second  ", "zwei")
    );
}

#[test]
fn the_edit_can_come_from_stdin() {
    let directory = Directory::new();
    let arguments = forced(&[]).into_iter().map(|argument| match argument {
        "edit.md" => "-",
        other => other,
    });
    let arguments: Vec<&str> = arguments.collect();
    let run = directory.run_with_input(&arguments, "edit.md").succeeded();
    assert_eq!(run.stdout, EDITED);
}

/// The model's own words, with and without drafts, and with a warm cache.
#[test]
fn drafts_and_repetition_change_nothing() {
    let directory = Directory::new();
    let written = |draft: &[&str]| {
        let mut arguments = vec!["house.rs", "--edit", "edit.md", "--mode", "rewrite"];
        arguments.extend(["--max-output", "40", "--stats", "stats.json"]);
        arguments.extend(draft);
        let text = directory.run(&arguments).succeeded().stdout;
        (text, directory.stats())
    };
    let (plain, plain_stats) = written(&["--draft", "none"]);
    let (drafted, drafted_stats) = written(&["--repeat", "2"]);
    assert_eq!(drafted, plain);
    assert!(!plain.is_empty());
    assert_eq!(plain_stats["drafted"], 0);
    assert_eq!(plain_stats["cached_tokens"], 0);
    let cached = &drafted_stats["cached_tokens"];
    assert!(cached.as_u64() > Some(0), "cached_tokens is {cached}");
    assert_eq!(drafted_stats["chars"], plain.chars().count());
    assert_eq!(drafted_stats["output_tokens"], plain_stats["output_tokens"]);
}

/// Without its adapter the default model writes other things than the file. Held to copies it cannot, and drafts
/// change nothing of that either.
#[test]
fn a_strict_rewrite_has_only_lines_of_the_file_and_the_edit() {
    let directory = Directory::new();
    let written = |options: &[&str]| {
        let mut arguments = vec!["house.rs", "--edit", "edit.md", "--mode", "rewrite"];
        arguments.extend(["--adapter", "none", "--max-output", "60"]);
        arguments.extend(["--stats", "stats.json"]);
        arguments.extend(options);
        directory.run(&arguments).succeeded().stdout
    };
    let free = written(&[]);
    assert_eq!(directory.stats()["strict"], false);
    let plain = written(&["--strict", "--draft", "none"]);
    assert_eq!(written(&["--strict"]), plain);
    assert_eq!(directory.stats()["strict"], true);
    let sources = format!("{ORIGINAL}{EDITED}");
    let known: Vec<&str> = sources.lines().map(str::trim_start).collect();
    let strangers = |text: &str| {
        // The last is cut off.
        let (complete, _) = text.trim_end().rsplit_once('\n').expect("two lines");
        let lines = complete.lines().map(str::trim_start);
        lines.filter(|line| !known.contains(line)).count()
    };
    assert_eq!(strangers(&plain), 0, "{plain}");
    assert!(strangers(&free) > 0, "{free}");
}
