//! Logits against Hugging Face transformers, for every way of feeding the same tokens.

use std::ops::Range;

use candle_core::{DType, Device, Tensor};
use fast_apply_engine::kernels::{InstructionSet, Machine, Precision};
use fast_apply_engine::model::{Choice, CpuLlama, LanguageModel, Llama, Weights};

use crate::fixture;

/// The largest difference to transformers that f32 rounding may make.
const TOLERANCE: f32 = 1e-4;

struct Reference {
    ids: Vec<u32>,
    logits: Vec<Vec<f32>>,
}

impl Reference {
    fn read(directory: &str, logits: &str) -> Self {
        let path = fixture(directory).join("reference.safetensors");
        let tensors = candle_core::safetensors::load(path, &Device::Cpu).unwrap();
        let ids = tensors["ids"].to_vec1::<i64>().unwrap();
        Self {
            ids: ids.into_iter().map(|id| id as u32).collect(),
            logits: tensors[logits].to_vec2::<f32>().unwrap(),
        }
    }

    fn check(&self, rows: Range<usize>, logits: &Tensor) {
        self.check_within(TOLERANCE, rows, &logits.to_vec2().unwrap());
    }

    fn check_within(&self, tolerance: f32, rows: Range<usize>, logits: &[Vec<f32>]) {
        let difference = self.logits[rows.clone()]
            .iter()
            .flatten()
            .zip(logits.iter().flatten())
            .map(|(expected, actual)| (expected - actual).abs())
            .fold(0.0, f32::max);
        assert!(
            difference < tolerance,
            "rows {rows:?} differ by {difference}"
        );
    }
}

fn load(weights: &Weights) -> Llama {
    Llama::load(weights, &Device::Cpu, DType::F32, usize::MAX).unwrap()
}

/// Feeds the reference tokens in pieces of the given lengths, over and over.
fn check_chunks(reference: &Reference, model: &mut Llama, lengths: &[usize]) {
    model.truncate(0);
    let mut lengths = lengths.iter().cycle();
    while model.position() < reference.ids.len() {
        let start = model.position();
        let end = reference.ids.len().min(start + lengths.next().unwrap());
        let logits = model
            .logits(&reference.ids[start..end], 0..end - start)
            .unwrap();
        reference.check(start..end, &logits);
    }
}

fn check_every_way(reference: &Reference, weights: &Weights) {
    let model = &mut load(weights);
    let all = reference.ids.len();
    check_chunks(reference, model, &[all]);
    check_chunks(reference, model, &[1]);
    check_chunks(reference, model, &[1, 40, 2, 17, 3, 16]);

    // Rolled back: wrong tokens are fed and forgotten before every right piece.
    model.truncate(0);
    for start in (0..all).step_by(20) {
        let wrong: Vec<u32> = reference.ids.iter().rev().take(33).copied().collect();
        model.logits(&wrong, 0..33).unwrap();
        model.truncate(start);
        let logits = model
            .logits(&reference.ids[start..start + 20], 0..20)
            .unwrap();
        reference.check(start..start + 20, &logits);
    }

    // Logits at chosen rows only.
    model.truncate(0);
    let logits = model.logits(&reference.ids, all - 3..all - 1).unwrap();
    reference.check(all - 3..all - 1, &logits);
}

fn check_directory(directory: &str) {
    let reference = Reference::read(directory, "logits");
    check_every_way(
        &reference,
        &Weights::from_hugging_face(&fixture(directory)).unwrap(),
    );
}

#[test]
fn llama_3_1_with_scaled_rope_and_untied_embeddings() {
    check_directory("tiny-llama31");
}

#[test]
fn tied_embeddings() {
    check_directory("tiny-tied");
}

/// The CPU model on every instruction set: near transformers, and bit for bit the same however
/// the tokens are fed.
fn check_cpu(directory: &str, precision: Precision, tolerance: f32) {
    let reference = Reference::read(directory, "logits");
    let weights = Weights::from_hugging_face(&fixture(directory)).unwrap();
    let all = reference.ids.len();
    for instructions in InstructionSet::available() {
        let machine = Machine::new(instructions, 2);
        let mut model = CpuLlama::load(&weights, precision, machine, 512).unwrap();
        let at_once = model.logits(&reference.ids, 0..all).unwrap();
        reference.check_within(tolerance, 0..all, &at_once);
        for lengths in [&[1][..], &[1, 40, 2, 17, 3, 16], &[20]] {
            model.truncate(0);
            let mut lengths = lengths.iter().cycle();
            while model.position() < all {
                // What is fed and rolled back leaves no trace.
                let start = model.position();
                let wrong: Vec<u32> = reference.ids.iter().rev().take(33).copied().collect();
                model.forward(&wrong, 0..0).unwrap();
                model.truncate(start);

                let end = all.min(start + lengths.next().unwrap());
                let tokens = &reference.ids[start..end];
                let logits = model.logits(tokens, 0..tokens.len()).unwrap();
                assert!(logits == at_once[start..end], "rows {start}..{end}");
                model.truncate(start);
                let choices = model.forward(tokens, 0..tokens.len()).unwrap();
                for (choice, logits) in choices.iter().zip(&logits) {
                    assert_eq!(*choice, Choice::of_logits(logits));
                }
            }
        }
        let too_many = vec![0; 512];
        assert!(model.forward(&too_many, 0..0).is_err());
    }
}

#[test]
fn the_cpu_model_in_f32() {
    check_cpu("tiny-llama31", Precision::F32, TOLERANCE);
    check_cpu("tiny-tied", Precision::F32, TOLERANCE);
}

#[test]
fn the_cpu_model_in_int8() {
    check_cpu("tiny-llama31", Precision::Int8, 0.05);
    check_cpu("tiny-tied", Precision::Int8, 0.05);
}
