//! Which text to believe: the merge, another reading of the suggestion, or a model's rewrite.
//!
//! A sure merge needs no model. Of a doubtful one the model is first asked what it is good at: to
//! choose among texts that are there already. Small models seldom write a whole file without a slip,
//! but which of two texts is likelier they tell well. A merge that is chosen so counts as agreed
//! upon by both; another reading is the model's choice. Only what this leaves open is written anew.

use std::collections::HashMap;
use std::ops::Range;

use fast_apply_suggest::CONFIDENT;

use crate::judgement::Reading;
use crate::stats::Source;

/// The mean margin in logits, over the tokens in which it differs from the merge, from which on a
/// model is believed against an unsure merge, if its text passes all checks and has all lines of the
/// file that the merge keeps.
///
/// Of 110 held-out merges in doubt the default model wrote 7 texts so, all of them right.
pub(crate) const SURE_MARGIN: f32 = 8.0;

/// The confidence below which a merge and its readings are so seldom right that no model's choice
/// among them is believed, and no model's agreement: a merge that leaves out what was asked for is
/// what a weak model writes, too.
pub const HOPELESS: f32 = 0.3;

/// The confidence from which on an unsure merge is believed if a model that can only copy writes it,
/// too: of 9 such held-out merges 3 of 3 above this were right, below it 2 of 6.
const LIKELY: f32 = 0.75;

/// When a model's choice of the merge is believed: its lead in nats over every other reading is at
/// least the first number, and no token of it falls more nats than the second behind what the model
/// would have written, were it to copy only. Where a token falls farther behind, the model misses
/// something that no reading has, and no lead says anything.
///
/// Chosen with the example `judge` of `fast-apply-eval`, on synthesized edits of repositories that no
/// model was trained on, and narrowed after 58 merges of replies by others: between leads of 4 and 6,
/// 7 of 22 were wrong, and with a worst token between 4 and 8, 3 of 12.
const SURE: (f32, f32) = (6.0, 4.0);

/// The same for a merge of which no other reading is known: the second number alone.
const SURE_OF_THE_ONLY_ONE: f32 = 4.0;

/// The same for a reading that is not the merge, of which the model must be surer: on those edits
/// few of the others that it would choose were right.
const SURE_OF_ANOTHER: (f32, f32) = (8.0, 0.5);

/// The place of the reading that a model is sure of; none if it is sure of none. The first reading is
/// the merge.
pub fn chosen_reading(readings: &[Reading]) -> Option<usize> {
    let numbered: Vec<(usize, &Reading)> = readings.iter().enumerate().collect();
    let &(index, best) = numbered
        .iter()
        .max_by(|(_, a), (_, b)| a.likelihood.total_cmp(&b.likelihood))?;
    let rivals = numbered.iter().filter(|(other, _)| *other != index);
    let rival = rivals.map(|(_, rival)| rival.likelihood).reduce(f32::max);
    let is_sure = match rival {
        None => best.worst <= SURE_OF_THE_ONLY_ONE,
        Some(rival) => {
            let (least, most) = if index == 0 { SURE } else { SURE_OF_ANOTHER };
            best.likelihood - rival >= least && best.worst <= most
        }
    };
    is_sure.then_some(index)
}

/// Whether a text lacks lines of the original that the merge keeps.
pub(crate) fn loses_lines(original: &str, merge: &str, text: &str) -> bool {
    let counts = |text| {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for line in str::lines(text) {
            *counts.entry(line.trim()).or_default() += 1;
        }
        counts
    };
    let (merged, written) = (counts(merge), counts(text));
    let count_in = |counts: &HashMap<&str, usize>, line| counts.get(line).copied().unwrap_or(0);
    counts(original).into_iter().any(|(line, times)| {
        let kept = times.min(count_in(&merged, line));
        !line.is_empty() && count_in(&written, line) < kept
    })
}

/// A model's rewrite, to be judged.
pub(crate) struct Candidate<'a> {
    /// Its text, with LF line endings.
    pub(crate) text: &'a str,
    /// Whether it ended by itself, no check failed, and it loses no line that the merge keeps.
    pub(crate) sound: bool,
    /// Whether it could only copy.
    pub(crate) strict: bool,
    /// The end of each token in `text`, in bytes, and its margin in logits.
    pub(crate) tokens: Vec<(usize, f32)>,
}

/// Decides between a merge and a rewrite; `None` is a refusal.
///
/// Where they agree there is nothing to decide, unless the merge is hopeless. A sure merge wins, else
/// a sure model, else nobody. A model that can only copy has few texts to choose from: that it writes
/// the merge says less, and its margins say nothing.
pub(crate) fn decide(
    merge: &str,
    confidence: f32,
    candidate: Option<&Candidate<'_>>,
) -> Option<Source> {
    match candidate {
        Some(candidate)
            if candidate.text == merge
                && confidence >= if candidate.strict { LIKELY } else { HOPELESS } =>
        {
            Some(Source::Both)
        }
        _ if confidence >= CONFIDENT => Some(Source::Merge),
        Some(candidate)
            if candidate.sound
                && !candidate.strict
                && candidate.text != merge
                && candidate.margin(merge) >= SURE_MARGIN =>
        {
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
            strict: false,
            tokens,
        };
        assert_eq!(
            decide(MERGE, confidence, Some(&candidate)),
            expected,
            "{text:?}"
        );
    }

    #[test]
    fn agreement_needs_hope_and_no_more() {
        check(MERGE, true, 0.0, HOPELESS, Some(Source::Both));
        check(MERGE, false, 0.0, HOPELESS, Some(Source::Both));
        check(MERGE, true, 100.0, HOPELESS - 0.01, None);
    }

    #[test]
    fn a_strict_model_can_only_confirm_what_is_likely() {
        let decided = |text, confidence| {
            let candidate = Candidate {
                text,
                sound: true,
                strict: true,
                tokens: vec![(text.len(), 100.0)],
            };
            decide(MERGE, confidence, Some(&candidate))
        };
        assert_eq!(decided(MERGE, LIKELY), Some(Source::Both));
        assert_eq!(decided(MERGE, LIKELY - 0.01), None);
        assert_eq!(decided("a\nx\nc\n", LIKELY), None);
        assert_eq!(decided("a\nx\nc\n", CONFIDENT), Some(Source::Merge));
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
    fn a_reading_is_chosen_that_leads_and_is_bearable() {
        let choose = |readings: &[(f32, f32)]| {
            let readings: Vec<Reading> = readings
                .iter()
                .map(|&(likelihood, worst)| Reading { likelihood, worst })
                .collect();
            chosen_reading(&readings)
        };
        let (lead, far) = SURE;
        let rivals = [(-lead, 0.0), (-lead - 1.0, 0.0)];
        assert_eq!(choose(&[(0.0, far), rivals[0], rivals[1]]), Some(0));
        assert_eq!(choose(&[(0.0, far + 0.1), (-lead, 0.0)]), None);
        assert_eq!(choose(&[(0.0, far), (0.1 - lead, 0.0)]), None);
        let (lead, far) = SURE_OF_ANOTHER;
        assert_eq!(choose(&[(0.0, 0.0), (lead, far), (-1.0, 0.0)]), Some(1));
        assert_eq!(choose(&[(0.0, 0.0), (lead, far + 0.1)]), None);
        assert_eq!(choose(&[(0.0, 0.0), (lead, far), (1.0, 0.0)]), None);
        let far = SURE_OF_THE_ONLY_ONE;
        assert_eq!(choose(&[(0.0, far)]), Some(0));
        assert_eq!(choose(&[(0.0, far + 0.1)]), None);
        assert_eq!(choose(&[]), None);
    }

    #[test]
    fn a_line_is_lost_only_if_the_merge_keeps_it() {
        assert!(loses_lines("a\nb\n", "a\nb\nc\n", "a\nc\n"));
        assert!(loses_lines("b\nb\n", "b\nb\n", "b\n"));
        assert!(!loses_lines("a\nb\n", "a\nc\n", "a\nc\n"));
        assert!(!loses_lines("a\nb\n", "a\nb\nc\n", "  b\n\na\n"));
    }

    #[test]
    fn only_the_tokens_that_differ_count() {
        let tokens = vec![(2, 9.0), (4, 1.0), (6, 9.0)];
        let candidate = Candidate {
            text: "a\nx\nc\n",
            sound: true,
            strict: false,
            tokens,
        };
        assert_eq!(differing_bytes(candidate.text, MERGE), 2..3);
        assert!(candidate.margin(MERGE) < 6.0);
    }
}
