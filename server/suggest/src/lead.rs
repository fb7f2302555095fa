//! What stands above a declaration and belongs to it: comments, attributes and decorators.

/// The longest comment that is looked for, in lines.
const LONGEST_COMMENT: usize = 200;

/// The first line of what belongs to a declaration that starts at `start`; `start` itself if there is nothing.
pub(crate) fn lead_of(lines: &[&str], start: usize) -> usize {
    let mut lead = start;
    while lead > 0 {
        let line = lines[lead - 1].trim();
        if let Some(first) = block_comment_above(lines, lead) {
            lead = first;
        } else if starts_lead(line) && !line.starts_with("#!") && !is_directive(line) {
            lead -= 1;
        } else if line.is_empty()
            // A blank line does not part a doc comment from what it documents.
            && let Some(first) = block_comment_above(lines, lead - 1)
            && lines[first].trim().starts_with("/**")
        {
            lead = first;
        } else {
            break;
        }
    }
    lead
}

/// The first line of a comment of several lines that ends on the line above; those between may look like anything.
fn block_comment_above(lines: &[&str], line: usize) -> Option<usize> {
    let last = lines[..line].last()?.trim();
    if !last.ends_with("*/") || last.starts_with("/*") {
        return None;
    }
    let above = (0..line - 1).rev();
    let first = above.take(LONGEST_COMMENT).find(|at| {
        let text = lines[*at].trim();
        text.starts_with("/*") || text.contains("*/")
    })?;
    lines[first].trim().starts_with("/*").then_some(first)
}

/// Whether a line is a comment, an attribute or a decorator.
pub(crate) fn starts_lead(line: &str) -> bool {
    ["//", "/*", "*", "#", "@", "--"]
        .iter()
        .any(|open| line.starts_with(open))
        || line.ends_with("*/")
}

/// A preprocessor line belongs to no declaration.
fn is_directive(line: &str) -> bool {
    let word = line.strip_prefix('#').unwrap_or_default().trim_start();
    [
        "include", "if", "else", "elif", "endif", "define", "undef", "pragma", "error", "line",
        "warning",
    ]
    .iter()
    .any(|directive| word.starts_with(directive))
        && line.starts_with('#')
        && !line.starts_with("# ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &[&str], lead: usize) {
        assert_eq!(lead_of(lines, lines.len() - 1), lead);
    }

    #[test]
    fn comments_of_any_form_belong_to_what_is_below() {
        check(&["a();", "/**", " Without stars.", " */", "@B", "c"], 1);
        check(&["a();", "/**", " * One.", " */", "", "@B", "c"], 1);
        check(&["/* One. */", "# two", "c"], 0);
    }

    #[test]
    fn other_lines_do_not() {
        check(&["/*", " * Of the file.", " */", "", "c"], 4);
        check(&["a(); /* one */", "", "c"], 2);
        check(&["#!/bin/sh", "#include <b>", "c"], 2);
        check(&["two */", "c"], 0);
        check(&["c"], 0);
    }
}
