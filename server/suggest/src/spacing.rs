//! Blank lines of the merged text: the file's own where both texts have a row, its habits around what is new.

use crate::habit::Habits;
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
    pub(crate) plan: &'a Plan<'a>,
    habits: Habits,
    items: &'a [Item],
    pub(crate) blanks: BlankLines,
}

impl<'a> Spacing<'a> {
    pub(crate) fn new(plan: &'a Plan<'a>, items: &'a [Item], blanks: BlankLines) -> Self {
        Self {
            plan,
            habits: Habits::new(plan),
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
                Some(original)
                    if adjacent_original
                        && self.keeps_own_blanks(
                            original,
                            row,
                            previous.changed || item.changed,
                        ) =>
                {
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
            } else if self.plan.is_data {
                // Keys and values stand as they are shown.
                shown_before
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

    fn habit(&self, item: Item) -> Option<usize> {
        self.habits.before(self.plan, item.sketch?)
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

    pub(crate) fn opens(&self, original: usize) -> bool {
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

fn blank_lines(count: usize) -> Vec<String> {
    vec![String::new(); count]
}
