//! One run of the action on one document: a state machine without I/O and without a clock.
//!
//! Three texts are kept apart. The *original* is what the action started on. *Ours* is the original with those of our
//! edits that have been seen in the document: nothing is taken for landed because a client says so. The *mirror* is
//! the document as the client tells it. `mine` leads from the original to ours, `foreign` from ours to the mirror.
//! Whatever is in `foreign` is the user's, so an edit is only ever sent to a place that `foreign` leaves alone.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fast_apply_apply::Stats;
use fast_apply_text::{
    Document, Drift, DriftRegion, Encoding, PositionRange, SourceText, Splice, StreamingDiff,
    splice,
};
use ropey::Rope;

use crate::event::{EditAnswer, Ending, HunkReport, Millis, Phase, SessionId, Ticket, Work};
use crate::flight::{Flight, Part, Purpose, Repair};
use crate::settings::Granularity;
use crate::target::{Change, Stretch, Target};

/// Lines around a hunk in which the user must not have typed.
const CONTEXT_LINES: usize = 2;
/// How long a client may stay silent about an edit.
const SILENCE: Millis = 10_000;
/// How long an edit that the client says it applied may be missing from newer text before it counts as dropped.
/// Stock Neovim tells of a change 150 ms late.
const GRACE: Millis = 400;
/// How often an edit is sent before the session gives up.
const ATTEMPTS: u32 = 3;
/// Edits that a result may take beside two for each of its hunks; an editor that needs more undoes what we do.
const SPARE_EDITS: usize = 20;
/// The shortest time between two edits while text is streamed token by token.
const TOKEN_INTERVAL: Millis = 25;

/// What a session is made of.
pub(crate) struct Start {
    pub(crate) id: SessionId,
    pub(crate) source: SourceText,
    pub(crate) granularity: Granularity,
    pub(crate) encoding: Encoding,
    /// Whether the output is the result, so that it can be shown while it is written.
    pub(crate) streams: bool,
    /// Whether the client applies edits made for older versions.
    pub(crate) never_drops: bool,
    pub(crate) cancel: Arc<AtomicBool>,
    pub(crate) now: Millis,
}

/// One run of the action on one document.
pub(crate) struct Session {
    pub(crate) id: SessionId,
    source: SourceText,
    granularity: Granularity,
    encoding: Encoding,
    never_drops: bool,
    cancel: Arc<AtomicBool>,
    original: Rope,
    ours: Rope,
    mine: Drift,
    foreign: Drift,
    /// Finds hunks in the output, while that is of use.
    diff: Option<StreamingDiff>,
    target: Target,
    goal: Goal,
    work_done: bool,
    stats: Option<Box<Stats>>,
    message: Option<String>,
    flight: Option<Flight>,
    /// The last edit that was refused. If some of it shows all the same, the rest may be on its way.
    refused: Option<Flight>,
    /// What was sent and has not been seen. Also what was refused: a client can lie.
    sent: Vec<Part>,
    repairs: Vec<Repair>,
    /// After a refusal nothing is sent before a version newer than this.
    newer_than: Option<i32>,
    refusal: String,
    attempts: u32,
    /// Edits sent since the goal was set.
    edits: usize,
    last_sent: Millis,
    last_heard: Millis,
    percent: u8,
    damaged: bool,
    /// The lines of hunks that were begun and could not be completed.
    given_up: Vec<String>,
    over: Option<Phase>,
    told: bool,
}

/// What a session is after.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Goal {
    /// The result, which is not known yet.
    Write,
    /// The result, which is known.
    Land,
    /// The original, and then to end like this.
    Restore(Phase),
}

/// Something a session wants.
#[derive(Debug)]
pub(crate) enum Action {
    /// Send these edits for this version.
    Edit {
        ticket: Ticket,
        version: i32,
        edits: Vec<(PositionRange, String)>,
    },
    /// Tell how it goes.
    Tell,
    /// Look again at this time.
    WakeAt(Millis),
}

impl Session {
    pub(crate) fn new(start: Start) -> Session {
        let original = Rope::from_str(start.source.text());
        Session {
            id: start.id,
            diff: start
                .streams
                .then(|| StreamingDiff::new(start.source.model_text())),
            source: start.source,
            granularity: start.granularity,
            encoding: start.encoding,
            never_drops: start.never_drops,
            cancel: start.cancel,
            ours: original.clone(),
            original,
            mine: Drift::default(),
            foreign: Drift::default(),
            target: Target::default(),
            goal: Goal::Write,
            work_done: false,
            stats: None,
            message: None,
            flight: None,
            refused: None,
            sent: Vec::new(),
            given_up: Vec::new(),
            repairs: Vec::new(),
            newer_than: None,
            refusal: String::new(),
            attempts: 0,
            edits: 0,
            last_sent: 0,
            last_heard: start.now,
            percent: 0,
            damaged: false,
            over: None,
            told: false,
        }
    }

    /// Whether it still has something to do.
    pub(crate) fn runs(&self) -> bool {
        self.over.is_none()
    }

    /// Whether edits of it can be taken back.
    pub(crate) fn can_undo(&self) -> bool {
        !self.runs()
            && self
                .stretches()
                .iter()
                .any(|stretch| self.has_landed(stretch))
    }

    pub(crate) fn phase(&self) -> Phase {
        self.over.unwrap_or(match self.percent {
            0 => Phase::Started,
            _ => Phase::Hunk,
        })
    }

    pub(crate) fn percent(&self) -> u8 {
        match self.over {
            Some(_) => 100,
            None => self.percent,
        }
    }

    pub(crate) fn stats(&self) -> Option<&Stats> {
        self.stats.as_deref()
    }

    pub(crate) fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// Takes in news of the work.
    pub(crate) fn work(&mut self, news: Work) {
        match news {
            Work::Prompt { done, total } => {
                self.percent = self.percent.max((done * 20 / total.max(1)) as u8);
            }
            Work::Text(text) => self.write(&text),
            Work::Settled(text) => self.settle(&text),
            Work::Ended(ending) => self.end_work(ending),
        }
        self.told = false;
    }

    fn write(&mut self, text: &str) {
        let Some(diff) = &mut self.diff else { return };
        let hunks = diff.push(text);
        for hunk in hunks {
            let lines = diff.lines(hunk.rewritten);
            self.target.add_lines(&self.source, hunk.original, lines);
        }
        if self.granularity == Granularity::Token
            && let Some((line, written)) = diff.open()
            && !written.is_empty()
        {
            let lines = diff.lines(written);
            self.target.add_lines(&self.source, line..line, lines);
        }
        let share = diff.text().len() * 79 / self.source.model_text().len().max(1);
        self.percent = self.percent.max(20 + share.min(79) as u8);
    }

    fn settle(&mut self, text: &str) {
        self.diff = None;
        if self.goal == Goal::Write {
            self.target = Target::of_text(self.source.text(), text);
            self.goal = Goal::Land;
            self.edits = 0;
            self.percent = self.percent.max(20);
        }
    }

    fn end_work(&mut self, ending: Ending) {
        self.work_done = true;
        self.stats = Some(ending.stats);
        if let Goal::Restore(_) = self.goal {
            return;
        }
        self.message = ending.message;
        match ending.text {
            Some(text) => self.settle(&text),
            None => self.restore(Phase::Refused),
        }
    }

    /// Takes in that the user wants it stopped and put back.
    pub(crate) fn cancel(&mut self) {
        if self.runs() {
            self.message = None;
            self.restore(Phase::Cancelled);
        }
    }

    /// Takes in that the user wants a finished session's edits put back.
    pub(crate) fn undo(&mut self) {
        if self.can_undo() {
            self.over = None;
            self.attempts = 0;
            self.newer_than = None;
            self.message = None;
            self.restore(Phase::Cancelled);
        }
    }

    fn restore(&mut self, phase: Phase) {
        self.cancel.store(true, Ordering::Relaxed);
        self.diff = None;
        self.target = Target::default();
        self.goal = Goal::Restore(phase);
        self.edits = 0;
        self.told = false;
    }

    /// Ends it where it is.
    pub(crate) fn stop(&mut self, phase: Phase, message: String) {
        self.cancel.store(true, Ordering::Relaxed);
        self.diff = None;
        self.message = Some(message);
        self.damaged |= !self.repairs.is_empty()
            || self
                .sent
                .iter()
                .any(|part| matches!(part.purpose, Purpose::Repair(_)));
        self.end(phase);
    }

    /// Takes in one change of the document, in wire order.
    pub(crate) fn changed(&mut self, before: &Rope, after: &Rope, change: &Splice) {
        self.told = false;
        self.repairs
            .retain(|repair| !repair.is_done_by(before, after));
        let put = self.sent.iter().enumerate().find_map(|(index, part)| {
            let place = part.put_at(before, after, self.encoding)?;
            Some((index, place))
        });
        let Some((index, place)) = put else {
            self.foreign.record(change, &self.ours, after);
            self.follow(change);
            return;
        };
        let meant = match &self.sent[index].purpose {
            Purpose::Change(change) => self.place_for(change),
            Purpose::Repair(repair) => Some(repair.range.clone()),
        };
        if meant.as_ref() != Some(&place) && self.completes(index, change, after) {
            self.foreign.record(change, &self.ours, after);
            self.follow(change);
            return;
        }
        let purpose = self.take_sent(index);
        if let Purpose::Change(change) = &purpose
            && meant.as_ref() == Some(&place)
        {
            self.foreign.carry(&change.range, change.text.len());
            self.land(change);
            self.follow(&Splice {
                range: place,
                inserted: change.text.len(),
            });
            return;
        }
        self.foreign.record(change, &self.ours, after);
        if meant.as_ref() == Some(&place) {
            self.follow(change);
            return;
        }
        // The client had newer text than the edit was made for, and no check.
        let repair = Repair::of(before, place, purpose.text());
        if let Purpose::Repair(undone) = purpose {
            self.repairs.push(undone);
        }
        self.follow(change);
        self.repairs.insert(0, repair);
    }

    /// Whether a change is the last step of an edit that the client makes in several: Neovim deletes the end of a file
    /// up to its last line break and then that. By its positions alone such a step looks like the edit in another place.
    fn completes(&self, index: usize, change: &Splice, after: &Rope) -> bool {
        let Purpose::Change(sent) = &self.sent[index].purpose else {
            return false;
        };
        let mut foreign = self.foreign.clone();
        foreign.record(change, &self.ours, after);
        [sent.range.clone(), sent.slid(&self.ours)]
            .map(|range| foreign.hull(&range))
            .iter()
            .any(|hull| self.shows(sent, hull, after))
    }

    /// Keeps repairs in terms of the client's text, which has just changed.
    fn follow(&mut self, change: &Splice) {
        let known = self.repairs.len() + self.sent.len();
        self.repairs.retain_mut(|repair| repair.follow(change));
        self.sent.retain_mut(|part| match &mut part.purpose {
            Purpose::Repair(repair) => repair.follow(change),
            Purpose::Change(_) => true,
        });
        self.damaged |= self.repairs.len() + self.sent.len() < known;
    }

    /// Takes in that a change notification is complete.
    pub(crate) fn notified(&mut self, mirror: &Rope, now: Millis) {
        self.last_heard = now;
        self.see(mirror);
    }

    /// Takes in the client's answer to an edit. What it says is believed only if it is a refusal, and not for ever.
    pub(crate) fn answered(&mut self, ticket: Ticket, answer: EditAnswer, now: Millis) {
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
                self.recall();
            }
        }
    }

    /// Moves what the document has by now into ours.
    fn see(&mut self, mirror: &Rope) {
        let mut at = 0;
        while let Some(part) = self.sent.get(at) {
            let Some((change, hull)) = self.seen(&part.purpose, mirror) else {
                at += 1;
                continue;
            };
            let kept = hull.from.len() - change.range.len();
            self.foreign.absorb(hull.from, kept + change.text.len());
            self.take_sent(at);
            self.land(&change);
        }
    }

    /// The change this part makes, if the document has it, and the region in which it shows.
    fn seen(&self, purpose: &Purpose, mirror: &Rope) -> Option<(Change, DriftRegion)> {
        let Purpose::Change(change) = purpose else {
            return None;
        };
        [change.range.clone(), change.slid(&self.ours)]
            .map(|range| self.foreign.hull(&range))
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
        let landed = Splice {
            range: change.range.clone(),
            inserted: change.text.len(),
        };
        self.mine.record(&landed, &self.original, &self.ours);
        self.move_sent(&landed);
        self.attempts = 0;
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
                let moved = |offset: usize| offset + landed.inserted - landed.range.len();
                change.range = moved(change.range.start)..moved(change.range.end);
                return true;
            }
            change.range.end <= landed.range.start
        });
    }

    /// How many parts of an edit have not been seen.
    fn unseen(&self, flight: &Flight) -> usize {
        let of_flight = |part: &&Part| part.ticket == flight.ticket;
        self.sent.iter().filter(of_flight).count()
    }

    /// Takes what is in flight and unseen for lost, for now.
    fn recall(&mut self) {
        let Some(flight) = self.flight.take() else {
            return;
        };
        if self.unseen(&flight) == flight.parts {
            self.attempts += 1;
        }
        self.newer_than = Some(flight.version);
        let repairs = &mut self.repairs;
        self.sent.retain(|part| match &part.purpose {
            Purpose::Repair(repair) => {
                repairs.insert(0, repair.clone());
                false
            }
            Purpose::Change(_) => true,
        });
        self.refused = Some(flight);
    }

    /// Does what can be done now.
    pub(crate) fn advance(
        &mut self,
        mirror: &Document,
        now: Millis,
        next_ticket: &mut dyn FnMut() -> Ticket,
    ) -> Vec<Action> {
        let mut actions = Vec::new();
        if self.runs() {
            self.step(mirror, now, next_ticket, &mut actions);
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
        if self.attempts >= ATTEMPTS {
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
            let reason = format!("Stopped: the editor refused the edit ({}).", self.refusal);
            return self.stop(Phase::Stopped, reason);
        }
        // A client without a version check has no reason to refuse: it may have applied the edit all the same.
        if self.newer_than.is_some() && self.never_drops && now < self.last_heard + GRACE {
            actions.push(Action::WakeAt(self.last_heard + GRACE));
            return;
        }
        self.newer_than = None;
        let streams = self.granularity == Granularity::Token && self.goal == Goal::Write;
        if streams && now < self.last_sent + TOKEN_INTERVAL {
            actions.push(Action::WakeAt(self.last_sent + TOKEN_INTERVAL));
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
            edits.push((positions, purpose.text().to_owned()));
            // The same change sent again is no lost one any more.
            self.sent.retain(|part| match (&part.purpose, &purpose) {
                (Purpose::Change(one), Purpose::Change(other)) => one != other,
                _ => true,
            });
            self.sent.push(Part {
                ticket,
                purpose,
                positions,
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
        self.flight = None;
        self.stop(
            Phase::Unconfirmed,
            "The editor did not say what became of the last edit; look it over.".to_owned(),
        );
        None
    }

    /// What to send next, and where to.
    fn next_purposes(&mut self) -> Vec<(Range<usize>, Purpose)> {
        if !self.repairs.is_empty() {
            let repair = self.repairs.remove(0);
            return vec![(repair.range.clone(), Purpose::Repair(repair))];
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
    fn place_for(&self, change: &Change) -> Option<Range<usize>> {
        match change.reverts {
            true => self.foreign.find_within(&change.range),
            false => self.foreign.find(&change.range),
        }
    }

    fn end_if_done(&mut self) {
        let (phase, done, left) = match self.goal {
            Goal::Write => return,
            Goal::Land if !self.work_done => return,
            Goal::Land => (Phase::Finished, "Left out", self.left_out()),
            Goal::Restore(phase) => (phase, "Kept", self.left_out()),
        };
        if !left.is_empty() {
            let lines = left.join(", ");
            self.say(format!("{done}, because you have edited there: {lines}."));
        }
        self.end(phase);
    }

    fn end(&mut self, phase: Phase) {
        if self.damaged {
            self.say("An edit landed in the wrong place while you typed; look it over.".to_owned());
        }
        self.over = Some(phase);
        self.told = false;
    }

    /// Hunks that have landed in part and cannot be completed shall go. Whether there are any.
    fn give_up_begun(&mut self) -> bool {
        let begun: Vec<Stretch> = self
            .stretches()
            .into_iter()
            .filter(|stretch| stretch.change.as_ref().is_some_and(|it| !it.reverts))
            .filter(|stretch| self.mine.touches(&stretch.original))
            .collect();
        for stretch in &begun {
            self.target.give_up(&stretch.original);
            let line = self.original.byte_to_line(stretch.original.start) + 1;
            self.given_up.push(format!("line {line}"));
        }
        !begun.is_empty()
    }

    fn say(&mut self, sentence: String) {
        self.message = Some(match self.message.take() {
            Some(before) => format!("{before} {sentence}"),
            None => sentence,
        });
    }

    /// The lines of what was not done, as people count them.
    fn left_out(&self) -> Vec<String> {
        let still: Vec<String> = self
            .stretches()
            .iter()
            .filter_map(|stretch| stretch.change.as_ref())
            .map(|change| format!("line {}", self.ours.byte_to_line(change.range.start) + 1))
            .collect();
        [self.given_up.clone(), still].concat()
    }

    fn stretches(&self) -> Vec<Stretch> {
        self.target
            .stretches(&self.original, &self.ours, &self.mine)
    }

    /// Whether a stretch has changed in the document.
    fn has_landed(&self, stretch: &Stretch) -> bool {
        self.mine.touches(&stretch.original) && self.foreign.find_within(&stretch.ours).is_some()
    }

    /// What it changes, where the document is now.
    pub(crate) fn hunks(&self, mirror: &Document) -> Vec<HunkReport> {
        if matches!(self.goal, Goal::Restore(_)) && !self.runs() {
            return Vec::new();
        }
        self.stretches()
            .into_iter()
            .map(|stretch| HunkReport {
                id: stretch.original.start as u64,
                range: mirror.positions(self.foreign.hull(&stretch.ours).to, self.encoding),
                kind: stretch.kind.name(),
                landed: stretch.change.is_none() && self.has_landed(&stretch),
            })
            .collect()
    }
}
