//! The names that a line gives to values: those of variables, fields, entries and constants.

/// What may stand before the name.
const WORDS: &[&str] = &[
    "-",
    "const",
    "export",
    "final",
    "let",
    "mut",
    "private",
    "protected",
    "pub",
    "public",
    "readonly",
    "static",
    "val",
    "var",
];

/// The name that a line gives to a value or a field: `name: T`, `"name": 1`, `name = 1`, `T name;`, `Name T`,
/// `#define name`. None if the line does something else.
pub(crate) fn key(text: &str) -> Option<&str> {
    let mut rest = text.trim();
    if let Some(macro_name) = rest.strip_prefix("#define ") {
        return macro_name.split([' ', '(']).find(|name| !name.is_empty());
    }
    while let Some((word, behind)) = rest.split_once(' ')
        && (WORDS.contains(&word) || word.starts_with("pub("))
    {
        rest = behind.trim_start();
    }
    if let Some(pattern) = arm(rest) {
        return Some(pattern);
    }
    let is_name = |c: char| c.is_alphanumeric() || "_-.$".contains(c);
    let open = rest.trim_start_matches(['"', '\'']);
    let name = &open[..open.find(|c| !is_name(c)).unwrap_or(open.len())];
    let behind = open[name.len()..]
        .trim_start_matches(['"', '\'', '?', '!'])
        .trim_start();
    if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        return None;
    }
    let names_value =
        behind.starts_with([':', '=']) && !behind.starts_with("==") && !behind.starts_with("::");
    if names_value {
        return Some(name);
    }
    let words = || rest.trim_end_matches([';', ',']).split_whitespace();
    let plain = !rest.contains(['(', ')', '{', '}', ':', '=', '"', '\'']);
    if !plain
        || matches!(
            name,
            "return" | "import" | "use" | "package" | "break" | "continue" | "goto" | "from"
        )
    {
        return None;
    }
    match (words().count(), rest.ends_with(';')) {
        (2.., true) => words().last(),
        (2, false) => words().next(),
        _ => None,
    }
}

/// The pattern of a branch that is a constant: `Kind::First => 1,`, `"first" -> 1`, `case 1 -> {`.
fn arm(text: &str) -> Option<&str> {
    let (pattern, _) = text
        .split_once(" => ")
        .or_else(|| text.split_once(" -> "))?;
    let is_constant = |c: char| c.is_alphanumeric() || "_:.\"'-".contains(c);
    let pattern = pattern.strip_prefix("case ").unwrap_or(pattern);
    (pattern != "_" && pattern.chars().all(is_constant)).then_some(pattern)
}

/// The names that a line gives to values: `let a = ...`, `a, b := ...`, `Type a = ...`.
pub(crate) fn given_names(line: &str) -> Vec<&str> {
    let line = line.trim();
    let at = line.find(" = ").or_else(|| line.find(" := "));
    let Some(at) = at else { return Vec::new() };
    let left = &line[..at];
    if left.contains(['.', '(', '"', '\'']) && !left.starts_with("let ") {
        return Vec::new();
    }
    let left = left.split(':').next().unwrap_or(left);
    left.split(',')
        .filter_map(|part| {
            let name = part
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .rfind(|word| !word.is_empty())?;
            (name.len() > 1 && !name.starts_with(|c: char| c.is_ascii_digit())).then_some(name)
        })
        .collect()
}

/// Whether a line gives a value by an assignment and says no type.
pub(crate) fn assigns(text: &str) -> bool {
    text.find('=')
        .filter(|at| !text[at + 1..].starts_with('>'))
        .is_some_and(|at| !text[..at].trim_end_matches(':').contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_entries_and_constants_have_a_name() {
        for (line, name) in [
            ("    pub limit: usize,", "limit"),
            ("  \"react-dom\": \"^18\",", "react-dom"),
            ("serde = \"1\"", "serde"),
            ("A=1", "A"),
            ("  email?: string;", "email"),
            ("private int count;", "count"),
            ("\tRetries int", "Retries"),
            ("    val z: Int = 0,", "z"),
            ("const MAX = 5;", "MAX"),
            ("    Kind::First => 1,", "Kind::First"),
            ("#define  LIMIT(a) 5", "LIMIT"),
            ("\"first\" -> 1", "\"first\""),
        ] {
            assert_eq!(key(line), Some(name), "{line}");
        }
    }

    #[test]
    fn other_lines_have_none() {
        for line in [
            "return x;",
            "call(a, b);",
            "x == y",
            "}",
            "use a::b;",
            "// a: b",
            "if a {",
            "self.x += 1;",
            "Some(x) => x,",
            "fn a() -> u32 {",
        ] {
            assert_eq!(key(line), None, "{line}");
        }
    }
}
