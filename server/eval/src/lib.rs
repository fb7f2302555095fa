//! Data sets of edits, and what drafters and models make of them.

mod case;
mod drafters;
mod speed;

pub use case::{Case, DataError, read_cases};
pub use drafters::{DrafterReport, DrafterRow, MergeSource, replay_drafters};
pub use speed::{SpeedRow, measure_speed};
