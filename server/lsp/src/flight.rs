//! One edit on its way: what was sent, what was answered, what has been seen.

use std::ops::Range;

use fast_apply_text::{Encoding, Position, PositionRange, Splice, offset_at, position_at, splice};
use ropey::Rope;

use crate::event::{Millis, Ticket};
use crate::strays::Repair;
use crate::target::Change;

/// An edit that has been sent and is not settled.
#[derive(Debug)]
pub(crate) struct Flight {
    pub(crate) ticket: Ticket,
    /// The version it was made for.
    pub(crate) version: i32,
    /// When the client said that it applied it.
    pub(crate) applied: Option<Millis>,
    /// How many text edits it has.
    pub(crate) parts: usize,
}

/// One text edit that was sent and has not been seen.
#[derive(Debug)]
pub(crate) struct Part {
    /// The edit it belongs to.
    pub(crate) ticket: Ticket,
    pub(crate) purpose: Purpose,
    /// Where it was sent to, which need not be where the purpose has it.
    pub(crate) positions: PositionRange,
    /// What was sent to go there.
    pub(crate) text: String,
}

/// What a text edit is for.
#[derive(Clone, Debug)]
pub(crate) enum Purpose {
    /// A step towards the target.
    Change(Change),
    /// Taking back what landed in the wrong place. Unlike a [`Change`] it is made for the client's text.
    Repair(Repair),
}

impl Purpose {
    pub(crate) fn text(&self) -> &str {
        match self {
            Purpose::Change(change) => &change.text,
            Purpose::Repair(repair) => &repair.text,
        }
    }
}

impl Part {
    /// What the client has put where, if this change is this edit: the edit's own positions, whatever the text was that
    /// they met there. Behind the last line Neovim puts a line break more.
    pub(crate) fn put_at(&self, before: &Rope, after: &Rope, encoding: Encoding) -> Option<Splice> {
        let starts = places_at(before, self.positions.start, encoding);
        let ends = places_at(before, self.positions.end, encoding);
        // What has shrunk to a place, because the text ends before it, is one place however that is meant.
        let is_place = starts == ends;
        let mut ranges = starts
            .into_iter()
            .flat_map(|start| ends.map(|end| start..end.max(start)))
            .filter(|range| !is_place || range.is_empty());
        let end = before.len_bytes();
        let longer = starts.contains(&end).then(|| {
            let ending = if self.text.contains("\r\n") {
                "\r\n"
            } else {
                "\n"
            };
            (end..end, [self.text.as_str(), ending].concat())
        });
        ranges
            .find(|range| is_put(before, after, range, &self.text))
            .map(|range| (range, self.text.len()))
            .or_else(|| {
                let (range, text) = longer?;
                is_put(before, after, &range, &text).then_some((range, text.len()))
            })
            .map(|(range, inserted)| Splice { range, inserted })
    }
}

/// Whether one text is the other with this range of it replaced.
pub(crate) fn is_put(before: &Rope, after: &Rope, range: &Range<usize>, text: &str) -> bool {
    if after.len_bytes() + range.len() != before.len_bytes() + text.len() {
        return false;
    }
    let mut put = before.clone();
    splice(&mut put, range.clone(), text);
    put == *after
}

/// The places a position can mean: where it is inside a character, either side of that; at the end of the text, also
/// ahead of the last line break, because editors that have no line behind that take the end of the last one.
fn places_at(text: &Rope, position: Position, encoding: Encoding) -> [usize; 3] {
    let place = offset_at(text, position, encoding);
    let inside = position_at(text, place, encoding).character < position.character
        && !text
            .get_byte(place)
            .is_none_or(|byte| byte == b'\n' || byte == b'\r');
    let next = text.byte_to_char(place) + usize::from(inside);
    let mut ahead = text.byte_to_char(place);
    if place == text.len_bytes() && text.get_char(ahead.wrapping_sub(1)) == Some('\n') {
        ahead -= 1;
        ahead -= usize::from(text.get_char(ahead.wrapping_sub(1)) == Some('\r'));
    }
    [place, text.char_to_byte(next), text.char_to_byte(ahead)]
}
