//! Everything that can happen to the server, and everything it can want done.
//!
//! [`MainLoop::handle`](crate::main_loop::MainLoop::handle) turns one into the other. It does no I/O and reads no
//! clock, so a list of events is a full replay of a run.

mod client;
mod report;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use fast_apply_apply::{Mode, Stats};
use fast_apply_text::{PositionRange, TextChange};
use serde_json::Value;

pub use self::client::Client;
pub use self::report::{HunkReport, Phase, Report};
use crate::settings::Settings;

/// A document as the client names it: the URI's text, never changed.
pub type Uri = Arc<str>;

/// One run of the action on one document. Numbers are never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// A request of the client that waits for [`Effect::Answer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// An edit on its way to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// Milliseconds since the server started.
pub type Millis = u64;

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// The client has introduced itself. Comes first.
    Initialized(Client),
    /// The settings have changed; what was wrong in them has been said.
    Configured(Settings),
    /// The workspace folders are now these; links are resolved at use.
    Folders(Vec<PathBuf>),
    /// A document was opened.
    Opened {
        /// Its name.
        uri: Uri,
        /// Its version.
        version: i32,
        /// Its text.
        text: String,
    },
    /// A document was changed, by the user or by one of our edits.
    Changed {
        /// Its name.
        uri: Uri,
        /// Its new version.
        version: i32,
        /// The changes, each on the text that the one before left.
        changes: Vec<TextChange>,
    },
    /// A document was closed.
    Closed {
        /// Its name.
        uri: Uri,
    },
    /// A command, to be answered at once.
    Command {
        /// Who waits for the answer.
        request: RequestId,
        /// What to do.
        command: Command,
    },
    /// The client's answer to an edit. It proves nothing about the document.
    EditAnswered {
        /// Which edit.
        ticket: Ticket,
        /// What it says.
        answer: EditAnswer,
    },
    /// News of the work on a session.
    Work {
        /// Which session.
        session: SessionId,
        /// What happened.
        news: Work,
    },
    /// The model's state has changed.
    Model(ModelState),
    /// The user has cancelled a session's progress display.
    ProgressCancelled {
        /// Which session.
        session: SessionId,
    },
    /// A time asked for by [`Effect::WakeAt`] has come; also harmless at any other time.
    Woken,
}

/// A command of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `fastApply.suggest`: a suggestion becomes pending.
    Suggest(NewSuggestion),
    /// `fastApply.apply`.
    Apply {
        /// The document.
        uri: Uri,
        /// Its version when the action was offered.
        version: Option<i32>,
        /// What to apply; otherwise the selection or what is pending.
        suggestion: Option<Suggested>,
        /// The selection that holds a pasted sketch.
        range: Option<PositionRange>,
    },
    /// `fastApply.preview`: shows what would change.
    Preview {
        /// The document.
        uri: Uri,
    },
    /// `fastApply.cancel`.
    Cancel {
        /// The document.
        uri: Uri,
    },
    /// `fastApply.keep`: the edit stays and its marks go.
    Keep {
        /// The document.
        uri: Uri,
    },
    /// `fastApply.undo`.
    Undo {
        /// The document.
        uri: Uri,
    },
    /// `fastApply.dismiss`: forgets what is pending.
    Dismiss {
        /// The document.
        uri: Uri,
    },
    /// `fastApply.status`.
    Status,
}

/// A suggestion for a document, from a command or through the socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSuggestion {
    /// The document.
    pub uri: Uri,
    /// What it says.
    pub suggestion: Suggested,
    /// The turns of the chat that led to it.
    pub conversation: Option<String>,
}

/// What a chat model answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggested {
    /// The reply.
    pub text: String,
    /// What it is for, if the caller knows better than the reply's prose.
    pub instruction: Option<String>,
}

/// What a client says about an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditAnswer {
    /// `applied: true`.
    Applied,
    /// `applied: false`, an error, or no answer that can be read; with the reason given.
    Refused(String),
}

/// What the work on a session brings.
#[derive(Debug)]
pub enum Work {
    /// So much of the prompt has been read, in tokens.
    Prompt {
        /// Tokens done.
        done: usize,
        /// Tokens in all.
        total: usize,
    },
    /// This text follows the model's output so far; LF line endings.
    Text(String),
    /// The result is this text whatever else comes; the document's own line endings.
    Settled(String),
    /// Done; nothing follows.
    Ended(Ending),
}

/// How the work on a session ended.
#[derive(Debug)]
pub struct Ending {
    /// The new text with the document's own line endings, unless there is none.
    pub text: Option<String>,
    /// Where it was refused because two results differ: the merge's and the model's.
    pub alternatives: Option<[String; 2]>,
    /// What should be said beside it: why it was refused, or that there was no model.
    pub message: Option<String>,
    /// What it took.
    pub stats: Box<Stats>,
}

/// Whether there is a model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelState {
    /// Its state.
    pub phase: ModelPhase,
    /// Its name, once known.
    pub model: Option<String>,
    /// `cpu`, `cuda` or `metal`, once loaded.
    pub device: Option<String>,
    /// The inner loops, once loaded.
    pub kernels: Option<String>,
    /// What is missing or went wrong, and the way out.
    pub message: Option<String>,
}

/// The state of the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ModelPhase {
    /// There is none.
    #[default]
    Missing,
    /// It is being loaded.
    Loading,
    /// It can be used.
    Ready,
    /// It could not be loaded, or has failed.
    Failed,
}

/// Something to do.
#[derive(Debug)]
pub enum Effect {
    /// Answer a command: a value, or one sentence that says why not.
    Answer {
        /// Who waits.
        request: RequestId,
        /// The answer.
        answer: Result<Value, String>,
    },
    /// Send `workspace/applyEdit` and bring back [`Event::EditAnswered`].
    ApplyEdit {
        /// To be brought back.
        ticket: Ticket,
        /// The document.
        uri: Uri,
        /// The version it is made for.
        version: i32,
        /// The edits, all on that version, not overlapping, in order.
        edits: Vec<(PositionRange, String)>,
    },
    /// Start working on a session and bring back [`Event::Work`].
    Work(Box<Job>),
    /// Get the model ready for this text, LF line endings.
    Warm {
        /// The text of a document.
        text: String,
    },
    /// Tell how a session is doing.
    Report(Report),
    /// Show a sentence to the user.
    Show {
        /// How grave it is.
        gravity: Gravity,
        /// The sentence.
        text: String,
    },
    /// Show a text in a read-only way: a preview.
    ShowDocument {
        /// A file name that says what it is.
        name: String,
        /// What it holds.
        text: String,
    },
    /// Announce that a suggestion is pending, or that none is any more.
    Announce {
        /// The document.
        uri: Uri,
        /// Whether one is pending.
        pending: bool,
    },
    /// Send [`Event::Woken`] at this time.
    WakeAt(Millis),
}

/// How grave a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gravity {
    /// Something failed.
    Error,
    /// Something was left undone.
    Warning,
    /// Something is worth knowing.
    Info,
}

/// One application, for a worker.
#[derive(Debug)]
pub struct Job {
    /// To be brought back.
    pub session: SessionId,
    /// The file's name, for its language and for choosing blocks.
    pub path: String,
    /// The text with its own line endings.
    pub original: String,
    /// The reply.
    pub suggested: Suggested,
    /// The turns of the chat that led to it.
    pub conversation: Option<String>,
    /// Who writes the new text.
    pub mode: Mode,
    /// Whether the model may only copy lines.
    pub strict: bool,
    /// Set to stop at the next verify step.
    pub cancel: Arc<AtomicBool>,
}
