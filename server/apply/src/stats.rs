use serde::Serialize;

/// What one application took and how it ended. Values that do not apply are null, never missing.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Stats {
    /// Who was asked to write the text.
    pub mode: &'static str,
    /// Whether decoding was constrained to copies.
    pub strict: bool,
    /// The model, by id or path.
    pub model: Option<String>,
    /// The adapter, by id or path.
    pub adapter: Option<String>,
    /// `cpu`, `cuda` or `metal`.
    pub device: Option<&'static str>,
    /// `f32`, `bf16` or `q8`.
    pub dtype: Option<&'static str>,
    /// Threads that compute.
    pub threads: Option<usize>,
    /// Which implementation of the inner loops.
    pub kernels: Option<&'static str>,
    /// Where drafts came from.
    pub draft: Option<&'static str>,
    /// Whether the output was given beforehand.
    pub forced: bool,
    /// Unicode scalar values of the new text.
    pub chars: Option<usize>,
    /// Unicode scalar values of the original.
    pub original_chars: Option<usize>,
    /// Tokens of the prompt.
    pub prompt_tokens: Option<usize>,
    /// Tokens of the output.
    pub output_tokens: Option<usize>,
    /// Prompt tokens that were in the cache already.
    pub cached_tokens: Option<usize>,
    /// Forward passes after the prompt.
    pub forwards: Option<usize>,
    /// Draft tokens verified.
    pub drafted: Option<usize>,
    /// Draft tokens accepted.
    pub accepted: Option<usize>,
    /// `output_tokens / forwards`.
    pub tokens_per_forward: Option<f64>,
    /// Milliseconds to load the model.
    pub load_ms: Option<f64>,
    /// Milliseconds for the prompt.
    pub prefill_ms: Option<f64>,
    /// Milliseconds from the first verify pass on.
    pub decode_ms: Option<f64>,
    /// Milliseconds from the request to the last token, loading excluded.
    pub total_ms: Option<f64>,
    /// Milliseconds from the request until the first changed line was certain.
    pub first_hunk_ms: Option<f64>,
    /// `chars` per second of `total_ms`.
    pub chars_per_s: Option<f64>,
    /// `output_tokens` per second of `decode_ms`.
    pub tokens_per_s: Option<f64>,
    /// How sure the merge is, from 0 to 1.
    pub confidence: Option<f64>,
    /// The checks of the result.
    pub guards: Vec<Guard>,
    /// How it ended.
    pub outcome: Option<OutcomeKind>,
    /// Who wrote the text.
    pub source: Option<Source>,
    /// Why the output ended.
    pub stop: Option<StopKind>,
    /// What went wrong, in one sentence.
    pub error: Option<String>,
}

impl Stats {
    /// Counts milliseconds that passed between the request and the start of these times.
    pub(crate) fn start_earlier(&mut self, milliseconds: f64) {
        self.total_ms = Some(self.total_ms.unwrap_or_default() + milliseconds);
        if let Some(first_hunk) = &mut self.first_hunk_ms {
            *first_hunk += milliseconds;
        }
    }
}

/// One check of a finished result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Guard {
    /// Which check.
    pub name: &'static str,
    /// Whether the result passed.
    pub passed: bool,
    /// What it found.
    pub detail: Option<String>,
}

/// How an application ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OutcomeKind {
    /// There is a new text.
    Applied,
    /// The new text is the old one.
    Unchanged,
    /// Nothing was good enough to write.
    Refused,
    /// It was cancelled.
    Cancelled,
    /// Something went wrong.
    Failed,
}

/// Who wrote a new text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The model: it wrote the text, or preferred it to the merge among the readings of the suggestion.
    Model,
    /// The merge.
    Merge,
    /// Model and merge agree: the model wrote the same, or preferred it to every other reading.
    Both,
    /// A diff or search/replace block.
    Patch,
}

/// Why an output ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StopKind {
    /// The model ended it.
    End,
    /// It reached the longest output.
    MaxOutput,
    /// It was cancelled.
    Cancelled,
}
