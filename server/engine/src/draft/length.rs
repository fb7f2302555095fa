//! How long a draft pays off on this machine.

use std::time::Duration;

use super::Draft;

/// How many tokens to draft at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DraftLength {
    /// As many as the machine's cost curve and the running acceptance justify.
    #[default]
    Auto,
    /// Always as many as the source gives, up to this number.
    Fixed(usize),
}

/// Seconds that one forward pass takes, by its number of rows: measured points, straight lines
/// between them.
#[derive(Debug, Clone)]
pub struct CostCurve {
    points: Vec<(usize, f64)>,
}

/// The longest draft that is ever verified at once.
pub(crate) const LONGEST_DRAFT: usize = 512;

impl CostCurve {
    /// Takes measured points, with rising numbers of rows.
    pub fn new(points: impl IntoIterator<Item = (usize, Duration)>) -> Self {
        Self {
            points: points
                .into_iter()
                .map(|(rows, time)| (rows, time.as_secs_f64()))
                .collect(),
        }
    }

    /// Seconds for `rows` rows.
    fn seconds(&self, rows: usize) -> f64 {
        let Some(upper) = self.points.iter().position(|&(at, _)| at >= rows) else {
            return match *self.points {
                [.., (near, t), (far, u)] => {
                    u + (u - t) / (far - near) as f64 * (rows - far) as f64
                }
                [(_, t)] => t,
                [] => 1.0,
            };
        };
        let (far, u) = self.points[upper];
        match upper.checked_sub(1) {
            Some(lower) => {
                let (near, t) = self.points[lower];
                t + (u - t) * (rows - near) as f64 / (far - near) as f64
            }
            None => u,
        }
    }
}

/// Cuts drafts to the length with the best expected tokens per second.
///
/// Acceptance is tracked by how much evidence a draft had, in classes of doubling length: a draft
/// resumed on one token after a rejection is far less sure than one that has run for a line.
pub(crate) struct LengthPolicy {
    choice: DraftLength,
    curve: CostCurve,
    /// Decayed counts of accepted and rejected draft tokens, by class of evidence.
    classes: [(f64, f64); 8],
}

/// Starting counts: one rejection in 32 tokens, before anything has been seen.
const PRIOR: (f64, f64) = (31.0, 1.0);

/// The weight that a class keeps from one draft to the next: some forty drafts of memory.
const MEMORY: f64 = 0.975;

impl LengthPolicy {
    pub(crate) fn new(choice: DraftLength, curve: CostCurve) -> Self {
        Self {
            choice,
            curve,
            classes: [PRIOR; 8],
        }
    }

    /// The most tokens worth asking a drafter for.
    pub(crate) fn limit(&self) -> usize {
        match self.choice {
            DraftLength::Auto => LONGEST_DRAFT,
            DraftLength::Fixed(length) => length,
        }
    }

    /// Shortens a draft to where its expected gain ends.
    pub(crate) fn cut(&self, draft: &mut Draft) {
        if self.choice == DraftLength::Auto {
            let best = self.best_length(class(draft.evidence), draft.tokens.len());
            draft.tokens.truncate(best);
        }
    }

    /// Learns how much of a draft was accepted.
    pub(crate) fn observe(&mut self, draft: &Draft, accepted: usize) {
        if draft.tokens.is_empty() {
            return;
        }
        // What was accepted beyond the evidence a draft started with belongs to surer classes, but
        // a draft is cut once, so its whole outcome counts for the class that decided.
        let (yes, no) = &mut self.classes[class(draft.evidence)];
        let rejected = if accepted < draft.tokens.len() {
            1.0
        } else {
            0.0
        };
        *yes = PRIOR.0 + (*yes - PRIOR.0) * MEMORY + accepted as f64;
        *no = PRIOR.1 + (*no - PRIOR.1) * MEMORY + rejected;
    }

    fn best_length(&self, class: usize, longest: usize) -> usize {
        let (yes, no) = self.classes[class];
        let acceptance = yes / (yes + no);
        let tokens_per_second = |length: usize| {
            let expected = (1.0 - acceptance.powi(length as i32 + 1)) / (1.0 - acceptance);
            expected / self.curve.seconds(length + 1)
        };
        (0..=longest)
            .max_by(|&a, &b| tokens_per_second(a).total_cmp(&tokens_per_second(b)))
            .unwrap_or(0)
    }
}

fn class(evidence: usize) -> usize {
    (usize::BITS - evidence.leading_zeros()).min(7) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve() -> CostCurve {
        let milliseconds = |n| Duration::from_millis(n);
        CostCurve::new([
            (1, milliseconds(10)),
            (33, milliseconds(18)),
            (129, milliseconds(66)),
        ])
    }

    #[test]
    fn costs_are_interpolated_and_extended() {
        let curve = curve();
        let expected = [
            (1, 0.010),
            (17, 0.014),
            (33, 0.018),
            (81, 0.042),
            (225, 0.114),
        ];
        for (rows, seconds) in expected {
            assert!((curve.seconds(rows) - seconds).abs() < 1e-9, "{rows} rows");
        }
    }

    #[test]
    fn rejections_shorten_drafts_and_acceptance_lengthens_them() {
        let mut policy = LengthPolicy::new(DraftLength::Auto, curve());
        let draft = Draft {
            tokens: vec![0; 100],
            evidence: 1,
        };
        let length = |policy: &LengthPolicy| {
            let mut draft = draft.clone();
            policy.cut(&mut draft);
            draft.tokens.len()
        };
        let fresh = length(&policy);
        for _ in 0..60 {
            policy.observe(&draft, 0);
        }
        assert!(
            length(&policy) < fresh / 4,
            "{} after {fresh}",
            length(&policy)
        );
        for _ in 0..200 {
            policy.observe(&draft, 100);
        }
        assert!(length(&policy) > fresh, "{} after {fresh}", length(&policy));
    }
}
