//! `fast-apply bench lengths`: what a rewrite costs by the length of the file.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use fast_apply_engine::assets::Weights as ModelFiles;
use fast_apply_engine::decode::Decoder;
use fast_apply_engine::kernels::{InstructionSet, Machine, Precision};
use fast_apply_engine::model::{CpuLlama, Weights};
use fast_apply_eval::{Case, LengthRow};
use indicatif::ProgressBar;
use plotters::prelude::*;

use crate::apply_options::ApplyOptions;
use crate::bench::DataArguments;
use crate::failure::Failure;

/// Edits of each length.
const EDITS: usize = 3;

#[derive(Args)]
pub(crate) struct LengthArguments {
    #[command(flatten)]
    data: DataArguments,
    /// Lengths of the files, in lines. Edits of shorter files are lengthened by lines of others.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "50,100,150,200,300,400,600,800"
    )]
    lengths: Vec<usize>,
    /// Where `lengths.csv` and `lengths.svg` go.
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
    #[command(flatten)]
    options: ApplyOptions,
}

pub(crate) fn lengths(arguments: &LengthArguments) -> Result<(), Failure> {
    let cases = arguments.data.read()?;
    let files = arguments.options.resolver()()?;
    let tokenizer = files.weights.tokenizer()?;
    let mut edits = Vec::new();
    for &lines in &arguments.lengths {
        for case in chosen(&cases, lines)? {
            let sources = case.sources(&tokenizer, &files.prompt)?;
            edits.push((case, sources));
        }
    }
    let longest = edits
        .iter()
        .map(|(_, edit)| edit.prompt.len() + edit.truth.as_ref().map_or(0, Vec::len));
    // Behind the context that a model was made for its choices are worthless, but they are forced,
    // and cost the same.
    let context = longest.max().unwrap_or_default() + 1;
    let mut decoder = Decoder::new(model(&files.weights, context, arguments)?)?;
    let bar = ProgressBar::new(edits.len() as u64);
    let mut rows = Vec::new();
    for (case, edit) in &edits {
        rows.push(LengthRow::measure(&mut decoder, case, edit)?);
        bar.inc(1);
    }
    bar.finish_and_clear();

    let directory = &arguments.output;
    fs::create_dir_all(directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    let csv = directory.join("lengths.csv");
    fs::write(&csv, table(&rows)).with_context(|| format!("cannot write {}", csv.display()))?;
    let svg = directory.join("lengths.svg");
    plot(&rows, &svg).map_err(|error| anyhow::anyhow!("{}: {error}", svg.display()))?;
    println!("{}\n{}", csv.display(), svg.display());
    Ok(())
}

/// The edits of the longest files that have at most so many lines, brought to just that many.
fn chosen(cases: &[Case], lines: usize) -> Result<Vec<Case>, Failure> {
    let length = |case: &Case| case.before.lines().count();
    let mut fitting: Vec<&Case> = cases.iter().filter(|case| length(case) <= lines).collect();
    fitting.sort_by_key(|case| std::cmp::Reverse(length(case)));
    let lengthened: Vec<Case> = fitting
        .into_iter()
        .take(EDITS)
        .filter_map(|case| {
            // Of the same language first.
            let others = cases.iter().filter(|other| other.path != case.path);
            let (same, different): (Vec<&Case>, Vec<&Case>) =
                others.partition(|other| other.language == case.language);
            let others = same.iter().chain(&different);
            let filling: Vec<&str> = others.map(|other| other.before.as_str()).collect();
            case.lengthened(lines, &filling.join("\n"))
        })
        .collect();
    match lengthened.len() {
        EDITS => Ok(lengthened),
        _ => Err(anyhow::anyhow!(
            "the data has no {EDITS} edits that can be brought to {lines} lines"
        )
        .into()),
    }
}

fn model(
    files: &ModelFiles,
    context: usize,
    arguments: &LengthArguments,
) -> Result<CpuLlama, Failure> {
    let weights = match files {
        ModelFiles::Gguf(path) => Weights::from_gguf(path)?,
        ModelFiles::Safetensors(directory) => Weights::from_hugging_face(directory)?,
    };
    let placement = arguments.options.load_options().placement()?;
    let precision = match placement.dtype {
        "q8" => Precision::Int8,
        _ => Precision::F32,
    };
    let machine = Machine::new(InstructionSet::detect(), placement.threads);
    let mut config = weights.config().clone();
    config.context_length = context;
    Ok(CpuLlama::from_floats(
        &config,
        precision,
        machine,
        context,
        |name| weights.reader(name),
    )?)
}

fn table(rows: &[LengthRow]) -> String {
    let mut csv = String::from(
        "lines,edit,prompt_tokens,answer_tokens,characters,prompt_s,answer_s,answer_tokens_per_s,plain_tokens_per_s\n",
    );
    for row in rows {
        csv += &format!(
            "{},{},{},{},{},{:.3},{:.3},{:.1},{:.1}\n",
            row.lines,
            row.id,
            row.prompt_tokens,
            row.answer_tokens,
            row.characters,
            row.prompt_s,
            row.answer_s,
            row.answer_tokens as f64 / row.answer_s,
            row.plain_tokens_per_s
        );
    }
    csv
}

/// Seconds against lines: for the prompt, for the answer, and for what plain decoding would take.
fn plot(rows: &[LengthRow], path: &Path) -> Result<(), Box<dyn Error>> {
    type Seconds = fn(&LengthRow) -> f64;
    let series: [(&str, RGBColor, Seconds); 3] = [
        ("answer, speculative", BLUE, |row| row.answer_s),
        ("prompt", RGBColor(200, 120, 0), |row| row.prompt_s),
        ("answer, plain (from 32 tokens)", RED, |row| {
            row.answer_tokens as f64 / row.plain_tokens_per_s
        }),
    ];
    let mut lengths: Vec<usize> = rows.iter().map(|row| row.lines).collect();
    lengths.dedup();
    let median = |lines: usize, seconds: Seconds| {
        let of_length = rows.iter().filter(|row| row.lines == lines);
        let mut values: Vec<f64> = of_length.map(seconds).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let longest = lengths.iter().copied().max().unwrap_or(1);
    let slowest = rows.iter().map(series[2].2).fold(1.0, f64::max);
    let area = SVGBackend::new(path, (880, 480)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(16)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(0..longest, (0.1f64..slowest * 1.2).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("lines of the file")
        .y_desc("seconds (median of three edits)")
        .draw()?;
    for (name, color, seconds) in series {
        let points: Vec<(usize, f64)> = lengths
            .iter()
            .map(|&lines| (lines, median(lines, seconds)))
            .collect();
        chart
            .draw_series(LineSeries::new(points, color.stroke_width(2)).point_size(3))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .draw()?;
    area.present()?;
    Ok(())
}
