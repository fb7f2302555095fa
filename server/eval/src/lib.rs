//! Data sets of edits, and what drafters and models make of them.

mod case;
mod case_result;
mod comparison;
mod drafters;
mod evaluator;
mod failures;
mod journal;
mod report;
mod speed;
mod summary;

pub use case::{Case, DataError, read_cases};
pub use case_result::CaseResult;
pub use comparison::Comparison;
pub use drafters::{DrafterReport, DrafterRow, MergeSource, replay_drafters};
pub use evaluator::{Evaluator, Oracle};
pub use failures::write_failures;
pub use journal::Journal;
pub use report::{Report, ReportRun};
pub use speed::{SpeedRow, measure_speed};
pub use summary::{Figures, Middle, Setting, Share, Summary};
