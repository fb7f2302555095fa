//! The edits to decode: the committed ones, or a data set that the environment names.

use std::env;
use std::fs;
use std::path::Path;

use fast_apply_eval::{Case, read_cases};

pub(crate) struct Edits {
    pub(crate) cases: Vec<Case>,
    /// With how many drafts each is decoded, per model.
    pub(crate) drafts_each: usize,
    /// Whether every model decodes all of them.
    is_data_set: bool,
}

impl Edits {
    pub(crate) fn read() -> Edits {
        match env::var_os("FAST_APPLY_LOSSLESS_DATA") {
            Some(path) => Edits::of_data_set(Path::new(&path)),
            None => Edits::committed(),
        }
    }

    /// Every other edit, from the first or the second on; all of a data set.
    pub(crate) fn share(&self, half: usize) -> Vec<&Case> {
        match self.is_data_set {
            true => self.cases.iter().collect(),
            false => self.cases.iter().skip(half).step_by(2).collect(),
        }
    }

    fn of_data_set(path: &Path) -> Edits {
        let mut cases = read_cases(path).expect("FAST_APPLY_LOSSLESS_DATA names a data set");
        if let Ok(limit) = env::var("FAST_APPLY_LOSSLESS_CASES") {
            cases.truncate(
                limit
                    .parse()
                    .expect("FAST_APPLY_LOSSLESS_CASES is a number"),
            );
        }
        assert!(!cases.is_empty(), "the data set is empty");
        Edits {
            cases,
            drafts_each: 4,
            is_data_set: true,
        }
    }

    /// `NAME.before.EXTENSION` and `NAME.reply.md`, for each edit.
    fn committed() -> Edits {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/lossless");
        let read = |name: &str| {
            fs::read_to_string(directory.join(name))
                .unwrap_or_else(|error| panic!("{name}: {error}"))
        };
        let mut names: Vec<String> = fs::read_dir(&directory)
            .expect("data/lossless")
            .map(|entry| entry.expect("an entry").file_name())
            .map(|name| name.into_string().expect("a name in UTF-8"))
            .collect();
        names.sort();
        let cases: Vec<Case> = names
            .iter()
            .filter_map(|path| Some((path, path.split_once(".before.")?)))
            .map(|(path, (id, language))| Case {
                id: id.to_owned(),
                path: path.clone(),
                language: language.to_owned(),
                reply: read(&format!("{id}.reply.md")),
                before: read(path),
                ..Case::default()
            })
            .collect();
        assert_eq!(cases.len(), 12, "in {}", directory.display());
        Edits {
            cases,
            drafts_each: 1,
            is_data_set: false,
        }
    }
}
