use fastrand::Rng;

/// Seeded chance, in the terms in which habits are described.
pub(super) struct Dice(Rng);

impl Dice {
    pub(super) fn new(seed: u64) -> Dice {
        Dice(Rng::with_seed(seed))
    }

    /// True with this probability.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.0.f64() < probability
    }

    /// One of the numbers, both ends included.
    pub(super) fn between(&mut self, least: usize, most: usize) -> usize {
        self.0.usize(least..=most)
    }

    /// One of several, all equally likely; the default of none.
    pub(super) fn pick<T: Copy + Default>(&mut self, choices: &[T]) -> T {
        match choices.is_empty() {
            true => T::default(),
            false => choices[self.0.usize(..choices.len())],
        }
    }

    /// One of several, as likely as their weights say.
    pub(super) fn weighted<T: Copy>(&mut self, choices: &[(T, u32)]) -> Option<T> {
        let total: u32 = choices.iter().map(|(_, weight)| weight).sum();
        let mut left = self.0.u32(..total.max(1));
        for &(choice, weight) in choices {
            match left.checked_sub(weight) {
                Some(rest) => left = rest,
                None => return Some(choice),
            }
        }
        None
    }
}
