use fast_apply_engine::Error;
use fast_apply_engine::model::{Choice, LanguageModel};
use serde::Serialize;

/// A margin that no rounding explains, in logits.
const CLEAR: f32 = 0.5;

/// What one model chooses behind given tokens, against another with the same weights.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Agreement {
    /// Rows compared.
    pub rows: usize,
    /// Rows with the same choice.
    pub same: usize,
    /// Rows with another choice although the reference prefers its own by half a logit or more.
    pub clearly_different: usize,
    /// The largest difference of two logits.
    pub largest_difference: f32,
}

impl Agreement {
    /// Feeds both the same tokens.
    pub fn measure(
        model: &mut dyn LanguageModel,
        reference: &mut dyn LanguageModel,
        tokens: &[u32],
    ) -> Result<Self, Error> {
        let mut agreement = Self {
            rows: tokens.len(),
            same: 0,
            clearly_different: 0,
            largest_difference: 0.0,
        };
        model.truncate(0);
        reference.truncate(0);
        let logits = model.logits(tokens, 0..tokens.len())?;
        let expected = reference.logits(tokens, 0..tokens.len())?;
        for (own, expected) in logits.iter().zip(&expected) {
            let (choice, other) = (Choice::of_logits(own), Choice::of_logits(expected));
            let same = choice.token == other.token;
            agreement.same += usize::from(same);
            agreement.clearly_different += usize::from(!same && other.margin() >= CLEAR);
            let differences = own.iter().zip(expected).map(|(a, b)| (a - b).abs());
            // A number that is none counts as far away.
            agreement.largest_difference =
                differences.fold(agreement.largest_difference, |largest, difference| {
                    match difference <= largest {
                        true => largest,
                        false => difference,
                    }
                });
        }
        model.truncate(0);
        reference.truncate(0);
        Ok(agreement)
    }
}
