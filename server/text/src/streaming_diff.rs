//! The hunks of a rewrite that is still being written.

use std::collections::HashMap;
use std::ops::Range;

use crate::Hunk;

/// Equal lines behind a change that end it if one of them stands only once in the original.
const TELLING_RUN: usize = 2;
/// Equal lines behind a change that end it if they stand in one place only.
const PLAIN_RUN: usize = 3;
/// Equal lines behind a change that end it at the first of the places they stand in.
const LONG_RUN: usize = 8;
/// For so many lines that a change would delete, one equal line more is wanted.
const DELETED_PER_LINE: usize = 6;

/// Finds the hunks of a rewrite while it is written, each as soon as enough unchanged lines follow it.
///
/// The hunks are right for the text so far but need not be the fewest: repeated lines can make an end look near that
/// is not. Once the whole text is known, [`hunks`](crate::hunks) has the last word.
#[derive(Clone, Debug)]
pub struct StreamingDiff {
    original: Vec<String>,
    /// Where each line stands in the original.
    places: HashMap<String, Vec<usize>>,
    text: String,
    /// Where each line of `text` starts; the last one may be unfinished or empty.
    starts: Vec<usize>,
    /// The line of the original that the next unchanged line would be.
    next: usize,
    /// The change that has no end yet.
    open: Option<Open>,
}

#[derive(Clone, Debug)]
struct Open {
    original: usize,
    rewritten: usize,
    /// For every line of the original that the last line written equals: how many lines before it agree as well.
    runs: HashMap<usize, usize>,
}

impl StreamingDiff {
    /// Compares with this text.
    pub fn new(original: &str) -> StreamingDiff {
        let original: Vec<String> = original.split_inclusive('\n').map(str::to_owned).collect();
        let mut places: HashMap<String, Vec<usize>> = HashMap::new();
        for (number, line) in original.iter().enumerate() {
            places.entry(line.clone()).or_default().push(number);
        }
        StreamingDiff {
            original,
            places,
            text: String::new(),
            starts: vec![0],
            next: 0,
            open: None,
        }
    }

    /// Takes what was written, and gives the hunks that have ended.
    pub fn push(&mut self, text: &str) -> Vec<Hunk> {
        self.text.push_str(text);
        let mut ended = Vec::new();
        while let Some(length) = self.text[self.starts[self.starts.len() - 1]..].find('\n') {
            let start = self.starts[self.starts.len() - 1];
            self.starts.push(start + length + 1);
            ended.extend(self.push_line());
        }
        ended
    }

    /// The text written so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Lines of the text written so far.
    pub fn lines(&self, lines: Range<usize>) -> &str {
        &self.text[self.starts[lines.start]..self.starts[lines.end]]
    }

    /// The change that has no end yet: the line of the original it starts at, and its lines that are not the start of
    /// what follows it.
    pub fn open(&self) -> Option<(usize, Range<usize>)> {
        let open = self.open.as_ref()?;
        let written = self.starts.len() - 1;
        let maybe_behind = open.runs.values().copied().max().unwrap_or(0);
        Some((
            open.original,
            open.rewritten..(written - maybe_behind).max(open.rewritten),
        ))
    }

    fn push_line(&mut self) -> Option<Hunk> {
        let number = self.starts.len() - 2;
        let line = &self.text[self.starts[number]..self.starts[number + 1]];
        let Some(open) = &mut self.open else {
            if self
                .original
                .get(self.next)
                .is_some_and(|next| next == line)
            {
                self.next += 1;
                return None;
            }
            let mut open = Open {
                original: self.next,
                rewritten: number,
                runs: HashMap::new(),
            };
            open.extend(self.places.get(line));
            self.open = Some(open);
            return None;
        };
        open.extend(self.places.get(line));
        let (last, length) = self.end_of_open()?;
        let open = self.open.take()?;
        self.next = last + 1;
        Some(Hunk {
            original: open.original..last + 1 - length,
            rewritten: open.rewritten..number + 1 - length,
        })
    }

    /// The run of unchanged lines that ends the open change, by its last line, and its length.
    fn end_of_open(&self) -> Option<(usize, usize)> {
        let open = self.open.as_ref()?;
        let longest = open.runs.values().copied().max()?;
        let mut places = open.runs.iter().filter(|&(_, &length)| length == longest);
        let last = *places.clone().map(|(last, _)| last).min()?;
        let only = places.nth(1).is_none();
        let run = &self.original[last + 1 - longest..=last];
        let telling = |line: &String| line.chars().any(char::is_alphanumeric);
        let unique = |line: &String| telling(line) && self.places[line].len() == 1;
        let deleted = last + 1 - longest - open.original;
        let enough = match longest.saturating_sub(deleted / DELETED_PER_LINE) {
            LONG_RUN.. => run.iter().any(telling),
            PLAIN_RUN.. => only && run.iter().any(telling),
            TELLING_RUN.. => only && run.iter().any(unique),
            _ => false,
        };
        enough.then_some((last, longest))
    }
}

impl Open {
    /// Takes in that the next line equals the original's lines at `places`.
    fn extend(&mut self, places: Option<&Vec<usize>>) {
        let longer = places
            .into_iter()
            .flatten()
            .filter(|&&place| place >= self.original)
            .map(|&place| {
                let before = place.checked_sub(1).and_then(|last| self.runs.get(&last));
                (place, 1 + before.copied().unwrap_or(0))
            });
        self.runs = longer.collect();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn streamed(original: &str, rewritten: &str) -> Vec<(String, Hunk)> {
        let mut diff = StreamingDiff::new(original);
        let mut found = Vec::new();
        for (at, character) in rewritten.char_indices() {
            for hunk in diff.push(character.encode_utf8(&mut [0; 4])) {
                found.push((rewritten[..=at].to_owned(), hunk));
            }
        }
        found
    }

    #[test]
    fn a_hunk_ends_when_telling_lines_follow() {
        let original = "a\nb\nc\nd\ne\n";
        let found = streamed(original, "a\nB\nc\nd\ne\n");
        let hunk = Hunk {
            original: 1..2,
            rewritten: 1..2,
        };
        assert_eq!(found, [("a\nB\nc\nd\n".to_owned(), hunk)]);
    }

    #[test]
    fn repeated_lines_do_not_end_a_hunk_early() {
        let original = "fn a() {\n}\n\nfn b() {\n}\n\nfn c() {\n}\n";
        let found = streamed(
            original,
            "fn a() {\n}\n\nfn new() {\n}\n\nfn b() {\n}\n\nfn c() {\n}\n",
        );
        let hunk = Hunk {
            original: 3..3,
            rewritten: 3..6,
        };
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].1, hunk);
    }

    proptest! {
        #[test]
        fn hunks_and_what_lies_between_rebuild_the_text(
            original in "([a-f]\n){0,16}",
            rewritten in "([a-g]\n){0,16}",
        ) {
            let old: Vec<&str> = original.split_inclusive('\n').collect();
            let new: Vec<&str> = rewritten.split_inclusive('\n').collect();
            let mut diff = StreamingDiff::new(&original);
            let mut hunks = Vec::new();
            for line in &new {
                hunks.extend(diff.push(line));
                if let Some((_, lines)) = diff.open() {
                    prop_assert!(lines.start <= lines.end);
                }
            }
            let (mut text, mut at) = (String::new(), 0);
            let mut rewritten_at = 0;
            for hunk in &hunks {
                prop_assert!(hunk.original.start >= at && hunk.original.end >= hunk.original.start);
                text.extend(old[at..hunk.original.start].iter().copied());
                text.push_str(diff.lines(hunk.rewritten.clone()));
                at = hunk.original.end;
                rewritten_at = hunk.rewritten.end;
                prop_assert_eq!(&text, &new[..rewritten_at].concat());
            }
            let _ = rewritten_at;
        }
    }
}
