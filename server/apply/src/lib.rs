//! One suggested edit applied to one text: modes, decisions, statistics.
//!
//! ```text
//! SourceText + Suggestion --suggest--> merge --engine (drafts from it)--> rewrite
//!                                        |                                   |
//!                                        | other readings                    |
//!                                        +--engine (judges)--> verdict       |
//!                                        |                        |          |
//!                                        +------------------------+----------+
//!                                                                 decision --text--> the new text
//! ```

mod applier;
mod decision;
mod error;
mod excerpt;
mod guarding;
mod judgement;
mod options;
mod outcome;
mod output;
#[cfg(feature = "replay")]
mod replay;
mod rewrite_engine;
mod rewriter;
mod stats;
mod verdict;

pub use applier::{Applier, Event, Request};
pub use decision::{HOPELESS, chosen_reading};
pub use error::ApplyError;
pub use judgement::Reading;
pub use options::{Mode, Options};
pub use outcome::Outcome;
#[cfg(feature = "replay")]
pub use replay::Replay;
pub use rewriter::Rewriter;
pub use stats::{Guard, OutcomeKind, Source, Stats, StopKind};
