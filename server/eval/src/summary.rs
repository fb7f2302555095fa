use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::CaseResult;

/// What came of a data set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// What was run.
    #[serde(flatten)]
    pub setting: Setting,
    /// Cases whose file and edit do not fit the model's context. They are in no other number.
    pub beyond_context: usize,
    /// Cases in which the model was asked and had no say.
    pub without_model: usize,
    /// All other cases together.
    #[serde(flatten)]
    pub all: Figures,
    /// Cases by how they ended.
    pub outcome: BTreeMap<String, usize>,
    /// The figures by who wrote the text.
    pub source: BTreeMap<String, Figures>,
    /// The figures by the value under each key.
    pub groups: BTreeMap<String, BTreeMap<String, Figures>>,
}

/// What was run, where and when.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// The data sets, by file name.
    pub data: Vec<String>,
    /// The day, as `YYYY-MM-DD`, UTC.
    pub date: String,
    /// Who was asked to write the texts.
    pub mode: String,
    /// Whether the model could only copy lines.
    #[serde(default)]
    pub strict: bool,
    /// Where drafts came from; null where no model was asked.
    pub draft: Option<String>,
    /// The model; null if there was none.
    pub model: Option<String>,
    /// Its adapter.
    pub adapter: Option<String>,
    /// Where it ran.
    pub device: Option<String>,
    /// How its weights were kept.
    pub dtype: Option<String>,
    /// Threads that computed.
    pub threads: Option<usize>,
    /// Which implementation of the inner loops.
    pub kernels: Option<String>,
}

impl Setting {
    /// Mode and drafts in a few words: `auto`, `rewrite, plain`, `rewrite, speculative`, `rewrite, strict`.
    pub fn label(&self) -> String {
        let mode = &self.mode;
        match (mode.as_str(), self.draft.as_deref()) {
            ("rewrite", Some("none")) => format!("{mode}, plain"),
            ("rewrite", Some("auto")) if self.strict => format!("{mode}, strict"),
            ("rewrite", Some("auto")) => format!("{mode}, speculative"),
            (_, Some("auto") | None) => mode.clone(),
            (_, Some(draft)) => format!("{mode}, drafts: {draft}"),
        }
    }

    /// The model and where it ran, in a few words.
    pub fn machine(&self) -> String {
        let Some(model) = &self.model else {
            return "no model".to_owned();
        };
        let adapter = match &self.adapter {
            Some(adapter) => format!(" with {adapter}"),
            None => String::new(),
        };
        let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "?".to_owned());
        format!(
            "{model}{adapter}, {} on {} ({}, {} threads)",
            word(&self.dtype),
            word(&self.device),
            word(&self.kernels),
            self.threads.unwrap_or_default()
        )
    }
}

/// Counts, rates and medians of some cases, under the names of the measures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// How many cases.
    pub cases: usize,
    /// Cases refused.
    pub refused: Share,
    /// Cases that could not be tried.
    pub failed: Share,
    /// Cases right to the byte.
    pub exact: Share,
    /// Of the texts written, those right but for blank lines.
    pub exact_ignoring_blank_lines: Share,
    /// Of the texts written, those with a marker left.
    pub marker_left: Share,
    /// Of the texts written, those with unrelated changes.
    pub unrelated_changes: Share,
    /// Of the texts written, those with extra lines.
    pub extra_lines: Share,
    /// Of the texts written in a language with a grammar, those without new syntax errors.
    pub syntax_ok: Share,
    /// Of the texts written.
    pub chars_per_s: Middle,
    /// Of the texts that a model wrote or checked.
    pub tokens_per_s: Middle,
    /// Of the texts that a model wrote or checked.
    pub tokens_per_forward: Middle,
    /// Of all cases, if a tokenizer was at hand.
    pub oracle_tokens_per_forward: Middle,
    /// Of the cases that a merge was made of.
    pub confidence: Middle,
}

/// How many cases, and what share of those for which the question makes sense; null of none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// How many.
    pub count: usize,
    /// From 0 to 1.
    pub rate: Option<f64>,
}

/// How many cases have a value, and their median; null of none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Middle {
    /// How many.
    pub count: usize,
    /// Of an even number, the mean of the two in the middle.
    pub median: Option<f64>,
}

impl Summary {
    /// Sums up, with groups by the value under each of `keys` where there is one.
    pub fn new(setting: Setting, results: &[CaseResult], keys: &[String]) -> Summary {
        let fitting: Vec<&CaseResult> = results.iter().filter(|r| r.fits_context).collect();
        let by_key = |key: &str| {
            let mut groups: BTreeMap<String, Vec<&CaseResult>> = BTreeMap::new();
            for &result in &fitting {
                if let Some(group) = result.group(key) {
                    groups.entry(group).or_default().push(result);
                }
            }
            groups
        };
        let figures = |key: &str| -> BTreeMap<String, Figures> {
            by_key(key)
                .into_iter()
                .map(|(group, results)| (group, Figures::new(&results)))
                .collect()
        };
        let groups = keys.iter().map(|key| (key.clone(), figures(key)));
        Summary {
            setting,
            beyond_context: results.len() - fitting.len(),
            without_model: fitting.iter().filter(|r| r.without_model.is_some()).count(),
            all: Figures::new(&fitting),
            outcome: by_key("outcome")
                .into_iter()
                .map(|(outcome, results)| (outcome, results.len()))
                .collect(),
            source: figures("source"),
            groups: groups.filter(|(_, groups)| !groups.is_empty()).collect(),
        }
    }
}

impl Figures {
    fn new(results: &[&CaseResult]) -> Figures {
        let share = |value: fn(&CaseResult) -> Option<bool>| {
            Share::new(results.iter().filter_map(|result| value(result)))
        };
        let middle = |value: fn(&CaseResult) -> Option<f64>| {
            Middle::new(results.iter().filter_map(|result| value(result)))
        };
        Figures {
            cases: results.len(),
            refused: share(|r| Some(r.outcome == "refused")),
            failed: share(|r| Some(r.outcome == "failed")),
            exact: share(|r| Some(r.exact)),
            exact_ignoring_blank_lines: share(|r| r.exact_ignoring_blank_lines),
            marker_left: share(|r| r.marker_left),
            unrelated_changes: share(|r| r.unrelated_changes.map(|lines| lines > 0)),
            extra_lines: share(|r| r.extra_lines.map(|lines| lines > 0)),
            syntax_ok: share(|r| r.syntax_ok),
            chars_per_s: middle(|r| r.chars_per_s),
            tokens_per_s: middle(|r| r.tokens_per_s),
            tokens_per_forward: middle(|r| r.tokens_per_forward),
            oracle_tokens_per_forward: middle(|r| r.oracle_tokens_per_forward),
            confidence: middle(|r| r.confidence),
        }
    }

    /// Texts that were written and are not the true ones.
    pub fn wrong(&self) -> usize {
        self.cases - self.exact.count - self.refused.count - self.failed.count
    }
}

impl Share {
    fn new(values: impl Iterator<Item = bool>) -> Share {
        let values: Vec<bool> = values.collect();
        let count = values.iter().filter(|&&value| value).count();
        Share {
            count,
            rate: (!values.is_empty()).then(|| count as f64 / values.len() as f64),
        }
    }
}

impl Middle {
    fn new(values: impl Iterator<Item = f64>) -> Middle {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let count = values.len();
        let median = (count > 0).then(|| (values[(count - 1) / 2] + values[count / 2]) / 2.0);
        Middle { count, median }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(outcome: &str, exact: bool, chars_per_s: Option<f64>) -> CaseResult {
        CaseResult {
            language: if exact { "rust" } else { "go" }.to_owned(),
            outcome: outcome.to_owned(),
            source: chars_per_s.map(|_| "merge".to_owned()),
            fits_context: true,
            exact,
            exact_ignoring_blank_lines: chars_per_s.map(|_| exact),
            unrelated_changes: chars_per_s.map(|_| usize::from(!exact) * 3),
            chars_per_s,
            ..CaseResult::default()
        }
    }

    #[test]
    fn refusals_count_against_exactness_and_in_no_text_measure() {
        let beyond = CaseResult {
            outcome: "failed".to_owned(),
            ..CaseResult::default()
        };
        let results = [
            result("applied", true, Some(4.0)),
            result("applied", true, Some(1.0)),
            result("applied", false, Some(9.0)),
            result("refused", false, None),
            result("failed", false, None),
            beyond,
        ];
        let keys = ["language".to_owned(), "style".to_owned()];
        let summary = Summary::new(Setting::default(), &results, &keys);
        let all = &summary.all;
        let share = |count, rate| Share {
            count,
            rate: Some(rate),
        };
        assert_eq!((all.cases, summary.beyond_context), (5, 1));
        assert_eq!(all.exact, share(2, 0.4));
        assert_eq!(all.refused, share(1, 0.2));
        assert_eq!(all.failed, share(1, 0.2));
        assert_eq!(all.wrong(), 1);
        assert_eq!(all.exact_ignoring_blank_lines, share(2, 2.0 / 3.0));
        assert_eq!(all.unrelated_changes, share(1, 1.0 / 3.0));
        assert_eq!(all.chars_per_s.median, Some(4.0));
        assert_eq!(
            all.syntax_ok,
            Share {
                count: 0,
                rate: None
            }
        );
        assert_eq!(summary.source["merge"].cases, 3);
        assert_eq!(summary.groups["language"]["go"].cases, 3);
        assert_eq!(
            summary.groups["language"]["rust"].chars_per_s.median,
            Some(2.5)
        );
        assert!(!summary.groups.contains_key("style"), "no case has one");
        assert_eq!(summary.outcome["applied"], 3);
    }

    #[test]
    fn it_can_be_read_again() {
        let results = [result("applied", true, Some(4.0))];
        let summary = Summary::new(Setting::default(), &results, &["language".to_owned()]);
        let json = serde_json::to_string(&summary).expect("it is JSON");
        let again: Summary = serde_json::from_str(&json).expect("it is a summary");
        assert_eq!(again, summary);
    }
}
