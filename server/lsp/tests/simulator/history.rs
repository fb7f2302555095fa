//! What an editor can undo.

use fast_apply_text::TextChange;

use crate::buffer::{Author, Buffer, range_at};
use crate::neovim::{Block, Format, Lines};

/// The replacements since the document was opened, in undo steps.
#[derive(Default)]
pub(crate) struct History {
    steps: Vec<Step>,
}

struct Step {
    author: Author,
    replacements: Vec<Replacement>,
}

/// One replacement of characters.
pub(crate) struct Replacement {
    pub(crate) start: usize,
    pub(crate) removed: String,
    pub(crate) inserted: String,
    /// In Neovim, the lines it was.
    pub(crate) block: Option<Block>,
}

/// How an editor tells of a step that is taken back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Telling {
    /// One replacement after the other, in the order in which they are taken back.
    InOrder,
    /// From the end of the text to its start, all in terms of the text before.
    FromBehind,
}

impl History {
    /// Takes in replacements, in the order in which they were made. Those of one author go on with the step before
    /// where the editor joins them.
    pub(crate) fn record(&mut self, author: Author, joins: bool, replacements: Vec<Replacement>) {
        match self.steps.last_mut() {
            Some(step) if joins && step.author == author => step.replacements.extend(replacements),
            _ => self.steps.push(Step {
                author,
                replacements,
            }),
        }
    }

    /// Takes the last step back.
    pub(crate) fn undo(
        &mut self,
        buffer: &mut Buffer,
        format: Format,
        telling: Telling,
    ) -> Vec<TextChange> {
        let replacements = self.steps.pop().map_or(Vec::new(), |it| it.replacements);
        let whole = buffer.text();
        let mut taken: Vec<(usize, &Replacement)> = Vec::new();
        let mut told = Vec::new();
        for replacement in replacements.iter().rev() {
            let before = buffer.text();
            let length = replacement.inserted.chars().count();
            let start = replacement.start;
            buffer.replace(start, start + length, &replacement.removed, Author::User);
            if let Some(block) = replacement.block {
                let after = Lines::of(&buffer.text(), format);
                told.push(Lines::of(&before, format).told(&after, block.inverse()));
                continue;
            }
            let (text, place) = match telling {
                Telling::InOrder => (&before, start),
                Telling::FromBehind => (&whole, in_whole(start, &taken)),
            };
            told.push(TextChange {
                range: Some(range_at(text, place, place + length, format.encoding)),
                text: replacement.removed.clone(),
            });
            taken.push((start, replacement));
        }
        if telling == Telling::FromBehind {
            told.sort_by_key(|change| {
                let start = change.range.map(|range| range.start);
                std::cmp::Reverse(start.map(|start| (start.line, start.character)))
            });
        }
        told
    }
}

/// Where a place is in the text that the taken replacements still belonged to.
fn in_whole(place: usize, taken: &[(usize, &Replacement)]) -> usize {
    let mut place = place;
    for (start, replacement) in taken.iter().rev() {
        let removed = replacement.removed.chars().count();
        if place >= start + removed {
            place = place - removed + replacement.inserted.chars().count();
        }
    }
    place
}
