use crate::stats::{OutcomeKind, Source, Stats};
use crate::{Reading, Request};

/// How one application ended.
#[derive(Debug)]
pub struct Outcome {
    /// The new text with the original's line endings, unless there is none.
    pub text: Option<String>,
    /// Where it was refused because two results differ: the merge's and the model's, with the
    /// original's line endings.
    pub alternatives: Option<[String; 2]>,
    /// Why the model had no say, where it was asked and is missing or failed.
    pub without_model: Option<String>,
    /// What the model thinks of the merge and its alternatives, in this order, where it was asked.
    pub readings: Vec<Reading>,
    /// What it took. Where there is no text, `error` says why.
    pub stats: Stats,
}

pub(crate) fn written(
    request: &Request<'_>,
    text: &str,
    source: Source,
    mut stats: Stats,
) -> Outcome {
    let text = request.original.restore(text);
    let chars = text.chars().count();
    stats.chars = Some(chars);
    stats.original_chars = Some(request.original.text().chars().count());
    stats.chars_per_s = stats
        .total_ms
        .filter(|&total| total > 0.0)
        .map(|total| chars as f64 / total * 1e3);
    stats.source = Some(source);
    stats.outcome = Some(match text == request.original.text() {
        true => OutcomeKind::Unchanged,
        false => OutcomeKind::Applied,
    });
    Outcome {
        text: Some(text),
        alternatives: None,
        without_model: None,
        readings: Vec::new(),
        stats,
    }
}

pub(crate) fn refused(
    request: &Request<'_>,
    mut stats: Stats,
    reason: String,
    alternatives: Option<[String; 2]>,
) -> Outcome {
    stats.original_chars = Some(request.original.text().chars().count());
    stats.outcome = Some(OutcomeKind::Refused);
    stats.error = Some(format!("refused, and nothing was written: {reason}"));
    Outcome {
        text: None,
        alternatives,
        without_model: None,
        readings: Vec::new(),
        stats,
    }
}

pub(crate) fn cancelled(mut stats: Stats) -> Outcome {
    stats.outcome = Some(OutcomeKind::Cancelled);
    stats.error = Some("cancelled, and nothing was written".to_owned());
    Outcome {
        text: None,
        alternatives: None,
        without_model: None,
        readings: Vec::new(),
        stats,
    }
}
