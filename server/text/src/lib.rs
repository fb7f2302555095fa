//! Text as editors and files hold it: byte order marks, line endings, lines and hunks.
//!
//! Everything here is pure. The invariant it serves is *byte fidelity*: a model sees text with LF line endings and no
//! byte order mark, and whatever it leaves alone comes back with the bytes it had.

mod document;
mod drift;
mod hunk;
mod line_ending;
mod position;
mod source_text;
mod streaming_diff;
mod unified_diff;

pub use document::{Document, Splice, Step, offset_at, position_at, splice};
pub use drift::{Drift, DriftRegion, common};
pub use hunk::{Hunk, hunks, line_hunks};
pub use line_ending::LineEnding;
pub use position::{Encoding, Position, PositionRange, TextChange};
pub use source_text::{SourceError, SourceText};
pub use streaming_diff::StreamingDiff;
pub use unified_diff::{DiffLine, DiffLineKind, UnifiedDiff};
