//! `fast-apply bench peers`: one table of several engines.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use fast_apply_engine::assets::Weights;
use fast_apply_engine::{DTypeChoice, DeviceChoice, LoadOptions};
use fast_apply_eval::{
    Absent, Contender, ContenderError, Kernels, LlamaCpp, LlamaCppMode, Plan, StockCandle,
    Yardstick, markdown,
};
use indicatif::ProgressBar;
use serde_json::json;

use crate::apply_options::ApplyOptions;
use crate::bench::DataArguments;
use crate::failure::Failure;

#[derive(Args)]
pub(crate) struct PeerArguments {
    #[command(flatten)]
    data: DataArguments,
    /// A Python with the package llama-cpp-python; without it there is no llama.cpp in the table.
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
    /// Rounds of every measurement.
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,
    /// Positions in the cache.
    #[arg(long, value_delimiter = ',', default_value = "0,1024,2048,4096")]
    depths: Vec<usize>,
    /// Rows verified in one pass.
    #[arg(long, value_delimiter = ',', default_value = "16,64,128,256")]
    lengths: Vec<usize>,
    /// Where the figures go as JSON.
    #[arg(long, value_name = "OUT")]
    json: Option<PathBuf>,
    #[command(flatten)]
    options: ApplyOptions,
}

/// Draft lengths of the rewrites.
const BLOCKS: [usize; 2] = [64, 128];

pub(crate) fn peers(arguments: &PeerArguments) -> Result<(), Failure> {
    let cases = arguments.data.read()?;
    let model = arguments.options.resolver()()?;
    let Weights::Gguf(path) = &model.weights else {
        return Err(Failure::usage(
            "llama.cpp and stock candle need a GGUF file",
        ));
    };
    let tokenizer = model.weights.tokenizer()?;
    let mut edits = Vec::new();
    for case in &cases {
        edits.push(case.sources(&tokenizer, &model.prompt)?);
    }
    let mut depths = arguments.depths.clone();
    depths.sort_unstable();
    let most = |list: &[usize]| list.iter().copied().max().unwrap_or_default();
    let deepest = most(&depths) + most(&arguments.lengths).max(most(&BLOCKS));
    let texts: Vec<Vec<u32>> = edits
        .iter()
        .map(|edit| [&edit.prompt[..], edit.truth.as_deref().unwrap_or_default()].concat())
        .collect();
    // One more than the longest, because a sequence must end before its context does.
    let needed = texts
        .iter()
        .map(|text| text.len() + 1)
        .fold(deepest, usize::max);
    let filling = texts.concat();
    if filling.len() < deepest {
        return Err(Failure::usage(
            "the data is too little to fill the cache to its deepest depth",
        ));
    }

    let mut contenders: Vec<Box<dyn Contender>> = Vec::new();
    for (name, dtype) in [("ours q8", DTypeChoice::Q8), ("ours f32", DTypeChoice::F32)] {
        let load = LoadOptions {
            device: DeviceChoice::Cpu,
            dtype,
            max_context: needed,
        };
        contenders.push(Box::new(Kernels::new(
            name,
            load.load(&model.weights, None)?,
        )));
    }
    contenders.push(Box::new(StockCandle::load(path).map_err(failed)?));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut llama_version = None;
    for mode in [LlamaCppMode::Default, LlamaCppMode::Best] {
        contenders.push(match &arguments.python {
            Some(python) => {
                let peer = LlamaCpp::start(python, path, mode, threads, needed).map_err(failed)?;
                llama_version = Some(peer.version().to_owned());
                Box::new(peer)
            }
            None => Box::new(Absent(format!("llama.cpp {}", mode.name()))),
        });
    }

    let plan = Plan {
        rounds: arguments.rounds,
        depths,
        lengths: arguments.lengths.clone(),
        blocks: BLOCKS.to_vec(),
        filling,
        edits,
    };
    let load_before = load_average();
    let bar = ProgressBar::new_spinner();
    let result = Yardstick::measure(&mut contenders, &plan, &mut |step| {
        bar.set_message(step.to_owned());
        bar.tick();
        if bar.is_hidden() {
            eprintln!("{step}");
        }
    })
    .map_err(failed)?;
    bar.finish_and_clear();

    println!("{}", markdown(&result));
    println!(
        "{} edits; {} rounds, medians, least and most in brackets. {}, {threads} threads. Load \
         average {} before, {} after. llama-cpp-python {}. Every engine but stock candle gives the \
         logits of every row.",
        cases.len(),
        plan.rounds,
        processor(),
        load_before,
        load_average(),
        llama_version.as_deref().unwrap_or("not installed"),
    );
    if let Some(path) = &arguments.json {
        let report = json!({
            "machine": {"processor": processor(), "threads": threads, "load": load_average()},
            "llama_cpp_python": llama_version,
            "model": model.id,
            "rounds": plan.rounds,
            "edits": cases.iter().map(|case| case.id.as_str()).collect::<Vec<_>>(),
            "yardstick": result,
        });
        fs::write(path, format!("{report:#}\n"))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn failed(error: ContenderError) -> Failure {
    Failure::from(anyhow::Error::from(error))
}

/// What the system calls the processor.
fn processor() -> String {
    let described = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = described
        .lines()
        .find(|line| line.starts_with("model name"));
    model.and_then(|line| line.split_once(": ")).map_or_else(
        || std::env::consts::ARCH.to_owned(),
        |(_, name)| name.to_owned(),
    )
}

/// Waiting and running threads over the last minute: two busy ones are this program's own.
fn load_average() -> String {
    let averages = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    averages.split(' ').next().unwrap_or("unknown").to_owned()
}
