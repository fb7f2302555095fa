//! From a chat model's reply to suggestions for files, to merged text, to the checks on it.
//!
//! Pure: no file, thread, clock or network. All texts have `\n` line endings.
//!
//! # Parsing
//!
//! [`parse`] takes a reply apart into prose and [`Block`]s; [`Reply::for_file`] chooses the blocks for one file.
//! A block can be code (a sketch with markers, or a whole file), a diff, or search and replace pairs.

mod fence;
mod format;
mod language;
mod path_hint;
mod reply;
mod selection;

pub use format::Format;
pub use language::Language;
pub use path_hint::{HintStrength, PathHint};
pub use reply::{Block, Reply, parse};
pub use selection::{Selection, Suggestion};
