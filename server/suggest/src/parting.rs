//! Blank lines that part two rows which both texts have: whether the file's stay where the sketch shows others.

use crate::lead::starts_lead;
use crate::outline::Kind;
use crate::spacing::{BlankLines, Item, Spacing};

impl Spacing<'_> {
    /// Equal numbers of blank lines stay as they are; between two symbols the file's own number stays.
    pub(crate) fn keeps_own_blanks(
        &self,
        original: usize,
        shown: usize,
        beside_change: bool,
    ) -> bool {
        let (own, new) = (
            self.plan.original.blanks_before(original).len(),
            self.plan.shown.blanks_before(shown).len(),
        );
        if own == new {
            return !beside_change && !self.plan.request.has_any(&["whitespace", "trailing"]);
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
    pub(crate) fn ends_above(&self, item: Item, below: usize) -> bool {
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
    pub(crate) fn stays_apart(&self, original: usize, shown: usize) -> bool {
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

    /// Whether a row begins anything that has a name, but a value.
    pub(crate) fn starts_symbol(&self, original: usize) -> bool {
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
}
