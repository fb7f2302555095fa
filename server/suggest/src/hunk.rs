//! Hunks: lines to find and what becomes of them, read from a diff or from search and replace pairs.

use crate::format::PairLine;
use crate::marker;

/// Lines to find and what becomes of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hunk<'a> {
    pub(crate) changes: Vec<Change<'a>>,
    /// One-based line of the block where it starts.
    pub(crate) line: usize,
    /// One-based line of the file that its header gives.
    pub(crate) number: Option<usize>,
    /// What the header says after the numbers: the enclosing function.
    pub(crate) heading: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Change<'a> {
    Context(&'a str),
    Delete(&'a str),
    Add(&'a str),
}

impl<'a> Hunk<'a> {
    /// The lines to find.
    pub(crate) fn old_lines(&self) -> impl Iterator<Item = &'a str> {
        self.changes.iter().filter_map(|change| match *change {
            Change::Context(line) | Change::Delete(line) => Some(line),
            Change::Add(_) => None,
        })
    }
}

/// The hunks of a diff.
pub(crate) fn read_diff(text: &str) -> Vec<Hunk<'_>> {
    let mut hunks = vec![Hunk {
        line: 1,
        ..Hunk::default()
    }];
    for (at, line) in text.lines().enumerate() {
        let new_hunk = |number, heading| Hunk {
            line: at + 2,
            number,
            heading,
            ..Hunk::default()
        };
        let hunk = hunks.last_mut().expect("hunks starts with one element");
        if let Some(header) = line.strip_prefix("@@") {
            let (numbers, heading) = header.split_once("@@").unwrap_or((header, ""));
            let number = numbers
                .trim()
                .strip_prefix('-')
                .and_then(|rest| rest.split([',', ' ']).next()?.parse().ok());
            hunks.push(new_hunk(number, heading.trim_matches([' ', '.'])));
        } else if let Some(added) = line.strip_prefix('+') {
            hunk.changes.push(Change::Add(added));
        } else if let Some(deleted) = line.strip_prefix('-') {
            hunk.changes.push(Change::Delete(deleted));
        } else if matches!(marker::read(line.trim()), marker::Meaning::Gap(_)) {
            // A marker between context lines parts the hunk.
            hunks.push(new_hunk(None, ""));
        } else if !line.starts_with('\\') {
            hunk.changes
                .push(Change::Context(line.strip_prefix(' ').unwrap_or(line)));
        }
    }
    for hunk in &mut hunks {
        let blank =
            |change: &Change<'_>| matches!(change, Change::Context(line) if line.trim().is_empty());
        while hunk.changes.last().is_some_and(blank) {
            hunk.changes.pop();
        }
        let leading = hunk
            .changes
            .iter()
            .take_while(|change| blank(change))
            .count();
        hunk.changes.drain(..leading);
    }
    hunks
}

/// The pairs of a search and replace block.
pub(crate) fn read_pairs(text: &str) -> Vec<Hunk<'_>> {
    let mut hunks = Vec::new();
    let (mut search, mut replace, mut start) = (Vec::new(), Vec::new(), 1);
    let mut part = PairLine::Text;
    for (at, line) in text.lines().enumerate() {
        match PairLine::read(line) {
            PairLine::Search => (part, start) = (PairLine::Search, at + 2),
            PairLine::Divider if part == PairLine::Search => part = PairLine::Divider,
            PairLine::Replace if part == PairLine::Divider => {
                hunks.push(Hunk {
                    changes: changes(&search, &replace),
                    line: start,
                    ..Hunk::default()
                });
                (search, replace) = (Vec::new(), Vec::new());
                part = PairLine::Text;
            }
            _ if part == PairLine::Search => search.push(line),
            _ if part == PairLine::Divider => replace.push(line),
            _ => {}
        }
    }
    hunks
}

/// A pair as changes: equal lines at both ends are context.
fn changes<'a>(search: &[&'a str], replace: &[&'a str]) -> Vec<Change<'a>> {
    let shorter = search.len().min(replace.len());
    let head = search
        .iter()
        .zip(replace)
        .take_while(|(a, b)| a == b)
        .count();
    let tail = search
        .iter()
        .rev()
        .zip(replace.iter().rev())
        .take(shorter - head)
        .take_while(|(a, b)| a == b)
        .count();
    let mut changes: Vec<Change<'_>> = search[..head]
        .iter()
        .map(|line| Change::Context(line))
        .collect();
    changes.extend(
        search[head..search.len() - tail]
            .iter()
            .map(|line| Change::Delete(line)),
    );
    changes.extend(
        replace[head..replace.len() - tail]
            .iter()
            .map(|line| Change::Add(line)),
    );
    changes.extend(
        search[search.len() - tail..]
            .iter()
            .map(|line| Change::Context(line)),
    );
    changes
}
