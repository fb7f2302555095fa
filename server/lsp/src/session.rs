//! One run of the action on one document: a state machine without I/O and without a clock.
//!
//! Three texts are kept apart. The *original* is what the action started on. *Ours* is the original with those of our
//! edits that have been seen in the document: nothing is taken for landed because a client says so. The *mirror* is
//! the document as the client tells it. `mine` leads from the original to ours, `foreign` from ours to the mirror.
//! Whatever is in `foreign` is the user's, so an edit is only ever sent to a place that `foreign` leaves alone. What a
//! client puts into another place all the same is also among the [`strays`](crate::strays), until it is taken back; that
//! comes before all else.
//!
//! [`landing`] follows the mirror, [`sending`] decides what to send; here is what they share, and how a session goes on.

mod landing;
mod sending;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fast_apply_apply::Stats;
use fast_apply_text::{Document, Drift, Encoding, PositionRange, SourceText, StreamingDiff};
use ropey::Rope;

use crate::event::{Ending, HunkReport, Millis, Phase, SessionId, Ticket, Work};
use crate::flight::{Flight, Part};
use crate::settings::Granularity;
use crate::strays::Strays;
use crate::target::{Stretch, Target};

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
    /// What landed in the wrong place and has not been taken back.
    strays: Strays,
    /// After a refusal nothing is sent before a version newer than this.
    newer_than: Option<i32>,
    refusal: String,
    attempts: u32,
    /// Edits sent since the goal was set.
    edits: usize,
    last_sent: Millis,
    last_heard: Millis,
    percent: u8,
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
            strays: Strays::default(),
            newer_than: None,
            refusal: String::new(),
            attempts: 0,
            edits: 0,
            last_sent: 0,
            last_heard: start.now,
            percent: 0,
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
        let has_landed = |stretches: Vec<Stretch>| stretches.iter().any(|it| self.has_landed(it));
        !self.runs() && (!self.strays.is_empty() || has_landed(self.stretches()))
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
        self.given_up.clear();
        self.goal = Goal::Restore(phase);
        self.edits = 0;
        self.told = false;
    }

    /// Ends it where it is.
    pub(crate) fn stop(&mut self, phase: Phase, message: String) {
        self.cancel.store(true, Ordering::Relaxed);
        self.diff = None;
        self.message = Some(message);
        self.end(phase);
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
        if !self.strays.is_empty() {
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
