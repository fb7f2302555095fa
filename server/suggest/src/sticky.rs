//! What stays though the sketch shows what it belongs to without it: comments, attributes, docstrings.

use std::ops::Range;

use crate::brackets::depth_without_braces;
use crate::imports;
use crate::marker::Meaning;
use crate::pairing::Pair;
use crate::plan::Plan;
use crate::rows::Rows;

impl Plan<'_> {
    /// Whether a row of the original stays though the sketch shows what it belongs to without it.
    pub(crate) fn is_sticky(&self, original: usize) -> bool {
        self.sticky[original]
    }

    /// Marks comments, attributes and docstrings that the sketch leaves out though it shows what they belong to.
    pub(crate) fn stick(&mut self) {
        for pair in self.pairing.pairs.clone() {
            self.stick_template(pair);
            let shown = &self.shown_outline.symbols[pair.sketch];
            let original = &self.original_outline.symbols[pair.original];
            let shown_lead = self.shown.row_at_line(shown.lead)..self.shown.row_at_line(shown.head);
            let lead =
                self.original.row_at_line(original.lead)..self.original.row_at_line(original.head);
            let comments = shown_lead
                .clone()
                .any(|row| crate::comment::is_comment(&self.shown.rows[row]));
            let attributes = shown_lead
                .clone()
                .any(|row| !crate::comment::is_comment(&self.shown.rows[row]));
            // What the sketch shows in front of the declaration is not left out.
            let head = self.shown.row_at_line(shown.head);
            let head = self.shown.rows.get(head).map_or("", |row| row.trimmed());
            let begins_head = |text: &str| {
                head.strip_prefix(text)
                    .is_some_and(|rest| rest.starts_with(' '))
            };
            for row in lead {
                let text = self.original.rows[row].trimmed();
                let shown = if crate::comment::is_comment(&self.original.rows[row]) {
                    comments
                } else {
                    attributes
                };
                let word = text.trim_start_matches(|c: char| !c.is_alphanumeric());
                let name = word
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .next()
                    .unwrap_or_default();
                let dropped = if crate::comment::is_comment(&self.original.rows[row]) {
                    ["comment", "comments", "docs"]
                        .iter()
                        .any(|word| self.request.orders_removal(word))
                } else {
                    [
                        "annotation",
                        "annotations",
                        "decorator",
                        "decorators",
                        "attribute",
                        "attributes",
                    ]
                    .iter()
                    .any(|word| self.request.orders_removal(word))
                        || self.request.removes(name)
                };
                self.sticky[row] = !shown && !dropped && !self.whole && !begins_head(text);
            }
            if let Some(rows) = self.docstring(&self.original, original.head, original.end)
                && self.docstring(&self.shown, shown.head, shown.end).is_none()
                && !self.shows_any(pair, rows.clone())
                && !self.whole
                && !self.request.has_any(&[
                    "docstring",
                    "docstrings",
                    "documentation",
                    "comment",
                    "comments",
                ])
            {
                self.sticky[rows].fill(true);
            }
        }
    }

    /// Whether a symbol's shown form has some of these lines of the original.
    pub(crate) fn shows_any(&self, pair: Pair, rows: Range<usize>) -> bool {
        let known: std::collections::HashSet<&str> = self.original.rows[rows]
            .iter()
            .filter(|row| !row.is_closer)
            .map(|row| row.trimmed())
            .collect();
        self.shown.rows[self.shown_rows(pair.sketch)]
            .iter()
            .any(|row| known.contains(row.trimmed()))
    }

    /// The parameters of a template stay if the sketch leaves them out and what it shows still uses one of them.
    pub(crate) fn stick_template(&mut self, pair: Pair) {
        let own = self
            .original
            .row_at_line(self.original_outline.symbols[pair.original].head);
        let head = self.original_head(pair);
        if head != own + 1 {
            return;
        }
        let rows = self.shown_rows(pair.sketch);
        let used = self.original.rows[own]
            .trimmed()
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| {
                !word.is_empty()
                    && !matches!(
                        *word,
                        "template"
                            | "typename"
                            | "class"
                            | "std"
                            | "size_t"
                            | "int"
                            | "bool"
                            | "auto"
                    )
            })
            .any(|name| {
                self.shown.rows[rows.clone()]
                    .iter()
                    .any(|row| imports::uses(row.text, name))
            });
        self.sticky[own] = used && !self.whole;
    }

    /// The rows of a Python docstring behind the head of a definition.
    pub(crate) fn docstring(
        &self,
        rows: &Rows<'_>,
        head: usize,
        end: usize,
    ) -> Option<Range<usize>> {
        let (mut row, end) = (rows.row_at_line(head), rows.row_at_line(end));
        let mut depth = 0;
        loop {
            if row >= end {
                return None;
            }
            let text = rows.rows[row].trimmed();
            depth += depth_without_braces(text);
            row += 1;
            if depth <= 0 {
                if !text.ends_with(':') {
                    return None;
                }
                break;
            }
        }
        let first = rows
            .rows
            .get(row)
            .filter(|_| row < end)?
            .trimmed()
            .trim_start_matches(['r', 'R']);
        let quote = ["\"\"\"", "'''"]
            .into_iter()
            .find(|quote| first.starts_with(quote))?;
        if first.len() >= 6 && first.ends_with(quote) {
            return Some(row..row + 1);
        }
        let close = (row + 1..end).find(|&other| rows.rows[other].trimmed().contains(quote))?;
        Some(row..close + 1)
    }

    /// Whether an attribute or a decorator stays though the sketch shows its symbol without it.
    pub(crate) fn keeps_attributes(&self) -> bool {
        self.pairing.pairs.iter().any(|pair| {
            let symbol = &self.original_outline.symbols[pair.original];
            let lead =
                self.original.row_at_line(symbol.lead)..self.original.row_at_line(symbol.head);
            // Who leaves out the comments, too, means nothing by it.
            let is_comment = |row: usize| crate::comment::is_comment(&self.original.rows[row]);
            // A marker right above can stand for them.
            let above = self.shown_rows(pair.sketch).start.checked_sub(1);
            let marked = above.is_some_and(|above| matches!(self.meaning(above), Meaning::Gap(_)));
            !lead.is_empty()
                && !marked
                && lead.clone().all(|row| self.sticky[row] && !is_comment(row))
        })
    }
}
