use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use fast_apply_text::{Hunk, line_hunks};
use similar::TextDiff;

use super::blocks::Blocks;
use super::definition::defined_name;
use super::dice::Dice;

/// Which lines of the new text a sketch shows, and what it says in words.
///
/// The styles choose lines; the obligations add what a careful reader needs; what stays hidden becomes markers.
pub(super) struct Plan<'a> {
    pub(super) before: Vec<&'a str>,
    pub(super) after: Vec<&'a str>,
    pub(super) blocks: Blocks<'a>,
    pub(super) changes: Vec<Change>,
    /// How often the file has each line, blanks at its ends left out.
    pub(super) occurrences: HashMap<&'a str, usize>,
    pub(super) shown: Vec<bool>,
    /// Comments that stand before a line.
    pub(super) remarks: BTreeMap<usize, Vec<String>>,
    /// Names and lines that the user asks to remove.
    pub(super) removals: Vec<String>,
}

/// A run of changed lines.
pub(super) struct Change {
    /// Lines of the file.
    pub(super) old: Range<usize>,
    /// The lines in their place.
    pub(super) new: Range<usize>,
    /// Whether words tell of it, so that no line need be shown.
    pub(super) told: bool,
}

impl<'a> Plan<'a> {
    /// Starts with nothing shown; none where no sketch could tell what changes.
    pub(super) fn new(before: &'a str, after: &'a str, dice: &mut Dice) -> Option<Plan<'a>> {
        if !can_be_told(before, after) {
            return None;
        }
        let (before, after): (Vec<&str>, Vec<&str>) =
            (before.lines().collect(), after.lines().collect());
        let blocks = Blocks::new(&after);
        let mut hunks = line_hunks(&before, &after);
        // Next to a marker nobody counts blank lines.
        let says = |line: &&str| !line.trim().is_empty();
        let is_spacing = |hunk: &Hunk| {
            let old = before[hunk.original.clone()].iter();
            !old.chain(&after[hunk.rewritten.clone()]).any(says)
        };
        if hunks.iter().any(is_spacing) {
            return None;
        }
        if hunks.is_empty() {
            hunks = vec![made_already(&blocks, after.len(), dice)?];
        }
        let mut occurrences = HashMap::new();
        for line in &before {
            *occurrences.entry(line.trim()).or_default() += 1;
        }
        let changes = hunks.into_iter().map(|hunk| Change {
            old: hunk.original,
            new: hunk.rewritten,
            told: false,
        });
        let mut plan = Plan {
            shown: vec![false; after.len()],
            changes: changes.collect(),
            before,
            after,
            blocks,
            occurrences,
            remarks: BTreeMap::new(),
            removals: Vec::new(),
        };
        plan.tell_deletions(dice);
        Some(plan)
    }

    pub(super) fn show(&mut self, lines: Range<usize>) {
        let end = lines.end.min(self.after.len());
        if lines.start < end {
            self.shown[lines.start..end].fill(true);
        }
    }

    /// The runs of lines that are shown.
    pub(super) fn runs(&self) -> Vec<Range<usize>> {
        let mut runs: Vec<Range<usize>> = Vec::new();
        for (index, _) in self.shown.iter().enumerate().filter(|(_, shown)| **shown) {
            match runs.last_mut() {
                Some(run) if run.end == index => run.end += 1,
                _ => runs.push(index..index + 1),
            }
        }
        runs
    }

    /// The names that shown lines define.
    pub(super) fn shown_names(&self) -> Vec<&'a str> {
        let lines = self.after.iter().zip(&self.shown);
        lines
            .filter(|(_, shown)| **shown)
            .filter_map(|(line, _)| defined_name(line))
            .collect()
    }

    /// Whether each new line is plainly the new form of one old line, so that it needs no neighbours.
    pub(super) fn is_alike(&self, change: &Change) -> bool {
        let (old, new) = (
            &self.before[change.old.clone()],
            &self.after[change.new.clone()],
        );
        !old.is_empty()
            && old.len() == new.len()
            && old.iter().zip(new).all(|(old, new)| {
                self.occurrences.get(old.trim()) == Some(&1)
                    && TextDiff::from_chars(old.trim(), new.trim()).ratio() > 0.6
            })
    }

    /// Some deletions of whole definitions and telling lines are said in a comment or by the user.
    fn tell_deletions(&mut self, dice: &mut Dice) {
        for change in &mut self.changes {
            if !change.new.is_empty() {
                continue;
            }
            let lines = &self.before[change.old.clone()];
            let removed: Vec<&str> = lines
                .iter()
                .copied()
                .filter(|l| !l.trim().is_empty())
                .collect();
            let Some(label) = label(&removed, &self.occurrences, dice) else {
                continue;
            };
            match dice.between(0, 99) {
                0..14 => {
                    let forms = [
                        "removed: {}",
                        "removed {}",
                        "{} removed",
                        "(removed {})",
                        "deleted: {}",
                        "remove {}",
                        "`{}` removed",
                        "... {} removed ...",
                    ];
                    let remark = dice.pick(&forms).replace("{}", &label);
                    self.remarks
                        .entry(change.new.start)
                        .or_default()
                        .push(remark);
                    change.told = dice.chance(0.6);
                }
                14..26 => {
                    self.removals.push(label);
                    change.told = dice.chance(0.5);
                }
                _ => {}
            }
        }
    }
}

/// What to call a deleted part: the definition that it is, or its only line.
fn label(removed: &[&str], occurrences: &HashMap<&str, usize>, dice: &mut Dice) -> Option<String> {
    let first = *removed.first()?;
    let indent = |line: &str| line.len() - line.trim_start().len();
    let is_whole = removed.iter().all(|line| indent(line) >= indent(first));
    match defined_name(first) {
        Some(name) if is_whole && removed.len() > 1 => {
            let call = if dice.chance(1.0 / 3.0) { "()" } else { "" };
            Some(format!("{name}{call}"))
        }
        _ if removed.len() == 1
            && first.trim().chars().count() < 70
            && occurrences.get(first.trim()) == Some(&1) =>
        {
            Some(first.trim().to_owned())
        }
        _ => None,
    }
}

/// Whether lines can tell what changes: not blanks at the ends of lines, nor the end of the file.
fn can_be_told(before: &str, after: &str) -> bool {
    let tail = |text: &str| text[text.trim_end().len()..].to_owned();
    let bare = |text: &str| -> Vec<String> {
        text.lines()
            .map(|line| line.trim_end().to_owned())
            .collect()
    };
    let restyled = before != after && bare(before) == bare(after);
    let is_trailing = |line: &&str| *line != line.trim_end();
    let trailing = |text: &str| text.lines().filter(is_trailing).count();
    !after.trim().is_empty()
        && !after.contains('\r')
        && tail(before) == tail(after)
        && !restyled
        && trailing(before) == trailing(after)
}

/// Where an edit that has been made already may have been: a definition, or a line.
fn made_already(blocks: &Blocks<'_>, lines: usize, dice: &mut Dice) -> Option<Hunk> {
    let candidates: Vec<usize> = (0..lines).filter(|&at| !blocks.is_blank(at)).collect();
    let start = dice.pick(&candidates);
    let end = (start + dice.between(1, 3)).min(lines);
    (start < end).then_some(Hunk {
        original: start..end,
        rewritten: start..end,
    })
}
