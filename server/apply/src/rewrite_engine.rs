use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use fast_apply_engine::decode::Stop;

use crate::judgement::Judgement;
use crate::stats::Stats;
use crate::{ApplyError, Event, Options, Request};

/// Writes a whole text anew, given the edit.
pub(crate) trait RewriteEngine: Send + Sync {
    /// What is known of an application by this engine before it starts.
    fn stats(&self, options: &Options) -> Stats;

    /// Rewrites a text and waits for the end.
    fn rewrite(
        &self,
        request: &Request<'_>,
        prediction: Prediction<'_>,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<Rewrite, ApplyError>;

    /// Judges the first of some texts that could come out, LF line endings, against the others, and
    /// waits for the end. None if it was cancelled.
    fn judge(
        &self,
        request: &Request<'_>,
        texts: &[String],
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<Option<Judgement>, ApplyError>;

    /// Gets ready for edits of this text, which has LF line endings; returns at once.
    fn warm(&self, original: &str, cancel: Arc<AtomicBool>);

    /// Forgets every text seen: the next rewrite is a cold one.
    fn clear_cache(&self);
}

/// What is thought to come out, with LF line endings.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Prediction<'a> {
    /// Nobody knows.
    None,
    /// Draft from this.
    Draft(&'a str),
    /// Draft from this, and stop as soon as the model writes something else.
    Check(&'a str),
}

/// What an engine wrote.
pub(crate) struct Rewrite {
    /// Its text, with LF line endings.
    pub(crate) text: String,
    /// The end of each token in the text, in bytes, and its margin in logits.
    pub(crate) tokens: Vec<(usize, f32)>,
    /// Why it ended.
    pub(crate) stop: Stop,
    /// What it took.
    pub(crate) stats: Stats,
}
