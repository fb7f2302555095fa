//! Where a chat reply names the file that a code block is for.

use crate::language::Family;

/// A file named near a code block, and how surely the block is meant for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathHint {
    /// The path as the reply writes it, without quotes or `a/`, `b/` of a diff.
    pub path: String,
    /// How surely the block is for this file.
    pub strength: HintStrength,
}

/// How surely a named file is the one that a block is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HintStrength {
    /// Named somewhere in the paragraph before the block: it may only be spoken of.
    Mentioned,
    /// Named on the fence, on the block's first line, in a diff's header, or alone on the line before the block.
    Declared,
}

impl PathHint {
    pub(crate) fn declared(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            strength: HintStrength::Declared,
        }
    }

    pub(crate) fn mentioned(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            strength: HintStrength::Mentioned,
        }
    }

    /// Whether this hint can mean the file at `path`: one is a tail of the other, whole components compared.
    /// A placeholder directory (`path/to/name`) stands for any.
    pub fn names(&self, path: &str) -> bool {
        let ours = components(path);
        let mut theirs = components(&self.path);
        if theirs.len() > 2 && theirs[..2] == ["path", "to"] || theirs.first() == Some(&"...") {
            theirs.drain(..theirs.len() - 1);
        }
        let shared = ours.len().min(theirs.len());
        shared > 0 && ours[ours.len() - shared..] == theirs[theirs.len() - shared..]
    }

    /// Whether the last components are the same, whatever the directories.
    pub(crate) fn has_file_name_of(&self, path: &str) -> bool {
        let ours = components(path).last().copied();
        ours.is_some() && ours == components(&self.path).last().copied()
    }
}

/// The path in a fence's info string: after the tag, `lang:path`, `title="path"`, `12:40:path`, or alone.
pub(crate) fn in_info_string(info: &str) -> Option<String> {
    let words = split_words(info);
    for (index, word) in words.iter().enumerate() {
        if let Some((key, value)) = word.split_once('=') {
            let key = key.trim_start_matches('{').to_ascii_lowercase();
            let named = [
                "title", "file", "filename", "path", "filepath", "name", "src",
            ]
            .contains(&key.as_str());
            if named && is_path_like(unquote(value)) {
                return Some(unquote(value).to_owned());
            }
            continue;
        }
        let last = word.rsplit(':').next().unwrap_or(word);
        let word = if word.contains(":\\") {
            word.as_str()
        } else {
            last
        };
        let word = unquote(word);
        let can_be_tag = index == 0
            && Family::from_tag(&word.to_ascii_lowercase()).is_some()
            && !word.contains('/');
        if !can_be_tag && is_path_like(word) {
            return Some(word.to_owned());
        }
    }
    None
}

/// The path in a first line that is nothing but a comment naming a file: `// src/a.rs`, `# File: a.py`.
pub(crate) fn in_comment_line(line: &str) -> Option<String> {
    let line = line.trim();
    if line.starts_with("---") {
        return None;
    }
    let inner = ["//", "#", "--", ";;", "%"]
        .iter()
        .find_map(|open| line.strip_prefix(open))
        .or_else(|| {
            line.strip_prefix("/*")
                .and_then(|rest| rest.strip_suffix("*/"))
        })
        .or_else(|| {
            line.strip_prefix("<!--")
                .and_then(|rest| rest.strip_suffix("-->"))
        })?;
    alone(inner)
}

/// The path in a line of prose that says nothing else: `**src/a.rs**`, `### src/a.rs`, `File: a.py:`.
pub(crate) fn alone(line: &str) -> Option<String> {
    let mut line = line
        .trim()
        .trim_start_matches(['#', '*', '-', '>', ' '])
        .trim_end_matches(['*', ':', ' ']);
    for prefix in [
        "file:",
        "filename:",
        "path:",
        "filepath:",
        "in",
        "update",
        "edit",
        "modify",
        "modified:",
        "updated",
    ] {
        if let Some(head) = line.get(..prefix.len())
            && head.eq_ignore_ascii_case(prefix)
            && line[prefix.len()..].starts_with([' ', '`', '*'])
        {
            line = &line[prefix.len()..];
        }
    }
    let word = unquote(line.trim().trim_matches(['*', ' ']));
    let numbered = word.split_once(". ").map_or(word, |(number, rest)| {
        if number.bytes().all(|byte| byte.is_ascii_digit()) {
            unquote(rest)
        } else {
            word
        }
    });
    is_path_like(numbered).then(|| numbered.to_owned())
}

/// Whether `text` can only be meant as a file: a directory and an extension, or a known extension.
pub(crate) fn is_path_like(text: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || "._-/\\@+()[]~:".contains(c);
    if text.is_empty()
        || text.len() > 260
        || !text.chars().all(allowed)
        || text.contains("//")
        || text.ends_with('.')
    {
        return false;
    }
    let name = text.rsplit(['/', '\\']).next().unwrap_or(text);
    if matches!(
        name,
        "Makefile" | "Dockerfile" | "CMakeLists.txt" | "Gemfile" | "Rakefile" | "go.mod"
    ) {
        return true;
    }
    let Some((stem, extension)) = name.rsplit_once('.') else {
        return false;
    };
    let plain = (1..=8).contains(&extension.len())
        && extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let known = Family::from_path(name).is_some();
    plain
        && !name.contains(['(', ':'])
        && (known && !stem.is_empty() || text.contains('/') && !stem.is_empty())
}

fn components(path: &str) -> Vec<&str> {
    let path = path.strip_prefix("file://").unwrap_or(path);
    path.split(['/', '\\'])
        .filter(|part| !part.is_empty() && *part != ".")
        .collect()
}

fn unquote(text: &str) -> &str {
    text.trim().trim_matches(['"', '\'', '`', '{', '}', ','])
}

/// Splits at blanks outside quotes.
fn split_words(info: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in info.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c.is_whitespace() => {
                words.push(String::new());
                continue;
            }
            _ => {}
        }
        words.last_mut().expect("words is never empty").push(c);
    }
    words.retain(|word| !word.is_empty());
    words
}
