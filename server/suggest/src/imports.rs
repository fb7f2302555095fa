//! Import lines: what they are, and which names they bind.

use crate::rows::Rows;
use crate::statement::statement_rows;

/// Whether a line is an import by itself, in any of the known languages.
pub(crate) fn is_import(line: &str) -> bool {
    let line = line.trim();
    let line = line.strip_prefix("pub ").unwrap_or(line);
    [
        "import ",
        "from ",
        "use ",
        "#include",
        "extern crate ",
        "require ",
        "require_relative ",
        "require(",
        "using ",
    ]
    .iter()
    .any(|word| line.starts_with(word) && !is_alias(line))
        || line.starts_with("pub(") && line.contains(" use ")
        || ["const ", "let ", "var "]
            .iter()
            .any(|word| line.starts_with(word))
            && line.contains("= require(")
}

/// Whether a line names a type in C++: `using Stat = struct stat;`.
fn is_alias(line: &str) -> bool {
    line.starts_with("using ") && line.contains(" = ")
}

/// For each row, whether it belongs to an import, also to one of several lines.
pub(crate) fn rows(rows: &Rows<'_>) -> Vec<bool> {
    let mut found = vec![false; rows.len()];
    let mut at = 0;
    while at < rows.len() {
        let text = rows.rows[at].text;
        let count = if is_import(text) || text.trim() == "import (" {
            statement_rows(rows.rows[at..].iter()).unwrap_or(1)
        } else {
            0
        };
        found[at..(at + count).min(rows.len())].fill(true);
        at += count.max(1);
    }
    found
}

/// Whether one import can take the place of another: some name or module stands in both.
pub(crate) fn are_related(old: &str, new: &str) -> bool {
    const KEYWORDS: &[&str] = &[
        "import",
        "from",
        "use",
        "as",
        "require",
        "require_relative",
        "include",
        "using",
        "pub",
        "crate",
        "std",
        "type",
        "static",
        "const",
        "let",
        "var",
        "extern",
        "java",
        "javax",
        "org",
        "com",
        "io",
        "h",
        "hpp",
        "js",
        "self",
        "super",
    ];
    let words = |line: &'_ str| -> Vec<String> {
        line.split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| !word.is_empty() && !KEYWORDS.contains(word))
            .map(str::to_lowercase)
            .collect()
    };
    let known = words(old);
    words(new).iter().any(|word| known.contains(word))
}

/// The names that a one-line import binds. Empty where the line does not tell (`#include`, `*`). `import a.b` may bind
/// `b`, and in Python it has `a.b` used: then both.
pub(crate) fn bound_names(line: &str) -> Vec<&str> {
    let path = line.trim().strip_prefix("import ").filter(|path| {
        let last = path.rsplit_once('.').map(|(_, last)| last);
        last.is_some_and(|last| {
            last.starts_with(char::is_lowercase)
                && last.chars().all(|c| c.is_alphanumeric() || c == '_')
        })
    });
    let line = line.trim().trim_end_matches(';');
    if !is_import(line)
        || line.contains('*') && !line.contains("* as ")
        || line.starts_with("#include")
        || line.starts_with("using ")
    {
        return Vec::new();
    }
    let words = |text: &'_ str| -> Vec<String> {
        text.split(',')
            .filter_map(|part| {
                let part = part.trim().trim_matches(['{', '}', '(', ')', ' ']);
                let name = part.rsplit(" as ").next()?.trim();
                name.rsplit([' ', '.', ':', '{', '('])
                    .next()
                    .map(|name| name.trim_matches(['"', '\'', '}', ')', ' ']).to_owned())
            })
            .collect()
    };
    // Names are looked up in the line again, so that they borrow from it.
    let list = if let Some(rest) = line.strip_prefix("from ") {
        words(rest.split_once(" import ").map_or("", |(_, names)| names))
    } else if line.contains(" from ") && line.starts_with("import") {
        words(line.rsplit_once(" from ").map_or("", |(names, _)| {
            names
                .trim_start_matches("import")
                .trim_start()
                .trim_start_matches("type ")
        }))
    } else if line.starts_with("import ") && line.ends_with(['"', '\'']) && !line.contains(" from ")
    {
        Vec::new()
    } else {
        words(line)
    };
    list.iter()
        .filter(|name| {
            name.len() > 1
                && name
                    .chars()
                    .all(|c| c.is_alphanumeric() || c == '_' || c == '$')
        })
        .filter_map(|name| {
            line.find(name.as_str())
                .map(|at| &line[at..at + name.len()])
        })
        .chain(path)
        .collect()
}

/// The module whose names a one-line import binds: `from a import b`, `import { b } from 'a'`, `use a::{b, c}`.
pub(crate) fn module(line: &str) -> Option<&str> {
    let line = line.trim().trim_end_matches(';');
    let module = if let Some(rest) = line.strip_prefix("from ") {
        rest.split_once(" import ")?.0
    } else if line.starts_with("import ") {
        line.rsplit_once(" from ")?.1
    } else {
        line.strip_prefix("use ")?.split_once("::{")?.0
    };
    Some(module.trim())
}

/// Whether a line refers to what has a name: not as an argument's or a field's.
pub(crate) fn refers(line: &str, name: &str) -> bool {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(name).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + name.len()..]);
        let whole = !before.ends_with(in_word) && !after.starts_with(in_word);
        let is_field = before.ends_with('.') && !before.ends_with("..");
        let is_argument = after.starts_with('=')
            && !after.starts_with("==")
            && before.trim_end().ends_with(['(', ',']);
        whole && !is_field && !is_argument
    })
}

/// Whether a name stands as a word of its own in a line.
pub(crate) fn uses(line: &str, name: &str) -> bool {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(name).any(|(at, _)| {
        !line[..at].chars().next_back().is_some_and(in_word)
            && !line[at + name.len()..].chars().next().is_some_and(in_word)
    })
}
