//! How fast a graphics card runs a model, against what it could do at most, and whether it writes the right thing.
//!
//! The same code runs on the processor, through the same tensor operations, where it is slow: that is how it is tested.

mod agreement;
mod lossless;
mod passes;
mod rewrite;
mod roofline;
mod work;

pub use agreement::Agreement;
pub use lossless::{Losslessness, TIE};
pub use passes::{CardPasses, PartTime, PassPlan, PassTime, PrefillTime};
pub use rewrite::CardRewrite;
pub use roofline::Roofline;
pub use work::Work;
