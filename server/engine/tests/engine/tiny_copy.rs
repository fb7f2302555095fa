//! The second lossless layer: a tiny Llama that has learned to copy and insert, so that real
//! forward passes verify drafts that are mostly right. On the processor a row's logits do not depend
//! on the other rows, so nothing is excused there.

use std::sync::atomic::AtomicBool;

use candle_core::quantized::GgmlDType;
use candle_core::{DType, Device};
use fast_apply_engine::copy_head::{CANDIDATES, NO_TOKEN};
use fast_apply_engine::decode::{Decoder, Generation, Task};
use fast_apply_engine::draft::{DRAFT_KINDS, DraftKind, DraftLength, Sources};
use fast_apply_engine::kernels::{InstructionSet, Machine, Precision};
use fast_apply_engine::model::{
    CpuLlama, LanguageModel, Llama, LlamaConfig, Tiling, WeightFormat, Weights,
};

use crate::fixture;

#[derive(serde::Deserialize)]
struct Cases {
    special: std::collections::HashMap<String, u32>,
    cases: Vec<Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    original: Vec<u32>,
    sketch: Vec<u32>,
    rewrite: Vec<u32>,
    prompt: Vec<u32>,
}

fn decoder(precision: Precision) -> Decoder<CpuLlama> {
    let weights = Weights::from_hugging_face(&fixture("tiny-copy")).unwrap();
    let machine = Machine::new(InstructionSet::detect(), 2);
    Decoder::new(CpuLlama::load(&weights, precision, machine, usize::MAX).unwrap()).unwrap()
}

fn run<M: LanguageModel>(
    decoder: &mut Decoder<M>,
    sources: &Sources,
    stop: u32,
    draft: DraftKind,
    draft_length: DraftLength,
) -> Generation {
    let cancel = AtomicBool::new(false);
    let task = Task {
        prompt: &sources.prompt,
        stop_tokens: &[stop],
        max_output: 200,
        drafter: draft.drafter(sources),
        draft_length,
        copy_head: None,
        rule: None,
        forced: None,
        expected: None,
        cancel: &cancel,
    };
    decoder.run(task, &mut |_| {}).unwrap()
}

#[test]
fn every_drafter_and_length_writes_what_plain_decoding_writes_in_f32() {
    check_every_drafter_and_length(Precision::F32);
}

#[test]
fn every_drafter_and_length_writes_what_plain_decoding_writes_in_int8() {
    check_every_drafter_and_length(Precision::Int8);
}

fn check_every_drafter_and_length(precision: Precision) {
    let Cases { special, cases } =
        serde_json::from_slice(&std::fs::read(fixture("tiny-copy/cases.json")).unwrap()).unwrap();
    let stop = special["eos"];
    let mut decoder = decoder(precision);
    let lengths = [1, 2, 3, 5, 8, 13, 32, 64, 128, 256];
    let (mut exact, mut tokens, mut forwards) = (0, 0, 0);
    for (index, case) in cases.iter().enumerate() {
        let mut sources = Sources {
            original: case.original.clone(),
            sketch: case.sketch.clone(),
            merge: Some(case.rewrite.clone()),
            prompt: case.prompt.clone(),
            line_ends: (8..24).collect(),
            truth: None,
        };
        let plain = run(
            &mut decoder,
            &sources,
            stop,
            DraftKind::None,
            DraftLength::Auto,
        );
        exact += usize::from(plain.tokens == case.rewrite);
        sources.truth = Some(plain.tokens.clone());
        for (place, (name, draft)) in DRAFT_KINDS.into_iter().enumerate() {
            let fixed = lengths[(index + place) % lengths.len()];
            for length in [
                DraftLength::Fixed(fixed),
                DraftLength::Fixed(64),
                DraftLength::Auto,
            ] {
                let speculative = run(&mut decoder, &sources, stop, draft, length);
                assert_eq!(
                    speculative.tokens, plain.tokens,
                    "case {index}, {name}, {length:?}"
                );
                assert_eq!(
                    speculative.margins, plain.margins,
                    "case {index}, {name}, {length:?}"
                );
                if draft == DraftKind::Auto && length == DraftLength::Fixed(64) {
                    tokens += speculative.tokens.len();
                    forwards += speculative.effort.forwards;
                }
            }
        }
    }
    println!(
        "{exact} of {} exact, {tokens} tokens in {forwards} passes",
        cases.len()
    );
    assert!(
        exact * 3 > cases.len(),
        "the tiny model has learned its task: {exact}"
    );
    assert!(
        tokens > 6 * forwards,
        "drafts are accepted: {tokens} tokens in {forwards} passes"
    );
}

/// The tensor operations that graphics cards run. There every product has one of a few shapes, so that nothing is
/// excused even in 16 bits, where ties are frequent. The outputs are long enough to go from span to span.
#[test]
fn every_drafter_and_length_writes_what_plain_decoding_writes_on_tensors() {
    let Cases { special, cases } =
        serde_json::from_slice(&std::fs::read(fixture("tiny-copy/cases.json")).unwrap()).unwrap();
    let weights = Weights::from_hugging_face(&fixture("tiny-copy")).unwrap();
    for dtype in [DType::F32, DType::F16] {
        let model = Llama::load(&weights, &Device::Cpu, dtype, usize::MAX).unwrap();
        let span = model.tiling().span;
        let mut decoder = Decoder::new(model).unwrap();
        let (mut crossed, mut tokens, mut forwards) = (0, 0, 0);
        for (index, case) in cases.iter().take(4).enumerate() {
            let sources = Sources {
                original: case.original.clone(),
                sketch: case.sketch.clone(),
                prompt: case.prompt.clone(),
                ..Sources::default()
            };
            let mut write =
                |draft, length| run(&mut decoder, &sources, special["eos"], draft, length);
            let plain = write(DraftKind::None, DraftLength::Auto);
            let end = case.prompt.len() + plain.tokens.len();
            crossed += usize::from(case.prompt.len() / span < end / span);
            for length in [1, 3, 8, 17, 64].map(DraftLength::Fixed) {
                let drafted = write(DraftKind::Auto, length);
                let what = format!("{dtype:?}, case {index}, {length:?}");
                assert_eq!(drafted.tokens, plain.tokens, "{what}");
                assert_eq!(drafted.margins, plain.margins, "{what}");
                tokens += drafted.tokens.len();
                forwards += drafted.effort.forwards;
            }
            let drafted = write(DraftKind::Auto, DraftLength::Auto);
            assert_eq!(drafted.tokens, plain.tokens, "{dtype:?}, case {index}");
        }
        assert!(crossed > 0, "some output goes on in the next span");
        assert!(
            tokens > 2 * forwards,
            "{tokens} tokens in {forwards} passes"
        );
    }
}

/// The logits that the copy head asks for are those that choices are made of, to the bit.
#[test]
fn what_is_asked_for_is_what_logits_say() {
    let weights = Weights::from_hugging_face(&fixture("tiny-copy")).unwrap();
    let of = |precision| {
        let machine = Machine::new(InstructionSet::detect(), 2);
        CpuLlama::load(&weights, precision, machine, usize::MAX).unwrap()
    };
    check_asked(of(Precision::F32));
    check_asked(of(Precision::Int8));
    check_asked(Llama::load(&weights, &Device::Cpu, DType::F32, usize::MAX).unwrap());
}

fn check_asked(mut model: impl LanguageModel) {
    let tokens: Vec<u32> = (0..40).map(|place| 8 + place % 16).collect();
    let logits = model.logits(&tokens, 0..40).unwrap();
    model.truncate(0);
    let asked: Vec<[u32; CANDIDATES]> = (0..40).map(|row| [row % 24, NO_TOKEN, 23]).collect();
    let rows = model.forward_asking(&tokens, 0..40, &asked).unwrap();
    for (row, ((choice, given), logits)) in rows.iter().zip(&logits).enumerate() {
        assert_eq!(choice.logit, logits[choice.token as usize], "row {row}");
        assert_eq!(given[0], logits[row % 24], "row {row}");
        assert_eq!(given[2], logits[23], "row {row}");
    }
}

/// A model of a real shape in small, with random weights in four bits and in floats.
#[test]
fn random_models_run_and_are_lossless() {
    let mut config = LlamaConfig::of_shape("tiny").unwrap();
    config.vocab_size = 512;
    for format in [WeightFormat::Floats, WeightFormat::Blocks(GgmlDType::Q4_0)] {
        let (device, tiling) = (Device::Cpu, Tiling::of(&Device::Cpu));
        let model = Llama::random(&config, format, &device, DType::F32, tiling, 512).unwrap();
        let weights = model.weight_bytes();
        let mut decoder = Decoder::new(model).unwrap();
        let original: Vec<u32> = (100..200).collect();
        let sources = Sources {
            prompt: [&original[..], &[7, 8, 9]].concat(),
            original,
            ..Sources::default()
        };
        let mut write = |draft, length| run(&mut decoder, &sources, u32::MAX, draft, length);
        let plain = write(DraftKind::None, DraftLength::Auto);
        let drafted = write(DraftKind::Auto, DraftLength::Fixed(40));
        assert_eq!(plain.tokens.len(), 200, "{format:?}");
        assert_eq!(drafted.tokens, plain.tokens, "{format:?}");
        assert!(
            plain.margins.iter().all(|margin| margin.is_finite()),
            "{format:?}"
        );
        // Blocks of 32 weights of four bits have a scale of two bytes.
        let elements = 2 * (64 * 384 + 3 * 64 * 192) + 512 * 64;
        let expected = match format {
            WeightFormat::Floats => elements * 4,
            WeightFormat::Blocks(_) => elements / 32 * 18,
        };
        assert_eq!(weights, expected, "{format:?}");
    }
}

#[test]
fn a_cancelled_or_short_run_leaves_a_cache_that_can_be_used_again() {
    let Cases { special, cases } =
        serde_json::from_slice(&std::fs::read(fixture("tiny-copy/cases.json")).unwrap()).unwrap();
    let stop = special["eos"];
    let mut decoder = decoder(Precision::F32);
    for case in cases.iter().take(10) {
        let sources = Sources {
            original: case.original.clone(),
            sketch: case.sketch.clone(),
            prompt: case.prompt.clone(),
            ..Sources::default()
        };
        decoder.clear();
        let expected = run(
            &mut decoder,
            &sources,
            stop,
            DraftKind::Auto,
            DraftLength::Auto,
        );
        assert_eq!(expected.effort.cached_tokens, 0);

        let cancel = AtomicBool::new(false);
        let task = Task {
            prompt: &sources.prompt,
            stop_tokens: &[stop],
            max_output: 200,
            drafter: DraftKind::Auto.drafter(&sources),
            draft_length: DraftLength::Fixed(4),
            copy_head: None,
            rule: None,
            forced: None,
            expected: None,
            cancel: &cancel,
        };
        let mut steps = 0;
        let cancelled = decoder
            .run(task, &mut |_| {
                steps += 1;
                cancel.store(steps > 5, std::sync::atomic::Ordering::Relaxed);
            })
            .unwrap();
        assert_eq!(cancelled.stop, fast_apply_engine::decode::Stop::Cancelled);
        assert!(expected.tokens.starts_with(&cancelled.tokens));

        let again = run(
            &mut decoder,
            &sources,
            stop,
            DraftKind::Auto,
            DraftLength::Auto,
        );
        assert_eq!(again.tokens, expected.tokens);
        assert_eq!(again.effort.cached_tokens, sources.prompt.len() - 1);
    }
}

/// The prompt of an edited file shares the tokens before the edit: they are not computed again, and
/// what is written is what a fresh model writes.
#[test]
fn after_an_edit_of_the_prompt_only_what_changed_is_computed_again() {
    let Cases { special, cases } =
        serde_json::from_slice(&std::fs::read(fixture("tiny-copy/cases.json")).unwrap()).unwrap();
    let stop = special["eos"];
    for precision in [Precision::F32, Precision::Int8] {
        let (mut used, mut fresh) = (decoder(precision), decoder(precision));
        for (case, other) in cases.iter().zip(&cases[1..]).take(10) {
            let sources = |prompt: &[u32]| Sources {
                original: case.original.clone(),
                sketch: case.sketch.clone(),
                prompt: prompt.to_vec(),
                ..Sources::default()
            };
            let run = |decoder: &mut Decoder<CpuLlama>, prompt: &[u32]| {
                let (kind, length) = (DraftKind::Auto, DraftLength::Auto);
                run(decoder, &sources(prompt), stop, kind, length)
            };
            for place in [1, case.prompt.len() / 2, case.prompt.len() - 2] {
                run(&mut used, &case.prompt);
                let mut edited = case.prompt.clone();
                let replacement = other.prompt.iter().find(|&&token| token != edited[place]);
                edited[place] = *replacement.unwrap();
                let again = run(&mut used, &edited);
                assert_eq!(again.effort.cached_tokens, place);
                fresh.clear();
                assert_eq!(again.tokens, run(&mut fresh, &edited).tokens);

                // What was warmed counts, and warming what is there takes nothing away.
                let cancel = AtomicBool::new(false);
                used.warm(&edited[..place + 1], &cancel).unwrap();
                let warmed = run(&mut used, &edited);
                assert_eq!(warmed.effort.cached_tokens, edited.len() - 1);
            }
        }
    }
}
