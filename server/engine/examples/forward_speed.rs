//! Prints how fast the CPU model feeds and verifies tokens, with random weights.
//!
//! ```text
//! cargo run --release -p fast-apply-engine --example forward_speed -- [f32|int8] [threads] [depth,...] [rows,...]
//! ```
//! Weights are random, so choices mean nothing, but the work is that of SmolLM2-135M, logits of
//! every row included. Each figure is the median of several passes.

use std::time::{Duration, Instant};

use fast_apply_engine::Error;
use fast_apply_engine::kernels::{InstructionSet, Machine, Precision};
use fast_apply_engine::model::{CpuLlama, LanguageModel, LlamaConfig};

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |index: usize, default: &str| {
        let given = arguments.get(index).map(String::as_str);
        given.unwrap_or(default).to_owned()
    };
    let precision = match argument(0, "f32").as_str() {
        "int8" => Precision::Int8,
        _ => Precision::F32,
    };
    let threads = argument(1, "2").parse().unwrap_or(2);
    let numbers =
        |list: String| -> Vec<usize> { list.split(',').filter_map(|n| n.parse().ok()).collect() };
    let depths = numbers(argument(2, "0,2048,4096"));
    let batches = numbers(argument(3, "1,8,16,32,64,128,512"));
    let named = argument(4, InstructionSet::detect().name());
    let instructions = InstructionSet::available()
        .find(|set| set.name() == named)
        .unwrap_or(InstructionSet::detect());

    let config = smollm2_135m();
    let start = Instant::now();
    let machine = Machine::new(instructions, threads);
    let mut model = CpuLlama::from_floats(&config, precision, machine, 8192, |name| {
        Ok(random_weights(&config, name))
    })?;
    println!(
        "{precision:?}, {}, {threads} threads, built in {:.1} s",
        instructions.name(),
        start.elapsed().as_secs_f64()
    );
    println!("rows per second, logits of every row; median pass in ms in brackets");
    print!("| depth |");
    for rows in &batches {
        print!(" m={rows} |");
    }
    println!();
    for depth in depths {
        let tokens: Vec<u32> = (0..8192u32).map(|i| i * 7919 % 49152).collect();
        model.truncate(0);
        model.forward(&tokens[..depth], 0..0)?;
        print!("| {depth} |");
        for &rows in &batches {
            let mut times: Vec<Duration> = Vec::new();
            let begin = Instant::now();
            while times.len() < 5 || begin.elapsed() < Duration::from_millis(700) {
                model.truncate(depth);
                let start = Instant::now();
                model.forward(&tokens[..rows], 0..rows)?;
                times.push(start.elapsed());
            }
            times.sort();
            let median = times[times.len() / 2].as_secs_f64();
            print!(" {:.0} ({:.2}) |", rows as f64 / median, median * 1e3);
        }
        println!();
    }
    Ok(())
}

fn smollm2_135m() -> LlamaConfig {
    LlamaConfig {
        hidden_size: 576,
        intermediate_size: 1536,
        vocab_size: 49152,
        layers: 30,
        heads: 9,
        kv_heads: 3,
        head_dim: 64,
        rms_norm_eps: 1e-5,
        rope_frequencies: (0..32).map(|i| 1e5f32.powf(-(i as f32) / 32.0)).collect(),
        context_length: 8192,
        tied_embeddings: true,
    }
}

fn random_weights(config: &LlamaConfig, name: &str) -> Vec<f32> {
    let (hidden, inner) = (config.hidden_size, config.intermediate_size);
    let length = match name {
        _ if name.contains("norm") => return vec![1.0; hidden],
        _ if name.contains("embed") => config.vocab_size * hidden,
        _ if name.contains("mlp") => hidden * inner,
        _ if name.contains("k_proj") || name.contains("v_proj") => {
            hidden * config.kv_heads * config.head_dim
        }
        _ => hidden * config.heads * config.head_dim,
    };
    let mut seed = name.bytes().fold(1u32, |seed, byte| {
        seed.wrapping_mul(31).wrapping_add(byte.into())
    });
    (0..length)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((seed >> 8) as f32 / 8_388_608.0 - 1.0) * 0.06
        })
        .collect()
}
