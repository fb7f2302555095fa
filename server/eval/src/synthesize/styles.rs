//! How chat models choose what to show of a file.

use std::ops::Range;

use super::blocks::{Lead, Reach, is_end};
use super::definition::defined_name;
use super::dice::Dice;
use super::plan::Plan;

/// What a sketch looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Changed lines with some around them.
    Hunks,
    /// Whole definitions.
    Function,
    /// The headers of the blocks around whole members.
    Outline,
    /// Whole definitions below the changed imports.
    ImportsAndFunction,
    /// Changed lines with hardly any around them.
    Terse,
    /// Whole definitions without a marker.
    BareFunction,
    /// The file up to the last change.
    Head,
    /// All of it.
    Whole,
    /// Whole definitions with the edges of those around them.
    Neighbours,
    /// No sketch: a diff.
    UnifiedDiff,
    /// No sketch: texts to search for and their replacements.
    SearchReplace,
}

/// How often each style is drawn.
pub(super) const STYLES: &[(Style, u32)] = &[
    (Style::Hunks, 27),
    (Style::Function, 17),
    (Style::Outline, 17),
    (Style::ImportsAndFunction, 9),
    (Style::Terse, 9),
    (Style::BareFunction, 8),
    (Style::Head, 3),
    (Style::Whole, 3),
    (Style::Neighbours, 6),
    (Style::UnifiedDiff, 4),
    (Style::SearchReplace, 4),
];

impl Style {
    /// The name in data sets.
    pub(super) fn name(self) -> &'static str {
        match self {
            Style::Hunks => "hunks",
            Style::Function => "function",
            Style::Outline => "class-outline",
            Style::ImportsAndFunction => "imports+function",
            Style::Terse => "terse",
            Style::BareFunction => "bare function",
            Style::Head => "file head",
            Style::Whole => "whole file",
            Style::Neighbours => "neighbours",
            Style::UnifiedDiff => "unified diff",
            Style::SearchReplace => "search/replace",
        }
    }

    /// Whether long unchanged stretches inside what it shows may be left out.
    fn elides(self) -> bool {
        use Style::*;
        matches!(
            self,
            Function | Outline | ImportsAndFunction | BareFunction | Head
        )
    }
}

impl Plan<'_> {
    /// Shows the lines that a style wants, and those that its reader needs.
    pub(super) fn choose(&mut self, style: Style, dice: &mut Dice) {
        match style {
            Style::Hunks => self.show_hunks(dice),
            Style::Function | Style::ImportsAndFunction | Style::BareFunction => {
                self.show_definitions(dice);
            }
            Style::Outline => self.show_outline(dice),
            Style::Terse => self.show_terse(dice),
            Style::Head => self.show_head(dice),
            Style::Neighbours => self.show_neighbours(dice),
            Style::Whole | Style::UnifiedDiff | Style::SearchReplace => {
                self.show(0..self.after.len())
            }
        }
        self.meet_obligations(dice);
        if style.elides() {
            self.elide(dice);
        }
    }

    /// The lines of the changes that words do not tell.
    fn untold(&self) -> Vec<Range<usize>> {
        let untold = self.changes.iter().filter(|change| !change.told);
        untold.map(|change| change.new.clone()).collect()
    }

    fn show_hunks(&mut self, dice: &mut Dice) {
        let with_headers = dice.chance(0.4);
        let widest = dice.pick(&[1, 2, 3, 3, 4]);
        for lines in self.untold() {
            let above = dice.between(0, widest);
            let below = dice.between(0, widest);
            self.show(lines.start.saturating_sub(above)..lines.end + below);
            if with_headers {
                let levels = if dice.chance(0.5) { usize::MAX } else { 1 };
                self.show_headers(lines.start, levels);
            }
        }
    }

    fn show_terse(&mut self, dice: &mut Dice) {
        for lines in self.untold() {
            let (above, below) = dice.pick(&[(0, 0), (1, 0), (0, 1), (1, 1)]);
            self.show(lines.start.saturating_sub(above)..lines.end + below);
        }
    }

    fn show_head(&mut self, dice: &mut Dice) {
        let last = self.changes.last().map_or(0, |change| change.new.end);
        if last > (self.after.len() / 2).max(25) {
            return self.show_hunks(dice);
        }
        self.show(0..last + dice.between(0, 3));
    }

    fn show_neighbours(&mut self, dice: &mut Dice) {
        self.show_definitions(dice);
        for run in self.runs() {
            if dice.chance(0.6) {
                self.show(run.start.saturating_sub(dice.between(2, 4))..run.start);
            }
            if dice.chance(0.6) {
                self.show(run.end..run.end + dice.between(2, 3));
            }
        }
    }

    fn show_definitions(&mut self, dice: &mut Dice) {
        let lead = lead(dice);
        let limit = dice.pick(&[25, 40, 60, 90]);
        let reach = match dice.chance(0.15) {
            true => Reach::Outermost,
            false => Reach::Nearest,
        };
        for lines in self.untold() {
            self.show_definition(lines, lead, limit, reach, dice);
        }
    }

    /// Shows the definitions around changed lines, or the header and the lines alone where they are too long.
    fn show_definition(
        &mut self,
        lines: Range<usize>,
        lead: Lead,
        limit: usize,
        reach: Reach,
        dice: &mut Dice,
    ) {
        let mut shown_to = lines.start;
        for index in lines.start..lines.end.max(lines.start + 1) {
            if index < shown_to || index >= self.after.len() || self.blocks.is_blank(index) {
                continue;
            }
            let Some(header) = self.blocks.definition(index, reach) else {
                self.show(index..index + 1);
                continue;
            };
            let end = self.blocks.end(&header);
            if end - header.start() > limit {
                let around = dice.between(1, 3);
                self.show(*header.start()..header.end() + 1);
                self.show(lines.start.saturating_sub(around)..lines.end + around);
                return;
            }
            self.show(self.blocks.lead(*header.start(), lead)..end);
            shown_to = end;
        }
        self.show(lines.clone());
        let nearest = lines.start.min(self.after.len().saturating_sub(1));
        if lines.is_empty() && !self.shown[nearest] {
            self.show(lines.start.saturating_sub(1)..lines.start + 1);
        }
    }

    fn show_outline(&mut self, dice: &mut Dice) {
        let lead = lead(dice);
        let with_ends = dice.chance(0.8);
        for lines in self.untold() {
            self.show_definition(lines.clone(), lead, 60, Reach::Nearest, dice);
            let anchor = lines.start.min(self.after.len().saturating_sub(1));
            for header in self.blocks.headers(anchor) {
                let last = self.blocks.end(&header) - 1;
                if with_ends && last > *header.end() && is_end(self.after[last].trim()) {
                    self.show(last..last + 1);
                }
                self.show(*header.start()..header.end() + 1);
            }
        }
        if dice.chance(0.3) {
            self.show_signatures(dice);
        }
    }

    /// Reduces some hidden members to their first and last line.
    fn show_signatures(&mut self, dice: &mut Dice) {
        for index in 0..self.after.len() {
            if self.shown[index] || defined_name(self.after[index]).is_none() || !dice.chance(0.3) {
                continue;
            }
            let Some(header) = self.blocks.own_header(index) else {
                continue;
            };
            let last = self.blocks.end(&header) - 1;
            self.show(index..index + 1);
            if is_end(self.after[last].trim()) {
                self.show(last..last + 1);
            }
        }
    }

    /// Shows so many headers around a line, from the innermost on.
    pub(super) fn show_headers(&mut self, index: usize, levels: usize) {
        let anchor = index.min(self.after.len().saturating_sub(1));
        for header in self.blocks.headers(anchor).into_iter().take(levels) {
            self.show(*header.start()..header.end() + 1);
        }
    }

    /// Hides long unchanged stretches inside what is shown, away from changes, headers and ends.
    fn elide(&mut self, dice: &mut Dice) {
        if dice.chance(0.5) {
            return;
        }
        let runs = self.runs();
        let mut kept = vec![false; self.after.len()];
        let mut keep = |lines: Range<usize>| {
            let end = lines.end.min(kept.len());
            kept[lines.start.min(end)..end].fill(true);
        };
        for change in &self.changes {
            keep(change.new.start.saturating_sub(2)..change.new.end + 2);
        }
        for run in &runs {
            keep(run.start..run.start + 2);
            keep(run.end - 1..run.end);
        }
        for run in runs {
            let mut index = run.start;
            while index < run.end {
                let end = (index..run.end).find(|&at| kept[at]).unwrap_or(run.end);
                if end - index >= 4 && !self.cuts_a_block(index..end) && dice.chance(0.75) {
                    for hidden in index..end {
                        let is_header = self.blocks.own_header(hidden).is_some()
                            && defined_name(self.after[hidden]).is_some();
                        self.shown[hidden] = is_header && dice.chance(0.5);
                    }
                }
                index = end.max(index) + 1;
            }
        }
    }

    /// Whether the line behind the lines ends a block that opens among them.
    fn cuts_a_block(&self, lines: Range<usize>) -> bool {
        let mut headers = lines
            .clone()
            .filter_map(|line| self.blocks.own_header(line));
        headers.any(|header| self.blocks.end(&header) > lines.end)
    }
}

fn lead(dice: &mut Dice) -> Lead {
    match dice.chance(0.5) {
        true => Lead::WithComments,
        false => Lead::Decorators,
    }
}
