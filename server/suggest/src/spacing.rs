//! Blank lines of the merged text: the file's own where both texts have a row, its habits around what is new.

use std::collections::HashMap;

use crate::language::Language;
use crate::lead::starts_lead;
use crate::outline::Kind;
use crate::plan::Plan;

/// A row of the merged text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    pub(crate) original: Option<usize>,
    pub(crate) sketch: Option<usize>,
    /// Whether the sketch's text is written.
    pub(crate) changed: bool,
    /// Whether a marker stands between this row and the one before it.
    pub(crate) after_gap: bool,
    /// The first original row deleted between this row and the one before it.
    pub(crate) after_deleted: Option<usize>,
}

/// Whose blank lines stand between two rows that both texts have, where their numbers differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum BlankLines {
    /// The sketch's, unless it was not written with an eye on them.
    Usual,
    /// Those of the other text than usual.
    Other,
}

/// Decides how many blank lines stand between two rows of the merged text.
pub(crate) struct Spacing<'a> {
    plan: &'a Plan<'a>,
    habits: HashMap<usize, usize>,
    items: &'a [Item],
    blanks: BlankLines,
}

impl<'a> Spacing<'a> {
    pub(crate) fn new(plan: &'a Plan<'a>, items: &'a [Item], blanks: BlankLines) -> Self {
        Self {
            plan,
            habits: habits(plan),
            items,
            blanks,
        }
    }

    /// The blank lines between an item and the one before it.
    pub(crate) fn blanks_before(&self, index: usize) -> Vec<String> {
        let own = |row: usize| {
            self.plan
                .original
                .blanks_before(row)
                .iter()
                .map(|line| (*line).to_owned())
                .collect::<Vec<_>>()
        };
        let shown = |row: usize| {
            self.plan
                .shown
                .blanks_before(row)
                .iter()
                .map(|line| (*line).to_owned())
                .collect::<Vec<_>>()
        };
        let item = self.items[index];
        let Some(previous) = index.checked_sub(1).map(|at| self.items[at]) else {
            return match item.original {
                Some(row) if item.after_deleted.is_none() => own(row),
                _ => Vec::new(),
            };
        };
        let adjacent_shown = matches!((previous.sketch, item.sketch), (Some(a), Some(b)) if b == a + 1)
            && !item.after_gap;
        let adjacent_original =
            matches!((previous.original, item.original), (Some(a), Some(b)) if b == a + 1);
        if adjacent_shown && let Some(row) = item.sketch {
            return match item.original {
                Some(original) if adjacent_original && self.keeps_own_blanks(original, row) => {
                    own(original)
                }
                // A new last row of the part above does not close the gap either.
                Some(original)
                    if self.ends_above(previous, row) && self.stays_apart(original, row) =>
                {
                    own(original)
                }
                _ => shown(row),
            };
        }
        if adjacent_original && let Some(row) = item.original {
            return own(row);
        }
        match (previous.original, item.original) {
            (Some(before), Some(after)) => {
                let first = item.after_deleted.unwrap_or(after);
                if self.closes(after) {
                    own(after)
                } else if self.still_opens(previous, before) || own(first).len() > own(after).len()
                {
                    own(first)
                } else {
                    own(after)
                }
            }
            (_, Some(after)) => blank_lines(self.blanks_after_new(index, after)),
            (Some(before), None) => match self.goes_behind(index, before) {
                Some(gone) => own(gone),
                None => blank_lines(self.blanks_before_new(index, before)),
            },
            (None, None) => item
                .sketch
                .map(|row| blank_lines(shown(row).len().max(self.blanks_behind(previous.sketch))))
                .unwrap_or_default(),
        }
    }

    /// The row behind `before` if it goes and the new rows from `index` on take its place.
    fn goes_behind(&self, index: usize, before: usize) -> Option<usize> {
        let behind = self.items.get(self.run_end(index) + 1);
        [
            self.items[index].after_deleted,
            behind.and_then(|item| item.after_deleted),
        ]
        .into_iter()
        .flatten()
        .find(|gone| *gone == before + 1)
    }

    /// Equal numbers of blank lines stay as they are; between two symbols the file's own number stays.
    fn keeps_own_blanks(&self, original: usize, shown: usize) -> bool {
        let (own, new) = (
            self.plan.original.blanks_before(original).len(),
            self.plan.shown.blanks_before(shown).len(),
        );
        if own == new {
            return !self.plan.request.has_any(&["whitespace", "trailing"]);
        }
        if self.stays_apart(original, shown) {
            return self.blanks == BlankLines::Usual;
        }
        // A sketch that never shows two blank lines in a row was not written with an eye on their number.
        let careless = own >= 2
            && (0..self.plan.shown.len()).all(|row| self.plan.shown.blanks_before(row).len() < 2);
        let keeps = careless
            && new > 0
            && self.starts_symbol(original)
            && !self.plan.request.has_any(&[
                "blank",
                "format",
                "reformat",
                "formatted",
                "whitespace",
                "lint",
                "linter",
            ]);
        keeps == (self.blanks == BlankLines::Usual)
    }

    /// Whether an item is new and ends what is above a row: it stands further inside, or is a bracket that closes a block.
    fn ends_above(&self, item: Item, below: usize) -> bool {
        let Some(row) = item.sketch.map(|row| &self.plan.shown.rows[row]) else {
            return false;
        };
        let text = row.trimmed();
        let begins = starts_lead(text) || text.ends_with(['{', '(', '[', ':', ',']);
        item.original.is_none()
            && !begins
            && (row.is_closer || row.indent > self.plan.shown.rows[below].indent)
    }

    /// Whether the file's blank lines before a row part it from what is above, and the sketch has none there.
    fn stays_apart(&self, original: usize, shown: usize) -> bool {
        let none = self.plan.shown.blanks_before(shown).is_empty();
        none && !self.plan.whole && self.sets_part_off(original)
    }

    /// Whether blank lines before a row set a function or type, or a block that has no name, off from the one before it.
    /// Nobody asks to take those out by leaving them out.
    fn sets_part_off(&self, original: usize) -> bool {
        let row = &self.plan.original.rows[original];
        let Some(above) = original
            .checked_sub(1)
            .map(|at| &self.plan.original.rows[at])
        else {
            return false;
        };
        let word = row.trimmed().split(|c: char| !c.is_alphanumeric()).next();
        let controls = [
            "if", "for", "while", "switch", "match", "loop", "with", "try", "do", "unless",
            "until", "case",
        ];
        let opens = self.opens(original) || row.trimmed().ends_with(" do");
        let block = opens && !word.is_some_and(|word| controls.contains(&word));
        let follows = above.is_closer && above.indent == row.indent;
        let spoken_of = self
            .plan
            .request
            .has_any(&["blank", "compact", "format", "reformat"]);
        !spoken_of && above.indent >= row.indent && (self.starts_part(original) || follows && block)
    }

    /// Blank lines between new rows and the kept row behind them, with a marker between.
    fn blanks_after_new(&self, index: usize, after: usize) -> usize {
        let (first, last) = (self.run_start(index - 1), index - 1);
        let before = first.checked_sub(1).and_then(|at| self.items[at].original);
        let own = self.plan.original.blanks_before(after).len();
        let shown_before = self.items[first]
            .sketch
            .map_or(0, |row| self.plan.shown.blanks_before(row).len());
        let shown_after = self.blanks_behind(self.items[last].sketch);
        if self.closes(after) {
            // What sets the end of a namespace off from its last part does so from a new one.
            let stays =
                before.is_some_and(|before| before + 1 == after) && self.is_fresh(first..=last);
            return if stays { own } else { 0 };
        }
        if self.is_fresh(first..=last)
            || self.starts_symbol(after) && before.is_none_or(|before| own > 0 && before < after)
        {
            return if own > 0 || self.plan.is_data {
                own
            } else {
                self.habit(self.items[last]).unwrap_or(shown_after.max(1))
            };
        }
        if before.is_none() {
            return shown_after.max(own);
        }
        match (shown_before, own) {
            (0, own) => own,
            (_, 0) => shown_after,
            (_, own) => {
                if shown_after == 0 {
                    0
                } else {
                    own
                }
            }
        }
    }

    /// Blank lines between a kept row and the new rows behind it, with a marker between.
    fn blanks_before_new(&self, index: usize, before: usize) -> usize {
        let item = self.items[index];
        let last = self.run_end(index);
        let after = self.items.get(last + 1).and_then(|next| next.original);
        let own = after.map_or(0, |after| {
            if after == before + 1 {
                self.plan.original.blanks_before(after).len()
            } else {
                0
            }
        });
        let shown_before = item
            .sketch
            .map_or(0, |row| self.plan.shown.blanks_before(row).len());
        let shown_after = self
            .items
            .get(last + 1)
            .and_then(|next| next.sketch)
            .map(|row| self.plan.shown.blanks_before(row).len());
        if self.opens(before) || shown_before == 0 && self.continues(item) {
            return 0;
        }
        // What goes on with a block that ends here is not set off as what comes behind the block is.
        let column = item
            .sketch
            .map(|row| self.plan.shown.rows[row].indent as isize + self.plan.shifts[row]);
        let indent = |row: usize| self.plan.original.rows[row].indent as isize;
        let goes_on = column == Some(indent(before))
            && after.is_some_and(|after| indent(after) < indent(before));
        if goes_on && !self.is_fresh(index..=last) {
            return shown_before;
        }
        // Where the sketch and the place agree, no habit counts.
        if own > 0 && own == shown_before {
            return own;
        }
        if self.is_fresh(index..=last) {
            // What sets off the next block around says nothing inside this one.
            let outside = after.is_some_and(|after| Some(indent(after)) < column);
            return self.habit(item).unwrap_or(if own > 0 && !outside {
                own
            } else {
                shown_before.max(1)
            });
        }
        match (shown_after, own) {
            (None, _) => shown_before.max(own),
            (Some(0), own) => own,
            (Some(_), 0) => shown_before.min(1),
            // The first line of a sketch does not show how it is set off from what is above.
            (Some(_), own) if shown_before > 0 || item.sketch == Some(0) => own,
            (Some(_), _) => 0,
        }
    }

    /// The usual number of blank lines before a part on a new row's column; where the file has no two parts to tell,
    /// what everybody does in its language.
    fn habit(&self, item: Item) -> Option<usize> {
        let row = item.sketch?;
        if self.plan.shown_outline.symbols.is_empty() {
            return None;
        }
        let indent = self.plan.shown.rows[row].indent as isize + self.plan.shifts[row];
        let custom = (self.plan.language == Some(Language::Python) && indent == 0).then_some(2);
        self.habits
            .get(&usize::try_from(indent).ok()?)
            .copied()
            .or(custom)
    }

    /// The first of the new rows that end at an item.
    fn run_start(&self, index: usize) -> usize {
        (0..=index)
            .rev()
            .take_while(|at| self.items[*at].original.is_none())
            .last()
            .unwrap_or(index)
    }

    fn run_end(&self, index: usize) -> usize {
        (index..self.items.len())
            .take_while(|at| self.items[*at].original.is_none())
            .last()
            .unwrap_or(index)
    }

    fn is_fresh(&self, mut items: std::ops::RangeInclusive<usize>) -> bool {
        items.any(|at| {
            self.items[at]
                .sketch
                .is_some_and(|row| self.plan.fresh[row] && !self.plan.is_value(row))
        })
    }

    fn blanks_behind(&self, sketch: Option<usize>) -> usize {
        sketch.map_or(0, |row| self.plan.shown.blanks_before(row + 1).len())
    }

    fn starts_symbol(&self, original: usize) -> bool {
        let line = self.plan.original.rows[original].line;
        self.plan
            .original_outline
            .symbols
            .iter()
            .any(|symbol| symbol.lead == line && symbol.kind != Kind::Value)
    }

    /// Whether a row begins a function or type of several lines.
    fn starts_part(&self, original: usize) -> bool {
        let line = self.plan.original.rows[original].line;
        let mut symbols = self.plan.original_outline.symbols.iter();
        symbols.any(|symbol| {
            symbol.lead == line && symbol.kind != Kind::Value && symbol.end - symbol.lead > 1
        })
    }

    fn closes(&self, original: usize) -> bool {
        let text = self.plan.original.rows[original].trimmed();
        text.starts_with(['}', ')', ']']) || text == "end"
    }

    /// Whether a new row goes on with the statement above it: `else:`.
    fn continues(&self, item: Item) -> bool {
        let text = item
            .sketch
            .map_or("", |row| self.plan.shown.rows[row].trimmed());
        let word = text.split(|c: char| !c.is_alphabetic()).next();
        matches!(
            word,
            Some("else" | "elif" | "elsif" | "except" | "rescue" | "finally" | "ensure" | "catch")
        )
    }

    fn opens(&self, original: usize) -> bool {
        Self::is_opener(self.plan.original.rows[original].trimmed())
    }

    /// Whether an item in the place of a row opens a block in the merged text.
    fn still_opens(&self, item: Item, original: usize) -> bool {
        match item.sketch.filter(|_| item.changed) {
            Some(row) => Self::is_opener(self.plan.shown.rows[row].trimmed()),
            None => self.opens(original),
        }
    }

    fn is_opener(text: &str) -> bool {
        text.ends_with(['{', '(', '[']) || text.ends_with(':') && !text.starts_with("case ")
    }
}

/// For each indentation, the usual number of blank lines before a function or type that is not the first in its block.
fn habits(plan: &Plan<'_>) -> HashMap<usize, usize> {
    let mut counts: HashMap<usize, HashMap<usize, usize>> = HashMap::new();
    for (index, symbol) in plan.original_outline.symbols.iter().enumerate() {
        let row = plan.original_rows(index).start;
        let several = symbol.end - symbol.head > 1 && symbol.kind != Kind::Value;
        let sibling_before = plan.original_outline.symbols[..index].iter().any(|other| {
            other.parent == symbol.parent && other.end - other.head > 1 && other.kind != Kind::Value
        });
        if several && sibling_before && row < plan.original.len() {
            let indent = plan.original.rows[row].indent;
            *counts
                .entry(indent)
                .or_default()
                .entry(plan.original.blanks_before(row).len())
                .or_default() += 1;
        }
    }
    counts
        .into_iter()
        .filter_map(|(indent, counts)| {
            Some((
                indent,
                counts
                    .into_iter()
                    .max_by_key(|(blanks, count)| (*count, *blanks))?
                    .0,
            ))
        })
        .collect()
}

fn blank_lines(count: usize) -> Vec<String> {
    vec![String::new(); count]
}
