//! Comments of a sketch that tell what goes, and the names in them.

use crate::imports;
use crate::marker::Meaning;
use crate::sketch::Sketch;
use crate::wording::is_removal;

/// The words of a line of the sketch that tell what goes. A marker can do so in one part of it and stand for code in
/// another: `... a and b unchanged; c() removed ...`.
pub(crate) fn words(meaning: &Meaning) -> impl Iterator<Item = &str> {
    let (whole, parts) = match meaning {
        Meaning::Removal(words) => (Some(words.as_str()), ""),
        Meaning::Gap(words) if words.contains(';') => (None, words.as_str()),
        Meaning::Gap(_) | Meaning::Code => (None, ""),
    };
    let parts = parts.split(';').filter(|part| is_removal(part));
    whole.into_iter().chain(parts)
}

/// Whether the words name something: by its name, or by how its name and others begin, as `test_old_*` does.
pub(crate) fn names(words: &str, name: &str) -> bool {
    let pattern = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_' && c != '*');
        let start = word.strip_suffix('*');
        start.is_some_and(|start| start.len() >= 4 && name.starts_with(start))
    };
    // What is quoted and has several words is no name.
    let quoted = |(index, part): &(usize, &str)| index % 2 == 1 && part.contains(' ');
    let mut parts = words
        .split('"')
        .enumerate()
        .filter(|part| !quoted(part) || words.matches('"').count() % 2 == 1);
    parts.any(|(_, part)| imports::uses(part, name)) || words.split_whitespace().any(pattern)
}

/// Whether a comment of the sketch tells that what has this name goes.
pub(crate) fn is_told(sketch: &Sketch, name: &str) -> bool {
    name.len() >= 3
        && sketch
            .meanings
            .iter()
            .flat_map(words)
            .any(|words| names(words, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_can_keep_one_part_and_take_out_another() {
        let meaning = crate::marker::read("// ... open() unchanged; close() removed ...");
        assert!(matches!(meaning, Meaning::Gap(_)));
        let told: Vec<&str> = words(&meaning).collect();
        assert!(told.iter().any(|words| names(words, "close")));
        assert!(!told.iter().any(|words| names(words, "open")));
    }

    #[test]
    fn several_are_named_by_how_they_begin() {
        assert!(names("removed: the test_old_* tests", "test_old_format"));
        assert!(!names("removed: the test_old_* tests", "test_new_format"));
        assert!(!names("removed: all *", "test_new_format"));
    }
}
