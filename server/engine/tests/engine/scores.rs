//! Scores are what plain decoding sees, whatever is scored together and whatever is in the cache.

use std::ops::Range;
use std::sync::atomic::AtomicBool;

use candle_core::{DType, Device};
use fast_apply_engine::decode::{Decoder, Stop, Task};
use fast_apply_engine::draft::{CostCurve, DraftLength};
use fast_apply_engine::kernels::{InstructionSet, Machine, Precision};
use fast_apply_engine::model::{CpuLlama, LanguageModel, Llama, Weights};
use fast_apply_engine::score::{Candidate, Scores, TokenScore};

use crate::fixture;

#[derive(serde::Deserialize)]
struct Cases {
    special: std::collections::HashMap<String, u32>,
    cases: Vec<Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    original: Vec<u32>,
    rewrite: Vec<u32>,
    prompt: Vec<u32>,
}

fn cases() -> Cases {
    serde_json::from_slice(&std::fs::read(fixture("tiny-copy/cases.json")).unwrap()).unwrap()
}

fn decoder(precision: Precision) -> Decoder<CpuLlama> {
    let weights = Weights::from_hugging_face(&fixture("tiny-copy")).unwrap();
    let machine = Machine::new(InstructionSet::detect(), 2);
    let model = CpuLlama::load(&weights, precision, machine, usize::MAX).unwrap();
    Decoder::with_cost(model, CostCurve::new([]))
}

fn candidate(tokens: &[u32], scored: Range<usize>) -> Candidate {
    Candidate {
        tokens: tokens.to_vec(),
        scored,
    }
}

fn score<M: LanguageModel>(
    decoder: &mut Decoder<M>,
    prompt: &[u32],
    candidates: &[Candidate],
) -> Scores {
    let mut done = Vec::new();
    let scores = decoder
        .score(
            prompt,
            candidates,
            None,
            &AtomicBool::new(false),
            &mut |now, total| {
                done.push((now, total));
            },
        )
        .unwrap()
        .expect("nobody cancels");
    assert!(done.is_sorted(), "{done:?}");
    assert!(done.last().is_some_and(|(now, total)| now == total));
    scores
}

/// What plain decoding writes, with the token that ends it if it came to that.
fn written(decoder: &mut Decoder<CpuLlama>, prompt: &[u32], stop: u32) -> Vec<u32> {
    let cancel = AtomicBool::new(false);
    let task = Task {
        prompt,
        stop_tokens: &[stop],
        max_output: 100,
        drafter: None,
        draft_length: DraftLength::Auto,
        copy_head: None,
        rule: None,
        forced: None,
        expected: None,
        cancel: &cancel,
    };
    let mut generation = decoder.run(task, &mut |_| {}).unwrap();
    if generation.stop == Stop::End {
        generation.tokens.push(stop);
    }
    generation.tokens
}

#[test]
fn every_token_of_a_greedy_output_agrees_and_no_other_first_token_does() {
    for precision in [Precision::F32, Precision::Int8] {
        let Cases { special, cases } = cases();
        let mut decoder = decoder(precision);
        for case in cases.iter().take(12) {
            let mut output = written(&mut decoder, &case.prompt, special["eos"]);
            let all = candidate(&output, 0..output.len());
            let scores = score(&mut decoder, &case.prompt, &[all]).candidates;
            for token in &scores[0] {
                assert!(token.agrees);
                assert_eq!(token.log_probability, token.best_log_probability);
                assert!(token.log_probability <= 0.0);
            }
            output[0] = output[0].wrapping_add(1) % 8;
            let first = candidate(&output, 0..1);
            let other = score(&mut decoder, &case.prompt, &[first]).candidates;
            assert!(!other[0][0].agrees);
            assert!(other[0][0].log_probability < other[0][0].best_log_probability);
            assert_eq!(other[0][0].best, scores[0][0].best);
        }
    }
}

#[test]
fn scores_do_not_depend_on_company_or_cache() {
    for precision in [Precision::F32, Precision::Int8] {
        let mut decoder = decoder(precision);
        for case in cases().cases.iter().take(12) {
            let whole = candidate(&case.rewrite, 0..case.rewrite.len());
            let cold = score(&mut decoder, &case.prompt, std::slice::from_ref(&whole));
            assert_eq!(cold.candidates[0].len(), case.rewrite.len());
            let middle = case.rewrite.len() / 2;
            let together = score(
                &mut decoder,
                &case.prompt,
                &[
                    candidate(&case.original, 0..case.original.len()),
                    candidate(&case.rewrite, middle..case.rewrite.len()),
                    candidate(&case.rewrite, 0..middle),
                    whole,
                ],
            );
            assert_eq!(together.cached_tokens, case.prompt.len() - 1);
            assert_eq!(together.candidates[3], cold.candidates[0]);
            assert_eq!(together.candidates[1], cold.candidates[0][middle..]);
            assert_eq!(together.candidates[2], cold.candidates[0][..middle]);
        }
    }
}

#[test]
fn both_forward_passes_score_alike() {
    let weights = Weights::from_hugging_face(&fixture("tiny-copy")).unwrap();
    let tensors = Llama::load(&weights, &Device::Cpu, DType::F32, 1000).unwrap();
    let mut tensors = Decoder::with_cost(tensors, CostCurve::new([]));
    let mut kernels = decoder(Precision::F32);
    for case in cases().cases.iter().take(6) {
        let whole = [candidate(&case.rewrite, 0..case.rewrite.len())];
        let one = score(&mut tensors, &case.prompt, &whole).candidates;
        let other = score(&mut kernels, &case.prompt, &whole).candidates;
        for (one, other) in one[0].iter().zip(&other[0]) {
            assert!((one.log_probability - other.log_probability).abs() < 2e-3);
        }
    }
}

#[test]
fn a_cancelled_scoring_gives_nothing() {
    let case = &cases().cases[0];
    let whole = candidate(&case.rewrite, 0..case.rewrite.len());
    let scores = decoder(Precision::F32)
        .score(
            &case.prompt,
            &[whole],
            None,
            &AtomicBool::new(true),
            &mut |_, _| {},
        )
        .unwrap();
    assert_eq!(scores, None);
}

#[test]
fn log_probabilities_are_those_of_the_softmax() {
    let logits = [1.0_f32.ln(), 2.0_f32.ln(), 5.0_f32.ln()];
    let score = TokenScore::new(1, &logits, |best| best);
    assert!((score.log_probability - 0.25_f32.ln()).abs() < 1e-6);
    assert!((score.best_log_probability - 0.625_f32.ln()).abs() < 1e-6);
    assert_eq!((score.best, score.agrees), (2, false));
}
