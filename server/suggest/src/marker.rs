//! Lines of a sketch that stand for code instead of being code.
//!
//! Chat models leave out what does not change and say so in a comment. Such a line is recognised by its words
//! and its ellipsis, in the comment syntax of any language; never where the file itself has that line next to
//! the same neighbour.

use std::collections::{HashMap, HashSet};

use crate::comment::comment_words;
use crate::place;
use crate::wording::{is_gap, is_order, is_removal};

/// What a line of a sketch means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Code, comments and text that belong into the file.
    Code,
    /// Unchanged code is left out here. Holds the comment's words.
    Gap(String),
    /// Code is to be removed here. Holds the comment's words.
    Removal(String),
}

/// The lines of a file, to tell a marker from a line that the file has.
pub(crate) struct KnownLines<'a> {
    next: HashMap<&'a str, HashSet<&'a str>>,
    previous: HashMap<&'a str, HashSet<&'a str>>,
}

impl<'a> KnownLines<'a> {
    /// Remembers each line that could be taken for a marker, with its neighbours.
    pub(crate) fn new(original: &'a str) -> Self {
        let lines: Vec<&str> = original
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        let (mut next, mut previous) = (
            HashMap::<_, HashSet<_>>::new(),
            HashMap::<_, HashSet<_>>::new(),
        );
        for (index, line) in lines.iter().enumerate() {
            if read(line) == Meaning::Code {
                continue;
            }
            next.entry(*line)
                .or_default()
                .insert(lines.get(index + 1).copied().unwrap_or_default());
            previous.entry(*line).or_default().insert(if index > 0 {
                lines[index - 1]
            } else {
                ""
            });
        }
        Self { next, previous }
    }

    /// Whether the file has `line` beside one of these neighbours.
    fn has(&self, line: &str, before: &str, after: &str) -> bool {
        self.next
            .get(line)
            .is_some_and(|known| known.contains(after))
            || self
                .previous
                .get(line)
                .is_some_and(|known| known.contains(before))
    }
}

/// Which lines of a sketch are no code: those that stand for some, that order some to be removed, and
/// those between the parts of a patch.
pub fn marker_lines(original: &str, sketch: &str) -> Vec<bool> {
    let lines: Vec<&str> = sketch.lines().collect();
    let meanings = classify(&lines, &KnownLines::new(original), original);
    let of_patch = |line: &str| PATCH_MARKERS.iter().any(|marker| line.starts_with(marker));
    let lines = meanings.iter().zip(lines);
    lines
        .map(|(meaning, line)| *meaning != Meaning::Code || of_patch(line))
        .collect()
}

/// How the lines between the parts of a patch start.
const PATCH_MARKERS: [&str; 6] = ["<<<<<<<", "=======", ">>>>>>>", "@@ ", "--- ", "+++ "];

/// What each line of a sketch means, given the file it is for.
pub(crate) fn classify(lines: &[&str], known: &KnownLines<'_>, original: &str) -> Vec<Meaning> {
    let trimmed: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    let mut meanings = Vec::with_capacity(lines.len());
    for (index, line) in trimmed.iter().enumerate() {
        let meaning = read(line);
        if meaning == Meaning::Code {
            // What tells where the code below it belongs stands alone, or at the start of a piece.
            let starts = index == 0 || trimmed[index - 1].is_empty();
            let words = comment_words(line).filter(|_| starts);
            let place =
                words.filter(|words| place::is_told(words, original) && !original.contains(line));
            meanings.push(place.map_or(meaning, |words| Meaning::Gap(words.to_owned())));
            continue;
        }
        let before = trimmed[..index]
            .iter()
            .rev()
            .find(|line| !line.is_empty())
            .copied()
            .unwrap_or_default();
        let after = trimmed[index + 1..]
            .iter()
            .find(|line| !line.is_empty())
            .copied()
            .unwrap_or_default();
        // A line in the midst of a comment is part of a sentence.
        let beside = |at: Option<usize>| {
            at.and_then(|at| trimmed.get(at))
                .is_some_and(|line| comment_words(line).is_some() && read(line) == Meaning::Code)
        };
        let prose = matches!(meaning, Meaning::Removal(_))
            && (beside(index.checked_sub(1)) || beside(Some(index + 1)));
        let in_file = prose
            || known.has(line, before, after)
            || matches!(&meaning, Meaning::Removal(words) if !is_order(words, original));
        let stub = is_ellipsis(line) && is_new_stub(before, original);
        meanings.push(if in_file || stub {
            Meaning::Code
        } else {
            meaning
        });
    }
    meanings
}

/// The meaning of one trimmed line by itself.
pub(crate) fn read(line: &str) -> Meaning {
    if is_ellipsis(line) {
        return Meaning::Gap(String::new());
    }
    let Some(words) = comment_words(line) else {
        return match set_apart(line) {
            Some(words) if line.starts_with(['.', '…']) || is_gap(words, false) => {
                Meaning::Gap(words.to_owned())
            }
            _ => Meaning::Code,
        };
    };
    let keeps = |part: &str| !is_removal(part) && is_gap(part, false);
    if is_removal(words) && !words.split(';').any(keeps) {
        Meaning::Removal(words.to_owned())
    } else if is_gap(words, line.starts_with('*')) {
        Meaning::Gap(words.to_owned())
    } else {
        Meaning::Code
    }
}

fn is_ellipsis(line: &str) -> bool {
    matches!(line.trim_end_matches(','), "..." | "…" | "....")
}

/// A function the file does not have, whose whole body is `...`.
fn is_new_stub(header: &str, original: &str) -> bool {
    let rest = header.strip_prefix("async ").unwrap_or(header);
    let Some(rest) = rest
        .strip_prefix("def ")
        .or_else(|| rest.strip_prefix("class "))
    else {
        return false;
    };
    let name = rest
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .next()
        .unwrap_or_default();
    let has = |keyword: &str| {
        original.contains(&format!("{keyword} {name}("))
            || original.contains(&format!("{keyword} {name}:"))
    };
    !name.is_empty() && !has("def") && !has("class")
}

/// The words of a line of text, as in a docstring, that is nothing but words in brackets or between ellipses:
/// `(docstring unchanged)`, `... unchanged up to here ...`.
fn set_apart(line: &str) -> Option<&str> {
    let between = |open: &str, close: &str| line.strip_prefix(open)?.strip_suffix(close);
    let words = between("(", ")")
        .or_else(|| between("... ", " ..."))
        .or_else(|| between("… ", " …"))?;
    let text = |c: char| c.is_alphanumeric() || " .…,'-()".contains(c);
    (words.contains(' ') && words.chars().all(text)).then_some(words)
}

/// A line whose block is left out on the same line: `fn a() { ... }`, `class A { /* unchanged */ }`.
/// Gives what is before, inside and after.
pub(crate) fn inline_gap(line: &str) -> Option<(&str, &str, &str)> {
    let body = line.trim_end();
    let tail = ["}", "};", "},", "})", "});", "]", "],", ")", "),"]
        .iter()
        .filter_map(|tail| {
            let head = body.strip_suffix(tail)?;
            Some((head, *tail))
        });
    for (head, tail) in tail {
        let open = match tail.as_bytes()[0] {
            b'}' => '{',
            b']' => '[',
            _ => continue,
        };
        let Some(at) = head.rfind(open) else { continue };
        let inner = head[at + 1..].trim();
        if head[..at].trim().is_empty() && open == '{' {
            continue;
        }
        let gap = is_ellipsis(inner)
            || comment_words(inner)
                .is_some_and(|words| inner.ends_with("*/") && is_gap(words, false));
        if gap {
            return Some((&head[..=at], inner, tail));
        }
    }
    None
}
