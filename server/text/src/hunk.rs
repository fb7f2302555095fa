//! Hunks: the maximal runs of lines in which two texts differ.

use std::ops::Range;

use similar::{Algorithm, DiffTag, capture_diff_slices};

/// A maximal run of changed lines.
///
/// Line numbers count from 0. One of the ranges may be empty, never both; its start then says where the lines went
/// missing or came in. Between two hunks, before the first and behind the last, the lines of both texts are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// The lines of the original that the hunk replaces.
    pub original: Range<usize>,
    /// The lines of the rewritten text that stand in their place.
    pub rewritten: Range<usize>,
}

/// The hunks that turn `original` into `rewritten`, in order.
///
/// A line reaches to its `\n` and includes it, so a change of line ending is a change of the line.
pub fn hunks(original: &str, rewritten: &str) -> Vec<Hunk> {
    let original: Vec<&str> = original.split_inclusive('\n').collect();
    let rewritten: Vec<&str> = rewritten.split_inclusive('\n').collect();
    line_hunks(&original, &rewritten)
}

/// The hunks that turn the lines `original` into the lines `rewritten`, in order.
///
/// Myers' algorithm with a bounded search: linear in the lines for near copies, and never quadratic. The hunks are
/// always right, but where the texts differ much they need not be the fewest.
pub fn line_hunks(original: &[&str], rewritten: &[&str]) -> Vec<Hunk> {
    let mut hunks: Vec<Hunk> = Vec::new();
    for operation in capture_diff_slices(Algorithm::Myers, original, rewritten) {
        if operation.tag() == DiffTag::Equal {
            continue;
        }
        let (original, rewritten) = (operation.old_range(), operation.new_range());
        match hunks.last_mut() {
            // The library may report one run as a deletion and an insertion.
            Some(last)
                if last.original.end == original.start && last.rewritten.end == rewritten.start =>
            {
                last.original.end = original.end;
                last.rewritten.end = rewritten.end;
            }
            _ => hunks.push(Hunk {
                original,
                rewritten,
            }),
        }
    }
    hunks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hunks_are_line_ranges_on_both_sides() {
        let hunk = |original, rewritten| Hunk {
            original,
            rewritten,
        };
        assert_eq!(hunks("a\nb\nc\n", "a\nb\nc\n"), []);
        assert_eq!(hunks("a\nb\nc\n", "a\nB\nBB\nc\n"), [hunk(1..2, 1..3)]);
        assert_eq!(hunks("a\nb\n", "a\nx\nb\n"), [hunk(1..1, 1..2)]);
        assert_eq!(
            hunks("a\nx\nb\ny\n", "a\nb\n"),
            [hunk(1..2, 1..1), hunk(3..4, 2..2)]
        );
        assert_eq!(hunks("", "a"), [hunk(0..0, 0..1)]);
        assert_eq!(hunks("a", "a\n"), [hunk(0..1, 0..1)]);
        assert_eq!(hunks("a\r\n", "a\n"), [hunk(0..1, 0..1)]);
    }

    proptest! {
        #[test]
        fn hunks_rebuild_the_rewritten_text(original in "([ab]\n){0,12}[ab]?", rewritten in "([abc]\n){0,12}[ab]?") {
            let old: Vec<&str> = original.split_inclusive('\n').collect();
            let new: Vec<&str> = rewritten.split_inclusive('\n').collect();
            let (mut rebuilt, mut at) = (String::new(), 0);
            let mut previous: Option<Hunk> = None;
            for hunk in hunks(&original, &rewritten) {
                prop_assert!(!hunk.original.is_empty() || !hunk.rewritten.is_empty());
                if let Some(previous) = previous {
                    prop_assert!(previous.original.end < hunk.original.start, "hunks are maximal");
                }
                rebuilt.extend(old[at..hunk.original.start].iter().copied());
                rebuilt.extend(new[hunk.rewritten.clone()].iter().copied());
                at = hunk.original.end;
                previous = Some(hunk);
            }
            rebuilt.extend(old[at..].iter().copied());
            prop_assert_eq!(rebuilt, rewritten);
        }
    }
}
