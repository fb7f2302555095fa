//! One suggested edit applied to one text: modes, events, statistics.
//!
//! ```text
//! SourceText + chat reply --suggest--> sketch --engine--> rewrite (LF) --text--> new text
//! ```

mod error;
mod options;
mod output;
mod rewriter;
mod stats;

pub use error::ApplyError;
pub use options::{Mode, Options};
pub use rewriter::{Event, Outcome, Request, Rewriter};
pub use stats::{Guard, OutcomeKind, Source, Stats, StopKind};
