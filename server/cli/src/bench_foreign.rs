//! `fast-apply bench foreign`: what drafting costs where nothing can be copied.

use clap::Args;
use fast_apply_eval::{FOREIGN_RATIO, measure_foreign};

use crate::apply_options::ApplyOptions;
use crate::bench::DataArguments;
use crate::failure::Failure;

#[derive(Args)]
pub(crate) struct ForeignArguments {
    #[command(flatten)]
    data: DataArguments,
    /// Tokens of each output.
    #[arg(long, value_name = "N", default_value_t = 256)]
    tokens: usize,
    /// Runs of each, of which the median counts.
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: usize,
    #[command(flatten)]
    options: ApplyOptions,
}

pub(crate) fn foreign(arguments: &ForeignArguments) -> Result<(), Failure> {
    let cases = arguments.data.read()?;
    let applier = arguments.options.applier()?;
    let options = arguments.options.for_apply()?;
    println!("| case | plain tokens/s | tokens/s | ratio | tokens per forward |");
    println!("| --- | --: | --: | --: | --: |");
    let mut ratios = Vec::new();
    // Neighbours are often of one repository.
    let others = cases.iter().cycle().skip(cases.len().div_ceil(2));
    for (case, other) in cases.iter().zip(others) {
        let (tokens, rounds) = (arguments.tokens, arguments.rounds);
        let row = measure_foreign(&applier, case, &other.after, &options, tokens, rounds)?;
        let ratio = row.speculative / row.plain;
        println!(
            "| {} with the text of {} | {:.1} | {:.1} | {ratio:.2} | {:.2} |",
            row.id, other.id, row.plain, row.speculative, row.tokens_per_forward
        );
        ratios.push(ratio);
    }
    ratios.sort_by(f64::total_cmp);
    match ratios.get(ratios.len() / 2) {
        Some(&median) if median >= FOREIGN_RATIO => {
            println!("| median | | | {median:.2} | |");
            Ok(())
        }
        Some(median) => Err(Failure::from(anyhow::anyhow!(
            "with drafts it has {median:.2} of the speed without, less than {FOREIGN_RATIO}"
        ))),
        None => Err(Failure::from(anyhow::anyhow!("there are no cases"))),
    }
}
