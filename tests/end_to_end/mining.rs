//! `fast-apply data`: from a repository's history to edits that `eval` reads.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use fast_apply_eval::{Case, Pair, read_cases, read_lessons, read_pairs};
use tempfile::TempDir;

use crate::command::Run;
use crate::program::binary;

/// A module of about 130 lines.
fn module(name: &str) -> String {
    let mut text = format!("//! Rooms of the {name}.\n\nuse std::fmt;\n");
    for room in [
        "hall", "kitchen", "attic", "cellar", "garden", "study", "bath", "tower", "stairs", "porch",
    ] {
        text += &format!(
            "\n/// What the {room} of the {name} measures.\npub fn {room}(width: u32, length: u32) -> u32 {{\n    \
             let area = width * length;\n    if area == 0 {{\n        panic!(\"the {room} is no room\");\n    }}\n    \
             area\n}}\n\n/// The name of the {room}.\npub const {}: &str = \"{room}\";\n",
            room.to_uppercase()
        );
    }
    text
}

struct Repository {
    directory: TempDir,
}

impl Repository {
    fn new() -> Repository {
        let repository = Repository {
            directory: TempDir::new().expect("a temporary directory"),
        };
        repository.git(&["init", "--quiet", "houses"]);
        repository
    }

    fn git(&self, arguments: &[&str]) -> Output {
        let inside = self.directory.path().join("houses");
        let at = if inside.exists() {
            inside.as_path()
        } else {
            self.directory.path()
        };
        let output = Command::new("git")
            .current_dir(at)
            .args([
                "-c",
                "user.name=A",
                "-c",
                "user.email=a@example.org",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .output()
            .expect("git runs");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        output
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.directory.path().join("houses").join(path);
        fs::create_dir_all(path.parent().expect("a directory")).expect("it can be made");
        fs::write(path, content).expect("it can be written");
    }

    fn replace(&self, path: &str, from: &str, to: &str) {
        let file = self.directory.path().join("houses").join(path);
        let text = fs::read_to_string(&file).expect("it is there");
        assert!(text.contains(from), "{from}");
        self.write(path, text.replacen(from, to, 1));
    }

    fn commit(&self, subject: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", subject]);
        let hash = self.git(&["rev-parse", "HEAD"]).stdout;
        String::from_utf8_lossy(&hash).trim().to_owned()
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let output = Command::new(binary())
            .current_dir(self.directory.path())
            .args(arguments)
            .output();
        Run::of(output.expect("it starts"))
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    fn pairs(&self, further: &[&str]) -> Vec<Pair> {
        let arguments = ["data", "mine", "houses", "--output", "pairs.jsonl"];
        self.run(&[&arguments[..], further].concat()).succeeded();
        read_pairs(&self.path("pairs.jsonl")).expect("they are pairs")
    }
}

/// A history with edits of every kind that is taken or left.
fn history() -> (Repository, Vec<String>) {
    let repository = Repository::new();
    for name in ["villa", "barn", "castle", "cottage", "mill"] {
        repository.write(&format!("src/{name}.rs"), module(name));
    }
    repository.write("LICENSE-MIT", "MIT\n");
    repository.write("notes.txt", "notes\n");
    repository.write("src/blob.rs", module("blob").replace("Rooms", "R\0oms"));
    repository.write("src/old.rs", b"// K\xfcche\n".repeat(30));
    repository.write("vendor/theirs.rs", module("theirs"));
    repository.commit("The houses");
    let mut taken = Vec::new();

    repository.replace("src/villa.rs", "area == 0", "area < 2");
    repository.replace("notes.txt", "notes", "Notes");
    taken.push(repository.commit("Tiny halls are no rooms"));

    repository.replace("src/barn.rs", "pub const HALL", "pub(crate) const HALL");
    repository.replace("src/mill.rs", "pub const HALL", "pub(crate) const HALL");
    taken.push(repository.commit("Hide the names of halls"));

    // Too many files, no text, other people's code, too many lines, and files that come, go and move.
    for name in ["villa", "barn", "castle", "cottage"] {
        repository.replace(&format!("src/{name}.rs"), "use std::fmt;\n", "");
    }
    repository.commit("Unused imports");
    repository.replace("src/blob.rs", "area == 0", "area < 2");
    repository.commit("Blob");
    repository.write("src/old.rs", b"// K\xfcche!\n".repeat(30));
    repository.commit("Old");
    repository.replace("vendor/theirs.rs", "area == 0", "area < 2");
    repository.commit("Theirs");
    repository.write(
        "src/cottage.rs",
        module("castle")
            .replace("u32", "u64")
            .replace("area", "size"),
    );
    repository.commit("Another cottage");
    repository.write("src/shed.rs", "//! A shed.\n".repeat(20));
    repository.commit("A shed");
    repository.git(&["rm", "--quiet", "src/shed.rs"]);
    repository.commit("No shed");
    (repository, taken)
}

#[test]
fn pairs_of_a_history() {
    let (repository, taken) = history();
    let pairs = repository.pairs(&["--no-op-share", "0"]);
    let found: Vec<(&str, &str)> = pairs
        .iter()
        .map(|pair| (pair.commit.as_str(), pair.path.as_str()))
        .collect();
    let expected = [
        (taken[1].as_str(), "src/barn.rs"),
        (taken[1].as_str(), "src/mill.rs"),
        (taken[0].as_str(), "src/villa.rs"),
    ];
    assert_eq!(found, expected);
    let villa = &pairs[2];
    assert_eq!(villa.before, module("villa"));
    assert_eq!(
        villa.after,
        module("villa").replacen("area == 0", "area < 2", 1)
    );
    assert_eq!(villa.instruction, "Tiny halls are no rooms");
    assert_eq!(
        (villa.repo.as_str(), villa.lang.as_str()),
        ("houses", "rust")
    );
    assert_eq!(villa.licence.as_deref(), Some("LICENSE-MIT"));
    assert_eq!((villa.hunks, villa.added, villa.removed), (1, 1, 1));

    assert_eq!(
        repository
            .pairs(&["--no-op-share", "0", "--files-per-commit", "1"])
            .len(),
        1
    );
    assert!(repository.pairs(&["--files-per-commit", "9"]).len() > 5);
    let made = repository.pairs(&["--no-op-share", "1"]);
    assert!(
        made.iter()
            .all(|pair| pair.before == pair.after && pair.hunks == 0)
    );
}

#[test]
fn edits_of_a_history() {
    let (repository, _) = history();
    repository.pairs(&["--files-per-commit", "9"]);
    let synthesize = |seed: &str, output: &str| -> Vec<Case> {
        let arguments = [
            "data",
            "synthesize",
            "pairs.jsonl",
            "--seed",
            seed,
            "--output",
            output,
        ];
        repository.run(&arguments).succeeded();
        read_cases(&repository.path(output)).expect("they are edits")
    };
    let edits = synthesize("7", "edits.jsonl");
    assert!(edits.len() > 5);
    assert_eq!(synthesize("7", "again.jsonl.zst"), edits);
    assert_ne!(synthesize("8", "other.jsonl"), edits);

    repository
        .run(&[
            "data",
            "lessons",
            "edits.jsonl",
            "--output",
            "lessons.jsonl",
        ])
        .succeeded();
    let lessons = read_lessons(&repository.path("lessons.jsonl")).expect("they are lessons");
    for (lesson, edit) in lessons.iter().zip(&edits) {
        assert_eq!((&lesson.id, &lesson.after), (&edit.id, &edit.after));
        assert!(edit.reply.contains(lesson.sketch.trim_end()) && !lesson.sketch.contains("```"));
        assert!(
            edit.reply
                .contains(lesson.prose.lines().next().expect("a reply has words"))
        );
    }
    assert_eq!(lessons.len(), edits.len());

    let places = ["data", "places", "lessons.jsonl", "--output", "places"];
    repository.run(&places).succeeded();
    check_places(&repository.path("places"), lessons.len());

    repository
        .run(&[
            "eval",
            "edits.jsonl",
            "--mode",
            "merge",
            "--json",
            "out.json",
            "--group-by",
            "repo",
        ])
        .succeeded();
    let out = fs::read_to_string(repository.path("out.json")).expect("it is there");
    let out: serde_json::Value = serde_json::from_str(&out).expect("it is JSON");
    assert_eq!(
        out["summary"]["groups"]["repo"]["houses"]["cases"],
        edits.len()
    );
    assert!(
        out["summary"]["exact"]["count"].as_u64() > Some(0),
        "{}",
        out["summary"]
    );
}

/// Places of every lesson are there, and at most of them the copy of the original goes on.
fn check_places(path: &Path, lessons: usize) {
    let file = fs::read(path).expect("it is there");
    let (length, rest) = file.split_first_chunk().expect("it has a header");
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let header: serde_json::Value = serde_json::from_slice(header).expect("it is JSON");
    let integers = |name: &str| -> Vec<i64> {
        let offset = |end: usize| header[name]["data_offsets"][end].as_u64();
        let span = offset(0).expect("it starts") as usize..offset(1).expect("it ends") as usize;
        let (integers, _) = data[span].as_chunks();
        integers.iter().copied().map(i64::from_le_bytes).collect()
    };
    let (next, tokens, of_lesson) = (integers("next"), integers("token"), integers("lesson"));
    assert_eq!(header["features"]["shape"][0], tokens.len());
    let found: HashSet<i64> = of_lesson.into_iter().collect();
    assert_eq!(found, (0..lessons as i64).collect());
    let copies = next.len() / tokens.len();
    let going_on = tokens.iter().zip(next.chunks(copies));
    let going_on = going_on.filter(|(token, next)| next[0] == **token).count();
    assert!(
        going_on > tokens.len() / 2 && going_on < tokens.len(),
        "{going_on} of {}",
        tokens.len()
    );
}

#[test]
fn no_repository() {
    let directory = TempDir::new().expect("a temporary directory");
    let run = |repository: &Path| {
        let output = Command::new(binary())
            .args(["data", "mine"])
            .arg(repository)
            .arg("--output")
            .arg(directory.path().join("pairs.jsonl"))
            .env(
                "GIT_CEILING_DIRECTORIES",
                directory.path().parent().unwrap_or(repository),
            )
            .output();
        Run::of(output.expect("it starts"))
    };
    let missing = run(&directory.path().join("missing"));
    assert_eq!(missing.exit, Some(1));
    assert!(missing.stderr.contains("cannot find"), "{}", missing.stderr);
    let none = run(directory.path());
    assert_eq!(none.exit, Some(1));
    assert!(
        none.stderr.contains("not a git repository"),
        "{}",
        none.stderr
    );
    assert!(!directory.path().join("pairs.jsonl").exists());
}
