//! What a session wants the document to be.

use std::ops::Range;

use fast_apply_text::{Drift, SourceText, Splice, common, hunks};
use ropey::Rope;

/// The text a session wants, as replacements in the original. Offsets are bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Target {
    /// In order; between two there is at least one byte.
    hunks: Vec<TargetHunk>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct TargetHunk {
    original: Range<usize>,
    text: String,
}

/// A stretch of the original that the session changes or has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// Its bytes in the original. Where they start tells it from the others.
    pub(crate) original: Range<usize>,
    /// Its bytes in our version of the text.
    pub(crate) ours: Range<usize>,
    /// What is still to be done about it.
    pub(crate) change: Option<Change>,
    /// Whether it leaves text behind.
    pub(crate) kind: StretchKind,
}

/// What becomes of a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StretchKind {
    Insert,
    Delete,
    Replace,
}

/// A replacement in our version of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) range: Range<usize>,
    pub(crate) text: String,
    /// Whether it puts the original back.
    pub(crate) reverts: bool,
}

impl Change {
    /// What it does to our version of the text.
    pub(crate) fn splice(&self) -> Splice {
        Splice {
            range: self.range.clone(),
            inserted: self.text.len(),
        }
    }

    /// Its range, and the neighbourhood that it could be told at as well: an insertion of `b` in front of a `b` is one
    /// behind it.
    pub(crate) fn slid(&self, text: &Rope) -> Range<usize> {
        let (start, end) = (
            text.byte_to_char(self.range.start),
            text.byte_to_char(self.range.end),
        );
        let inserted: Vec<char> = self.text.chars().collect();
        let (left, right) = match (start == end, inserted.len()) {
            (true, 1..) => {
                let count = inserted.len();
                (
                    (0..start)
                        .take_while(|k| text.char(start - k - 1) == inserted[count - 1 - k % count])
                        .count(),
                    (0..text.len_chars() - start)
                        .take_while(|k| text.char(start + k) == inserted[k % count])
                        .count(),
                )
            }
            (false, 0) => (
                (0..start)
                    .take_while(|k| text.char(start - k - 1) == text.char(end - k - 1))
                    .count(),
                (0..text.len_chars() - end)
                    .take_while(|k| text.char(start + k) == text.char(end + k))
                    .count(),
            ),
            _ => (0, 0),
        };
        text.char_to_byte(start - left)..text.char_to_byte(end + right)
    }
}

impl Target {
    /// This text, which both sides have whole.
    pub(crate) fn of_text(original: &str, text: &str) -> Target {
        let (old, new) = (line_starts(original), line_starts(text));
        let hunks = hunks(original, text)
            .into_iter()
            .map(|hunk| TargetHunk {
                original: old[hunk.original.start]..old[hunk.original.end],
                text: text[new[hunk.rewritten.start]..new[hunk.rewritten.end]].to_owned(),
            })
            .collect();
        Target { hunks }
    }

    /// Adds the lines that replace some of the original's. They must come in order.
    pub(crate) fn add_lines(&mut self, source: &SourceText, original: Range<usize>, lines: &str) {
        let text = source.restore_lines(original.clone(), lines);
        let original = source.line_bytes(original);
        // Two hunks without a line between are one, as when a hunk that was open is cut short.
        self.hunks
            .retain(|hunk| hunk.original.start < original.start);
        self.hunks.push(TargetHunk { original, text });
    }

    /// Leaves the original as it is in a range.
    pub(crate) fn give_up(&mut self, original: &Range<usize>) {
        self.hunks.retain(|hunk| {
            hunk.original.end < original.start || original.end < hunk.original.start
        });
    }

    /// What it takes to get from our version to this one.
    ///
    /// `mine` leads from the original to our version.
    pub(crate) fn stretches(&self, original: &Rope, ours: &Rope, mine: &Drift) -> Vec<Stretch> {
        let mut ranges: Vec<Range<usize>> = self
            .hunks
            .iter()
            .map(|hunk| hunk.original.clone())
            .chain(mine.regions().iter().map(|region| region.from.clone()))
            .collect();
        ranges.sort_by_key(|range| (range.start, range.end));
        let mut merged: Vec<Range<usize>> = Vec::new();
        for range in ranges {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        merged
            .into_iter()
            .map(|range| self.stretch(range, original, ours, mine))
            .collect()
    }

    fn stretch(&self, range: Range<usize>, original: &Rope, ours: &Rope, mine: &Drift) -> Stretch {
        let mut wanted = String::new();
        let mut at = range.start;
        let inside = |hunk: &&TargetHunk| {
            range.start <= hunk.original.start && hunk.original.end <= range.end
        };
        for hunk in self.hunks.iter().filter(inside) {
            wanted.push_str(&original.byte_slice(at..hunk.original.start).to_string());
            wanted.push_str(&hunk.text);
            at = hunk.original.end;
        }
        wanted.push_str(&original.byte_slice(at..range.end).to_string());
        let place = mine.hull(&range).to;
        let current = ours.byte_slice(place.clone()).to_string();
        let (front, end) = common(&current, &wanted);
        let change = (current != wanted).then(|| Change {
            range: place.start + front..place.end - end,
            text: wanted[front..wanted.len() - end].to_owned(),
            reverts: !self.hunks.iter().any(|hunk| inside(&hunk)),
        });
        let before = original.byte_slice(range.clone()).to_string();
        let (front, end) = common(&before, &wanted);
        let kind = match (before.len() - front - end, wanted.len() - front - end) {
            (0, _) => StretchKind::Insert,
            (_, 0) => StretchKind::Delete,
            _ => StretchKind::Replace,
        };
        Stretch {
            original: range,
            ours: place,
            change,
            kind,
        }
    }
}

impl StretchKind {
    /// The name in `fastApply/event`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            StretchKind::Insert => "insert",
            StretchKind::Delete => "delete",
            StretchKind::Replace => "replace",
        }
    }
}

/// Where each line starts, and the end of the text.
fn line_starts(text: &str) -> Vec<usize> {
    let mut at = 0;
    let ends = text.split_inclusive('\n').map(|line| {
        at += line.len();
        at
    });
    std::iter::once(0).chain(ends).collect()
}
