//! The `fast-apply` command: arguments and printing only.

mod apply;
mod apply_options;
mod bench;
mod bench_card;
mod bench_foreign;
mod bench_kernels;
mod bench_lengths;
mod bench_peers;
mod bench_quality;
mod data;
mod destination;
mod eval;
mod evaluation_table;
mod failure;
mod graphics_card;
mod interrupt;
mod lsp;
mod model;
mod progress_bar;
mod suggest;
mod summary;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Merges the edit a chat model suggests into a file.
#[derive(Parser)]
#[command(name = "fast-apply", version)]
#[command(arg_required_else_help = true, args_conflicts_with_subcommands = true)]
struct Arguments {
    /// Tells whether this program can use a graphics card of this machine: exit code 0 if it can.
    #[arg(long)]
    probe: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Applies a suggested edit to a file.
    Apply(Box<apply::ApplyArguments>),
    /// Compares drafters, and speculative with plain decoding.
    Bench(Box<bench::BenchArguments>),
    /// Runs the language server; editors start it.
    Lsp(lsp::LspArguments),
    /// Makes training and evaluation data.
    Data(data::DataArguments),
    /// Measures accuracy and speed over a data set.
    Eval(Box<eval::EvalArguments>),
    /// Shows, fetches and checks models.
    Model(model::ModelArguments),
    /// Hands a suggested edit to an editor that runs.
    Suggest(suggest::SuggestArguments),
}

/// Runs the program.
pub fn run() -> ExitCode {
    let result = match Arguments::parse().command {
        // Without any argument there is help instead.
        None => graphics_card::probe(),
        Some(Command::Apply(arguments)) => apply::run(&arguments),
        Some(Command::Bench(arguments)) => bench::run(&arguments),
        Some(Command::Lsp(arguments)) => lsp::run(arguments),
        Some(Command::Data(arguments)) => data::run(&arguments),
        Some(Command::Eval(arguments)) => eval::run(&arguments),
        Some(Command::Model(arguments)) => model::run(arguments),
        Some(Command::Suggest(arguments)) => suggest::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
