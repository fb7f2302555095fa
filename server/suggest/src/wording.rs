//! What the words of a comment say: that code is left out here, or that it goes.

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
pub(crate) fn is_order(words: &str, original: &str) -> bool {
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
