//! A result held against the truth, line by line.

use std::collections::HashMap;

/// How a result differs from the true one.
///
/// Lines are counted as multisets and blank ones left out: of two equal lines nobody can say which one is
/// missing, and a diff would have to guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comparison {
    /// The lines that are not blank are the same, in the same order.
    pub exact_ignoring_blank_lines: bool,
    /// Lines of the original that the truth keeps and the result lacks.
    pub unrelated_changes: usize,
    /// Lines of the result that neither the original nor the truth has.
    pub extra_lines: usize,
}

impl Comparison {
    /// Compares `output`, a result for `before`, with `after`, the true one.
    pub fn new(before: &str, after: &str, output: &str) -> Comparison {
        let (old, new, got) = (counts(before), counts(after), counts(output));
        let count = |counts: &HashMap<&str, usize>, line| counts.get(line).copied().unwrap_or(0);
        let unrelated = old.iter().map(|(line, &old)| {
            let kept = old.min(count(&new, line));
            kept.saturating_sub(count(&got, line))
        });
        let extra = got.iter().map(|(line, &got)| {
            let known = count(&old, line).max(count(&new, line));
            got.saturating_sub(known)
        });
        Comparison {
            exact_ignoring_blank_lines: lines(after).eq(lines(output)),
            unrelated_changes: unrelated.sum(),
            extra_lines: extra.sum(),
        }
    }
}

/// The lines that are not blank. A `\r` at the end of a line is part of it.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').filter(|line| !line.trim().is_empty())
}

fn counts(text: &str) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for line in lines(text) {
        *counts.entry(line).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "one\ntwo\n\nthree\nthree\n";
    const AFTER: &str = "one\nTWO\n\nthree\nthree\n";

    fn check(output: &str, same: bool, unrelated_changes: usize, extra_lines: usize) {
        let expected = Comparison {
            exact_ignoring_blank_lines: same,
            unrelated_changes,
            extra_lines,
        };
        assert_eq!(
            Comparison::new(BEFORE, AFTER, output),
            expected,
            "{output:?}"
        );
    }

    #[test]
    fn the_truth_differs_in_nothing() {
        check(AFTER, true, 0, 0);
    }

    #[test]
    fn blank_lines_and_the_final_line_ending_do_not_count() {
        check("one\nTWO\nthree\n  \nthree", true, 0, 0);
    }

    #[test]
    fn line_endings_count() {
        check("one\r\nTWO\n\nthree\nthree\n", false, 1, 1);
    }

    #[test]
    fn an_edit_left_undone_is_neither_unrelated_nor_extra() {
        check(BEFORE, false, 0, 0);
    }

    #[test]
    fn lost_repeated_and_invented_lines() {
        check("one\nTWO\nthree\n", false, 1, 0);
        check("TWO\nthree\nthree\n", false, 1, 0);
        check("one\none\nTWO\nthree\nthree\n", false, 0, 1);
        check("one\nTWO\nthree\nthree\nfour\n", false, 0, 1);
    }

    #[test]
    fn order_counts() {
        check("TWO\none\nthree\nthree\n", false, 0, 0);
    }
}
