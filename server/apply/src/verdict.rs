//! A doubtful merge and the other readings of its suggestion, put before a model.

use fast_apply_suggest::Merge;

use crate::decision::chosen_reading;
use crate::guarding::{all_passed, guards};
use crate::rewrite_engine::RewriteEngine;
use crate::stats::{Guard, Source, Stats};
use crate::{ApplyError, Event, Reading, Request};

/// What a model said of a merge.
pub(crate) struct Verdict {
    /// The text to be written, if the model is sure of one that no check forbids.
    pub(crate) chosen: Option<Chosen>,
    /// What it thinks of the merge and its alternatives.
    pub(crate) readings: Vec<Reading>,
    /// What it took.
    pub(crate) stats: Stats,
}

/// A text that a model chose.
pub(crate) struct Chosen {
    pub(crate) text: String,
    pub(crate) source: Source,
    pub(crate) guards: Vec<Guard>,
}

/// Lets a model choose among the readings of a suggestion; none if it was cancelled.
pub(crate) fn ask(
    model: &dyn RewriteEngine,
    request: &Request<'_>,
    merge: &Merge,
    merge_guards: &[Guard],
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Option<Verdict>, ApplyError> {
    let mut texts = merge.alternatives.clone();
    if texts.is_empty() {
        texts.push(merge.text.clone());
    }
    let Some(judgement) = model.judge(request, &texts, on_event)? else {
        return Ok(None);
    };
    let chosen = chosen_reading(&judgement.readings).map(|index| match index {
        0 => Chosen {
            guards: merge_guards.to_vec(),
            text: merge.text.clone(),
            source: Source::Both,
        },
        index => Chosen {
            guards: guards(request, &texts[index], None),
            text: texts.swap_remove(index),
            source: Source::Model,
        },
    });
    Ok(Some(Verdict {
        chosen: chosen.filter(|chosen| all_passed(&chosen.guards)),
        readings: judgement.readings,
        stats: judgement.stats,
    }))
}
