//! Logits against Hugging Face transformers, for every way of feeding the same tokens.

use std::ops::Range;

use candle_core::{DType, Device, Tensor};
use fast_apply_engine::model::{LanguageModel, Llama, Weights};

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
        let difference = self.logits[rows.clone()]
            .iter()
            .flatten()
            .zip(logits.to_vec2::<f32>().unwrap().iter().flatten())
            .map(|(expected, actual)| (expected - actual).abs())
            .fold(0.0, f32::max);
        assert!(
            difference < TOLERANCE,
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
