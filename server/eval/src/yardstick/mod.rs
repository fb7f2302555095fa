//! Several engines over the same weights and the same tokens, side by side in one run.
//!
//! All of them are fed the token ids of real edits, so what is timed does not depend on what a model
//! would write. They take turns within each measurement, in an order that rotates from round to
//! round, so that whatever else the machine does falls on all of them alike.

mod contender;
mod kernels;
mod llama_cpp;
mod measure;
mod stock_candle;
mod table;

pub use contender::{Absent, Contender, ContenderError, Pass, Rewrite};
pub use kernels::Kernels;
pub use llama_cpp::{LlamaCpp, LlamaCppMode};
pub use measure::{Plan, Series, Yardstick};
pub use stock_candle::StockCandle;
pub use table::markdown;
