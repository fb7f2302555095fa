//! One edit on its way: what was sent, what was answered, what has been seen.

use std::ops::Range;

use fast_apply_text::{Encoding, PositionRange, Splice, offset_at, splice};
use ropey::Rope;

use crate::event::{Millis, Ticket};
use crate::target::Change;

/// An edit that has been sent and is not settled.
#[derive(Debug)]
pub(crate) struct Flight {
    pub(crate) ticket: Ticket,
    /// The version it was made for.
    pub(crate) version: i32,
    /// When the client said that it applied it.
    pub(crate) applied: Option<Millis>,
    pub(crate) parts: Vec<Part>,
}

/// One text edit of an edit.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) purpose: Purpose,
    /// Where it was sent to.
    pub(crate) positions: PositionRange,
    /// Whether the document has it.
    pub(crate) seen: bool,
}

/// What a text edit is for.
#[derive(Clone, Debug)]
pub(crate) enum Purpose {
    /// A step towards the target.
    Change(Change),
    /// Taking back an edit that landed in the wrong place.
    Repair(Repair),
}

/// Text in the wrong place. Unlike a [`Change`] it is a range of the client's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Repair {
    pub(crate) range: Range<usize>,
    pub(crate) text: String,
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
    /// Where the client has put this edit, if this change is it: the edit's own positions, whatever the text was that
    /// they met there.
    pub(crate) fn put_at(
        &self,
        before: &Rope,
        after: &Rope,
        encoding: Encoding,
    ) -> Option<Range<usize>> {
        let start = offset_at(before, self.positions.start, encoding);
        let end = offset_at(before, self.positions.end, encoding).max(start);
        let text = self.purpose.text();
        if after.len_bytes() != before.len_bytes() - (end - start) + text.len() {
            return None;
        }
        let mut put = before.clone();
        splice(&mut put, start..end, text);
        (put == *after).then_some(start..end)
    }
}

impl Repair {
    /// What to do about text that was put at `range` of the text `before`.
    pub(crate) fn of(before: &Rope, range: Range<usize>, text: &str) -> Repair {
        Repair {
            text: before.byte_slice(range.clone()).to_string(),
            range: range.start..range.start + text.len(),
        }
    }

    /// Follows a change of the client's text. False if the change reaches into the range: then it is the user's.
    #[must_use]
    pub(crate) fn follow(&mut self, change: &Splice) -> bool {
        if change.range.end <= self.range.start {
            let moved = |offset: usize| offset + change.inserted - change.range.len();
            self.range = moved(self.range.start)..moved(self.range.end);
            return true;
        }
        change.range.start >= self.range.end
    }
}
