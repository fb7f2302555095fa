//! Blocks that both texts have: a bracket closes in the file what it closes in the sketch.

use std::collections::HashMap;
use std::ops::Range;

use crate::align::{Aligner, Stretch, Unit};
use crate::rows::Row;

/// Closing rows of a sketch and of the original that end the same block: neither can be paired with another row.
#[derive(Default)]
pub(crate) struct Ends {
    by_sketch: HashMap<usize, usize>,
    by_original: HashMap<usize, usize>,
}

impl Ends {
    /// Reads them off a stretch: of the blocks that open with a line which both sides have once, and of those that open
    /// above what is shown and hold such a line.
    pub(crate) fn of(aligner: &Aligner<'_>, stretch: &Stretch<'_>) -> Self {
        let shown: Vec<Option<usize>> = stretch
            .units
            .iter()
            .map(|unit| match unit {
                Unit::Row(row) => Some(*row),
                Unit::Gap { sketch, .. } => *sketch,
            })
            .collect();
        let is_gap = |at: usize| matches!(stretch.units[at], Unit::Gap { .. });
        let row = |at: usize| shown[at].map(|row| &aligner.sketch.rows[row]);
        let original = &aligner.original.rows[stretch.original.clone()];
        let places = Places::new(
            (0..shown.len())
                .filter(|at| !is_gap(*at))
                .filter_map(|at| Some((at, row(at)?.trimmed()))),
            original.iter().map(Row::trimmed).enumerate(),
        );
        let told = |at: usize| row(at).map(|row| (row, is_gap(at)));
        let inner = closing(shown.len(), told);
        let outer = closing(original.len(), |at| Some((&original[at], false)));
        let mut ends = Self::default();
        let mut tie = |at: usize, other: usize| {
            let (Some(sketch), Some(row)) = (shown[at], row(at)) else {
                return;
            };
            // A marker right above a bracket can stand for the end of its block and for more blocks.
            if at > 0 && is_gap(at - 1) {
                return;
            }
            if row.trimmed() == original[other].trimmed() {
                let other = stretch.original.start + other;
                ends.by_sketch.insert(sketch, other);
                ends.by_original.insert(other, sketch);
            }
        };
        for (&open, &end) in &inner {
            let heading = |at: usize| match row(at) {
                Some(row) if row.trimmed() == "{" => at.checked_sub(1),
                other => other.map(|_| at),
            };
            let Some(head) = heading(open) else { continue };
            let Some(other) = places.same(head) else {
                continue;
            };
            let other = other + (open - head);
            if let Some(&other) = outer.get(&other) {
                tie(end, other);
            }
        }
        let opened: Vec<usize> = inner.values().copied().collect();
        for (end, inside) in unopened(shown.len(), told) {
            let Some(closer) = row(end).filter(|_| !opened.contains(&end)) else {
                continue;
            };
            let column = closer.indent as isize + stretch.shift;
            let anchor = inside.rev().find_map(|at| {
                let other = places.same(at)?;
                let aligned =
                    row(at)?.indent as isize + stretch.shift == original[other].indent as isize;
                aligned.then_some(other)
            });
            let Some(anchor) = anchor else { continue };
            let behind = (anchor + 1..original.len()).find(|other| {
                let row = &original[*other];
                !row.is_directive() && row.indent as isize <= column
            });
            if let Some(other) = behind.filter(|other| original[*other].indent as isize == column) {
                tie(end, other);
            }
        }
        ends
    }

    /// Whether a row of the sketch can be the same as one of the original.
    pub(crate) fn admit(&self, sketch: usize, original: usize) -> bool {
        let is = |known: Option<&usize>, row: usize| known.is_none_or(|known| *known == row);
        is(self.by_sketch.get(&sketch), original) && is(self.by_original.get(&original), sketch)
    }
}

/// Where the lines stand that both texts have once.
struct Places<'r> {
    lines: HashMap<&'r str, [Place; 2]>,
    shown: HashMap<usize, &'r str>,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Place {
    #[default]
    Nowhere,
    Once(usize),
    Several,
}

impl<'r> Places<'r> {
    fn new(
        shown: impl Iterator<Item = (usize, &'r str)>,
        original: impl Iterator<Item = (usize, &'r str)>,
    ) -> Self {
        let mut lines: HashMap<&str, [Place; 2]> = HashMap::new();
        let mut add = |side: usize, at: usize, text: &'r str| {
            let place = &mut lines.entry(text).or_default()[side];
            *place = match *place {
                Place::Nowhere => Place::Once(at),
                _ => Place::Several,
            };
        };
        let mut texts = HashMap::new();
        for (at, text) in shown {
            add(0, at, text);
            texts.insert(at, text);
        }
        for (at, text) in original {
            add(1, at, text);
        }
        Self {
            lines,
            shown: texts,
        }
    }

    /// Where the original has a line of the sketch, if each has it once and it says something.
    fn same(&self, shown: usize) -> Option<usize> {
        let text = self.shown.get(&shown)?;
        let says = text.chars().filter(|c| c.is_alphanumeric()).count() >= 4;
        match self.lines.get(text) {
            Some([Place::Once(_), Place::Once(at)]) if says => Some(*at),
            _ => None,
        }
    }
}

/// For each row that ends in an opening bracket, the next one on its column that begins with a closing one, with only
/// deeper ones between. `row` gives the rows, and whether one is a marker.
fn closing<'r>(
    count: usize,
    row: impl Fn(usize) -> Option<(&'r Row<'r>, bool)>,
) -> HashMap<usize, usize> {
    let mut ends = HashMap::new();
    let mut open: Vec<(usize, usize)> = Vec::new();
    for at in 0..count {
        let Some((row, is_gap)) = row(at) else {
            open.clear();
            continue;
        };
        if row.is_directive() {
            continue;
        }
        while let Some((opener, indent)) = open.pop_if(|(_, indent)| *indent >= row.indent) {
            if indent == row.indent && !is_gap && row.closes() {
                ends.insert(opener, at);
                break;
            }
        }
        if !is_gap && row.trimmed().ends_with(['{', '(', '[']) {
            open.push((at, row.indent));
        }
    }
    ends
}

/// The rows that close a block which opens above all of a sketch's rows, each with the rows inside.
fn unopened<'r>(
    count: usize,
    row: impl Fn(usize) -> Option<(&'r Row<'r>, bool)>,
) -> Vec<(usize, Range<usize>)> {
    let mut found = Vec::new();
    let mut least = usize::MAX;
    for at in 0..count {
        let Some((row, is_gap)) = row(at) else {
            // An edge stands for anything; at the start it stands for what opens there.
            if at > 0 {
                break;
            }
            continue;
        };
        if row.is_directive() {
            continue;
        }
        if row.indent < least {
            if least != usize::MAX && !is_gap && row.closes() {
                found.push((at, 0..at));
            }
            least = row.indent;
        }
    }
    found
}
