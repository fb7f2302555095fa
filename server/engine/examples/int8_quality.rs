//! Prints how often the 8-bit CPU model chooses another token than the f32 one, teacher-forced.
//!
//! ```text
//! cargo run --release -p fast-apply-engine --example int8_quality -- MODEL.gguf SEQUENCES.jsonl
//! ```
//! Each line of the file is `{"prompt": [ids], "answer": [ids]}`; only answers count.

use std::error::Error;
use std::path::Path;

use fast_apply_engine::kernels::{InstructionSet, Machine, Precision};
use fast_apply_engine::model::{Choice, CpuLlama, LanguageModel, Weights};

/// Where f32 prefers its choice by more than this, another choice is a fault.
const CLEAR_MARGIN: f32 = 0.5;

#[derive(serde::Deserialize)]
struct Sequence {
    prompt: Vec<u32>,
    answer: Vec<u32>,
}

impl Sequence {
    /// The choices for every token of the answer.
    fn choices(&self, model: &mut CpuLlama) -> Result<Vec<Choice>, Box<dyn Error>> {
        let tokens = [&self.prompt[..], &self.answer[..]].concat();
        let first = self.prompt.len() - 1;
        model.truncate(0);
        Ok(model.forward(&tokens, first..first + self.answer.len())?)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(model), Some(sequences)) = (arguments.next(), arguments.next()) else {
        return Err("usage: int8_quality MODEL.gguf SEQUENCES.jsonl".into());
    };
    let weights = Weights::from_gguf(Path::new(&model))?;
    let load = |precision| {
        let machine = Machine::new(InstructionSet::detect(), 2);
        CpuLlama::load(&weights, precision, machine, usize::MAX)
    };
    let (mut exact, mut rounded) = (load(Precision::F32)?, load(Precision::Int8)?);
    let (mut tokens, mut flips, mut clear_flips, mut worst) = (0, 0, 0, 0.0f32);
    for line in std::fs::read_to_string(sequences)?.lines() {
        let sequence: Sequence = serde_json::from_str(line)?;
        let expected = sequence.choices(&mut exact)?;
        let actual = sequence.choices(&mut rounded)?;
        for (expected, actual) in expected.iter().zip(&actual) {
            tokens += 1;
            if expected.token != actual.token {
                flips += 1;
                worst = worst.max(expected.margin());
                clear_flips += usize::from(expected.margin() > CLEAR_MARGIN);
            }
        }
        println!(
            "{tokens} tokens, {flips} flips, {clear_flips} where the margin exceeds \
             {CLEAR_MARGIN}, worst margin {worst:.2}"
        );
    }
    Ok(())
}
