//! Data sets of edits: where they come from, and what drafters and models make of them.
//!
//! ```text
//! git history --Mining--> Pair --synthesize--> Case --Evaluator--> CaseResult --> Summary, Report
//!                                               |--> Lesson: for training --> CopyPlaces
//! ```

mod card;
mod case;
mod case_result;
mod comparison;
mod copy_places;
mod drafters;
mod evaluator;
mod failures;
mod journal;
mod json_lines;
mod kernel_speed;
mod lengths;
mod lesson;
mod mine;
mod pack;
mod pair;
mod report;
mod rounding;
mod speed;
mod summary;
mod synthesize;
mod yardstick;

pub use card::{
    Agreement, CardPasses, CardRewrite, Losslessness, PartTime, PassPlan, PassTime, PrefillTime,
    Roofline, TIE, Work,
};
pub use case::{Case, read_cases, write_cases};
pub use case_result::CaseResult;
pub use comparison::Comparison;
pub use copy_places::CopyPlaces;
pub use drafters::{DrafterReport, DrafterRow, MergeSource, replay_drafters};
pub use evaluator::{Evaluator, Oracle};
pub use failures::write_failures;
pub use journal::Journal;
pub use json_lines::DataError;
pub use kernel_speed::{KernelSpeed, Peaks, measure_kernels};
pub use lengths::LengthRow;
pub use lesson::{Lesson, read_lessons, write_lessons};
pub use mine::{MineError, Mining};
pub use pack::{PackError, pack_cases};
pub use pair::{Pair, read_pairs, write_pairs};
pub use report::{Report, ReportRun};
pub use rounding::{Rounding, TOKENS_PER_CLEAR_FLIP};
pub use speed::{FOREIGN_RATIO, ForeignRow, SpeedRow, measure_foreign, measure_speed};
pub use summary::{Figures, Middle, Setting, Share, Summary};
pub use synthesize::synthesize;
pub use yardstick::{
    Absent, Contender, ContenderError, Kernels, LlamaCpp, LlamaCppMode, Pass, Plan, Rewrite,
    Series, StockCandle, Yardstick, markdown,
};
