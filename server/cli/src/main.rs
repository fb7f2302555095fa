//! The `fast-apply` command: arguments and printing only.

mod apply;
mod apply_options;
mod bench;
mod bench_peers;
mod data;
mod destination;
mod eval;
mod evaluation_table;
mod failure;
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
struct Arguments {
    #[command(subcommand)]
    command: Command,
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

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Apply(arguments) => apply::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Lsp(arguments) => lsp::run(arguments),
        Command::Data(arguments) => data::run(&arguments),
        Command::Eval(arguments) => eval::run(&arguments),
        Command::Model(arguments) => model::run(arguments),
        Command::Suggest(arguments) => suggest::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
