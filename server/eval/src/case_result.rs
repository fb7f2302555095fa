use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What came of one case. What does not apply is null, never missing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CaseResult {
    /// The case.
    pub id: String,
    /// The path of the file.
    pub path: String,
    /// The language of the file.
    pub language: String,
    /// Lines of the file before the edit.
    pub lines: usize,
    /// Lines that the true edit changes, adds or removes.
    pub changed_lines: usize,
    /// Whether file and edit fit the model's context.
    pub fits_context: bool,
    /// `applied`, `unchanged`, `refused` or `failed`.
    pub outcome: String,
    /// Who wrote the text: `model`, `merge`, `both` or `patch`.
    pub source: Option<String>,
    /// How sure the merge was, from 0 to 1.
    pub confidence: Option<f64>,
    /// The result is the true one, to the byte.
    pub exact: bool,
    /// The result is the true one but for blank lines.
    pub exact_ignoring_blank_lines: Option<bool>,
    /// A line that stands for code is left in the result.
    pub marker_left: Option<bool>,
    /// Lines of the original that the truth keeps and the result lacks.
    pub unrelated_changes: Option<usize>,
    /// Lines of the result that neither the original nor the truth has.
    pub extra_lines: Option<usize>,
    /// No syntax errors came in; null for a language without a grammar.
    pub syntax_ok: Option<bool>,
    /// The names of the checks that failed.
    pub guards_failed: Vec<String>,
    /// Unicode scalar values of the new text per second, from an empty cache.
    pub chars_per_s: Option<f64>,
    /// Output tokens per second of decoding.
    pub tokens_per_s: Option<f64>,
    /// Output tokens per forward pass.
    pub tokens_per_forward: Option<f64>,
    /// The same for drafts by somebody who knows the true result.
    pub oracle_tokens_per_forward: Option<f64>,
    /// Milliseconds from the request to the last token.
    pub total_ms: Option<f64>,
    /// Tokens of the prompt.
    pub prompt_tokens: Option<usize>,
    /// Tokens of the output.
    pub output_tokens: Option<usize>,
    /// Why there is no text, in one sentence.
    pub error: Option<String>,
    /// Why the model had no say where it was asked.
    pub without_model: Option<String>,
    /// From the true result to what was written; null where they are equal or nothing was written.
    pub diff: Option<String>,
    /// The further keys of the case, for grouping.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl CaseResult {
    /// Whether a text was written.
    pub fn is_written(&self) -> bool {
        matches!(self.outcome.as_str(), "applied" | "unchanged")
    }

    /// The value under a key, as words; none if there is none.
    pub fn group(&self, key: &str) -> Option<String> {
        match key {
            "language" => Some(self.language.clone()),
            "lines" => Some(bracket(self.lines, &[60, 120, 200, 400])),
            "changed_lines" => Some(bracket(self.changed_lines, &[4, 11, 31])),
            "source" => self.source.clone(),
            "outcome" => Some(self.outcome.clone()),
            key => match self.other.get(key)? {
                Value::String(text) => Some(text.clone()),
                value => Some(value.to_string()),
            },
        }
    }

    /// Takes over what may serve to group cases: single values under names that mean nothing else here.
    pub(crate) fn keep(&mut self, other: &Map<String, Value>) {
        let Ok(Value::Object(own)) = serde_json::to_value(&*self) else {
            return;
        };
        let kept = other.iter().filter(|(key, value)| {
            !own.contains_key(*key)
                && (value.is_string() || value.is_number() || value.is_boolean())
        });
        self.other = kept
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
    }
}

/// The bracket of a number between rising bounds; each bound opens a new one. Names sort like numbers.
fn bracket(number: usize, bounds: &[usize]) -> String {
    let digits = bounds.last().map_or(0, |last| last.to_string().len());
    let place = bounds.partition_point(|&bound| bound <= number);
    let start = place.checked_sub(1).map_or(0, |place| bounds[place]);
    match bounds.get(place) {
        Some(end) => format!("{start:0digits$}-{:0digits$}", end - 1),
        None => format!("{start:0digits$}-"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets() {
        let name = |number| bracket(number, &[60, 120]);
        assert_eq!(name(59), "000-059");
        assert_eq!(name(60), "060-119");
        assert_eq!(name(119), "060-119");
        assert_eq!(name(120), "120-");
    }

    #[test]
    fn keys_of_the_case_never_hide_a_measure() {
        let other = serde_json::json!({"style": "hunks", "lines": 3, "exact": true, "stars": 7, "turns": [1]});
        let mut result = CaseResult {
            lines: 12,
            ..CaseResult::default()
        };
        result.keep(other.as_object().expect("an object"));
        let json = serde_json::to_string(&result).expect("it is JSON");
        let again: CaseResult = serde_json::from_str(&json).expect("it is a result");
        assert_eq!(again, result);
        assert_eq!((again.lines, again.exact), (12, false));
        assert_eq!(again.group("style").as_deref(), Some("hunks"));
        assert_eq!(again.group("stars").as_deref(), Some("7"));
        assert_eq!(again.group("lines").as_deref(), Some("000-059"));
        assert_eq!(again.group("turns"), None);
    }
}
