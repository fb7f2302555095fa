//! What to send, where to and when.

use std::ops::Range;

use fast_apply_text::Document;

use crate::event::{Millis, Phase, Ticket};
use crate::final_break::ahead_of_final_break;
use crate::flight::{Flight, Part, Purpose};
use crate::session::{Action, Goal, Session};
use crate::settings::Granularity;
use crate::target::Change;

/// Lines around a hunk in which the user must not have typed.
const CONTEXT_LINES: usize = 2;
/// How long a client may stay silent about an edit.
const SILENCE: Millis = 10_000;
/// How long an edit that the client says it applied may be missing from newer text before it counts as dropped.
/// Stock Neovim tells of a change 150 ms late.
const GRACE: Millis = 400;
/// How often an edit is sent before the session gives up.
const ATTEMPTS: u32 = 3;
/// How often in a row the client may refuse to have taken back what it has put into the wrong place, or not say what
/// became of that.
const REPAIR_ATTEMPTS: u32 = 6;
/// Edits that a result may take beside two for each of its hunks; an editor that needs more undoes what we do.
const SPARE_EDITS: usize = 20;
/// The shortest time between two edits while text is streamed token by token.
const TOKEN_INTERVAL: Millis = 25;

impl Session {
    /// Does what can be done now; no edit is sent before `earliest`.
    pub(crate) fn advance(
        &mut self,
        mirror: &Document,
        now: Millis,
        earliest: Millis,
        next_ticket: &mut dyn FnMut() -> Ticket,
    ) -> Vec<Action> {
        let mut actions = Vec::new();
        if self.runs() {
            self.step(mirror, now, earliest, next_ticket, &mut actions);
        }
        if !self.told {
            self.told = true;
            actions.push(Action::Tell);
        }
        actions
    }

    fn step(
        &mut self,
        mirror: &Document,
        now: Millis,
        earliest: Millis,
        next_ticket: &mut dyn FnMut() -> Ticket,
        actions: &mut Vec<Action>,
    ) {
        if let Some(wake) = self.wait_for_flight(mirror, now) {
            actions.push(Action::WakeAt(wake));
            return;
        }
        if !self.runs() {
            return;
        }
        if !self.may_try_again() {
            let reason = match self.refusal.is_empty() {
                true => "the editor did not take the edit".to_owned(),
                false => format!("the editor refused the edit ({})", self.refusal),
            };
            return self.stop(Phase::Stopped, format!("Stopped: {reason}."));
        }
        if self
            .newer_than
            .is_some_and(|version| mirror.version() <= version)
        {
            if now < self.last_heard + SILENCE {
                actions.push(Action::WakeAt(self.last_heard + SILENCE));
                return;
            }
            if self.strays.is_empty() {
                let reason = format!("Stopped: the editor refused the edit ({}).", self.refusal);
                return self.stop(Phase::Stopped, reason);
            }
        }
        // A client without a version check has no reason to refuse: it may have applied the edit all the same.
        if self.newer_than.is_some() && self.never_drops && now < self.last_heard + GRACE {
            actions.push(Action::WakeAt(self.last_heard + GRACE));
            return;
        }
        self.newer_than = None;
        let streams = self.granularity == Granularity::Token && self.goal == Goal::Write;
        let interval = if streams { TOKEN_INTERVAL } else { 0 };
        let earliest = earliest.max(self.last_sent + interval);
        if now < earliest {
            actions.push(Action::WakeAt(earliest));
            return;
        }
        let mut purposes = self.next_purposes();
        let is_complete = self.goal == Goal::Land && self.work_done;
        if purposes.is_empty() && is_complete && self.give_up_begun() {
            purposes = self.next_purposes();
        }
        if purposes.is_empty() {
            return self.end_if_done();
        }
        self.edits += 1;
        if self.goal != Goal::Write && self.edits > 2 * self.stretches().len() + SPARE_EDITS {
            let reason = "Stopped: the editor keeps changing what is written.";
            return self.stop(Phase::Stopped, reason.to_owned());
        }
        let ticket = next_ticket();
        let mut edits = Vec::new();
        self.flight = Some(Flight {
            ticket,
            version: mirror.version(),
            applied: None,
            parts: purposes.len(),
        });
        for (place, purpose) in purposes {
            let positions = mirror.positions(place, self.encoding);
            let (positions, text) =
                ahead_of_final_break(mirror.text(), positions, purpose.text(), self.encoding);
            edits.push((positions, text.clone()));
            // The same change sent again is no lost one any more.
            self.sent.retain(|part| match (&part.purpose, &purpose) {
                (Purpose::Change(one), Purpose::Change(other)) => one != other,
                (Purpose::Repair(one), Purpose::Repair(other)) => one != other,
                _ => true,
            });
            self.sent.push(Part {
                ticket,
                purpose,
                positions,
                text,
            });
        }
        self.last_sent = now;
        self.last_heard = now;
        actions.push(Action::Edit {
            ticket,
            version: mirror.version(),
            edits,
        });
        actions.push(Action::WakeAt(now + SILENCE));
    }

    /// When to look at what is in flight again; none if nothing is, any more.
    fn wait_for_flight(&mut self, mirror: &Document, now: Millis) -> Option<Millis> {
        let flight = self.flight.as_ref()?;
        let silent_until = self.last_heard + SILENCE;
        if now >= silent_until && self.unseen(flight) == 0 {
            // The text has said it all.
            self.flight = None;
            return None;
        }
        let Some(applied) = flight.applied else {
            return self.wait_until(silent_until, now);
        };
        if self.unseen(flight) == 0 {
            self.flight = None;
            return None;
        }
        // Only text that is newer than the edit and lacks it tells that it was dropped; and the client may have sent
        // that text before it came to the edit.
        if mirror.version() > flight.version && !self.never_drops {
            let dropped_at = applied.max(self.last_heard) + GRACE;
            if now < dropped_at {
                return Some(dropped_at);
            }
            self.recall();
            self.newer_than = None;
            return None;
        }
        self.wait_until(silent_until, now)
    }

    fn wait_until(&mut self, end: Millis, now: Millis) -> Option<Millis> {
        if now < end {
            return Some(end);
        }
        if !self.strays.is_empty() && self.may_try_again() {
            // What is in the wrong place cannot stay there.
            self.recall();
            self.newer_than = None;
            return None;
        }
        self.flight = None;
        self.stop(
            Phase::Unconfirmed,
            "The editor did not say what became of the last edit; look it over.".to_owned(),
        );
        None
    }

    /// Whether the client has not yet refused too often.
    fn may_try_again(&self) -> bool {
        self.attempts
            < match self.strays.is_empty() {
                true => ATTEMPTS,
                false => REPAIR_ATTEMPTS,
            }
    }

    /// What to send next, and where to.
    fn next_purposes(&self) -> Vec<(Range<usize>, Purpose)> {
        if !self.strays.is_empty() {
            let repairs = self.strays.repairs().into_iter();
            return repairs
                .map(|repair| (repair.range.clone(), Purpose::Repair(repair)))
                .collect();
        }
        let whole = match self.goal {
            Goal::Restore(_) => true,
            Goal::Land => self.granularity == Granularity::Whole,
            Goal::Write if self.granularity == Granularity::Whole => return Vec::new(),
            Goal::Write => false,
        };
        let changes = self.stretches().into_iter().filter_map(|it| it.change);
        let placed = changes.filter_map(|change| {
            let place = self.place_of(&change)?;
            Some((place, Purpose::Change(change)))
        });
        placed.take(if whole { usize::MAX } else { 1 }).collect()
    }

    /// Where a change goes in the document, unless the user has been there.
    fn place_of(&self, change: &Change) -> Option<Range<usize>> {
        if change.reverts {
            return self.place_for(change);
        }
        let first = self.ours.byte_to_line(change.range.start);
        let last = self.ours.byte_to_line(change.range.end);
        let start = self.ours.line_to_byte(first.saturating_sub(CONTEXT_LINES));
        let end = match last + CONTEXT_LINES + 1 {
            line if line < self.ours.len_lines() => self.ours.line_to_byte(line) - 1,
            _ => self.ours.len_bytes(),
        };
        if self.foreign.touches(&(start..end.max(change.range.end))) {
            return None;
        }
        self.place_for(change)
    }

    /// Where a change belongs in the document as it is now.
    pub(super) fn place_for(&self, change: &Change) -> Option<Range<usize>> {
        match change.reverts {
            true => self.foreign.find_within(&change.range),
            false => self.foreign.find(&change.range),
        }
    }
}
