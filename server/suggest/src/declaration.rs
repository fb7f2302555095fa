//! Which lines declare something, in the languages that are read by their layout.

use crate::language::Language;
use crate::outline::Kind;

/// What a line declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Declaration {
    pub(crate) kind: Kind,
    pub(crate) name: String,
}

/// What line `at` declares, if it does.
pub(crate) fn declare(language: Language, lines: &[&str], at: usize) -> Option<Declaration> {
    let line = lines[at].trim();
    let made = |kind: Kind, name: &str| {
        (!name.is_empty()).then(|| Declaration {
            kind,
            name: name.to_owned(),
        })
    };
    match language {
        Language::Ruby | Language::Elixir => by_keyword(
            line,
            &["private", "protected", "public", "private_class_method"],
            RUBY,
        )
        .or_else(|| block_call(line)),
        Language::Lua => by_keyword(line, &["local"], &[("function", Kind::Function)]),
        Language::Shell => shell_function(line),
        Language::Php => by_keyword(line, MODIFIERS, PHP),
        Language::Swift => by_keyword(line, MODIFIERS, SWIFT),
        Language::Scala => by_keyword(line, MODIFIERS, SCALA),
        Language::CSharp | Language::Dart => {
            by_keyword(line, MODIFIERS, CSHARP).or_else(|| typed_method(line))
        }
        Language::Schema => by_keyword(line, &["extend"], SCHEMA),
        Language::Hcl => line.strip_suffix('{').and_then(|head| {
            (!head.contains('='))
                .then(|| made(Kind::Space, head.trim()))
                .flatten()
        }),
        Language::Css => line.strip_suffix('{').and_then(|head| {
            let first = (0..at)
                .rev()
                .take_while(|other| lines[*other].trim_end().ends_with(','))
                .last()
                .unwrap_or(at);
            let above: String = lines[first..at].iter().map(|line| line.trim()).collect();
            made(Kind::Space, format!("{above}{}", head.trim()).as_str())
        }),
        Language::Json => {
            let head = line
                .strip_suffix(['{', '['])?
                .trim_end()
                .strip_suffix(':')?;
            made(Kind::Space, head.trim())
        }
        Language::Yaml => yaml_key(line).and_then(|name| made(Kind::Space, name)),
        Language::Sql => sql_object(line).and_then(|name| made(Kind::Type, &name)),
        Language::Toml | Language::Markdown => {
            section_level(language, line)?;
            // Tables of an array have one header; their names tell them apart.
            let entry = lines.get(at + 1).map(|line| line.trim());
            let entry = entry.filter(|next| line.starts_with("[[") && next.starts_with("name"));
            made(Kind::Space, &format!("{line}{}", entry.unwrap_or_default()))
        }
        _ => None,
    }
}

/// The level of the section that a line begins, 1 the highest. None where it begins none.
pub(crate) fn section_level(language: Language, line: &str) -> Option<usize> {
    match language {
        Language::Markdown => {
            let level = line.bytes().take_while(|byte| *byte == b'#').count();
            ((1..=6).contains(&level) && line[level..].starts_with(' ')).then_some(level)
        }
        Language::Toml => {
            let header = line.split('#').next().unwrap_or_default().trim_end();
            let inner = header.strip_prefix('[')?.strip_suffix(']')?;
            (!inner.contains(['"', ',']) || inner.contains('.')).then_some(1)
        }
        _ => None,
    }
}

const MODIFIERS: &[&str] = &[
    "public",
    "private",
    "protected",
    "internal",
    "static",
    "final",
    "abstract",
    "override",
    "virtual",
    "async",
    "sealed",
    "partial",
    "open",
    "fileprivate",
    "mutating",
    "implicit",
    "lazy",
    "case",
    "inline",
    "readonly",
    "extern",
    "unsafe",
    "new",
    "@objc",
    "@discardableResult",
    "late",
];

const RUBY: &[(&str, Kind)] = &[
    ("def", Kind::Function),
    ("defp", Kind::Function),
    ("defmacro", Kind::Function),
    ("class", Kind::Type),
    ("module", Kind::Type),
    ("defmodule", Kind::Type),
];
const PHP: &[(&str, Kind)] = &[
    ("function", Kind::Function),
    ("class", Kind::Type),
    ("interface", Kind::Type),
    ("trait", Kind::Type),
    ("enum", Kind::Type),
];
const SWIFT: &[(&str, Kind)] = &[
    ("func", Kind::Function),
    ("class", Kind::Type),
    ("struct", Kind::Type),
    ("enum", Kind::Type),
    ("protocol", Kind::Type),
    ("actor", Kind::Type),
    ("extension", Kind::Implementation),
];
const SCALA: &[(&str, Kind)] = &[
    ("def", Kind::Function),
    ("class", Kind::Type),
    ("object", Kind::Space),
    ("trait", Kind::Type),
    ("enum", Kind::Type),
];
const CSHARP: &[(&str, Kind)] = &[
    ("class", Kind::Type),
    ("struct", Kind::Type),
    ("interface", Kind::Type),
    ("record", Kind::Type),
    ("enum", Kind::Type),
    ("mixin", Kind::Type),
    ("extension", Kind::Type),
    ("namespace", Kind::Space),
];
const SCHEMA: &[(&str, Kind)] = &[
    ("message", Kind::Type),
    ("service", Kind::Type),
    ("enum", Kind::Type),
    ("oneof", Kind::Type),
    ("type", Kind::Type),
    ("input", Kind::Type),
    ("interface", Kind::Type),
    ("query", Kind::Function),
    ("mutation", Kind::Function),
    ("fragment", Kind::Function),
    ("rpc", Kind::Function),
];

/// A name behind a keyword that may stand behind modifiers.
fn by_keyword(line: &str, modifiers: &[&str], keywords: &[(&str, Kind)]) -> Option<Declaration> {
    let mut words = line.split_whitespace();
    let mut word = words.next()?;
    while modifiers.contains(&word) && !keywords.iter().any(|(keyword, _)| *keyword == word) {
        word = words.next()?;
    }
    let (_, kind) = keywords.iter().find(|(keyword, _)| *keyword == word)?;
    let rest = words.next()?;
    let name = rest
        .split(['(', '<', '{', ':', ';', ','])
        .find(|part| !part.is_empty())?;
    let name = if *kind == Kind::Type && rest.contains("::") {
        rest
    } else {
        name
    };
    name.starts_with(|c: char| c.is_alphabetic() || "_<[=+-!`".contains(c))
        .then(|| Declaration {
            kind: *kind,
            name: name.to_owned(),
        })
}

/// `it "does a thing" do`, `get '/path' do`: a call with a block, named by its words and its first argument.
fn block_call(line: &str) -> Option<Declaration> {
    let head = match line.rfind(" do |") {
        Some(at) if line.ends_with('|') => &line[..at],
        _ => line.strip_suffix(" do")?,
    };
    let (word, argument) = head.split_once([' ', '('])?;
    let named = argument.starts_with(['"', '\'', ':', '/'])
        || argument.starts_with(|c: char| c.is_ascii_uppercase());
    let plain = word
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    (named && plain && word.starts_with(|c: char| c.is_ascii_lowercase())).then(|| Declaration {
        kind: Kind::Case,
        name: head.to_owned(),
    })
}

/// `name() {` and `function name {`.
fn shell_function(line: &str) -> Option<Declaration> {
    let rest = line.strip_prefix("function ").unwrap_or(line);
    let name = rest
        .split(|c: char| c.is_whitespace() || c == '(')
        .next()
        .filter(|name| !name.is_empty() && !name.contains(['=', '$', '"', '\'']))?;
    let behind = rest[name.len()..].trim_start();
    let declared = behind.starts_with("()") || line.starts_with("function ");
    declared.then(|| Declaration {
        kind: Kind::Function,
        name: name.to_owned(),
    })
}

/// A method declared by its type and its name, as in C# and Dart.
fn typed_method(line: &str) -> Option<Declaration> {
    let (head, _) = line.split_once('(')?;
    let mut words: Vec<&str> = head.split_whitespace().collect();
    let name = words.pop()?.split('<').next()?;
    let control = [
        "if", "for", "foreach", "while", "switch", "return", "new", "await", "throw", "using",
        "lock", "catch", "else", "case", "yield", "var", "assert",
    ];
    let typed = words
        .first()
        .is_some_and(|first| !control.contains(first) && !first.starts_with(['/', '#', '[', '*']));
    let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !head.contains(['=', '.', '"'])
        && !control.contains(&name);
    (typed && plain && !name.is_empty() && !line.ends_with([';', ',', '.'])).then(|| Declaration {
        kind: Kind::Function,
        name: name.to_owned(),
    })
}

/// The key of a mapping or of a list that follows on the next lines; a list's item by its name.
fn yaml_key(line: &str) -> Option<&str> {
    if line.starts_with('#') {
        return None;
    }
    if line.starts_with("- name:") || line.starts_with("- id:") || line.starts_with("- job:") {
        return Some(line);
    }
    let line = line.split(" #").next().unwrap_or(line).trim_end();
    let key = line.strip_suffix(':').or_else(|| {
        let (key, value) = line.split_once(": ")?;
        value.starts_with(['&', '|', '>', '!']).then_some(key)
    })?;
    (!key.contains(['{', '[']) && !key.starts_with("- ")).then_some(key)
}

/// `CREATE TABLE name`, without the words between the verb and the name that say how.
fn sql_object(line: &str) -> Option<String> {
    let mut words = line
        .split(|c: char| c.is_whitespace() || c == '(')
        .filter(|word| !word.is_empty());
    let verb = words.next()?.to_ascii_uppercase();
    if verb != "CREATE" && verb != "ALTER" {
        return None;
    }
    let mut name = verb;
    for word in words {
        let upper = word.to_ascii_uppercase();
        let how = [
            "OR",
            "REPLACE",
            "TEMP",
            "TEMPORARY",
            "UNIQUE",
            "IF",
            "NOT",
            "EXISTS",
            "ONLY",
            "MATERIALIZED",
        ];
        if how.contains(&upper.as_str()) {
            continue;
        }
        let sort = [
            "TABLE",
            "VIEW",
            "INDEX",
            "FUNCTION",
            "PROCEDURE",
            "TRIGGER",
            "TYPE",
            "SCHEMA",
            "SEQUENCE",
            "POLICY",
            "EXTENSION",
        ];
        name.push(' ');
        if sort.contains(&upper.as_str()) {
            name.push_str(&upper);
            continue;
        }
        name.push_str(word.trim_matches(['"', '`', ';']));
        return Some(name);
    }
    None
}
