//! What shows in the document, and what of it is ours.

use std::ops::Range;

use fast_apply_text::{Drift, DriftRegion, Splice, splice};
use ropey::Rope;

use crate::event::{EditAnswer, Millis, Ticket};
use crate::flight::{Flight, Part, Purpose, is_put};
use crate::session::{Goal, Session};
use crate::strays::Repair;
use crate::target::Change;

impl Session {
    /// Takes in one change of the document, in wire order.
    pub(crate) fn changed(&mut self, before: &Rope, after: &Rope, change: &Splice) {
        self.told = false;
        if let Some(repair) = self.strays.take_repair(before, after) {
            self.foreign.record(change, &self.ours, after);
            self.take_sent_repair(&repair);
            return;
        }
        if let Some((index, place)) = self.put_in_place(before, after) {
            return self.take_in_place(index, place, before, after);
        }
        match self.put_elsewhere(before, after) {
            Some((index, put)) if !self.completes(index, change, after) => {
                // The client had newer text than the edit was made for, and no check.
                self.strays.put(before, after, &put);
                self.take_sent(index);
            }
            _ => self.strays.follow(before, after, change),
        }
        self.foreign.record(change, &self.ours, after);
    }

    /// Takes in that an edit was put where it belongs.
    fn take_in_place(&mut self, index: usize, place: Range<usize>, before: &Rope, after: &Rope) {
        if let Purpose::Change(change) = self.take_sent(index) {
            self.foreign.carry(&change.splice());
            self.land(&change);
            let inserted = change.text.len();
            let range = place;
            self.strays
                .follow(before, after, &Splice { range, inserted });
        }
    }

    /// Takes in that something was taken back, if that was us.
    fn take_sent_repair(&mut self, repair: &Repair) {
        let is_it = |part: &Part| match &part.purpose {
            Purpose::Repair(sent) => sent.text == repair.text,
            Purpose::Change(_) => false,
        };
        // One that was refused before is the less likely one.
        if let Some(index) = self.sent.iter().rposition(is_it) {
            self.take_sent(index);
            self.attempts = 0;
        }
    }

    /// Which of the sent edits a change of the document can be, if it was put where it belongs, and that place.
    ///
    /// What can be an edit in its place is that: by the positions that were sent it might as well stand a line further
    /// down, where the text goes on in the same way and the client tells of the edits above it first.
    fn put_in_place(&self, before: &Rope, after: &Rope) -> Option<(usize, Range<usize>)> {
        self.sent.iter().enumerate().find_map(|(index, part)| {
            let Purpose::Change(change) = &part.purpose else {
                return None;
            };
            let place = self.place_for(change)?;
            is_put(before, after, &place, &change.text).then_some((index, place))
        })
    }

    /// Which of the sent edits a change of the document can be by its positions, and what was put where.
    fn put_elsewhere(&self, before: &Rope, after: &Rope) -> Option<(usize, Splice)> {
        self.sent.iter().enumerate().find_map(|(index, part)| {
            let put = part.put_at(before, after, self.encoding)?;
            Some((index, put))
        })
    }

    /// Whether a change is the last step of a deletion that the client makes in several: Neovim deletes the end of a
    /// file up to its last line break and then that. By its positions alone such a step looks like the deletion in
    /// another place. Nothing of the user's may be lost with it, so there must be nothing but the steps before.
    fn completes(&self, index: usize, change: &Splice, after: &Rope) -> bool {
        let purpose = &self.sent[index].purpose;
        let Purpose::Change(sent) = purpose else {
            return false;
        };
        let mut touched = self.foreign.regions().iter().filter(|region| {
            region.from.start <= sent.range.end && sent.range.start <= region.from.end
        });
        let is_at_end = sent.text.is_empty() && sent.range.end == self.ours.len_bytes();
        if !is_at_end || !touched.all(|region| region.to.is_empty()) {
            return false;
        }
        let mut foreign = self.foreign.clone();
        foreign.record(change, &self.ours, after);
        self.seen(purpose, &foreign, after).is_some()
    }

    /// Takes in that a change notification is complete.
    pub(crate) fn notified(&mut self, mirror: &Rope, now: Millis) {
        self.last_heard = now;
        self.see(mirror);
    }

    /// Takes in the client's answer to an edit. What it says is believed only if it is a refusal, and not for ever.
    /// `version` is the document's by now.
    pub(crate) fn answered(
        &mut self,
        ticket: Ticket,
        answer: EditAnswer,
        version: i32,
        now: Millis,
    ) {
        let Some(flight) = &mut self.flight else {
            return;
        };
        if flight.ticket != ticket {
            return;
        }
        self.last_heard = now;
        match answer {
            EditAnswer::Applied => flight.applied = Some(now),
            EditAnswer::Refused(reason) => {
                self.refusal = reason;
                // A user who types faster than edits come is no reason to give up.
                let is_explained = version > flight.version;
                let attempts = self.attempts;
                self.recall();
                if is_explained {
                    self.attempts = attempts;
                }
            }
        }
    }

    /// Moves what the document has by now into ours.
    fn see(&mut self, mirror: &Rope) {
        let mut at = 0;
        while let Some(part) = self.sent.get(at) {
            let Some((change, hull)) = self.seen(&part.purpose, &self.foreign, mirror) else {
                at += 1;
                continue;
            };
            let kept = hull.from.len() - change.range.len();
            self.foreign.absorb(&Splice {
                range: hull.from,
                inserted: kept + change.text.len(),
            });
            self.take_sent(at);
            self.land(&change);
        }
    }

    /// The change this part makes, if the document has it, and the region in which it shows. `foreign` leads from ours to
    /// the mirror.
    fn seen(
        &self,
        purpose: &Purpose,
        foreign: &Drift,
        mirror: &Rope,
    ) -> Option<(Change, DriftRegion)> {
        let Purpose::Change(change) = purpose else {
            return None;
        };
        [change.range.clone(), change.slid(&self.ours)]
            .map(|range| foreign.hull(&range))
            .into_iter()
            .find(|hull| self.shows(change, hull, mirror))
            .map(|hull| (change.clone(), hull))
    }

    /// Takes a part of an edit for seen.
    fn take_sent(&mut self, index: usize) -> Purpose {
        let part = self.sent.remove(index);
        if self.flight.is_none()
            && let Some(refused) = self
                .refused
                .take_if(|refused| refused.ticket == part.ticket)
        {
            self.flight = Some(Flight {
                applied: Some(self.last_heard),
                ..refused
            });
        }
        part.purpose
    }

    /// Takes a change of the document into ours.
    fn land(&mut self, change: &Change) {
        splice(&mut self.ours, change.range.clone(), &change.text);
        let landed = change.splice();
        self.mine.record(&landed, &self.original, &self.ours);
        self.move_sent(&landed);
        self.attempts = 0;
        if let Goal::Restore(_) = self.goal {
            // Also where it was refused before the cancel and comes after it.
            self.over = None;
        }
    }

    /// Whether the document has this change, and nothing else, in the hull of it.
    fn shows(&self, change: &Change, hull: &DriftRegion, mirror: &Rope) -> bool {
        let kept = hull.from.len() - change.range.len() + change.text.len();
        if hull.to.len() != kept || (change.range.is_empty() && change.text.is_empty()) {
            return false;
        }
        let ours = |range| self.ours.byte_slice(range).to_string();
        let expected = ours(hull.from.start..change.range.start)
            + &change.text
            + &ours(change.range.end..hull.from.end);
        mirror.byte_slice(hull.to.clone()) == expected.as_str()
    }

    /// Keeps sent changes in terms of ours, which has just changed. Those it runs into are void.
    fn move_sent(&mut self, landed: &Splice) {
        self.sent.retain_mut(|part| {
            let Purpose::Change(change) = &mut part.purpose else {
                return true;
            };
            if change.range.start >= landed.range.end {
                change.range = landed.moved(&change.range);
                return true;
            }
            change.range.end <= landed.range.start
        });
    }

    /// How many parts of an edit have not been seen.
    pub(super) fn unseen(&self, flight: &Flight) -> usize {
        let of_flight = |part: &&Part| part.ticket == flight.ticket;
        self.sent.iter().filter(of_flight).count()
    }

    /// Takes what is in flight and unseen for lost, for now.
    pub(super) fn recall(&mut self) {
        let Some(flight) = self.flight.take() else {
            return;
        };
        if self.unseen(&flight) == flight.parts {
            self.attempts += 1;
        }
        self.newer_than = Some(flight.version);
        self.refused = Some(flight);
    }
}
