//! Results kept case by case, so that a run that ends early need not start over.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Case, CaseResult};

/// A file of results, one a line. A line cut off by a crash is skipped.
pub struct Journal {
    path: PathBuf,
    file: File,
    settings: String,
    known: HashMap<u64, CaseResult>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    settings: String,
    case: u64,
    result: CaseResult,
}

impl Journal {
    /// Opens the journal at `path` or starts one. Results under other `settings` stay but do not count.
    pub fn open(path: &Path, settings: String) -> io::Result<Journal> {
        let text = match fs::read(path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let known = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .filter(|entry: &Entry| entry.settings == settings)
            .map(|entry| (entry.case, entry.result))
            .collect();
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        if !text.is_empty() && !text.ends_with('\n') {
            file.write_all(b"\n")?;
        }
        Ok(Journal {
            path: path.to_owned(),
            file,
            settings,
            known,
        })
    }

    /// What came of a case before, under the same settings.
    pub fn result(&self, case: &Case) -> Option<&CaseResult> {
        self.known.get(&fingerprint(case))
    }

    /// Keeps a result: it is with the system when this returns.
    pub fn keep(&mut self, case: &Case, result: &CaseResult) -> io::Result<()> {
        let entry = Entry {
            settings: self.settings.clone(),
            case: fingerprint(case),
            result: result.clone(),
        };
        let line = serde_json::to_string(&entry)?;
        self.file.write_all(format!("{line}\n").as_bytes())
    }

    /// Deletes it: the results are elsewhere now.
    pub fn discard(self) -> io::Result<()> {
        fs::remove_file(self.path)
    }
}

/// Tells cases apart, and a case from what it was before somebody changed it. It may change with the
/// compiler, which costs no more than running a case again.
fn fingerprint(case: &Case) -> u64 {
    let mut hasher = DefaultHasher::new();
    let Case {
        id,
        path,
        language,
        instruction,
        reply,
        before,
        after,
        other,
    } = case;
    (id, path, language, instruction, reply, before, after).hash(&mut hasher);
    for (key, value) in other {
        (key, value.to_string()).hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(id: &str) -> Case {
        Case {
            id: id.to_owned(),
            ..Case::default()
        }
    }

    #[test]
    fn what_was_kept_counts_under_the_same_settings_for_the_same_case() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("out.json.partial");
        let open = |settings: &str| Journal::open(&path, settings.to_owned()).expect("it opens");
        let result = CaseResult {
            id: "one".to_owned(),
            lines: 7,
            ..CaseResult::default()
        };
        open("merge")
            .keep(&case("one"), &result)
            .expect("it is kept");

        assert_eq!(open("merge").result(&case("one")), Some(&result));
        assert_eq!(open("merge").result(&case("two")), None);
        assert_eq!(open("auto").result(&case("one")), None);
        let changed = Case {
            after: "x".to_owned(),
            ..case("one")
        };
        assert_eq!(open("merge").result(&changed), None);
    }

    #[test]
    fn a_line_cut_off_is_skipped_and_does_not_spoil_the_next() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("out.json.partial");
        let open = || Journal::open(&path, "auto".to_owned()).expect("it opens");
        let keep = |id: &str| {
            let result = CaseResult::default();
            open().keep(&case(id), &result).expect("it is kept");
        };
        keep("one");
        let whole = fs::read_to_string(&path).expect("it is there");
        fs::write(&path, format!("{whole}{}", &whole[..whole.len() / 2])).expect("it is written");
        keep("two");
        assert!(open().result(&case("one")).is_some());
        assert!(open().result(&case("two")).is_some());
        open().discard().expect("it goes");
        assert!(!path.exists());
    }
}
