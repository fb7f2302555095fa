//! From a chat model's reply to suggestions for files, to merged text, to the checks on it.
//!
//! Pure: no file, thread, clock or network. All texts have `\n` line endings.
//!
//! # Parsing
//!
//! [`parse`] takes a reply apart into prose and [`Block`]s; [`Reply::for_file`] chooses the blocks for one file.
//! A block can be code (a sketch with markers, or a whole file), a diff, or search and replace pairs.

mod align;
mod amend;
mod assemble;
mod doubt;
mod fence;
mod format;
mod fragment;
mod imports;
mod language;
mod likeness;
mod marker;
mod merge;
mod outline;
mod pairing;
mod patch;
mod path_hint;
mod placement;
mod plan;
mod renames;
mod reply;
mod rows;
mod selection;
mod sketch;
mod words;

pub use format::Format;
pub use language::Language;
pub use merge::{CONFIDENT, Context, Merge, MergeError, Method, Region, RegionKind, merge};
pub use path_hint::{HintStrength, PathHint};
pub use reply::{Block, Reply, parse};
pub use selection::{Selection, Suggestion};
