//! Comments of a sketch that tell where the code below them belongs: `// and in append_path:`, `# imports`.

/// How such a comment begins.
const OPENINGS: &[&str] = &[
    "also in ",
    "and in ",
    "and inside ",
    "at the bottom",
    "at the end",
    "at the top",
    "bottom of ",
    "down in ",
    "elsewhere in ",
    "further down",
    "further up",
    "in ",
    "inside ",
    "later in ",
    "likewise in ",
    "near the bottom",
    "near the top",
    "same change in ",
    "same for ",
    "same in ",
    "then in ",
    "top of ",
    "up in ",
    "within ",
];

/// Parts of a file that such a comment speaks of.
const PARTS: &[&str] = &[
    "block",
    "body",
    "class",
    "component",
    "constructor",
    "effect",
    "enum",
    "file",
    "function",
    "handler",
    "impl",
    "import",
    "imports",
    "interface",
    "loop",
    "match",
    "method",
    "module",
    "struct",
    "switch",
    "test",
    "tests",
    "trait",
];

/// The most words that such a comment has.
const MOST_WORDS: usize = 8;

/// Whether a comment's words only tell of a place in the file.
pub(crate) fn is_told(words: &str, original: &str) -> bool {
    let announces = words.trim_end().ends_with(':');
    let words = words.trim_matches([' ', '.', ':', '\u{2026}', '(', ')']);
    let lower = words.to_lowercase();
    if matches!(
        lower.as_str(),
        "imports" | "the imports" | "new imports" | "new import"
    ) {
        return true;
    }
    let list: Vec<&str> = words.split_whitespace().collect();
    if list.len() > MOST_WORDS || !OPENINGS.iter().any(|opening| lower.starts_with(opening)) {
        return false;
    }
    let bare = |word: &str| {
        word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_')
            .to_owned()
    };
    let is_part = |word: &&str| PARTS.contains(&bare(word).to_lowercase().as_str());
    let is_name = |word: &&str| {
        let name = bare(word);
        let cased = name.contains('_') || name.chars().skip(1).any(char::is_uppercase);
        let marked = cased || word.contains(['`', '(']);
        marked && original.contains(&name) || announces && original.contains(&format!("{name}("))
    };
    // A sentence says something of its place; a comment that announces has only the place.
    let ends = list
        .last()
        .is_some_and(|last| is_part(last) || is_name(last));
    ends || announces && list.iter().any(|word| is_part(word) || is_name(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_from_what_code_says_of_itself() {
        let original = "fn append_path() {}\nfn LoadAllFromFile() {}\nfn update() {}\n";
        for words in [
            "same in LoadAllFromFile",
            "and in append_path:",
            "inside the first effect",
            "imports",
            "at the top of the file",
            "In `append_path()`:",
            "and in update:",
        ] {
            assert!(is_told(words, original), "{words}");
        }
        for words in [
            "in debug builds the lock is not taken",
            "same as above",
            "inside out",
            "in the constructor we cannot fail",
            "in other_path:",
        ] {
            assert!(!is_told(words, original), "{words}");
        }
    }
}
