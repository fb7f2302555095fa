//! What a sketch owes its reader, so that it tells the new text from the old one:
//!
//! - every line that came is shown;
//! - a line that went is told in words, or its neighbours stand next to each other;
//! - every run of shown lines that carries a change has a line that the file has once, or the headers of the
//!   blocks that it lies in.

use std::collections::HashSet;
use std::ops::Range;

use super::dice::Dice;
use super::plan::Plan;

/// Lines added above a run in search of one that the file has once; half as many below.
const FARTHEST: usize = 6;

impl Plan<'_> {
    pub(super) fn meet_obligations(&mut self, dice: &mut Dice) {
        for place in 0..self.changes.len() {
            let change = &self.changes[place];
            if change.told {
                continue;
            }
            let (new, inserts) = (change.new.clone(), change.old.is_empty());
            let needs_edges = !inserts && !self.is_alike(change);
            self.show(new.clone());
            if needs_edges {
                self.show_above(new.start);
                self.show_below(new.end);
            } else if inserts {
                let is_anchored = new.start == 0
                    || self.shown[new.start - 1]
                    || self.shown.get(new.end).is_none_or(|&shown| shown);
                match is_anchored {
                    true => {}
                    false if dice.chance(0.7) => self.show_above(new.start),
                    false => self.show_below(new.end),
                }
            }
        }
        for run in self.runs() {
            self.anchor(run);
        }
    }

    /// Shows the nearest line above that says something, and the blank ones in between.
    fn show_above(&mut self, line: usize) {
        let found = (0..line).rev().find(|&at| !self.blocks.is_blank(at));
        self.show(found.unwrap_or(0)..line);
    }

    /// The same below, from `line` on.
    fn show_below(&mut self, line: usize) {
        let found = (line..self.after.len()).find(|&at| !self.blocks.is_blank(at));
        self.show(line..found.map_or(self.after.len(), |at| at + 1));
    }

    fn anchor(&mut self, run: Range<usize>) {
        let touching = |change: &&super::plan::Change| {
            change.new.end >= run.start && change.new.start <= run.end
        };
        let touched: Vec<_> = self.changes.iter().filter(touching).collect();
        let changed: HashSet<usize> = touched
            .iter()
            .flat_map(|change| change.new.clone())
            .collect();
        let is_alike = touched.iter().any(|change| self.is_alike(change));
        if is_alike || self.is_anchored(run.clone(), &changed) {
            return;
        }
        let Range { start, mut end } = run;
        for distance in 1..=FARTHEST {
            let start = start.saturating_sub(distance);
            self.show(start..end);
            if self.is_anchored(start..end, &changed) {
                return;
            }
            if distance <= FARTHEST / 2 {
                end = (run.end + distance).min(self.after.len());
                self.show(start..end);
                if self.is_anchored(start..end, &changed) {
                    return;
                }
            }
        }
        self.show_headers(start, usize::MAX);
    }

    /// Whether a line that has not changed is the only one of its kind in the file.
    fn is_anchored(&self, lines: Range<usize>, changed: &HashSet<usize>) -> bool {
        lines.into_iter().any(|index| {
            let line = self.after[index].trim();
            !changed.contains(&index) && line.len() > 4 && self.occurrences.get(line) == Some(&1)
        })
    }
}
