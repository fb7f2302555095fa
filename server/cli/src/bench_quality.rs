//! `fast-apply bench quality`: what 8 bits change of the model's choices.

use clap::Args;
use fast_apply_engine::{DTypeChoice, DeviceChoice, LoadOptions};
use fast_apply_eval::{Rounding, TOKENS_PER_CLEAR_FLIP};
use indicatif::ProgressBar;

use crate::apply_options::ApplyOptions;
use crate::bench::DataArguments;
use crate::failure::Failure;

#[derive(Args)]
pub(crate) struct QualityArguments {
    #[command(flatten)]
    data: DataArguments,
    #[command(flatten)]
    options: ApplyOptions,
}

pub(crate) fn quality(arguments: &QualityArguments) -> Result<(), Failure> {
    let cases = arguments.data.read()?;
    let files = arguments.options.resolver()()?;
    let tokenizer = files.weights.tokenizer()?;
    let end = files.prompt.stop_tokens(&tokenizer)?[0];
    let load = arguments.options.load_options();
    let mut rounded = load.load(&files.weights, files.adapter.as_ref())?;
    let reference = LoadOptions {
        device: DeviceChoice::Cpu,
        dtype: DTypeChoice::F32,
        ..load
    };
    let mut reference = reference.load(&files.weights, files.adapter.as_ref())?;
    let (mut rounding, mut too_long) = (Rounding::default(), 0);
    let bar = ProgressBar::new(cases.len() as u64);
    for case in &cases {
        let edit = case.sources(&tokenizer, &files.prompt)?;
        let length = edit.prompt.len() + edit.truth.as_ref().map_or(0, Vec::len);
        if length < rounded.context_length().min(reference.context_length()) {
            rounding.add(&mut rounded, &mut reference, &edit, end)?;
        } else {
            too_long += 1;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    println!(
        "{} answers of {} tokens, {too_long} more too long for the context",
        rounding.answers, rounding.tokens
    );
    println!(
        "{} tokens chosen otherwise than in f32; {} of them where f32's margin exceeds 0.5, the worst {:.2}",
        rounding.flips, rounding.clear_flips, rounding.worst_margin
    );
    println!(
        "{} answers right in every token, {} in f32",
        rounding.exact_rounded, rounding.exact_in_f32
    );
    match rounding.is_faithful() {
        true => Ok(()),
        false => Err(Failure::from(anyhow::anyhow!(
            "more than one clear change in {TOKENS_PER_CLEAR_FLIP} tokens"
        ))),
    }
}
