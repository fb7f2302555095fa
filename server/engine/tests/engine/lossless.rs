//! Speculative output equals plain greedy output, token for token.
//!
//! This is the first layer: a deterministic model that costs nothing, and thousands of cases. The
//! tiny Llama and the default model follow in `tiny_copy` and in the workspace's `tests`.

use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use fast_apply_engine::Error;
use fast_apply_engine::decode::{Decoder, Generation, Stop, Task};
use fast_apply_engine::draft::{CostCurve, DRAFT_KINDS, DraftKind, DraftLength, Sources};
use fast_apply_engine::model::{Choice, LanguageModel};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const STOP: u32 = 0;

/// Continues its context like a copying model that now and then changes its mind: the choice
/// depends on everything before it, and on nothing else.
struct FakeModel {
    context: Vec<u32>,
    vocabulary: u32,
    seed: u64,
}

impl FakeModel {
    fn choice(&self) -> u32 {
        let context = &self.context;
        let hash = context
            .iter()
            .rev()
            .take(24)
            .fold(self.seed, |hash, &token| {
                (hash ^ u64::from(token))
                    .wrapping_mul(0x0100_0000_01b3)
                    .rotate_left(17)
            });
        let surprise = (hash >> 32) as u32 % self.vocabulary;
        if hash.is_multiple_of(11) || context.len() < 2 {
            return surprise;
        }
        let ending = &context[context.len() - 2..];
        context[..context.len() - 1]
            .windows(3)
            .rev()
            .find(|window| &window[..2] == ending)
            .map_or(surprise, |window| window[2])
    }
}

impl LanguageModel for FakeModel {
    fn forward(&mut self, tokens: &[u32], rows: Range<usize>) -> Result<Vec<Choice>, Error> {
        let mut choices = Vec::new();
        for (row, &token) in tokens.iter().enumerate() {
            self.context.push(token);
            if rows.contains(&row) {
                let token = self.choice();
                choices.push(Choice {
                    token,
                    logit: 1.0,
                    runner_up: token + 1,
                    runner_up_logit: 0.0,
                });
            }
        }
        Ok(choices)
    }

    fn logits(&mut self, tokens: &[u32], rows: Range<usize>) -> Result<Vec<Vec<f32>>, Error> {
        let choices = self.forward(tokens, rows)?;
        let one_of = |choice: &Choice| {
            let logit = |token| f32::from(u8::from(token == choice.token));
            (0..self.vocabulary + 2).map(logit).collect()
        };
        Ok(choices.iter().map(one_of).collect())
    }

    fn position(&self) -> usize {
        self.context.len()
    }

    fn truncate(&mut self, position: usize) {
        self.context.truncate(position);
    }

    fn context_length(&self) -> usize {
        400
    }
}

fn run(
    decoder: &mut Decoder<FakeModel>,
    sources: &Sources,
    draft: DraftKind,
    draft_length: DraftLength,
    max_output: usize,
) -> Generation {
    let cancel = AtomicBool::new(false);
    let mut streamed = Vec::new();
    let task = Task {
        prompt: &sources.prompt,
        stop_tokens: &[STOP],
        max_output,
        drafter: draft.drafter(sources),
        draft_length,
        forced: None,
        expected: None,
        cancel: &cancel,
    };
    let generation = decoder
        .run(task, &mut |progress| {
            if let fast_apply_engine::decode::Progress::Accepted(tokens) = progress {
                streamed.extend_from_slice(tokens);
            }
        })
        .unwrap();
    assert_eq!(
        streamed, generation.tokens,
        "what streams is what is written"
    );
    generation
}

fn random_tokens(random: &mut StdRng, vocabulary: u32, length: usize) -> Vec<u32> {
    (0..length)
        .map(|_| random.random_range(1..vocabulary))
        .collect()
}

#[test]
fn ten_thousand_random_cases_with_every_drafter_and_length() {
    let mut random = StdRng::seed_from_u64(7);
    let curve = || {
        let time = Duration::from_micros;
        CostCurve::new([(1, time(100)), (16, time(150)), (64, time(400))])
    };
    let (mut speculative_wins, mut ends) = (0, 0);
    for case in 0..10_000_u64 {
        let vocabulary = random.random_range(3..60);
        let original_length = random.random_range(0..80);
        let original = random_tokens(&mut random, vocabulary, original_length);
        let mut sketch = random_tokens(&mut random, vocabulary, 8);
        sketch.extend(original.iter().skip(original_length / 2).take(12));
        let mut prompt = vec![vocabulary];
        prompt.extend(original.iter().chain(&sketch));
        let model = FakeModel {
            context: Vec::new(),
            vocabulary,
            seed: case,
        };
        let mut decoder = Decoder::with_cost(model, curve());
        let mut sources = Sources {
            original,
            sketch,
            merge: None,
            prompt,
            line_ends: vec![1, 2],
            truth: None,
        };
        let max_output = random.random_range(1..150);
        let plain = run(
            &mut decoder,
            &sources,
            DraftKind::None,
            DraftLength::Auto,
            max_output,
        );
        assert_eq!(
            plain.effort.forwards,
            plain.tokens.len(),
            "one pass a token"
        );
        ends += usize::from(plain.stop == Stop::End);
        sources.truth = Some(plain.tokens.clone());
        let mut merge = plain.tokens.clone();
        if let Some(token) = merge.get_mut(original_length / 3) {
            *token += 1;
        }
        sources.merge = Some(merge);
        for (name, draft) in DRAFT_KINDS {
            let length = match random.random_range(0..4) {
                0 => DraftLength::Auto,
                _ => DraftLength::Fixed(random.random_range(1..=256)),
            };
            let speculative = run(&mut decoder, &sources, draft, length, max_output);
            assert_eq!(
                speculative.tokens, plain.tokens,
                "case {case}, {name}, {length:?}"
            );
            assert_eq!(
                speculative.stop, plain.stop,
                "case {case}, {name}, {length:?}"
            );
            assert!(speculative.effort.forwards <= plain.effort.forwards);
            assert!(
                speculative.effort.cached_tokens > 0,
                "the prompt is in the cache"
            );
            speculative_wins +=
                usize::from(speculative.effort.forwards * 2 < plain.effort.forwards);
        }
    }
    assert!(
        speculative_wins > 10_000,
        "drafts are accepted: {speculative_wins}"
    );
    assert!(ends > 500, "both ends occur: {ends}");
}
