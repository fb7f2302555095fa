//! Symbols of the original that new ones of the sketch take the place of.

use std::collections::HashSet;

use crate::name;
use crate::outline::{Kind, Symbol};
use crate::pairing::{Matcher, last_part};
use crate::rows::Rows;

impl Matcher<'_> {
    /// The old symbol that a new one takes the place of: the request must speak of it, or hardly anything else changed.
    pub(crate) fn old_name(
        &self,
        fresh: usize,
        level: &[usize],
        taken: &HashSet<usize>,
        shown: &[usize],
    ) -> Option<usize> {
        let symbol = &self.sketch.symbols[fresh];
        if !matches!(symbol.kind, Kind::Function | Kind::Type | Kind::Case)
            || symbol.end - symbol.head < 2
        {
            return None;
        }
        let shown_name = |name: &str| {
            shown
                .iter()
                .any(|&other| self.sketch.symbols[other].name == name)
        };
        let mut best = None;
        // A method shown without its class may be the new form of any method.
        let anywhere: Vec<usize> = (0..self.original.symbols.len()).collect();
        for &index in if symbol.parent.is_none() {
            &anywhere
        } else {
            level
        } {
            let old = &self.original.symbols[index];
            if old.kind != symbol.kind || taken.contains(&index) || shown_name(&old.name) {
                continue;
            }
            let content = self.contained(symbol.head + 1..symbol.end, old.head + 1..old.end);
            let (old_name, new_name) = (last_part(&old.name), last_part(&symbol.name));
            // Words about a type are none about its constructor.
            let constructs = old
                .parent
                .is_some_and(|parent| self.original.symbols[parent].name == old.name);
            if constructs || self.is_called(old_name) || self.request.places_beside(old_name) {
                continue;
            }
            let said =
                self.request.renames(old_name, new_name) || self.removed_names.contains(&old_name);
            let sure = self.request.renames_into(old_name, new_name)
                || content >= 0.3 && name::is_reordered(old_name, new_name);
            let likely = said
                && (content >= 0.3 || symbol.end - symbol.head <= 3 && symbol.parent.is_some());
            let score = content + if sure { 1.0 } else { 0.0 };
            let likely = likely
                || content >= 0.6
                    && self.says_something(symbol)
                    && self.stands_in_place_of(symbol, old);
            if (sure || likely) && best.is_none_or(|(best, _)| score > best) {
                best = Some((score, index));
            }
        }
        best.map(|(_, index)| index)
    }

    /// Whether the sketch's code calls a function of this name: then it is not an old name. What is called of another
    /// object is another function.
    fn is_called(&self, name: &str) -> bool {
        let calls = |text: &str| {
            text.match_indices(name).any(|(at, _)| {
                let before = &text[..at];
                let own = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.')
                    || before.ends_with("self.")
                    || before.ends_with("this.");
                own && text[at + name.len()..].starts_with('(')
            })
        };
        let mut rows = self.sketch_rows.rows.iter();
        rows.any(|row| !(self.is_gap_line)(row.line) && calls(row.text))
    }

    /// Whether the inside of a symbol has at least two lines that say something.
    fn says_something(&self, shown: &Symbol) -> bool {
        let rows =
            self.sketch_rows.row_at_line(shown.head + 1)..self.sketch_rows.row_at_line(shown.end);
        self.sketch_rows.rows[rows]
            .iter()
            .filter(|row| !row.is_closer && !(self.is_gap_line)(row.line))
            .count()
            >= 2
    }

    /// Whether the rows right before and right behind a symbol of the sketch are those around one of the original.
    /// Beside a marker or an edge of the sketch it may as well be new.
    fn stands_in_place_of(&self, shown: &Symbol, original: &Symbol) -> bool {
        let row = |rows: &'_ Rows<'_>, at: Option<usize>| {
            at.and_then(|at| rows.rows.get(at))
                .map(|row| (row.line, row.trimmed().to_owned()))
        };
        let (rows, others) = (self.sketch_rows, self.original_rows);
        let sides = [
            (
                row(rows, rows.row_at_line(shown.lead).checked_sub(1)),
                row(others, others.row_at_line(original.lead).checked_sub(1)),
            ),
            (
                row(rows, Some(rows.row_at_line(shown.end))),
                row(others, Some(others.row_at_line(original.end))),
            ),
        ];
        sides.into_iter().all(|(new, old)| match (new, old) {
            (Some((line, new)), Some((_, old))) => !(self.is_gap_line)(line) && new == old,
            _ => false,
        })
    }
}
