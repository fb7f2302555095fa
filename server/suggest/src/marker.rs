//! Lines of a sketch that stand for code instead of being code.
//!
//! Chat models leave out what does not change and say so in a comment. Such a line is recognised by its words
//! and its ellipsis, in the comment syntax of any language; never where the file itself has that line next to
//! the same neighbour.

use std::collections::{HashMap, HashSet};

use crate::place;

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

/// Nouns that a marker without an ellipsis speaks of: `// other methods`.
const NOUNS: &[&str] = &[
    "args",
    "arguments",
    "assertions",
    "assignments",
    "attributes",
    "body",
    "branches",
    "cases",
    "checks",
    "class",
    "classes",
    "code",
    "commands",
    "components",
    "config",
    "constants",
    "content",
    "contents",
    "declarations",
    "definitions",
    "endpoints",
    "entries",
    "exports",
    "fields",
    "file",
    "function",
    "functions",
    "handlers",
    "helpers",
    "hooks",
    "implementation",
    "implementations",
    "import",
    "imports",
    "items",
    "lines",
    "logic",
    "members",
    "method",
    "methods",
    "models",
    "options",
    "params",
    "parameters",
    "parts",
    "properties",
    "props",
    "routes",
    "rules",
    "setters",
    "getters",
    "setup",
    "state",
    "statements",
    "steps",
    "stuff",
    "styles",
    "template",
    "tests",
    "things",
    "types",
    "values",
    "variables",
    "variants",
];

/// Words that make a comment with an ellipsis at its end a marker: `# existing code...`.
const SIGNS: &[&str] = &[
    "above",
    "as",
    "before",
    "body",
    "code",
    "existing",
    "here",
    "imports",
    "keep",
    "methods",
    "omitted",
    "original",
    "other",
    "others",
    "previous",
    "remaining",
    "remains",
    "rest",
    "same",
    "skipped",
    "snip",
    "stays",
    "truncated",
    "unchanged",
    "unmodified",
];

/// Phrases that make any short comment a marker.
const PHRASES: &[&str] = &[
    "unchanged",
    "stay the same",
    "stays the same",
    "remains the same",
    "remain the same",
    "remain unchanged",
    "same as before",
    "as before",
    "existing code",
    "code omitted",
    "no changes",
    "no change",
    "rest of the",
    "rest of your",
    "stay as they are",
    "stays as it is",
    "is the same",
    "are the same",
    "not changed",
    "omitted for brevity",
    "keep existing",
    "same as above",
    "goes here as is",
    "same as original",
];

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
        return match in_brackets(line) {
            Some(words) if is_gap(words, false) => Meaning::Gap(words.to_owned()),
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

/// Whether a comment's words make it a marker.
pub(crate) fn is_gap(words: &str, in_doc_comment: bool) -> bool {
    let lower = words.trim().to_lowercase();
    let bare = lower.trim_matches(|c: char| "()[]<>{}-=*:;,. …".contains(c));
    let leads = lower.trim_start_matches(['(', '[', '<']).starts_with(['…'])
        || lower.trim_start_matches(['(', '[', '<']).starts_with("...");
    let trails = lower.trim_end_matches([')', ']', '>', '.']).len() + 2
        < lower.trim_end_matches([')', ']', '>']).len()
        || lower.trim_end_matches([')', ']', '>']).ends_with('…');
    let list: Vec<&str> = bare
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .collect();
    if list.is_empty() {
        return leads;
    }
    if in_doc_comment {
        return leads
            && list
                .iter()
                .any(|word| SIGNS.contains(word) || NOUNS.contains(word));
    }
    if leads {
        return true;
    }
    if trails {
        return list.len() <= 12 && list.iter().any(|word| SIGNS.contains(word));
    }
    if list.len() <= 8 && PHRASES.iter().any(|phrase| bare.contains(phrase)) {
        // "Returns true if unchanged" is a sentence about the code; a marker names code or nothing.
        return bare.starts_with(['('])
            || lower.starts_with('(')
            || list.len() <= 2
            || speaks_of_code(words, bare)
            || list.iter().any(|word| NOUNS.contains(word))
            || bare.starts_with("rest of")
            || bare.ends_with("unchanged");
    }
    let first = list[0];
    let starts = [
        "other",
        "existing",
        "remaining",
        "rest",
        "more",
        "same",
        "previous",
        "all",
    ]
    .contains(&first);
    starts
        && list.len() <= 4
        && list[1..].iter().any(|word| NOUNS.contains(word))
        && !lower.contains(':')
}

/// Whether a phrase follows one name, or names written as code: `increment() as before`.
fn speaks_of_code(words: &str, bare: &str) -> bool {
    let Some(at) = PHRASES
        .iter()
        .filter_map(|phrase| bare.strip_suffix(phrase))
        .map(|before| before.split_whitespace().count())
        .min()
    else {
        return false;
    };
    let is_code = |word: &&str| {
        let bare = word.trim_matches([',', '`']);
        word.starts_with('`') || bare.contains(['(', ')', '_']) || bare == "and"
    };
    at == 1 || words.split_whitespace().take(at).all(|word| is_code(&word))
}

/// Whether a comment's words say that something goes.
pub(crate) fn is_removal(words: &str) -> bool {
    let lower = words
        .trim()
        .trim_matches(['.', '…', ' ', '(', ')', '-', '[', ']'])
        .to_lowercase();
    let starts = [
        "removed",
        "deleted",
        "remove ",
        "remove:",
        "delete ",
        "delete:",
        "deleting ",
        "removing ",
    ];
    let ends = [
        " removed",
        " deleted",
        " is gone",
        " are gone",
        " has been removed",
        " have been removed",
        " no longer needed",
    ];
    lower.split_whitespace().count() <= 12
        && (starts.iter().any(|start| {
            lower.starts_with(start)
                && (start.ends_with([' ', ':']) || is_word_end(&lower, start.len()))
        }) || ends.iter().any(|end| lower.ends_with(end))
            || removes_what_it_names(words))
}

/// `old_helper() removed, nobody calls it`: a name written as code, then that it is gone, then perhaps why.
fn removes_what_it_names(words: &str) -> bool {
    let Some((name, rest)) = words.trim_start_matches(['(', '-', ' ']).split_once(' ') else {
        return false;
    };
    let cased = name.chars().skip(1).any(char::is_uppercase);
    let is_code = cased || name.starts_with('`') || name.ends_with("()") || name.contains('_');
    let rest = ["is ", "was ", "has been "]
        .iter()
        .find_map(|verb| rest.strip_prefix(verb))
        .unwrap_or(rest);
    let gone = ["removed", "deleted", "gone", "dropped"]
        .iter()
        .find_map(|word| rest.strip_prefix(word));
    is_code
        && gone.is_some_and(|rest| rest.is_empty() || rest.starts_with([',', ';', ':', '.', ' ']))
}

/// Whether a comment on a removal speaks to who applies the sketch. `# Remove the coding line` in the imperative is
/// what code says of itself, unless it names something of the file in the way of code.
fn is_order(words: &str, original: &str) -> bool {
    let lower = words
        .trim_start_matches(['(', '[', '-', ' '])
        .to_lowercase();
    let imperative = ["remove ", "delete ", "removing ", "deleting "]
        .iter()
        .any(|start| lower.starts_with(start));
    if !imperative {
        return true;
    }
    let object = words.split_once(' ').map_or("", |(_, object)| object);
    let object = object.trim_matches(|c: char| c == '`' || c.is_whitespace());
    if original.lines().any(|line| line.trim() == object) {
        return true;
    }
    words.split_whitespace().any(|word| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_');
        let marked = word.starts_with('`') || word.trim_end_matches(['.', ',']).ends_with("()");
        let cased = bare.contains('_') || bare.chars().skip(1).any(char::is_uppercase);
        bare.len() >= 3 && (marked || cased) && original.contains(bare)
    })
}

fn is_word_end(text: &str, at: usize) -> bool {
    text[at..]
        .chars()
        .next()
        .is_none_or(|c| !c.is_alphanumeric())
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

/// The words of a line of text, as in a docstring, that is nothing but words in brackets: `(docstring unchanged)`.
fn in_brackets(line: &str) -> Option<&str> {
    let words = line.strip_prefix('(')?.strip_suffix(')')?;
    let text = |c: char| c.is_alphanumeric() || " .…,'-".contains(c);
    (words.contains(' ') && words.chars().all(text)).then_some(words)
}

/// The words of a line that is nothing but one comment.
pub(crate) fn comment_words(line: &str) -> Option<&str> {
    let line = line.trim();
    let line = line
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .map_or(line, |inner| {
            if inner.trim_start().starts_with("/*") {
                inner.trim()
            } else {
                line
            }
        });
    let enclosed = |open: &str, close: &str| line.strip_prefix(open)?.strip_suffix(close);
    if let Some(words) = enclosed("/*", "*/")
        .or_else(|| enclosed("<!--", "-->"))
        .or_else(|| enclosed("{{!", "}}"))
    {
        return (!words.contains("*/")).then(|| words.trim_matches(['*', '-', ' ']));
    }
    if line.starts_with("#[")
        || line.starts_with("#!")
        || line.starts_with("#include")
        || line.starts_with("--[[")
    {
        return None;
    }
    for open in [
        "///", "//!", "//", "##", "#", "--", ";;", ";", "%", "\"\"\"", "* ",
    ] {
        if let Some(words) = line.strip_prefix(open) {
            // `#ifdef`, `--flag`, `%macro`: a comment's text is set off, an ellipsis or a bracket may follow at once.
            let set_off = open == "//"
                || open == "///"
                || words.starts_with([' ', '\t', '.', '…', '(', '[', '<']);
            return (set_off || open == "* ").then(|| {
                words
                    .trim_end_matches("\"\"\"")
                    .trim_end_matches("*/")
                    .trim()
            });
        }
    }
    None
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
