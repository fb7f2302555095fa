//! Edits of ours that the client put where they do not belong, and what takes them back.

use std::ops::Range;

use fast_apply_text::{Splice, common};
use ropey::Rope;

use crate::flight::is_put;

/// What stands in the client's text though it is ours and belongs elsewhere, and what is gone from it because such an
/// edit took its place; kept up to date change by change, so that both can be set right around whatever the user has
/// typed in between.
///
/// What the user deletes of ours is no concern any more; what our edits have deleted comes back where it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Strays {
    /// In the order of the text. Behind the last of them all is the user's; none is empty.
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// So many bytes that are where they belong.
    Kept(usize),
    /// Text that has to go.
    Ours(String),
    /// Text that is not there and has to come back.
    Missing(String),
}

/// An edit of the client's text that takes back misplaced ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Repair {
    /// The bytes that have to go.
    pub(crate) range: Range<usize>,
    /// What comes back in their place.
    pub(crate) text: String,
}

impl Strays {
    /// Whether all is where it belongs.
    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// What sets everything right, in the order of the text; between two there is at least one byte.
    pub(crate) fn repairs(&self) -> Vec<Repair> {
        let mut at = 0;
        let clusters = self.clusters().map(|cluster| {
            let start = at;
            at += cluster.iter().map(Piece::len).sum::<usize>();
            (cluster, start..at)
        });
        let strays = clusters.filter(|(cluster, _)| !cluster[0].is_kept());
        strays
            .map(|(cluster, range)| Repair {
                range,
                text: cluster.iter().filter_map(Piece::missing).collect(),
            })
            .collect()
    }

    /// Takes in a change that is none of our misplaced edits.
    pub(crate) fn follow(&mut self, before: &Rope, after: &Rope, change: &Splice) {
        if self.is_empty() {
            return;
        }
        let Range { start, end } = change.range;
        let old = before.byte_slice(start..end).to_string();
        let new = after.byte_slice(start..start + change.inserted).to_string();
        // Some editors tell of whole lines where a character was typed.
        let (front, back) = common(&old, &new);
        let typed = Piece::Kept(new.len() - front - back);
        self.replace(&(start + front..end - back), typed, &|_| None);
    }

    /// Takes in that an edit of ours was put where it does not belong.
    pub(crate) fn put(&mut self, before: &Rope, after: &Rope, put: &Splice) {
        let inserted = put.range.start..put.range.start + put.inserted;
        let ours = Piece::Ours(after.byte_slice(inserted).to_string());
        self.replace(&put.range, ours, &|deleted| {
            Some(Piece::Missing(before.byte_slice(deleted).to_string()))
        });
    }

    /// Takes in a change that is one of the repairs, whoever made it. None if it is none of them.
    pub(crate) fn take_repair(&mut self, before: &Rope, after: &Rope) -> Option<Repair> {
        let mut repairs = self.repairs().into_iter();
        let repair = repairs.find(|repair| is_put(before, after, &repair.range, &repair.text))?;
        let mut at = 0;
        let pieces = self.clusters().flat_map(|cluster| {
            let start = at;
            at += cluster.iter().map(Piece::len).sum::<usize>();
            match !cluster[0].is_kept() && start == repair.range.start {
                true => vec![Piece::Kept(repair.text.len())],
                false => cluster.to_vec(),
            }
        });
        *self = Strays::of(pieces.collect());
        Some(repair)
    }

    /// Replaces a range of the client's text; `deleted` tells what is left of bytes that were where they belong.
    fn replace(
        &mut self,
        range: &Range<usize>,
        inserted: Piece,
        deleted: &dyn Fn(Range<usize>) -> Option<Piece>,
    ) {
        let (mut pieces, rest) = split(std::mem::take(&mut self.pieces), range.start);
        let (removed, rest) = match range.is_empty() {
            true => {
                // What is typed where something is missing comes behind that.
                let is_missing = |piece: &&Piece| piece.missing().is_some();
                let count = rest.iter().take_while(is_missing).count();
                (rest[..count].to_vec(), rest[count..].to_vec())
            }
            false => split(rest, range.len()),
        };
        let mut at = range.start;
        for piece in removed {
            let start = at;
            at += piece.len();
            pieces.extend(match piece {
                Piece::Kept(_) => deleted(start..at),
                Piece::Ours(_) => None,
                Piece::Missing(text) => Some(Piece::Missing(text)),
            });
        }
        pieces.push(inserted);
        pieces.extend(rest);
        *self = Strays::of(pieces);
    }

    fn of(pieces: Vec<Piece>) -> Strays {
        let mut strays = Strays::default();
        for piece in pieces {
            match (strays.pieces.last_mut(), piece) {
                (_, Piece::Kept(0)) => {}
                (_, Piece::Ours(text) | Piece::Missing(text)) if text.is_empty() => {}
                (Some(Piece::Kept(before)), Piece::Kept(length)) => *before += length,
                (Some(Piece::Ours(before)), Piece::Ours(text))
                | (Some(Piece::Missing(before)), Piece::Missing(text)) => before.push_str(&text),
                (_, piece) => strays.pieces.push(piece),
            }
        }
        if strays.pieces.last().is_some_and(Piece::is_kept) {
            strays.pieces.pop();
        }
        strays
    }

    /// The pieces that are where they belong, and the runs of those that are not.
    fn clusters(&self) -> impl Iterator<Item = &[Piece]> {
        self.pieces
            .chunk_by(|one, other| one.is_kept() == other.is_kept())
    }
}

impl Piece {
    /// The bytes it has in the client's text.
    fn len(&self) -> usize {
        match self {
            Piece::Kept(length) => *length,
            Piece::Ours(text) => text.len(),
            Piece::Missing(_) => 0,
        }
    }

    fn is_kept(&self) -> bool {
        matches!(self, Piece::Kept(_))
    }

    fn missing(&self) -> Option<&str> {
        match self {
            Piece::Missing(text) => Some(text),
            _ => None,
        }
    }
}

/// The pieces before a byte and those behind it; what is missing just there is behind it.
fn split(pieces: Vec<Piece>, at: usize) -> (Vec<Piece>, Vec<Piece>) {
    let (mut before, mut behind) = (Vec::new(), Vec::new());
    let mut left = at;
    for piece in pieces {
        let length = piece.len();
        if left == 0 {
            behind.push(piece);
            continue;
        }
        if length <= left {
            left -= length;
            before.push(piece);
            continue;
        }
        match &piece {
            Piece::Kept(_) => {
                before.push(Piece::Kept(left));
                behind.push(Piece::Kept(length - left));
            }
            Piece::Ours(text) => {
                before.push(Piece::Ours(text[..left].to_owned()));
                behind.push(Piece::Ours(text[left..].to_owned()));
            }
            Piece::Missing(_) => unreachable!("what is missing has no bytes to be split"),
        }
        left = 0;
    }
    before.push(Piece::Kept(left));
    (before, behind)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use fast_apply_text::splice;

    /// A text, and what it should be.
    struct Text {
        live: Rope,
        strays: Strays,
    }

    impl Text {
        fn new(text: &str) -> Text {
            Text {
                live: Rope::from_str(text),
                strays: Strays::default(),
            }
        }

        fn types(&mut self, range: Range<usize>, text: &str) -> &mut Text {
            self.change(range, text, Strays::follow)
        }

        fn misplaces(&mut self, range: Range<usize>, text: &str) -> &mut Text {
            self.change(range, text, Strays::put)
        }

        fn change(
            &mut self,
            range: Range<usize>,
            text: &str,
            take: impl Fn(&mut Strays, &Rope, &Rope, &Splice),
        ) -> &mut Text {
            let before = self.live.clone();
            splice(&mut self.live, range.clone(), text);
            let inserted = text.len();
            let change = Splice { range, inserted };
            take(&mut self.strays, &before, &self.live, &change);
            self
        }

        /// Makes the repairs as an editor does, the last one first.
        fn repaired(&mut self) -> String {
            for repair in self.strays.repairs().into_iter().rev() {
                let before = self.live.clone();
                splice(&mut self.live, repair.range.clone(), &repair.text);
                assert_eq!(
                    self.strays.take_repair(&before, &self.live).as_ref(),
                    Some(&repair)
                );
            }
            assert!(self.strays.is_empty(), "{:?}", self.strays);
            self.live.to_string()
        }
    }

    #[test]
    fn what_is_typed_into_text_in_the_wrong_place_stays() {
        let mut text = Text::new("one two three");
        text.misplaces(4..7, "OURS").types(6..6, "mine");
        assert_eq!(text.live, "one OUmineRS three");
        assert_eq!(text.repaired(), "one twomine three");
    }

    #[test]
    fn a_line_that_is_told_whole_is_what_was_typed_into_it() {
        let mut text = Text::new("one two three");
        text.misplaces(4..7, "OURS")
            .types(0..14, "one OUmineRS three");
        assert_eq!(text.repaired(), "one twomine three");
    }

    #[test]
    fn what_is_typed_in_front_of_it_does_not_part_it_from_what_it_replaced() {
        let mut text = Text::new("one two three");
        text.misplaces(4..7, "OURS").types(4..4, "mine ");
        assert_eq!(text.repaired(), "one twomine  three");
    }

    #[test]
    fn what_is_typed_over_it_stays_and_what_it_had_deleted_comes_back() {
        let mut text = Text::new("one two three");
        text.misplaces(4..7, "OURS").types(3..10, "!");
        assert_eq!(text.live, "one!hree");
        assert_eq!(text.repaired(), "onetwo!hree");
    }

    #[test]
    fn a_repair_in_the_wrong_place_is_repaired_together_with_what_it_was_for() {
        let mut text = Text::new("one two three");
        text.misplaces(4..7, "OURS").types(0..0, "a ");
        // Made for the text before `a `.
        text.misplaces(4..8, "two");
        assert_eq!(text.live, "a ontwoRS three");
        assert_eq!(text.repaired(), "a one two three");
    }

    #[test]
    fn an_undo_of_the_user_is_a_repair() {
        let mut text = Text::new("one two three");
        text.misplaces(4..7, "OURS");
        let before = text.live.clone();
        splice(&mut text.live, 4..8, "two");
        assert!(text.strays.take_repair(&before, &text.live).is_some());
        assert!(text.strays.is_empty());
    }

    /// A character of the plain model, whether the text has it, and whether it should.
    #[derive(Clone, Debug)]
    struct Cell {
        character: char,
        is_live: bool,
        is_wanted: bool,
    }

    #[derive(Clone, Debug)]
    struct Deed {
        start: usize,
        length: usize,
        text: String,
        is_ours: bool,
    }

    fn deed() -> impl Strategy<Value = Deed> {
        (0usize..24, 0usize..6, "[a-z]{0,4}", any::<bool>()).prop_map(
            |(start, length, text, is_ours)| Deed {
                start,
                length,
                text,
                is_ours,
            },
        )
    }

    proptest! {
        #[test]
        fn all_that_is_the_users_is_left_and_nothing_else(
            deeds in prop::collection::vec(deed(), 0..8),
        ) {
            let start = "ABCDEFGHIJ";
            let mut text = Text::new(start);
            let cell = |character, is_wanted| Cell { character, is_live: true, is_wanted };
            let mut cells: Vec<Cell> = start.chars().map(|it| cell(it, true)).collect();
            for Deed { start, length, text: typed, is_ours } in deeds {
                let start = start.min(text.live.len_bytes());
                let range = start..(start + length).min(text.live.len_bytes());
                let old = text.live.byte_slice(range.clone()).to_string();
                match is_ours {
                    true => text.misplaces(range.clone(), &typed),
                    false => text.types(range.clone(), &typed),
                };
                // What the user replaces by the same stays.
                let (front, back) = match is_ours {
                    true => (0, 0),
                    false => common(&old, &typed),
                };
                let range = range.start + front..range.end - back;
                let typed = &typed[front..typed.len() - back];
                let live: Vec<usize> = (0..cells.len()).filter(|&at| cells[at].is_live).collect();
                let removed = &live[range.clone()];
                for &index in removed {
                    cells[index].is_live = false;
                    cells[index].is_wanted &= is_ours;
                }
                let next = live.get(range.start).copied().unwrap_or(cells.len());
                let at = removed.last().map_or(next, |last| last + 1);
                cells.splice(at..at, typed.chars().map(|it| cell(it, !is_ours)));
            }
            let wanted = cells.iter().filter(|cell| cell.is_wanted);
            let wanted: String = wanted.map(|cell| cell.character).collect();
            prop_assert_eq!(text.repaired(), wanted);
        }
    }
}
