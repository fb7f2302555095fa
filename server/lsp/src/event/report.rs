use fast_apply_apply::Stats;
use fast_apply_text::PositionRange;

use crate::event::{SessionId, Uri};

/// How a session is doing.
#[derive(Clone, Debug)]
pub struct Report {
    /// Which session.
    pub session: SessionId,
    /// Its document.
    pub uri: Uri,
    /// What happened.
    pub phase: Phase,
    /// How much is done, 0 to 100.
    pub percent: u8,
    /// What the session changes, as far as it is known.
    pub hunks: Vec<HunkReport>,
    /// What it took, once known.
    pub stats: Option<Box<Stats>>,
    /// What to say, if anything.
    pub message: Option<String>,
}

/// What happened to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It runs.
    Started,
    /// It goes on: a hunk is known or has landed, or more is read or written.
    Hunk,
    /// All that could be written is.
    Finished,
    /// Cancelled or undone, and put back.
    Cancelled,
    /// Nothing was good enough to write.
    Refused,
    /// It could not go on.
    Stopped,
    /// The editor never told what became of the last edit.
    Unconfirmed,
}

impl Phase {
    /// Whether nothing follows.
    pub fn is_last(self) -> bool {
        !matches!(self, Phase::Started | Phase::Hunk)
    }

    /// The name in `fastApply/event`.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Started => "started",
            Phase::Hunk => "hunk",
            Phase::Finished => "finished",
            Phase::Cancelled => "cancelled",
            Phase::Refused => "refused",
            Phase::Stopped => "stopped",
            Phase::Unconfirmed => "unconfirmed",
        }
    }
}

/// One hunk of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HunkReport {
    /// The same for the whole session.
    pub id: u64,
    /// Where it is in the document now.
    pub range: PositionRange,
    /// `insert`, `delete` or `replace`.
    pub kind: &'static str,
    /// Whether the document has it.
    pub landed: bool,
}
