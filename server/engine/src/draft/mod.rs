//! Drafts: tokens proposed without the model.
//!
//! Every drafter here is deterministic and sees only token ids. None can change what is written,
//! only how many forward passes it takes; `decode` verifies every token.

mod late_resync;
mod length;
mod line_realign;
mod oracle;
mod prompt_lookup;
mod source;
mod two_source;

pub use late_resync::LateResync;
pub(crate) use length::LengthPolicy;
pub use length::{CostCurve, DraftLength};
pub use line_realign::LineRealign;
pub use oracle::Oracle;
pub use prompt_lookup::PromptLookup;
pub use source::Source;
pub use two_source::SuffixMatch;

/// Proposes what comes next.
pub trait Drafter: Send {
    /// Proposes at most `limit` tokens to follow `output`, everything accepted so far.
    ///
    /// Called once per verify step, with an `output` that has grown since the last call.
    fn draft(&mut self, output: &[u32], limit: usize) -> Draft;
}

/// Proposed tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// The proposal; may be empty.
    pub tokens: Vec<u32>,
    /// How many of the latest output tokens agree with the place the proposal is copied from: the
    /// longer, the surer.
    pub evidence: usize,
}

/// The token sequences that an output is likely to be copied from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The text before the edit.
    pub original: Vec<u32>,
    /// The edit.
    pub sketch: Vec<u32>,
    /// The result that a deterministic merge predicts.
    pub merge: Option<Vec<u32>>,
    /// The whole prompt.
    pub prompt: Vec<u32>,
    /// The tokens that end a line, sorted.
    pub line_ends: Vec<u32>,
    /// The true output, where it is known beforehand.
    pub truth: Option<Vec<u32>>,
}

/// A rule for drafting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DraftKind {
    /// The merge where there is one, the original and the sketch.
    #[default]
    Auto,
    /// No drafts: plain greedy decoding.
    None,
    /// The longest suffix match in the original alone.
    Original,
    /// The longest suffix match in the sketch alone.
    Sketch,
    /// The merge alone.
    Merge,
    /// Prompt lookup decoding as published: n-grams of at most 3 tokens, the first match.
    PromptLookup,
    /// llama.cpp's `ngram-simple`: n-grams of 12 tokens, the last match.
    NgramSimple,
    /// The original, realigned at the next identical line.
    LineRealign,
    /// The original, realigned after seven matching tokens.
    LateResync,
    /// The longest true copy: what no real drafter can beat with these sources.
    Oracle,
}

/// Every rule with its name on the command line.
pub const DRAFT_KINDS: [(&str, DraftKind); 10] = [
    ("auto", DraftKind::Auto),
    ("none", DraftKind::None),
    ("original", DraftKind::Original),
    ("sketch", DraftKind::Sketch),
    ("merge", DraftKind::Merge),
    ("prompt-lookup", DraftKind::PromptLookup),
    ("ngram-simple", DraftKind::NgramSimple),
    ("line-realign", DraftKind::LineRealign),
    ("late-resync", DraftKind::LateResync),
    ("oracle", DraftKind::Oracle),
];

impl DraftKind {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        DRAFT_KINDS
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("", |(name, _)| name)
    }

    /// Makes the drafter, or `None` where the sources lack what it needs: then nothing is drafted.
    pub fn drafter(self, sources: &Sources) -> Option<Box<dyn Drafter>> {
        let original = || Source::new(sources.original.clone());
        let sketch = || Source::new(sources.sketch.clone());
        Some(match self {
            Self::Auto => {
                let merge = sources.merge.clone().map(Source::new);
                Box::new(SuffixMatch::new(
                    merge.into_iter().chain([original(), sketch()]),
                ))
            }
            Self::None => return None,
            Self::Original => Box::new(SuffixMatch::new([original()])),
            Self::Sketch => Box::new(SuffixMatch::new([sketch()])),
            Self::Merge => Box::new(SuffixMatch::new([Source::new(sources.merge.clone()?)])),
            Self::PromptLookup => Box::new(PromptLookup::published(&sources.prompt)),
            Self::NgramSimple => Box::new(PromptLookup::ngram_simple(&sources.prompt)),
            Self::LineRealign => Box::new(LineRealign::new(
                sources.original.clone(),
                sources.line_ends.clone(),
            )),
            Self::LateResync => Box::new(LateResync::new(sources.original.clone())),
            Self::Oracle => Box::new(Oracle::new(
                sources.truth.clone()?,
                [sources.original.clone(), sources.sketch.clone()],
            )),
        })
    }
}

impl std::str::FromStr for DraftKind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        DRAFT_KINDS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, kind)| *kind)
            .ok_or_else(|| {
                let names: Vec<_> = DRAFT_KINDS.iter().map(|(name, _)| *name).collect();
                format!("'{name}' is none of {}", names.join(", "))
            })
    }
}
