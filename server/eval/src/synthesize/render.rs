//! From shown lines to the text of a sketch.

use std::ops::Range;

use super::definition::defined_name;
use super::dice::Dice;
use super::markers::{Markers, Place};
use super::plan::Plan;
use super::styles::Style;

/// How one sketch treats what it hides.
struct Manner {
    /// Whether a marker stands for what is hidden before the first, between any, and behind the last line.
    leading: bool,
    inner: bool,
    trailing: bool,
    /// Markers stand at the left margin.
    flat: bool,
    /// Blank lines around hidden lines are kept around their marker.
    spaced: bool,
    /// Blanks that all lines lose at their start, in bytes.
    dedent: usize,
}

impl Manner {
    fn new(style: Style, plan: &Plan<'_>, runs: &[Range<usize>], dice: &mut Dice) -> Manner {
        let hides_all = runs.is_empty();
        let without_markers = style == Style::BareFunction
            || matches!(style, Style::Terse | Style::Function) && dice.chance(0.12);
        let (leading, trailing) = match style {
            Style::Hunks => (0.4, 0.6),
            Style::Terse => (0.25, 0.5),
            Style::Function => (0.3, 0.5),
            Style::Outline => (0.2, 0.6),
            Style::Head => (0.25, 0.9),
            _ => (0.25, 0.5),
        };
        let dedent = match style {
            Style::BareFunction => 0.35,
            Style::Function | Style::Terse | Style::Hunks | Style::Neighbours => 0.15,
            _ => 0.0,
        };
        Manner {
            leading: hides_all || !without_markers && dice.chance(leading),
            inner: !without_markers || runs.len() > 1,
            // A block that is begun and not ended would read as cut off.
            trailing: hides_all
                || plan.ends_inside(runs)
                || !without_markers && dice.chance(trailing),
            flat: dice.chance(0.1),
            spaced: dice.chance(0.65),
            dedent: match dice.chance(dedent) {
                true => plan.shared_indent(runs),
                false => 0,
            },
        }
    }
}

impl Plan<'_> {
    /// The sketch; it ends in a line break unless it is empty.
    pub(super) fn render(&self, style: Style, markers: &Markers, dice: &mut Dice) -> String {
        let runs = self.runs();
        let manner = Manner::new(style, self, &runs, dice);
        let mut output: Vec<String> = Vec::new();
        let mut position = 0;
        for run in &runs {
            self.push_hidden(&mut output, position..run.start, &manner, markers, dice);
            self.push_run(&mut output, run.clone(), &manner, markers);
            position = run.end;
        }
        self.push_hidden(
            &mut output,
            position..self.after.len(),
            &manner,
            markers,
            dice,
        );
        let is_blank = |line: &&String| line.trim().is_empty();
        let first = output.iter().take_while(is_blank).count();
        let last = output.len() - output.iter().rev().take_while(is_blank).count();
        let lines = output.get(first..last).unwrap_or_default();
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    fn push_run(
        &self,
        output: &mut Vec<String>,
        run: Range<usize>,
        manner: &Manner,
        markers: &Markers,
    ) {
        let shared = manner.dedent;
        for index in run.clone() {
            let remarks = self.remarks.get(&index).filter(|_| index > run.start);
            for remark in remarks.into_iter().flatten() {
                let indent = self.indentation(index);
                let indent = indent.get(shared..).unwrap_or_default();
                output.push(format!("{indent}{}", markers.comment(remark)));
            }
            let line = self.after[index];
            output.push(line.get(shared..).unwrap_or(line).to_owned());
        }
    }

    /// A marker for hidden lines, or the lines themselves where they are blank, and the remarks among them.
    fn push_hidden(
        &self,
        output: &mut Vec<String>,
        lines: Range<usize>,
        manner: &Manner,
        markers: &Markers,
        dice: &mut Dice,
    ) {
        let hidden = &self.after[lines.clone()];
        let at_end = lines.end == self.after.len();
        let remarks = |from: usize, to: usize| {
            let remarks = self.remarks.range(from..to);
            remarks.flat_map(|(&index, words)| words.iter().map(move |words| (index, words)))
        };
        let indent = |index: usize| match manner.flat {
            true => "",
            false => self
                .indentation(index)
                .get(manner.dedent..)
                .unwrap_or_default(),
        };
        let says = |line: &&str| !line.trim().is_empty();
        let Some(blanks_before) = hidden.iter().position(says) else {
            if dice.chance(0.85) {
                output.extend(hidden.iter().map(|&line| line.to_owned()));
            }
            for (index, words) in remarks(lines.start, lines.end + 1) {
                output.push(format!(
                    "{}{}",
                    self.indentation(index),
                    markers.comment(words)
                ));
            }
            return;
        };
        let blanks_behind = hidden.iter().rev().position(says).unwrap_or(0);
        let first = lines.start + blanks_before;
        let is_spaced = |blanks: usize, dice: &mut Dice| match manner.spaced {
            true => blanks > 0,
            false => dice.chance(0.1),
        };
        if !output.is_empty() && is_spaced(blanks_before, dice) {
            output.push(String::new());
        }
        for (_, words) in remarks(lines.start, first + 1) {
            output.push(format!("{}{}", indent(first), markers.comment(words)));
        }
        let place = match lines.start {
            0 => Place::Head,
            _ if at_end => Place::Tail,
            _ => self.place(first..lines.end),
        };
        let wanted = match place {
            Place::Head => manner.leading,
            Place::Tail => manner.trailing,
            _ => manner.inner,
        };
        if wanted {
            output.push(format!(
                "{}{}",
                indent(first),
                markers.marker(hidden, place, dice)
            ));
        }
        for (index, words) in remarks(first + 1, lines.end + 1) {
            output.push(format!("{}{}", indent(index), markers.comment(words)));
        }
        if !at_end && is_spaced(blanks_behind, dice) {
            let count = if dice.chance(0.7) { blanks_behind } else { 1 };
            output.extend(std::iter::repeat_n(String::new(), count));
        }
    }

    fn place(&self, hidden: Range<usize>) -> Place {
        if self.blocks.indent(hidden.start) == 0 {
            return Place::Between;
        }
        match self.after[hidden]
            .iter()
            .any(|line| defined_name(line).is_some())
        {
            true => Place::Members,
            false => Place::Body,
        }
    }

    /// The blanks before the first line from `index` on that says something.
    fn indentation(&self, index: usize) -> &str {
        let lines = self.after.get(index..).unwrap_or_default();
        let line = lines.iter().find(|line| !line.trim().is_empty());
        let line = line.copied().unwrap_or_default();
        &line[..line.len() - line.trim_start().len()]
    }

    /// The bytes of blanks that all lines that say something start with.
    fn shared_indent(&self, runs: &[Range<usize>]) -> usize {
        let lines = runs.iter().flat_map(|run| &self.after[run.clone()]);
        lines
            .filter(|line| !line.trim().is_empty())
            .map(|line| line.len() - line.trim_start().len())
            .min()
            .unwrap_or(0)
    }

    /// Whether the last run shows the header of a block and not the block's end.
    fn ends_inside(&self, runs: &[Range<usize>]) -> bool {
        let Some(last) = runs.last() else {
            return false;
        };
        let headers = last.clone().filter_map(|line| self.blocks.own_header(line));
        headers
            .into_iter()
            .any(|header| self.blocks.end(&header) > last.end)
    }
}
