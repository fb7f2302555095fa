//! Which text to believe when a merge and a model's rewrite differ.

use std::ops::Range;

use fast_apply_suggest::CONFIDENT;

use crate::stats::Source;

/// The mean margin in logits, over the tokens in which it differs from the merge, from which on a
/// model is believed against an unsure merge.
///
/// Not chosen by measurement yet, so it is set high: the model alone shall hardly ever decide.
pub(crate) const SURE_MARGIN: f32 = 8.0;

/// A model's rewrite, to be judged.
pub(crate) struct Candidate<'a> {
    /// Its text, with LF line endings.
    pub(crate) text: &'a str,
    /// Whether it ended by itself and no check failed.
    pub(crate) sound: bool,
    /// The end of each token in `text`, in bytes, and its margin in logits.
    pub(crate) tokens: Vec<(usize, f32)>,
}

/// Decides between a merge and a rewrite; `None` is a refusal.
///
/// Where they agree there is nothing to decide. A sure merge wins, else a sure model, else nobody.
pub(crate) fn decide(
    merge: &str,
    confidence: f32,
    candidate: Option<&Candidate<'_>>,
) -> Option<Source> {
    match candidate {
        Some(candidate) if candidate.text == merge => Some(Source::Both),
        _ if confidence >= CONFIDENT => Some(Source::Merge),
        Some(candidate) if candidate.sound && candidate.margin(merge) >= SURE_MARGIN => {
            Some(Source::Model)
        }
        _ => None,
    }
}

impl Candidate<'_> {
    /// The mean margin over the tokens that differ from `other`.
    fn margin(&self, other: &str) -> f32 {
        let differing = differing_bytes(self.text, other);
        let mut start = 0;
        let (mut sum, mut count) = (0.0, 0);
        for &(end, margin) in &self.tokens {
            if start <= differing.end && end >= differing.start {
                sum += margin;
                count += 1;
            }
            start = end;
        }
        if count == 0 { 0.0 } else { sum / count as f32 }
    }
}

/// The bytes of `text` between what it shares with the start and with the end of `other`.
fn differing_bytes(text: &str, other: &str) -> Range<usize> {
    let (text, other) = (text.as_bytes(), other.as_bytes());
    let start = text.iter().zip(other).take_while(|(a, b)| a == b).count();
    let longest = text.len().min(other.len()) - start;
    let shared_end = text
        .iter()
        .rev()
        .zip(other.iter().rev())
        .take(longest)
        .take_while(|(a, b)| a == b)
        .count();
    start..text.len() - shared_end
}

#[cfg(test)]
mod tests {
    use super::*;

    const MERGE: &str = "a\nb\nc\n";

    fn check(text: &str, sound: bool, margin: f32, confidence: f32, expected: Option<Source>) {
        let tokens = (1..=text.len()).map(|end| (end, margin)).collect();
        let candidate = Candidate {
            text,
            sound,
            tokens,
        };
        assert_eq!(
            decide(MERGE, confidence, Some(&candidate)),
            expected,
            "{text:?}"
        );
    }

    #[test]
    fn agreement_needs_no_confidence() {
        check(MERGE, true, 0.0, 0.0, Some(Source::Both));
        check(MERGE, false, 0.0, 0.0, Some(Source::Both));
    }

    #[test]
    fn a_sure_merge_wins_then_a_sure_model_then_nobody() {
        check("a\nx\nc\n", true, 100.0, CONFIDENT, Some(Source::Merge));
        check("a\nx\nc\n", true, SURE_MARGIN, 0.5, Some(Source::Model));
        check("a\nx\nc\n", true, SURE_MARGIN - 0.1, 0.5, None);
        check("a\nx\nc\n", false, 100.0, 0.5, None);
        assert_eq!(decide(MERGE, CONFIDENT, None), Some(Source::Merge));
        assert_eq!(decide(MERGE, 0.5, None), None);
    }

    #[test]
    fn only_the_tokens_that_differ_count() {
        let tokens = vec![(2, 9.0), (4, 1.0), (6, 9.0)];
        let candidate = Candidate {
            text: "a\nx\nc\n",
            sound: true,
            tokens,
        };
        assert_eq!(differing_bytes(candidate.text, MERGE), 2..3);
        assert!(candidate.margin(MERGE) < 6.0);
    }
}
