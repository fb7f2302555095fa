//! Logits against Hugging Face transformers, for every way of feeding the same tokens.

use std::ops::Range;

use candle_core::{DType, Device, Tensor};
use fast_apply_engine::kernels::{InstructionSet, Machine, Matrix, Precision};
use fast_apply_engine::model::{Choice, CpuLlama, LanguageModel, Llama, Lora, Weights};

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
        let end = all.min(start + 20);
        let logits = model
            .logits(&reference.ids[start..end], 0..end - start)
            .unwrap();
        reference.check(start..end, &logits);
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

#[test]
fn every_gguf_tensor_type() {
    for kind in ["f32", "f16", "bf16", "q8_0", "q4_0", "q4_1"] {
        let reference = Reference::read("tiny-gguf", &format!("logits.{kind}"));
        let path = fixture("tiny-gguf").join(format!("{kind}.gguf"));
        check_every_way(&reference, &Weights::from_gguf(&path).unwrap());
    }
}

fn lora(directory: &str) -> Lora {
    let read = |name: &str| std::fs::read(fixture(directory).join(name)).unwrap();
    Lora::new(
        &read("adapter_config.json"),
        &read("adapter_model.safetensors"),
    )
    .unwrap()
}

#[test]
fn adapters_act_as_in_peft() {
    for directory in ["tiny-lora", "tiny-lora-rslora"] {
        let reference = Reference::read(directory, "logits");
        let weights = Weights::from_hugging_face(&fixture("tiny-tied")).unwrap();
        check_every_way(&reference, &weights.with_lora(lora(directory)).unwrap());
    }
}

#[test]
fn an_adapter_of_another_model_is_refused() {
    let weights = Weights::from_hugging_face(&fixture("tiny-llama31")).unwrap();
    let error = weights
        .with_lora(lora("tiny-lora"))
        .and_then(|weights| Llama::load(&weights, &Device::Cpu, DType::F32, usize::MAX))
        .err()
        .unwrap();
    assert!(
        error.to_string().contains("the LoRA adapter is not usable"),
        "{error}"
    );
}

#[test]
fn damaged_files_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let whole = std::fs::read(fixture("tiny-gguf").join("f32.gguf")).unwrap();
    for (name, bytes) in [
        ("empty.gguf", &whole[..0]),
        ("header.gguf", &whole[..700]),
        ("cut.gguf", &whole[..whole.len() / 2]),
        ("other.gguf", b"this is not a model"),
    ] {
        let path = directory.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let result = Weights::from_gguf(&path)
            .and_then(|weights| Llama::load(&weights, &Device::Cpu, DType::F32, usize::MAX));
        let error = result.err().unwrap().to_string();
        assert!(error.contains(name) && !error.contains('\n'), "{error}");
    }
    let error = Weights::from_gguf(&directory.path().join("missing.gguf"))
        .err()
        .unwrap();
    assert!(error.to_string().contains("missing.gguf"), "{error}");
}

#[test]
fn a_sequence_longer_than_the_context_is_refused() {
    let weights = Weights::from_hugging_face(&fixture("tiny-tied")).unwrap();
    let mut model = Llama::load(&weights, &Device::Cpu, DType::F32, 20).unwrap();
    assert!(model.forward(&[1; 20], 0..1).is_ok());
    let error = model.forward(&[1], 0..1).err().unwrap();
    assert!(
        error
            .to_string()
            .contains("need 21 tokens, but the context holds 20"),
        "{error}"
    );
    assert_eq!(model.position(), 20, "a refused pass changes nothing");
}

/// The CPU model on every instruction set: near `expected`, and bit for bit the same however the
/// tokens are fed.
fn check_cpu(
    ids: &[u32],
    load: impl Fn(Machine) -> CpuLlama,
    check: impl Fn(InstructionSet, &[Vec<f32>]),
) {
    for instructions in InstructionSet::available() {
        let mut model = load(Machine::new(instructions, 2));
        let at_once = model.logits(ids, 0..ids.len()).unwrap();
        check(instructions, &at_once);
        for lengths in [&[1][..], &[1, 40, 2, 17, 3, 16], &[20]] {
            model.truncate(0);
            let mut lengths = lengths.iter().cycle();
            while model.position() < ids.len() {
                // What is fed and rolled back leaves no trace.
                let start = model.position();
                let wrong: Vec<u32> = ids.iter().rev().take(33).copied().collect();
                model.forward(&wrong, 0..0).unwrap();
                model.truncate(start);

                let end = ids.len().min(start + lengths.next().unwrap());
                let tokens = &ids[start..end];
                let logits = model.logits(tokens, 0..tokens.len()).unwrap();
                assert!(logits == at_once[start..end], "rows {start}..{end}");
                model.truncate(start);
                let choices = model.forward(tokens, 0..tokens.len()).unwrap();
                for (choice, logits) in choices.iter().zip(&logits) {
                    assert_eq!(*choice, Choice::of_logits(logits));
                }
            }
        }
        assert!(model.forward(&[0; 512], 0..0).is_err());
    }
}

#[test]
fn the_cpu_model_in_f32() {
    for directory in ["tiny-llama31", "tiny-tied"] {
        let reference = Reference::read(directory, "logits");
        let weights = Weights::from_hugging_face(&fixture(directory)).unwrap();
        check_cpu(
            &reference.ids,
            |machine| CpuLlama::load(&weights, Precision::F32, machine, 512).unwrap(),
            |_, logits| reference.check_within(TOLERANCE, 0..logits.len(), logits),
        );
    }
}

/// Against the f32 model whose weights are the 8-bit ones: what differs is the rounding of the rows,
/// to 8 and 16 bits, and that of the cache and the attention to 16. Rounding to 8 bits alone moves
/// the logits of these models, whose weights are random, by 3 % of their size.
#[test]
fn the_cpu_model_in_int8() {
    for directory in ["tiny-llama31", "tiny-tied"] {
        let ids = Reference::read(directory, "logits").ids;
        let weights = Weights::from_hugging_face(&fixture(directory)).unwrap();
        let rounded = |machine: Machine| {
            let packer = Machine::new(machine.instructions(), 1);
            CpuLlama::from_floats(weights.config(), Precision::F32, machine, 512, |name| {
                let tensor = weights.tensor(name)?;
                let mut values = tensor.flatten_all()?.to_vec1::<f32>()?;
                if let Ok((outputs, inputs)) = tensor.dims2() {
                    let mut matrix = Matrix::new(Precision::Int8, outputs, inputs);
                    matrix.set(&packer, 0, &values);
                    for (output, row) in values.chunks_mut(inputs).enumerate() {
                        matrix.read(output, row);
                    }
                }
                Ok(values)
            })
            .unwrap()
        };
        check_cpu(
            &ids,
            |machine| CpuLlama::load(&weights, Precision::Int8, machine, 512).unwrap(),
            |instructions, logits| {
                let mut model = rounded(Machine::new(instructions, 1));
                let expected = model.logits(&ids, 0..ids.len()).unwrap();
                let pairs = logits.iter().flatten().zip(expected.iter().flatten());
                let (error, size) = pairs.fold((0.0, 0.0), |(error, size), (a, b)| {
                    (error + (a - b).powi(2), size + b.powi(2))
                });
                let error = (error / size).sqrt();
                assert!(error < 5e-2, "{directory}: {error}");
            },
        );
    }
}
