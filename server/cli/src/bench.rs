//! `fast-apply bench`: drafters side by side, and speculative against plain decoding.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use fast_apply_apply::Stats;
use fast_apply_engine::draft::{DRAFT_KINDS, DraftKind};
use fast_apply_eval::{Case, MergeSource, measure_speed, read_cases, replay_drafters};
use indicatif::ProgressBar;

use crate::apply_options::ApplyOptions;
use crate::bench_card::{CardArguments, card};
use crate::bench_foreign::{ForeignArguments, foreign};
use crate::bench_kernels::{KernelArguments, kernels};
use crate::bench_lengths::{LengthArguments, lengths};
use crate::bench_peers::{PeerArguments, peers};
use crate::bench_quality::{QualityArguments, quality};
use crate::failure::Failure;

#[derive(Args)]
pub(crate) struct BenchArguments {
    #[command(subcommand)]
    command: BenchCommand,
}

#[derive(Subcommand)]
enum BenchCommand {
    /// Tokens per forward pass of every drafter on the true results; runs no model.
    Drafters(DrafterArguments),
    /// Speculative against plain decoding with the model, forced to the true results.
    Speed(SpeedArguments),
    /// What drafts cost where nothing can be copied; fails where that is too much.
    Foreign(ForeignArguments),
    /// The processor's 8-bit kernels against what the processor can do at most.
    Kernels(KernelArguments),
    /// What a rewrite costs by the length of the file, as a table and a plot.
    Lengths(LengthArguments),
    /// Our kernels, stock candle and llama.cpp on the same weights and tokens, taking turns.
    Peers(PeerArguments),
    /// What 8 bits change of the model's choices on the true results; fails where that is too much.
    Quality(QualityArguments),
    /// What a graphics card does with a model, against what it could do at most, and whether that is right.
    Card(Box<CardArguments>),
}

#[derive(Args)]
struct DrafterArguments {
    #[command(flatten)]
    data: DataArguments,
    /// The longest drafts to try.
    #[arg(long, value_delimiter = ',', default_value = "16,64,128,100000")]
    lengths: Vec<usize>,
    /// Draft from the original and the sketch alone.
    #[arg(long)]
    without_merge: bool,
    #[command(flatten)]
    options: ApplyOptions,
}

#[derive(Args)]
struct SpeedArguments {
    #[command(flatten)]
    data: DataArguments,
    /// Tokens that the plain run writes at most, of the same output; it is slow.
    #[arg(long, value_name = "N", default_value_t = 256)]
    plain_tokens: usize,
    #[command(flatten)]
    options: ApplyOptions,
}

#[derive(Args)]
pub(crate) struct DataArguments {
    /// Data sets: JSON lines, plain or .zst.
    #[arg(required = true)]
    data: Vec<PathBuf>,
    /// Only files of at least so many lines.
    #[arg(long, value_name = "N", default_value_t = 0)]
    min_lines: usize,
    /// Only files of at most so many lines.
    #[arg(long, value_name = "N", default_value_t = usize::MAX, hide_default_value = true)]
    max_lines: usize,
    /// Only the first so many cases.
    #[arg(long, value_name = "N", default_value_t = usize::MAX, hide_default_value = true)]
    limit: usize,
}

impl DataArguments {
    pub(crate) fn read(&self) -> Result<Vec<Case>, Failure> {
        let mut cases = Vec::new();
        for path in &self.data {
            cases.extend(read_cases(path).map_err(anyhow::Error::from)?);
        }
        cases.retain(|case| {
            (self.min_lines..=self.max_lines).contains(&case.before.lines().count())
        });
        cases.truncate(self.limit);
        Ok(cases)
    }
}

pub(crate) fn run(arguments: &BenchArguments) -> Result<(), Failure> {
    match &arguments.command {
        BenchCommand::Drafters(arguments) => drafters(arguments),
        BenchCommand::Speed(arguments) => speed(arguments),
        BenchCommand::Foreign(arguments) => foreign(arguments),
        BenchCommand::Kernels(arguments) => kernels(arguments),
        BenchCommand::Lengths(arguments) => lengths(arguments),
        BenchCommand::Peers(arguments) => peers(arguments),
        BenchCommand::Quality(arguments) => quality(arguments),
        BenchCommand::Card(arguments) => card(arguments),
    }
}

fn drafters(arguments: &DrafterArguments) -> Result<(), Failure> {
    let cases = arguments.data.read()?;
    let model = arguments.options.resolver()()?;
    let tokenizer = model.weights.tokenizer()?;
    let drafters: Vec<(DraftKind, usize)> = arguments
        .lengths
        .iter()
        .flat_map(|&length| DRAFT_KINDS.map(|(_, kind)| (kind, length)))
        .filter(|(kind, _)| *kind != DraftKind::None)
        .collect();
    let bar = ProgressBar::new(cases.len() as u64);
    let merge = match arguments.without_merge {
        true => MergeSource::LeftOut,
        false => MergeSource::Used,
    };
    let report = replay_drafters(
        &cases,
        &tokenizer,
        &model.prompt,
        &drafters,
        merge,
        &mut || bar.inc(1),
    )?;
    bar.finish_and_clear();
    println!(
        "{} cases, {} output tokens\n",
        report.cases, report.output_tokens
    );
    println!("| drafter | length | tokens per forward | of the oracle | median | accepted |");
    println!("| --- | --: | --: | --: | --: | --: |");
    for row in &report.rows {
        let oracle = report
            .rows
            .iter()
            .find(|other| other.draft == DraftKind::Oracle && other.length == row.length)
            .map_or(f64::NAN, |oracle| {
                row.tokens_per_forward / oracle.tokens_per_forward
            });
        println!(
            "| {} | {} | {:.1} | {:.0} % | {:.1} | {:.2} |",
            row.draft.name(),
            row.length,
            row.tokens_per_forward,
            oracle * 100.0,
            row.median,
            row.acceptance
        );
    }
    Ok(())
}

fn speed(arguments: &SpeedArguments) -> Result<(), Failure> {
    let cases = arguments.data.read()?;
    let applier = arguments.options.applier()?;
    let options = arguments.options.for_apply()?;
    println!(
        "| case | lines | plain tokens/s | warm tokens/s | ratio | warm chars/s | cold chars/s | tokens per forward |"
    );
    println!("| --- | --: | --: | --: | --: | --: | --: | --: |");
    let mut rows = Vec::new();
    let mut load_ms = 0.0;
    for case in &cases {
        let row = measure_speed(&applier, case, &options, arguments.plain_tokens)?;
        let values = [
            tokens_per_s(&row.plain),
            tokens_per_s(&row.warm),
            tokens_per_s(&row.warm) / tokens_per_s(&row.plain),
            row.warm.chars_per_s.unwrap_or_default(),
            row.cold.chars_per_s.unwrap_or_default(),
            row.warm.tokens_per_forward.unwrap_or_default(),
        ];
        println!("| {} | {} | {} |", row.id, row.lines, cells(&values));
        rows.push(values);
        load_ms = row.cold.load_ms.unwrap_or_default();
    }
    println!("| median | | {} |", cells(&medians(&rows)));
    println!("\nThe model was loaded in {:.2} s.", load_ms / 1e3);
    Ok(())
}

fn tokens_per_s(stats: &Stats) -> f64 {
    stats.tokens_per_s.unwrap_or_default()
}

fn cells(values: &[f64; 6]) -> String {
    values.map(|value| format!("{value:.1}")).join(" | ")
}

fn medians(rows: &[[f64; 6]]) -> [f64; 6] {
    std::array::from_fn(|column| {
        let mut values: Vec<f64> = rows.iter().map(|row| row[column]).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    })
}
