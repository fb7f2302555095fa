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

/// Seconds that one forward pass takes, by its number of rows and the positions before them.
///
/// On an empty cache: measured points, straight lines between them. What attention adds grows with
/// the positions, once for reading them and once more for every row; both slopes are learnt from the
/// passes of a rewrite, because only there the cache is full.
#[derive(Debug, Clone)]
pub struct CostCurve {
    points: Vec<(usize, f64)>,
    slopes: Slopes,
}

/// Seconds per position, and per position and row: least squares over what was observed, of which
/// the old counts for less and less.
#[derive(Debug, Clone, Default)]
struct Slopes {
    /// Sums of the squares and the product of `position` and `position * rows`.
    squares: [f64; 3],
    /// Sums of their products with the seconds that the empty cache does not explain.
    products: [f64; 2],
}

/// The weight that an observed pass keeps from one to the next.
const SLOPE_MEMORY: f64 = 0.95;

impl Slopes {
    fn observe(&mut self, rows: usize, depth: usize, seconds: f64) {
        let (once, each) = (depth as f64, (depth * rows) as f64);
        let added = [once * once, once * each, each * each];
        for (sum, added) in self.squares.iter_mut().zip(added) {
            *sum = *sum * SLOPE_MEMORY + added;
        }
        for (sum, added) in self
            .products
            .iter_mut()
            .zip([once * seconds, each * seconds])
        {
            *sum = *sum * SLOPE_MEMORY + added;
        }
    }

    /// Seconds per position, and per position and row; neither is negative.
    fn solve(&self) -> (f64, f64) {
        let ([a, b, c], [p, q]) = (self.squares, self.products);
        if a == 0.0 {
            return (0.0, 0.0);
        }
        let determinant = a * c - b * b;
        // Passes of one length alone do not tell the two apart: then it is all put on the rows.
        if determinant <= 1e-3 * a * c {
            return (0.0, (q / c).max(0.0));
        }
        match ((p * c - q * b) / determinant, (q * a - p * b) / determinant) {
            (once, each) if once < 0.0 => (0.0, if each > 0.0 { (q / c).max(0.0) } else { 0.0 }),
            (_, each) if each < 0.0 => ((p / a).max(0.0), 0.0),
            slopes => slopes,
        }
    }
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
            slopes: Slopes::default(),
        }
    }

    /// Learns from a pass of `rows` rows behind `depth` positions.
    pub(crate) fn observe(&mut self, rows: usize, depth: usize, time: Duration) {
        let unexplained = time.as_secs_f64() - self.seconds_when_empty(rows);
        self.slopes.observe(rows, depth, unexplained);
    }

    /// The cost of a pass behind `depth` positions, by its rows.
    fn at(&self, depth: usize) -> impl Fn(usize) -> f64 {
        let (once, each) = self.slopes.solve();
        let (once, each) = (once * depth as f64, each * depth as f64);
        move |rows| self.seconds_when_empty(rows) + once + each * rows as f64
    }

    fn seconds_when_empty(&self, rows: usize) -> f64 {
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
/// resumed on one token after a rejection is far less sure than one that has run for a line. A class
/// of which little was seen is taken to be like all of them together, so that where nothing is
/// copied, few drafts are lost before none is made.
pub(crate) struct LengthPolicy {
    choice: DraftLength,
    curve: CostCurve,
    all: Counts,
    /// By class of evidence.
    classes: [Counts; 8],
}

/// Decayed counts of draft tokens.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    accepted: f64,
    rejected: f64,
}

/// What is expected before anything has been seen: one rejection in 32 tokens.
const PRIOR: f64 = 31.0 / 32.0;

/// How many tokens the expectation counts for.
const PRIOR_WEIGHT: f64 = 4.0;

/// The weight that counts keep from one draft to the next: some twenty drafts of memory.
const MEMORY: f64 = 0.95;

impl Counts {
    fn add(&mut self, accepted: usize, rejected: bool) {
        self.accepted = self.accepted * MEMORY + accepted as f64;
        self.rejected = self.rejected * MEMORY + f64::from(u8::from(rejected));
    }

    /// The share accepted, where `expected` was expected before.
    fn acceptance(&self, expected: f64) -> f64 {
        let seen = self.accepted + self.rejected;
        (self.accepted + expected * PRIOR_WEIGHT) / (seen + PRIOR_WEIGHT)
    }
}

impl LengthPolicy {
    pub(crate) fn new(choice: DraftLength, curve: CostCurve) -> Self {
        Self {
            choice,
            curve,
            all: Counts::default(),
            classes: [Counts::default(); 8],
        }
    }

    /// The most tokens worth asking a drafter for, where so many rows are computed at once: a further pass is
    /// better begun with what this one says.
    pub(crate) fn limit(&self, rows_at_once: usize) -> usize {
        match self.choice {
            DraftLength::Auto => LONGEST_DRAFT.min(rows_at_once - 1),
            DraftLength::Fixed(length) => length,
        }
    }

    /// Shortens a draft to where its expected gain ends; `depth` positions stand before it. Returns
    /// the first token that was cut off.
    pub(crate) fn cut(&self, draft: &mut Draft, depth: usize) -> Option<u32> {
        if self.choice != DraftLength::Auto {
            return None;
        }
        let best = self.best_length(class(draft.evidence), draft.tokens.len(), depth);
        let next = draft.tokens.get(best).copied();
        draft.tokens.truncate(best);
        next
    }

    /// Learns what a pass took.
    pub(crate) fn observe_cost(&mut self, rows: usize, depth: usize, time: Duration) {
        self.curve.observe(rows, depth, time);
    }

    /// The curve, with what was learnt.
    pub(crate) fn into_curve(self) -> CostCurve {
        self.curve
    }

    /// Learns how much of a draft was accepted. Where all of it was, `next` says whether the first
    /// token that was cut off would have been, too: so a draft that was cut to nothing still
    /// teaches when drafts pay off again.
    pub(crate) fn observe(&mut self, draft: &Draft, accepted: usize, next: Option<bool>) {
        let rejected = accepted < draft.tokens.len() || next == Some(false);
        let accepted = accepted + usize::from(next == Some(true));
        if accepted == 0 && !rejected {
            return;
        }
        // What was accepted beyond the evidence a draft started with belongs to surer classes, but
        // a draft is cut once, so its whole outcome counts for the class that decided.
        self.all.add(accepted, rejected);
        self.classes[class(draft.evidence)].add(accepted, rejected);
    }

    fn best_length(&self, class: usize, longest: usize, depth: usize) -> usize {
        let acceptance = self.classes[class].acceptance(self.all.acceptance(PRIOR));
        let seconds = self.curve.at(depth);
        let tokens_per_second = |length: usize| {
            let expected = (1.0 - acceptance.powi(length as i32 + 1)) / (1.0 - acceptance);
            expected / seconds(length + 1)
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
            assert!((curve.at(0)(rows) - seconds).abs() < 1e-9, "{rows} rows");
        }
    }

    #[test]
    fn what_a_pass_does_not_compute_at_once_is_left_to_the_next() {
        let limit = |choice, rows| LengthPolicy::new(choice, curve()).limit(rows);
        assert_eq!(limit(DraftLength::Auto, 256), 255);
        assert_eq!(limit(DraftLength::Auto, 1), 0);
        assert_eq!(limit(DraftLength::Auto, usize::MAX), LONGEST_DRAFT);
        assert_eq!(limit(DraftLength::Fixed(64), 16), 64);
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
            policy.cut(&mut draft, 0);
            draft.tokens.len()
        };
        let fresh = length(&policy);
        for _ in 0..60 {
            policy.observe(&draft, 0, None);
        }
        assert!(
            length(&policy) < fresh / 4,
            "{} after {fresh}",
            length(&policy)
        );
        for _ in 0..200 {
            policy.observe(&draft, 100, None);
        }
        assert!(length(&policy) > fresh, "{} after {fresh}", length(&policy));
    }

    /// What a pass takes in these tests: 10 ms, 0.3 ms a row, and with the depth 1 microsecond, and
    /// 0.2 for each row.
    fn true_time(rows: usize, depth: usize) -> Duration {
        let (rows, depth) = (rows as f64, depth as f64);
        Duration::from_secs_f64(10e-3 + 0.3e-3 * rows + depth * (1e-6 + 0.2e-6 * rows))
    }

    fn learning_curve() -> CostCurve {
        CostCurve::new([1, 16, 64].map(|rows| (rows, true_time(rows, 0))))
    }

    #[test]
    fn slopes_are_learnt_from_passes_of_several_lengths() {
        let mut curve = learning_curve();
        for (rows, depth) in [(1, 2000), (64, 2001), (20, 2065), (3, 2085), (1, 2088)] {
            curve.observe(rows, depth, true_time(rows, depth));
        }
        for (rows, depth) in [(1, 500), (128, 2000), (32, 4000)] {
            let expected = true_time(rows, depth).as_secs_f64();
            assert!(
                (curve.at(depth)(rows) / expected - 1.0).abs() < 1e-6,
                "{rows} at {depth}"
            );
        }
    }

    #[test]
    fn passes_of_one_length_count_for_their_rows() {
        let mut curve = learning_curve();
        for depth in 1000..1010 {
            curve.observe(8, depth, true_time(8, depth));
        }
        let expected = true_time(8, 2000).as_secs_f64();
        assert!((curve.at(2000)(8) / expected - 1.0).abs() < 1e-3);
        // A machine that was slow when the empty cache was measured teaches nothing absurd.
        let mut curve = learning_curve();
        curve.observe(8, 1000, Duration::from_millis(1));
        assert_eq!(curve.at(1000)(8), curve.at(0)(8));
    }

    /// An output of 256 tokens none of which is drafted right, whatever evidence drafts have.
    #[test]
    fn where_nothing_is_copied_drafts_cost_less_than_a_twentieth() {
        for depth in [0, 1000, 4000] {
            let mut policy = LengthPolicy::new(DraftLength::Auto, learning_curve());
            let (mut spent, mut plain) = (0.0, 0.0);
            for step in 0..256 {
                let mut draft = Draft {
                    tokens: vec![0; 200],
                    evidence: 1 + step % 5,
                };
                let depth = depth + step;
                policy.cut(&mut draft, depth);
                let rows = draft.tokens.len() + 1;
                let time = true_time(rows, depth);
                policy.observe_cost(rows, depth, time);
                let next = draft.tokens.is_empty().then_some(false);
                policy.observe(&draft, 0, next);
                spent += time.as_secs_f64();
                plain += true_time(1, depth).as_secs_f64();
            }
            assert!(plain / spent > 0.95, "{} at {depth}", plain / spent);
        }
    }

    #[test]
    fn a_draft_cut_to_nothing_still_teaches() {
        let mut policy = LengthPolicy::new(DraftLength::Auto, learning_curve());
        let proposed = || Draft {
            tokens: vec![7; 100],
            evidence: 9,
        };
        let length = |policy: &LengthPolicy| {
            let mut draft = proposed();
            policy.cut(&mut draft, 0);
            draft.tokens.len()
        };
        for _ in 0..200 {
            let mut draft = proposed();
            let next = policy.cut(&mut draft, 0).map(|_| false);
            policy.observe(&draft, 0, next);
        }
        assert_eq!(length(&policy), 0);
        let mut steps = 0;
        while length(&policy) < 30 {
            let mut draft = proposed();
            assert_eq!(policy.cut(&mut draft, 0), Some(7));
            policy.observe(&draft, draft.tokens.len(), Some(true));
            steps += 1;
        }
        assert!(steps < 30, "{steps} steps");
    }
}
