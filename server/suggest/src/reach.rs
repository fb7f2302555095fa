//! What a suggestion may change: the promise that nothing else is touched.

use std::collections::{HashMap, HashSet};

use crate::amend;
use crate::assemble;
use crate::format::Format;
use crate::language::Language;
use crate::marker::Meaning;
use crate::merge::{Context, MergeError};
use crate::operation::{Op, original_of};
use crate::patch;
use crate::plan::Plan;
use crate::reply::Block;
use crate::selection::Suggestion;
use crate::sketch::Sketch;
use crate::spacing::BlankLines;
use crate::taste::Taste;
use crate::words::Request;

/// The lines of an original that may go, the places where lines may come, and the lines that may come.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// For each line of the original.
    pub(crate) may_go: Vec<bool>,
    /// What may come before each line of the original, and at its end.
    pub(crate) may_come: Vec<Coming>,
    /// Trimmed lines of the suggestion.
    pub(crate) new_lines: HashSet<String>,
    /// How often each line occurs in the original or in a merge, at most.
    pub(crate) most: HashMap<String, usize>,
    /// The least and the greatest number of blank lines of the merges.
    pub(crate) blanks: Option<(usize, usize)>,
}

/// What may come in a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Coming {
    #[default]
    Nothing,
    /// Where something goes, blank lines may change.
    Blanks,
    /// Blank lines and lines of the suggestion.
    Lines,
}

impl Reach {
    /// The reach of all blocks together, each on its own.
    pub(crate) fn new(
        original: &str,
        blocks: &[Block],
        language: Option<Language>,
        request: &Request,
    ) -> Result<Self, MergeError> {
        let lines = original.lines().count();
        let mut reach = Self {
            may_go: vec![false; lines],
            may_come: vec![Coming::Nothing; lines + 1],
            ..Self::default()
        };
        for block in blocks {
            match block.format {
                Format::Code => {
                    let request = request.of(block, blocks.len());
                    reach.add_sketch(original, &block.text, language, &request);
                }
                Format::Diff | Format::SearchReplace => reach.add_patch(original, block)?,
            }
        }
        if blocks.len() > 1 {
            reach.blanks = None;
        }
        Ok(reach)
    }

    fn add_sketch(
        &mut self,
        original: &str,
        block: &str,
        language: Option<Language>,
        request: &Request,
    ) {
        let sketch = Sketch::new(block, original);
        let mut plan = Plan::new(&sketch, original, language, request);
        self.count(original);
        for (line, meaning) in sketch.text.lines().zip(&sketch.meanings) {
            if *meaning == Meaning::Code {
                self.new_lines.insert(line.trim().to_owned());
            }
        }
        for taste in [
            Taste::PLAIN,
            Taste::CLOSING,
            Taste::BOLD,
            Taste::CAREFUL,
            Taste::TIMID,
        ] {
            let mut ops = plan.operations(taste);
            amend::amend(&mut plan, &mut ops);
            self.add_operations(&plan, &ops);
            let (text, _) = assemble::assemble(&plan, &ops, BlankLines::Usual);
            self.count(&text);
            let blanks = text.lines().filter(|line| line.trim().is_empty()).count();
            let (least, most) = self.blanks.unwrap_or((blanks, blanks));
            self.blanks = Some((least.min(blanks), most.max(blanks)));
        }
    }

    fn count(&mut self, text: &str) {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            *counts.entry(line).or_default() += 1;
        }
        for (line, count) in counts {
            let most = self.most.entry(line.to_owned()).or_default();
            *most = (*most).max(count);
        }
    }

    fn add_operations(&mut self, plan: &Plan<'_>, ops: &[Op]) {
        let end = plan.original.lines.len();
        let line_of = |row: usize| plan.original.rows[row].line;
        // Behind the last original row passed, and whether something changes since.
        let (mut from, mut changes) = (0, Coming::Nothing);
        for op in ops {
            match *op {
                Op::Gap { .. } => {}
                Op::Insert { .. } => changes = Coming::Lines,
                Op::Delete { original } => {
                    changes = changes.max(Coming::Blanks);
                    self.may_go[line_of(original)] = true;
                }
                Op::Replace {
                    original, sketch, ..
                } => {
                    changes = Coming::Lines;
                    self.may_go[line_of(original)] |= plan.original.rows[original].text
                        != plan.shown.rows[sketch].text
                        || plan.moves(sketch, original);
                }
                Op::Match { original, sketch } => {
                    let (known, shown) = (&plan.original.rows[original], &plan.shown.rows[sketch]);
                    // Shown with other blanks, it may become what is shown.
                    if known.text != shown.text || plan.moves(sketch, original) {
                        self.may_go[known.line] = true;
                        self.may_come[known.line] = Coming::Lines;
                    }
                    if plan.original.blanks_before(original) != plan.shown.blanks_before(sketch) {
                        changes = changes.max(Coming::Blanks);
                    }
                    self.close(plan, from, known.line, &mut changes);
                    from = known.line + 1;
                }
                Op::Keep { original } => {
                    self.close(plan, from, line_of(original), &mut changes);
                    from = line_of(original) + 1;
                }
            }
        }
        self.close(plan, from, end, &mut changes);
        self.open_windows(plan, ops);
    }

    /// Between two rows that stay, if something changes: blank lines may go, anything new may come.
    fn close(&mut self, plan: &Plan<'_>, from: usize, to: usize, changes: &mut Coming) {
        let coming = std::mem::take(changes);
        if coming > Coming::Nothing {
            for line in from..to {
                self.may_go[line] |= plan.original.lines[line].trim().is_empty();
            }
            for place in &mut self.may_come[from..=to] {
                *place = coming.max(*place);
            }
        }
    }

    /// New code between two markers, without a neighbour in the file, may go anywhere between the rows around.
    fn open_windows(&mut self, plan: &Plan<'_>, ops: &[Op]) {
        let hidden = |op: &&Op| matches!(op, Op::Gap { .. } | Op::Keep { .. });
        for (at, op) in ops.iter().enumerate() {
            if !matches!(op, Op::Insert { .. }) {
                continue;
            }
            let before = ops[..at]
                .iter()
                .rev()
                .skip_while(|op| matches!(op, Op::Insert { .. }));
            let after = ops[at..]
                .iter()
                .skip_while(|op| matches!(op, Op::Insert { .. }));
            let both = matches!(before.clone().next(), Some(Op::Gap { .. }))
                && matches!(after.clone().next(), Some(Op::Gap { .. }));
            if both {
                for row in before
                    .take_while(hidden)
                    .chain(after.take_while(hidden))
                    .filter_map(original_of)
                {
                    let line = plan.original.rows[row].line;
                    self.may_come[line..=line + 1].fill(Coming::Lines);
                }
            }
        }
    }

    fn add_patch(&mut self, original: &str, block: &Block) -> Result<(), MergeError> {
        let merged = patch::apply(original, block)?;
        let (old, new): (Vec<&str>, Vec<&str>) =
            (original.lines().collect(), merged.text.lines().collect());
        // Regions hold lines of the text that the hunks before have changed already.
        let mut offset = 0isize;
        for region in &merged.regions {
            let start = (region.original.start as isize - offset).max(0) as usize;
            let end = (start + region.original.len()).min(old.len());
            let (before, after) = (
                &old[start.min(end)..end],
                &new[region.merged.start.min(new.len())..region.merged.end.min(new.len())],
            );
            let shorter = before.len().min(after.len());
            let head = before.iter().zip(after).take_while(|(a, b)| a == b).count();
            let tail = before
                .iter()
                .rev()
                .zip(after.iter().rev())
                .take(shorter - head)
                .take_while(|(a, b)| a == b)
                .count();
            let changed = start + head..end - tail;
            self.may_go[changed.clone()].fill(true);
            self.may_come[changed.start..=changed.end].fill(Coming::Lines);
            for line in &after[head..after.len() - tail] {
                self.new_lines.insert(line.trim().to_owned());
            }
            offset += region.merged.len() as isize - region.original.len() as isize;
        }
        Ok(())
    }

    /// The reach of a suggestion; none if it does not say what it changes.
    pub fn of(original: &str, suggestion: &Suggestion, context: &Context<'_>) -> Option<Self> {
        let request = Request::of_suggestion(suggestion, context);
        Self::new(original, &suggestion.blocks, context.language, &request).ok()
    }

    /// Whether each line of the original may go.
    pub fn lines_that_may_go(&self) -> &[bool] {
        &self.may_go
    }

    /// Whether blank lines may come before a line of the original, or at its end.
    pub fn blanks_may_come(&self, line: usize) -> bool {
        self.may_come[line] >= Coming::Blanks
    }

    /// Whether blank lines and `new_lines` may come before a line of the original, or at its end.
    pub fn lines_may_come(&self, line: usize) -> bool {
        self.may_come[line] == Coming::Lines
    }

    /// The lines that may come, without the blanks around them, and how often each may; the empty one stands for
    /// blank lines. As often as any merge has them beside the lines that cannot go, and where merges were not made of
    /// the whole, as often as the suggestion shows them.
    pub fn new_lines(&self, original: &str, suggestion: &Suggestion) -> HashMap<String, usize> {
        let mut staying: HashMap<&str, usize> = HashMap::new();
        let lines = original.lines().zip(&self.may_go);
        for (line, _) in lines.filter(|(_, may_go)| !**may_go) {
            *staying.entry(line.trim()).or_default() += 1;
        }
        let shown = suggestion.lines(original);
        let times_shown = |line: &str| shown.iter().filter(|shown| shown.trim() == line).count();
        let beside = |line: &str, most: usize| {
            most.saturating_sub(staying.get(line).copied().unwrap_or_default())
        };
        let blanks = match self.blanks {
            Some((_, most)) => beside("", most),
            None => times_shown("") + self.new_lines.len(),
        };
        let new_lines = self.new_lines.iter().filter(|line| !line.is_empty());
        new_lines
            .map(|line| match (self.blanks, self.most.get(line)) {
                (Some(_), Some(&most)) => (line.clone(), beside(line, most)),
                _ => (line.clone(), times_shown(line)),
            })
            .chain([(String::new(), blanks)])
            .collect()
    }

    /// Whether all of these lines may go.
    pub(crate) fn may_go(&self, mut lines: impl Iterator<Item = usize>) -> bool {
        lines.all(|line| self.may_go.get(line).copied().unwrap_or(true))
    }
}
