//! `fast-apply bench kernels`: the processor's kernels against its peak.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use fast_apply_engine::kernels::{InstructionSet, Machine};
use fast_apply_eval::{Peaks, measure_kernels};
use serde_json::json;

use crate::failure::Failure;

#[derive(Args)]
pub(crate) struct KernelArguments {
    /// Rounds of every measurement.
    #[arg(long, value_name = "N", default_value_t = 9)]
    rounds: usize,
    /// Where the figures go as JSON.
    #[arg(long, value_name = "OUT")]
    json: Option<PathBuf>,
}

pub(crate) fn kernels(arguments: &KernelArguments) -> Result<(), Failure> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let machine = Machine::new(InstructionSet::detect(), threads);
    let name = machine.instructions().name();
    let peaks = Peaks::measure(&machine, arguments.rounds);
    let speeds = measure_kernels(&machine, &peaks, arguments.rounds);
    println!(
        "{name}, {threads} threads; at most {:.0} Gop/s with bytes, {:.0} with 16-bit numbers, {:.0} in f32, {:.0} GB/s read\n",
        peaks.bytes / 1e9,
        peaks.shorts / 1e9,
        peaks.floats / 1e9,
        peaks.read / 1e9
    );
    println!("| kernel | rows | speed | of the peak |");
    println!("| --- | --: | --: | --: |");
    for speed in &speeds {
        let unit = match speed.rows {
            1 => "GB/s of weights",
            _ => "Gop/s",
        };
        println!(
            "| {} | {} | {:.0} {unit} | {:.0} % |",
            speed.name,
            speed.rows,
            speed.speed / 1e9,
            100.0 * speed.speed / speed.peak
        );
    }
    if let Some(path) = &arguments.json {
        let report = json!({
            "kernels": name,
            "threads": threads,
            "rounds": arguments.rounds,
            "peaks": peaks,
            "speeds": speeds,
        });
        fs::write(path, format!("{report:#}\n"))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
