//! Statements of several rows, told by their brackets.

use crate::brackets;
use crate::rows::Row;

/// The number of rows of the statement that starts here, by its brackets. None if a block opens inside it or it
/// does not end.
pub(crate) fn statement_rows<'r, 'a: 'r>(rows: impl Iterator<Item = &'r Row<'a>>) -> Option<usize> {
    let mut depth = 0;
    let mut lists_in_braces = false;
    for (count, row) in rows.enumerate() {
        let text = row.trimmed();
        if count == 0 {
            let word = text
                .strip_prefix("pub ")
                .unwrap_or(text)
                .split_whitespace()
                .next()
                .unwrap_or_default();
            lists_in_braces = matches!(word, "use" | "import" | "export" | "from");
        }
        if count > 60 {
            return None;
        }
        depth += match lists_in_braces {
            true => brackets::depth(text),
            false => brackets::depth_without_braces(text),
        };
        if depth <= 0 {
            return Some(count + 1);
        }
        if text.ends_with('{') && !lists_in_braces {
            return None;
        }
    }
    None
}
