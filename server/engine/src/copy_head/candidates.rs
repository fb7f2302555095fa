use crate::model::Choice;

/// How many copies are followed: of the original, of the sketch, and of the original from where it
/// was left.
pub const CANDIDATES: usize = 3;

/// No token has this id.
pub const NO_TOKEN: u32 = u32::MAX;

/// By how much a natural logarithm of a likelihood counts against a logit. Chosen on edits that the
/// model was not trained on; from 1.5 to 4 it makes little difference.
const WEIGHT: f32 = 2.0;

/// Likelihoods below this are no worse.
const LEAST: f32 = 1e-9;

/// What the copy head expects next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidates {
    /// The tokens, each once; the others are `NO_TOKEN`.
    tokens: [u32; CANDIDATES],
    /// What their logits are changed by.
    changes: [f32; CANDIDATES],
    /// What all other logits are changed by.
    change_of_others: f32,
}

impl Candidates {
    /// Takes the next token of each copy, `NO_TOKEN` where there is none, and logits of a choice
    /// among them and any other token.
    pub(super) fn new(mut tokens: [u32; CANDIDATES], scores: [f32; CANDIDATES + 1]) -> Self {
        let is_open = |place: usize| place == CANDIDATES || tokens[place] != NO_TOKEN;
        let open = (0..=CANDIDATES).filter(|&place| is_open(place));
        let most = open
            .clone()
            .map(|place| scores[place])
            .fold(f32::NEG_INFINITY, f32::max);
        let mut shares = [0.0; CANDIDATES + 1];
        for place in open {
            shares[place] = (scores[place] - most).exp();
        }
        let sum: f32 = shares.iter().sum();
        for place in 1..CANDIDATES {
            if let Some(same) = tokens[..place]
                .iter()
                .position(|token| *token == tokens[place])
            {
                shares[same] += shares[place];
                tokens[place] = NO_TOKEN;
            }
        }
        let changes = shares.map(|share| WEIGHT * (share / sum).max(LEAST).ln());
        let [changes @ .., change_of_others] = changes;
        Self {
            tokens,
            changes,
            change_of_others,
        }
    }

    /// The tokens whose logits are needed; `NO_TOKEN` where fewer are.
    pub fn tokens(&self) -> [u32; CANDIDATES] {
        self.tokens
    }

    /// The choice among the two best tokens of a row and the candidates, whose logits are given in
    /// their order.
    pub(crate) fn choose(&self, of_model: Choice, logits: [f32; CANDIDATES]) -> Choice {
        let others = [
            (of_model.token, of_model.logit),
            (of_model.runner_up, of_model.runner_up_logit),
        ];
        let others = others
            .into_iter()
            .filter(|(token, _)| !self.tokens.contains(token));
        let others = others.map(|(token, logit)| (token, logit + self.change_of_others));
        let own = self.tokens.into_iter().zip(logits).zip(self.changes);
        let own = own.filter(|((token, _), _)| *token != NO_TOKEN);
        let own = own.map(|((token, logit), change)| (token, logit + change));
        let mut all: Vec<(u32, f32)> = others.chain(own).collect();
        all.sort_by(|(a, left), (b, right)| right.total_cmp(left).then(a.cmp(b)));
        let [(token, logit), (runner_up, runner_up_logit), ..] = all[..] else {
            return of_model;
        };
        Choice {
            token,
            logit,
            runner_up,
            runner_up_logit,
        }
    }

    /// Changes the logits of a row.
    pub(crate) fn change(&self, logits: &mut [f32]) {
        for (token, logit) in (0..).zip(logits) {
            let place = self.tokens.iter().position(|candidate| *candidate == token);
            *logit += place.map_or(self.change_of_others, |place| self.changes[place]);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The quick choice is that among all changed logits, unless a third token would win that is
        /// no candidate; then it is the best of those it knows.
        #[test]
        fn the_choice_is_the_best_changed_logit(
            logits in prop::collection::vec(-4.0f32..4.0, 12),
            tokens in prop::array::uniform3(0u32..14),
            scores in prop::array::uniform4(-6.0f32..6.0),
        ) {
            let tokens = tokens.map(|token| if token < 12 { token } else { NO_TOKEN });
            let candidates = Candidates::new(tokens, scores);
            let asked = candidates.tokens();
            for (place, token) in asked.iter().enumerate() {
                prop_assert!(*token == NO_TOKEN || !asked[..place].contains(token));
            }
            let of_model = Choice::of_logits(&logits);
            let given = asked.map(|token| match token {
                NO_TOKEN => f32::NEG_INFINITY,
                token => logits[token as usize],
            });
            let chosen = candidates.choose(of_model, given);
            let mut changed = logits.clone();
            candidates.change(&mut changed);
            let known = |token: u32| {
                asked.contains(&token) || [of_model.token, of_model.runner_up].contains(&token)
            };
            for (token, logit) in (0..).zip(&mut changed) {
                if !known(token) {
                    *logit = f32::NEG_INFINITY;
                }
            }
            let best = Choice::of_logits(&changed);
            prop_assert_eq!((chosen.token, chosen.logit), (best.token, best.logit));
            prop_assert!(chosen.margin() >= 0.0);
        }
    }

    #[test]
    fn likelihoods_of_the_same_token_add_up() {
        let one = Candidates::new([5, NO_TOKEN, 5], [0.0, 9.0, 0.0, 0.0]);
        assert_eq!(one.tokens(), [5, NO_TOKEN, NO_TOKEN]);
        let (two, three) = ((2.0f32 / 3.0).ln(), (1.0f32 / 3.0).ln());
        assert!((one.changes[0] - WEIGHT * two).abs() < 1e-5);
        assert!((one.change_of_others - WEIGHT * three).abs() < 1e-5);
    }
}
