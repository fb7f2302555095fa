//! Comments, in the syntax of any language.

use crate::rows::Row;

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

/// Whether a row is one of a comment, or of a docstring.
pub(crate) fn is_comment(row: &Row<'_>) -> bool {
    let text = row.trimmed();
    ["//", "/*", "*", "# ", "<!--", "--", "\"\"\""]
        .iter()
        .any(|open| text.starts_with(open))
        || text == "#"
        || text.starts_with("#>")
        || text.starts_with("#:")
}
