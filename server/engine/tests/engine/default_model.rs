//! The default model against transformers, and its prompt against the training code's.

use fast_apply_engine::kernels::{InstructionSet, Machine, Precision};
use fast_apply_engine::model::{CpuLlama, LanguageModel, Weights};
use fast_apply_engine::prompt::PromptTexts;

use crate::{default_model, fixture};

#[derive(serde::Deserialize)]
struct Reference {
    windows: Vec<Window>,
}

/// A stretch of code with transformers' first choice behind each of its tokens.
#[derive(serde::Deserialize)]
struct Window {
    ids: Vec<u32>,
    top1: Vec<u32>,
    margin: Vec<f32>,
}

fn check_first_choices(precision: Precision, tie: f32) {
    let json = std::fs::read(fixture("default-model/top1.json")).unwrap();
    let reference: Reference = serde_json::from_slice(&json).unwrap();
    let weights = Weights::from_gguf(default_model().weights.path()).unwrap();
    let machine = Machine::new(InstructionSet::detect(), 2);
    let mut model = CpuLlama::load(&weights, precision, machine, 1024).unwrap();
    for Window { ids, top1, margin } in &reference.windows {
        model.truncate(0);
        let choices = model.forward(ids, 0..ids.len()).unwrap();
        for (place, choice) in choices.iter().enumerate() {
            assert!(
                choice.token == top1[place] || margin[place] < tie,
                "token {place}: {} instead of {}, with a margin of {}",
                choice.token,
                top1[place],
                margin[place]
            );
        }
    }
}

#[test]
fn first_choices_are_those_of_transformers() {
    check_first_choices(Precision::F32, 1e-3);
}

#[test]
fn eight_bits_change_no_clear_choice() {
    check_first_choices(Precision::Int8, 0.5);
}

#[derive(serde::Deserialize)]
struct Golden {
    original: String,
    sketch: String,
    instruction: Option<String>,
    conversation: Option<String>,
    pieces: Vec<GoldenPiece>,
}

#[derive(serde::Deserialize)]
struct GoldenPiece {
    ids: Vec<u32>,
}

#[test]
fn the_prompt_is_the_one_that_training_builds() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../model-assets/training/prompt_golden.json"
    );
    let golden: Golden = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let model = default_model();
    let tokenizer = model.weights.tokenizer().unwrap();
    let texts = PromptTexts {
        original: &golden.original,
        sketch: &golden.sketch,
        instruction: golden.instruction.as_deref(),
        conversation: golden.conversation.as_deref(),
    };
    let prompt = model.prompt.encode(&tokenizer, texts).unwrap();
    let expected: Vec<u32> = golden
        .pieces
        .into_iter()
        .flat_map(|piece| piece.ids)
        .collect();
    assert_eq!(prompt.tokens, expected);
    let prefix = model
        .prompt
        .encode_prefix(&tokenizer, &golden.original)
        .unwrap();
    assert!(expected.starts_with(&prefix) && prefix.len() > prompt.original.len());
}
