//! `fast-apply bench card`: one device, one model, all that can be said of their speed.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use fast_apply_engine::assets::ResolvedModel;
use fast_apply_engine::decode::Decoder;
use fast_apply_engine::draft::Sources;
use fast_apply_engine::model::{LanguageModel, Llama};
use fast_apply_engine::{DTypeChoice, DeviceChoice, LoadOptions};
use fast_apply_eval::{
    Agreement, CardPasses, CardRewrite, Case, Losslessness, PassPlan, Roofline, TIE,
};
use serde_json::json;

use crate::apply_options::ApplyOptions;
use crate::bench::DataArguments;
use crate::failure::Failure;

#[derive(Args)]
#[command(args_override_self = true)]
pub(crate) struct CardArguments {
    #[command(flatten)]
    data: DataArguments,
    /// Not the model's weights but random ones of a published shape: llama-3.2-1b, llama-3.2-3b, llama-3.1-8b,
    /// llama-3.3-70b, or one of these with `-q4`. The model still gives the tokens.
    #[arg(long, value_name = "NAME")]
    shape: Option<String>,
    /// Rounds of every pass.
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,
    /// Positions in the cache.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "0,1024,4096,7168,15360,31744"
    )]
    depths: Vec<usize>,
    /// Rows verified in one pass.
    #[arg(long, value_delimiter = ',', default_value = "1,16,64,128,256,512")]
    rows: Vec<usize>,
    /// Tokens that the run without drafts writes of each edit; it is slow.
    #[arg(long, value_name = "N", default_value_t = 64)]
    plain_tokens: usize,
    /// Tokens that the model writes of each edit by itself, with drafts and without.
    #[arg(long, value_name = "N", default_value_t = 128)]
    own_tokens: usize,
    /// Tokens whose logits are compared with those of the processor's kernels in f32; random weights are not.
    #[arg(long, value_name = "N", default_value_t = 512)]
    compared_tokens: usize,
    /// Where the figures go as JSON.
    #[arg(long, value_name = "OUT")]
    json: Option<PathBuf>,
    #[command(flatten)]
    options: ApplyOptions,
}

pub(crate) fn card(arguments: &CardArguments) -> Result<(), Failure> {
    let load = arguments.options.load_options();
    // First, because a wrong option must not cost a download.
    load.placement()?;
    let cases = arguments.data.read()?;
    let resolved = arguments.options.resolver()()?;
    let tokenizer = resolved.weights.tokenizer()?;
    let stop_tokens = resolved.prompt.stop_tokens(&tokenizer)?;
    let mut edits = Vec::new();
    for case in &cases {
        edits.push((case, case.sources(&tokenizer, &resolved.prompt)?));
    }
    let text: Vec<u32> = edits
        .iter()
        .flat_map(|(_, edit)| edit.prompt.iter().copied())
        .collect();
    if text.is_empty() {
        return Err(Failure::usage("the data has no such edit"));
    }

    let mut model = match &arguments.shape {
        Some(shape) => load.random_on_tensors(shape)?,
        None => load.load_on_tensors(&resolved.weights, resolved.adapter.as_ref())?,
    };
    let roofline = Roofline::measure(model.device(), model.dtype())?;
    describe(arguments, &resolved, &model, &roofline);

    let deepest = arguments.depths.iter().max().copied().unwrap_or_default();
    let widest = arguments.rows.iter().max().copied().unwrap_or_default();
    let mut plan = PassPlan {
        rounds: arguments.rounds,
        depths: arguments.depths.clone(),
        rows: arguments.rows.clone(),
        filling: text
            .iter()
            .copied()
            .cycle()
            .take(deepest + widest)
            .collect(),
    };
    plan.depths.sort_unstable();
    let passes = CardPasses::measure(&mut model, &plan, &roofline)?;
    print_passes(&passes);

    let agreement = match arguments.shape {
        Some(_) => None,
        None => Some(compare(arguments, &resolved, &mut model, &text)?),
    };
    print_agreement(agreement.as_ref());

    let mut decoder = Decoder::new(model)?;
    let context = decoder.model().context_length();
    let fits =
        |edit: &Sources| edit.prompt.len() + edit.truth.as_ref().map_or(0, Vec::len) < context;
    edits.retain(|(_, edit)| fits(edit));
    let mut rewrites = Vec::new();
    let mut lossless = Vec::new();
    for (case, edit) in &edits {
        let lines = case.before.lines().count();
        let case_of = (case.id.as_str(), lines);
        let plain = arguments.plain_tokens;
        rewrites.push(CardRewrite::measure(
            &mut decoder,
            case_of,
            edit,
            plain,
            &roofline,
        )?);
        let tokens = arguments.own_tokens;
        lossless.push(Losslessness::measure(
            &mut decoder,
            edit,
            &stop_tokens,
            tokens,
        )?);
    }
    print_rewrites(&rewrites);
    print_lossless(&edits, &lossless);

    if let Some(path) = &arguments.json {
        let report = json!({
            "model": arguments.shape.as_deref().unwrap_or(&resolved.id),
            "roofline": roofline,
            "passes": passes,
            "agreement": agreement,
            "rewrites": rewrites,
            "lossless": lossless,
        });
        fs::write(path, format!("{report:#}\n"))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    match lossless.iter().all(Losslessness::holds) {
        true => Ok(()),
        false => Err(anyhow::anyhow!("drafts changed what the model writes").into()),
    }
}

fn describe(
    arguments: &CardArguments,
    resolved: &ResolvedModel,
    model: &Llama,
    roofline: &Roofline,
) {
    let weights = match &arguments.shape {
        Some(shape) => format!("{shape}, random weights, tokens of {}", resolved.id),
        None => resolved.id.clone(),
    };
    println!(
        "{weights}: {:?} on {:?}, {:.2} GB of weights read by a pass, a context of {} tokens, tiles of {} rows",
        model.dtype(),
        model.device().location(),
        model.weight_bytes() as f64 / 1e9,
        model.context_length(),
        model.tiling().rows,
    );
    println!(
        "roofline, measured here: a copy moves {:.0} GB/s, a product of matrices does {:.1} TFLOP/s\n",
        roofline.bytes_per_s / 1e9,
        roofline.flops_per_s / 1e12,
    );
}

fn print_passes(passes: &CardPasses) {
    println!("| verify: positions | rows | ms | tokens/s | of the roofline |");
    println!("| --: | --: | --: | --: | --: |");
    for pass in &passes.verify {
        println!(
            "| {} | {} | {:.3} | {:.0} | {:.0} % |",
            pass.depth,
            pass.rows,
            pass.seconds * 1e3,
            pass.rows as f64 / pass.seconds,
            100.0 * pass.roofline / pass.seconds,
        );
    }
    println!("\n| prefill: from | tokens | ms | tokens/s | of the roofline |");
    println!("| --: | --: | --: | --: | --: |");
    for prefill in &passes.prefill {
        println!(
            "| {} | {} | {:.1} | {:.0} | {:.0} % |",
            prefill.depth,
            prefill.tokens,
            prefill.seconds * 1e3,
            prefill.tokens as f64 / prefill.seconds,
            100.0 * prefill.roofline / prefill.seconds,
        );
    }
    println!("\n| a tile at the deepest depth | ms | that the card could reach |");
    println!("| --- | --: | --: |");
    for part in &passes.parts {
        println!(
            "| {} | {:.3} | {:.3} |",
            part.name,
            part.seconds * 1e3,
            part.roofline * 1e3,
        );
    }
}

/// The choices behind the first tokens, against the processor's kernels in f32.
fn compare(
    arguments: &CardArguments,
    resolved: &ResolvedModel,
    model: &mut Llama,
    text: &[u32],
) -> Result<Agreement, Failure> {
    let most = arguments.compared_tokens.min(model.context_length());
    let tokens = &text[..text.len().min(most)];
    let reference = LoadOptions {
        device: DeviceChoice::Cpu,
        dtype: DTypeChoice::F32,
        max_context: tokens.len(),
    };
    let mut reference = reference.load(&resolved.weights, resolved.adapter.as_ref())?;
    Ok(Agreement::measure(model, &mut reference, tokens)?)
}

fn print_agreement(agreement: Option<&Agreement>) {
    match agreement {
        Some(agreement) => println!(
            "\nagainst the processor's kernels in f32: {} of {} choices are the same, {} differ where f32 is clear \
             (by half a logit); logits differ by at most {:.3}",
            agreement.same,
            agreement.rows,
            agreement.clearly_different,
            agreement.largest_difference,
        ),
        None => println!("\nagainst the processor's kernels: random weights are not compared"),
    }
}

fn print_rewrites(rewrites: &[CardRewrite]) {
    println!(
        "\n| rewrite | lines | prompt | output | prefill tokens/s | plain tokens/s | tokens/s | ratio | tokens per pass | \
         of the roofline |"
    );
    println!("| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |");
    let cells = |rewrite: &CardRewrite| {
        [
            rewrite.prefill_tokens_per_s,
            rewrite.plain_tokens_per_s,
            rewrite.tokens_per_s,
            rewrite.tokens_per_s / rewrite.plain_tokens_per_s,
            rewrite.output_tokens as f64 / rewrite.forwards.max(1) as f64,
            100.0 * rewrite.tokens_per_s / rewrite.roofline_tokens_per_s,
        ]
    };
    let line = |[prefill, plain, drafted, ratio, per_pass, share]: [f64; 6]| {
        format!(
            "{prefill:.0} | {plain:.1} | {drafted:.0} | {ratio:.1} | {per_pass:.1} | {share:.0} %"
        )
    };
    for rewrite in rewrites {
        println!(
            "| {} | {} | {} | {} | {} |",
            rewrite.id,
            rewrite.lines,
            rewrite.prompt_tokens,
            rewrite.output_tokens,
            line(cells(rewrite)),
        );
    }
    let all: Vec<[f64; 6]> = rewrites.iter().map(cells).collect();
    let medians = std::array::from_fn(|column| {
        let mut values: Vec<f64> = all.iter().map(|row| row[column]).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    });
    println!("| median | | | | {} |", line(medians));
}

fn print_lossless(edits: &[(&Case, Sources)], lossless: &[Losslessness]) {
    let tokens: usize = lossless.iter().map(|one| one.tokens).sum();
    let exact = lossless
        .iter()
        .filter(|one| one.difference.is_none())
        .count();
    println!(
        "\nlossless: {exact} of {} edits are written alike with drafts and without, {tokens} tokens",
        lossless.len(),
    );
    for ((case, _), one) in edits.iter().zip(lossless) {
        if let Some((at, margin)) = one.difference {
            let verdict = match one.holds() {
                true => "a tie, excused",
                false => "NOT a tie",
            };
            println!(
                "{}: token {at} differs, margin {margin:.6}: {verdict} (limit {TIE})",
                case.id
            );
        }
    }
}
