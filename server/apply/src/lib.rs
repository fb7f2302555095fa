//! One suggested edit applied to one text: modes, decisions, statistics.
//!
//! ```text
//! SourceText + Suggestion --suggest--> merge --engine (drafts from it)--> rewrite
//!                                        \________________________________/
//!                                         decision --text--> the new text
//! ```

mod applier;
mod decision;
mod error;
mod options;
mod output;
#[cfg(feature = "replay")]
mod replay;
mod rewrite_engine;
mod rewriter;
mod stats;

pub use applier::{Applier, Event, Outcome, Request};
pub use error::ApplyError;
pub use options::{Mode, Options};
#[cfg(feature = "replay")]
pub use replay::Replay;
pub use rewriter::Rewriter;
pub use stats::{Guard, OutcomeKind, Source, Stats, StopKind};
