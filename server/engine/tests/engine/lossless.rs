//! Speculative output equals plain greedy output, token for token.
//!
//! This is the first layer: a deterministic model that costs nothing, and thousands of cases. The
//! tiny Llama and the default model follow in `tiny_copy` and in the workspace's `tests`.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use fast_apply_engine::Error;
use fast_apply_engine::assets::Adapter;
use fast_apply_engine::copy_head::{CopyHead, CopySources, Network};
use fast_apply_engine::copying::{Coming, CopyRule, Pattern};
use fast_apply_engine::decode::{Decoder, Generation, Stop, Task};
use fast_apply_engine::draft::{CostCurve, DRAFT_KINDS, DraftKind, DraftLength, Sources};
use fast_apply_engine::model::{Choice, LanguageModel};
use fast_apply_engine::score::Candidate;
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

impl FakeModel {
    /// Logits whose largest is that of the choice; the others are in an order that depends on it.
    fn preferences(&self) -> Vec<f32> {
        let choice = self.choice();
        let tokens = 0..self.vocabulary + 2;
        let distance = |token: u32| (token + 7 * choice + 3) % (self.vocabulary + 2);
        tokens
            .map(|token| match token == choice {
                true => 1.0,
                false => -(distance(token) as f32),
            })
            .collect()
    }
}

impl LanguageModel for FakeModel {
    fn forward(&mut self, tokens: &[u32], rows: Range<usize>) -> Result<Vec<Choice>, Error> {
        let mut choices = Vec::new();
        for (row, &token) in tokens.iter().enumerate() {
            self.context.push(token);
            if rows.contains(&row) {
                choices.push(Choice::of_logits(&self.preferences()));
            }
        }
        Ok(choices)
    }

    fn logits(&mut self, tokens: &[u32], rows: Range<usize>) -> Result<Vec<Vec<f32>>, Error> {
        let mut logits = Vec::new();
        for (row, &token) in tokens.iter().enumerate() {
            self.context.push(token);
            if rows.contains(&row) {
                logits.push(self.preferences());
            }
        }
        Ok(logits)
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

/// What has a say beside the model.
#[derive(Clone, Copy, Default)]
struct Advice<'a> {
    copy_head: Option<&'a CopyHead>,
    rule: Option<&'a CopyRule>,
}

fn run(
    decoder: &mut Decoder<FakeModel>,
    sources: &Sources,
    draft: DraftKind,
    draft_length: DraftLength,
    max_output: usize,
    advice: Advice<'_>,
) -> Generation {
    let cancel = AtomicBool::new(false);
    let mut streamed = Vec::new();
    let task = Task {
        prompt: &sources.prompt,
        stop_tokens: &[STOP],
        max_output,
        drafter: draft.drafter(sources),
        draft_length,
        copy_head: advice.copy_head,
        rule: advice.rule,
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

/// The default adapter's.
fn network() -> Arc<Network> {
    let adapter = Adapter::built_in("smollm2-135m-fast-apply").unwrap();
    Arc::new(Network::new(&adapter.copy_head.unwrap()).unwrap())
}

/// A copy head for the texts, whose second line of the sketch is a marker.
fn head(network: &Arc<Network>, sources: &Sources, vocabulary: u32) -> CopyHead {
    let Sources {
        original, sketch, ..
    } = sources;
    let copied = CopySources::new(original, sketch, &[false, true], STOP, letters(vocabulary));
    CopyHead {
        network: Arc::clone(network),
        sources: Arc::new(copied),
    }
}

#[test]
fn ten_thousand_random_cases_with_every_drafter_and_length() {
    let mut random = StdRng::seed_from_u64(7);
    let curve = || {
        let time = Duration::from_micros;
        CostCurve::new([(1, time(100)), (16, time(150)), (64, time(400))])
    };
    let network = network();
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
        let copy_head = head(&network, &sources, vocabulary);
        let advice = Advice {
            copy_head: Some(&copy_head).filter(|_| case % 8 == 0),
            rule: None,
        };
        let plain = run(
            &mut decoder,
            &sources,
            DraftKind::None,
            DraftLength::Auto,
            max_output,
            advice,
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
            let speculative = run(&mut decoder, &sources, draft, length, max_output, advice);
            assert_eq!(
                speculative.tokens, plain.tokens,
                "case {case}, {name}, {length:?}"
            );
            assert_eq!(
                speculative.margins, plain.margins,
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

/// Tokens of one letter and two, of which some end lines.
fn letters(vocabulary: u32) -> Arc<[Box<[u8]>]> {
    let letter = |n: u32| char::from(b'a' + (n % 5) as u8);
    let text = |token: u32| match token {
        STOP => String::new(),
        1 => "\n".to_owned(),
        2 => " ".to_owned(),
        _ if token.is_multiple_of(4) => format!("{}{}", letter(token), letter(token / 5)),
        _ if token.is_multiple_of(7) => format!("{}\n", letter(token)),
        _ => letter(token).to_string(),
    };
    (0..vocabulary + 2)
        .map(|token| text(token).into_bytes().into())
        .collect()
}

#[test]
fn under_a_copy_rule_drafts_change_nothing_and_lines_are_copies() {
    let mut random = StdRng::seed_from_u64(8);
    let network = network();
    let (mut overruled, mut wins) = (0, 0);
    for case in 0..2_000_u64 {
        let vocabulary = random.random_range(18..60);
        let bytes = letters(vocabulary);
        let spelled = |tokens: &[u32]| -> String {
            let bytes = tokens
                .iter()
                .flat_map(|&token| bytes[token as usize].to_vec());
            String::from_utf8(bytes.collect()).unwrap()
        };
        let original = random_tokens(&mut random, vocabulary, 60);
        let sketch = random_tokens(&mut random, vocabulary, 12);
        let old: Vec<String> = spelled(&original).lines().map(str::to_owned).collect();
        let new_lines: Vec<String> = spelled(&sketch).lines().map(str::to_owned).collect();
        let coming = [Coming::Nothing, Coming::Blanks, Coming::Lines];
        let mut may_go = || random.random_range(0..3) > 0;
        let may_go = old.iter().map(|_| may_go()).collect();
        let mut may_come = || coming[random.random_range(0..3)];
        let pattern = Pattern {
            may_go,
            may_come: (0..=old.len()).map(|_| may_come()).collect(),
            original: old.clone(),
            new_lines: new_lines
                .iter()
                .map(|line| (line.trim().to_owned(), 2))
                .chain([(String::new(), 9)])
                .collect(),
        };
        let rule = CopyRule::new(pattern, Arc::clone(&bytes), vec![STOP]);
        let mut prompt = vec![vocabulary];
        prompt.extend(original.iter().chain(&sketch));
        let model = FakeModel {
            context: Vec::new(),
            vocabulary,
            seed: case,
        };
        let curve = CostCurve::new([(1, Duration::from_micros(100))]);
        let mut decoder = Decoder::with_cost(model, curve);
        let mut sources = Sources {
            original,
            sketch,
            merge: None,
            prompt,
            line_ends: vec![1],
            truth: None,
        };
        let copy_head = head(&network, &sources, vocabulary);
        let copy_head = Some(&copy_head).filter(|_| case % 4 == 0);
        let mut written = |sources: &Sources, draft, length, rule| {
            let advice = Advice { copy_head, rule };
            run(&mut decoder, sources, draft, length, 80, advice)
        };
        let free = written(&sources, DraftKind::None, DraftLength::Auto, None);
        let plain = written(&sources, DraftKind::None, DraftLength::Auto, Some(&rule));
        overruled += usize::from(free.tokens != plain.tokens);
        let text = spelled(&plain.tokens);
        let complete = match plain.stop {
            Stop::End => text.as_str(),
            _ => text.rsplit_once('\n').map_or("", |(complete, _)| complete),
        };
        let known: Vec<&str> = new_lines.iter().map(|line| line.trim()).collect();
        let mut left = old.iter();
        for line in complete.lines() {
            let content = line.trim_start_matches(' ');
            let is_new = content.is_empty() || known.contains(&content);
            assert!(
                is_new || left.any(|old| old == line),
                "case {case}: {line:?}"
            );
        }
        sources.truth = Some(plain.tokens.clone());
        for (name, draft) in DRAFT_KINDS {
            let length = DraftLength::Fixed(random.random_range(1..=64));
            let speculative = written(&sources, draft, length, Some(&rule));
            assert_eq!(speculative.tokens, plain.tokens, "case {case}, {name}");
            assert_eq!(speculative.stop, plain.stop, "case {case}, {name}");
            assert_eq!(speculative.margins, plain.margins, "case {case}, {name}");
            wins += usize::from(speculative.effort.forwards * 2 < plain.effort.forwards);
        }
        let own = Candidate {
            tokens: plain.tokens.clone(),
            scored: 0..plain.tokens.len(),
        };
        let never = AtomicBool::new(false);
        let scores = decoder.score(&sources.prompt, &[own], Some(&rule), &never, &mut |_, _| {});
        let scores = scores.unwrap().expect("nobody cancels").candidates;
        let agree = scores[0].iter().all(|score| score.agrees);
        assert!(
            agree || copy_head.is_some(),
            "case {case}: what it writes under the rule is best under the rule"
        );
    }
    assert!(overruled > 1_000, "the rule matters: {overruled}");
    assert!(wins > 500, "drafts are accepted: {wins}");
}
