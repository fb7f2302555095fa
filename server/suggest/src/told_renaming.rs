//! Which names the request and the reply's prose change.

use crate::words::{Request, has_word};

const RENAMES: &[&str] = &[
    "rename",
    "renamed",
    "renames",
    "renaming",
    "replace",
    "replaced",
    "replaces",
    "instead",
    "becomes",
    "become",
    "switch",
    "convert",
    "converted",
    "turn",
    "rewrite",
    "port",
    "ported",
];

/// Words of a sentence in which something goes into something else and stays what it is.
const EXTRACTIONS: &[&str] = &[
    "add",
    "added",
    "adds",
    "extract",
    "extracted",
    "extracts",
    "factor",
    "factored",
    "factors",
    "hoist",
    "hoisted",
    "hook",
    "hooked",
    "move",
    "moved",
    "moves",
    "pull",
    "pulled",
    "split",
    "splits",
    "wire",
    "wired",
];

impl Request {
    /// Whether the words speak of the old name and the new one, or rename the old one.
    pub(crate) fn renames(&self, old: &str, new: &str) -> bool {
        self.speaks_of_renaming(old) || self.removes(old) && self.names(new)
    }

    /// Whether the words rename this name or put something in its place, whatever it is called.
    pub(crate) fn speaks_of_renaming(&self, old: &str) -> bool {
        let mut places = self.positions(old).into_iter();
        places.any(|at| {
            let sentence = self.sentence(at);
            // What goes "into" something stands before that word.
            let into = || {
                let old = sentence.find(&old.to_ascii_lowercase());
                old.is_some_and(|old| goes_into(sentence, &sentence[old..]))
            };
            has_word(sentence, RENAMES) || into()
        })
    }

    /// Whether one sentence says that the new name takes the place of the old one.
    pub(crate) fn renames_into(&self, old: &str, new: &str) -> bool {
        let together = |at: &usize| {
            let sentence = self.sentence(*at);
            (has_word(sentence, RENAMES) || goes_into(sentence, sentence))
                && sentence.contains(&new.to_ascii_lowercase())
        };
        old != new && new.len() >= 3 && self.positions(old).iter().any(together)
    }
}

/// Whether a part of a sentence says that something goes into something else. What is factored out of it stays.
fn goes_into(sentence: &str, part: &str) -> bool {
    has_word(part, &["into"]) && !has_word(sentence, EXTRACTIONS)
}
