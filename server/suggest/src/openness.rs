//! What a sketch leaves open without a marker: whether what it does not show stays or goes.

use std::ops::Range;

use crate::marker::Meaning;
use crate::operation::Op;
use crate::outline::Kind;
use crate::pairing::Pair;
use crate::plan::Plan;

impl Plan<'_> {
    /// Whether the sketch, which has no marker at its start, begins with new imports in place of the file's first.
    pub(crate) fn starts_with_new_imports(&self, shown: &Range<usize>) -> bool {
        let known = |row: usize| {
            let text = self.shown.rows[row].trimmed();
            (0..self.original.len().min(6))
                .find(|other| self.original.rows[*other].trimmed() == text)
        };
        let new = shown
            .clone()
            .take_while(|row| self.shown_imports[*row] && known(*row).is_none())
            .count();
        if new == 0 || shown.start > 0 || new >= shown.len() {
            return false;
        }
        let first = known(shown.start + new);
        first.is_some_and(|first| first <= new && (0..first).all(|row| self.original_imports[row]))
    }

    /// Whether the sketch, which has no marker at its start, begins with another form of the words that the file
    /// begins with: the docstring or the comment on the whole file.
    pub(crate) fn starts_with_new_words(&self, shown: &Range<usize>) -> bool {
        let (Some(new), Some(old)) = (self.shown.rows.get(shown.start), self.original.rows.first())
        else {
            return false;
        };
        let sort = |row: &crate::rows::Row<'_>| {
            let text = row.trimmed();
            let opens = |marks: &[&str]| marks.iter().any(|open| text.starts_with(open));
            if opens(&["\"\"\"", "'''"]) {
                Some("docstring")
            } else if opens(&["//", "/*", "#!", "# ", "<!--", "--"]) {
                Some("comment")
            } else {
                None
            }
        };
        let place = |row: &crate::rows::Row<'_>| {
            self.original
                .rows
                .iter()
                .position(|other| other.trimmed() == row.trimmed())
        };
        // The first line of the sketch that the file has must stand near its start, too.
        let follows = self.shown.rows[shown.clone()]
            .iter()
            .filter(|row| !row.is_closer)
            .find_map(place);
        shown.start == 0
            && sort(old).is_some()
            && sort(old) == sort(new)
            && place(new).is_none()
            && follows.is_some_and(|row| row < 40)
    }

    /// Whether the innermost function around a row of the original is shown from its head to its end, and without a
    /// marker.
    pub(crate) fn is_shown_whole(&self, row: usize) -> bool {
        let around = self
            .pairing
            .pairs
            .iter()
            .filter(|pair| self.original_rows(pair.original).contains(&row))
            .min_by_key(|pair| self.original_rows(pair.original).len());
        around.is_some_and(|pair| {
            let rows = self.shown_rows(pair.sketch);
            let closes = |text: &str| text.starts_with(['}', ')', ']']) || text == "end";
            let (Some(last), Some(old)) = (
                self.shown.rows[rows.clone()].last(),
                self.original.rows[self.original_rows(pair.original)].last(),
            ) else {
                return false;
            };
            let followed =
                rows.end < self.shown.len() && matches!(self.meaning(rows.end), Meaning::Gap(_));
            self.original_outline.symbols[pair.original].kind == Kind::Function
                && !rows
                    .clone()
                    .any(|row| matches!(self.meaning(row), Meaning::Gap(_)))
                && if closes(old.trimmed()) {
                    closes(last.trimmed())
                } else {
                    !followed
                }
        })
    }

    /// Whether a section of keys and values is shown by a few of its lines, and without a marker for the others.
    pub(crate) fn is_shown_in_part(&self, pair: Pair) -> bool {
        if !self.is_data || self.whole {
            return false;
        }
        let (shown, original) = (
            self.shown_rows(pair.sketch),
            self.original_rows(pair.original),
        );
        let known: std::collections::HashSet<&str> = self.shown.rows[shown.clone()]
            .iter()
            .map(|row| row.trimmed())
            .collect();
        let same = self.original.rows[original.clone()]
            .iter()
            .filter(|row| known.contains(row.trimmed()))
            .count();
        same * 10 < original.len() * 6
            && shown.len() < original.len()
            && !shown
                .clone()
                .any(|row| matches!(self.meaning(row), Meaning::Gap(_)))
    }

    /// Whether a class that is mostly shown, and without any marker, keeps a part before the first that is shown or
    /// behind the last.
    pub(crate) fn hides_parts_at_edge(&self, ops: &[Op]) -> bool {
        if self.whole {
            return false;
        }
        let kept: std::collections::HashSet<usize> = ops
            .iter()
            .filter_map(|op| match op {
                Op::Keep { original } => Some(*original),
                _ => None,
            })
            .collect();
        self.pairing.pairs.iter().any(|pair| {
            if !self.is_container(pair.original) {
                return false;
            }
            let children: Vec<Pair> = self
                .chained
                .iter()
                .filter(|child| self.parent(child) == Some(pair.sketch))
                .copied()
                .collect();
            let rows = self.shown_rows(pair.sketch);
            let inside = |row: usize| {
                children
                    .iter()
                    .any(|child| self.shown_rows(child.sketch).contains(&row))
            };
            let marked = rows
                .clone()
                .any(|row| matches!(self.meaning(row), Meaning::Gap(_)) && !inside(row));
            // A marker that ends the last part may stand for what is behind it, too.
            let open_end = rows
                .clone()
                .next_back()
                .into_iter()
                .chain(Some(rows.end).filter(|row| *row < self.shown.len()))
                .any(|row| matches!(self.meaning(row), Meaning::Gap(_)));
            let last = children
                .iter()
                .map(|child| self.original_rows(child.original).end)
                .max()
                .unwrap_or(0);
            let mostly = children.len() * 10 >= self.parts(pair.original) * 6;
            !marked
                && mostly
                && self
                    .original_outline
                    .children(Some(pair.original))
                    .any(|part| {
                        let symbol = &self.original_outline.symbols[part];
                        let rows = self.original_rows(part);
                        symbol.end - symbol.head > 1
                            && rows.clone().all(|row| kept.contains(&row))
                            && !(open_end && rows.start >= last)
                    })
        })
    }

    /// Whether what this level of the sketch does not show is to go, where no marker stands for it.
    ///
    /// It is so where the sketch uses markers on this level, where it shows a body without named parts, and
    /// where it shows most of the named parts. A class shown with two of its ten methods and no marker is lazy.
    /// A marker among the names of an import stands for names alone.
    pub(crate) fn is_explicit(
        &self,
        pair: Option<Pair>,
        shown: &Range<usize>,
        children: &[Pair],
    ) -> bool {
        if self.whole {
            return true;
        }
        let inside = |row: usize| {
            children
                .iter()
                .any(|child| self.shown_rows(child.sketch).contains(&row))
                || self.fresh[row]
                || self.shown_imports[row]
        };
        let marked = shown
            .clone()
            .any(|row| matches!(self.meaning(row), Meaning::Gap(_)) && !inside(row));
        let Some(pair) = pair else { return marked };
        let holds = self.parts(pair.original);
        marked || !self.is_container(pair.original) || children.len() * 10 >= holds * 6
    }

    /// Whether a symbol of the original has named parts of several lines.
    pub(crate) fn is_container(&self, symbol: usize) -> bool {
        !matches!(
            self.original_outline.symbols[symbol].kind,
            Kind::Function | Kind::Value
        ) && self.parts(symbol) > 0
    }

    pub(crate) fn parts(&self, symbol: usize) -> usize {
        let several = |index: &usize| {
            let symbol = &self.original_outline.symbols[*index];
            symbol.end - symbol.head > 1 && symbol.kind != Kind::Value
        };
        self.original_outline
            .children(Some(symbol))
            .filter(several)
            .count()
    }

    /// Whether the marker behind a function also stands for the end of it: the function is not closed, or its last
    /// line is one that the file has in the midst of it. The end of the sketch is such a marker to one that is not closed.
    pub(crate) fn is_cut_short(&self, pair: Pair, shown: &Range<usize>) -> bool {
        let at_end = shown.end == self.shown.len() && !self.whole;
        let marked =
            shown.end < self.shown.len() && matches!(self.meaning(shown.end), Meaning::Gap(_));
        if !marked && !at_end || shown.is_empty() {
            return false;
        }
        let last = &self.shown.rows[shown.end - 1];
        let head = self
            .shown
            .row_at_line(self.shown_outline.symbols[pair.sketch].head);
        let rows = &self.original.rows[self.original_rows(pair.original)];
        let closes = |text: &str| text.starts_with(['}', ')', ']']) || text == "end";
        // A bracket deeper than the head closes a statement and not the function.
        let margin = rows.iter().map(|row| row.indent).min();
        if rows
            .last()
            .is_some_and(|row| closes(row.trimmed()) && Some(row.indent) == margin)
        {
            let deeper = last.trimmed() == "end" && last.indent > self.shown.rows[head].indent;
            return !closes(last.trimmed()) || deeper;
        }
        marked && rows.iter().any(|row| row.trimmed() == last.trimmed())
    }
}
