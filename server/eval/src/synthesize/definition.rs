//! What a line of source text defines, as far as the line alone tells.

use std::sync::LazyLock;

use regex::Regex;

/// `pub fn name`, `class Name`, `impl<T> Name` and their like.
static DEFINITION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^\s*(?:(?:pub(?:\([^)]*\))?|public|private|protected|internal|static|final|abstract|async|export|default|open|override|suspend|inline|data|sealed|const|unsafe|extern|declare|virtual|constexpr|friend)\s+)*(?:def|class|fn|func|fun|function\*?|struct|enum|trait|interface|impl|module|object|type|mod|namespace|macro_rules!|union|record)(?:\s*<[^>]*>)?\s+(?:\([^)]*\)\s*)?(?:self\.)?([A-Za-z_$][\w$]*[?!]?)",
    )
    .ok()
});

/// `int name(...) {` and its like.
static CALLABLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^\s*(?:[\w$<>\[\],.*&:?~@]+\s+)*[*&]?([A-Za-z_~$][\w$]*)\s*(?:<[^>]*>)?\([^;]*(?:\{|\)\s*\{?|,)\s*$",
    )
    .ok()
});

/// `describe("...", ...)` and its like.
static TEST_CALL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"^\s*(?:describe|it|test|context|should|TEST|TEST_F)\s*\(?\s*['"(]"#).ok()
});

/// Words that stand before a parenthesis without being the name of anything.
const NOT_NAMES: &[&str] = &[
    "if", "for", "while", "switch", "return", "catch", "match", "else", "do", "with", "assert",
    "await", "new", "throw", "sizeof", "elif", "and", "or", "not", "in",
];

/// The name that a line defines.
pub(super) fn defined_name(line: &str) -> Option<&str> {
    let name = |pattern: &'static LazyLock<Option<Regex>>| {
        Some(pattern.as_ref()?.captures(line)?.get(1)?.as_str())
    };
    let name = name(&DEFINITION).or_else(|| name(&CALLABLE).filter(|_| is_head(line)))?;
    let first = line.split_whitespace().next().unwrap_or_default();
    (!NOT_NAMES.contains(&name) && !NOT_NAMES.contains(&first)).then_some(name)
}

/// Whether a line with a name and parentheses may be a function's head: a call has no type before it and opens
/// no block.
fn is_head(line: &str) -> bool {
    let before = line.split('(').next().unwrap_or_default();
    line.trim_end().ends_with('{') || before.split_whitespace().count() > 1 && !before.contains('=')
}

/// Whether a line starts a definition or a test.
pub(super) fn is_definition(line: &str) -> bool {
    let is_test = TEST_CALL
        .as_ref()
        .is_some_and(|pattern| pattern.is_match(line));
    is_test || defined_name(line).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let check = |line, name| assert_eq!(defined_name(line), name, "{line}");
        check("    pub(crate) fn next_after(&self) {", Some("next_after"));
        check("impl<T> Matrix<T> {", Some("Matrix"));
        check(
            "func (c *Cache) Get(key string) ([]byte, bool) {",
            Some("Get"),
        );
        check("  def vegan?(day)", Some("vegan?"));
        check(
            "static int ring_write(struct ring *ring,",
            Some("ring_write"),
        );
        check("    return sum(2, 3)", None);
        check("    print(\"total\", total)", None);
        check("    total = sum(prices)", None);
        check("    if (left > right) {", None);
        check("let x = 3;", None);
        assert!(is_definition("  it(\"waits\", async () => {"));
    }
}
