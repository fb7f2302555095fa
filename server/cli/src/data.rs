//! `fast-apply data`: training and evaluation data.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use fast_apply_engine::assets::{Fetch, ModelSpec};
use fast_apply_eval::{
    CopyPlaces, Lesson, Mining, pack_cases, read_cases, read_lessons, read_pairs, synthesize,
    write_cases, write_lessons, write_pairs,
};

use crate::apply_options::resolve;
use crate::failure::Failure;

#[derive(Args)]
pub(crate) struct DataArguments {
    #[command(subcommand)]
    command: DataCommand,
}

#[derive(Subcommand)]
enum DataCommand {
    /// Takes pairs of texts from the history of git repositories.
    Mine(MineArguments),
    /// Writes the chat replies that could have led from one text of a pair to the other.
    Synthesize(SynthesizeArguments),
    /// Writes what a model is shown of edits: the texts of their prompts, for training.
    Lessons(LessonsArguments),
    /// Writes where the true results of edits copy from, for training a copy head.
    Places(PlacesArguments),
    /// Packs directories with one edit each into a data set.
    Pack(PackArguments),
}

#[derive(Args)]
struct MineArguments {
    /// Local repositories.
    #[arg(required = true, value_name = "REPO")]
    repositories: Vec<PathBuf>,
    /// Write the pairs to this file: JSON lines, plain or .zst.
    #[arg(long, value_name = "PAIRS")]
    output: PathBuf,
    /// At most so many pairs of each repository.
    #[arg(long, value_name = "N", default_value_t = usize::MAX, hide_default_value = true)]
    limit: usize,
    /// Leave out commits that change more source files.
    #[arg(long, value_name = "N", default_value_t = Mining::default().files_per_commit)]
    files_per_commit: usize,
    /// At most so many pairs of files of the same name.
    #[arg(long, value_name = "N", default_value_t = Mining::default().per_file_name)]
    per_file_name: usize,
    /// Take this share of the edits of files under 100 lines.
    #[arg(long, value_name = "SHARE", default_value_t = Mining::default().small_share)]
    small_share: f64,
    /// Make this share of the edits ones that have been made already.
    #[arg(long, value_name = "SHARE", default_value_t = Mining::default().no_op_share)]
    no_op_share: f64,
    /// Decides what is taken.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[derive(Args)]
struct SynthesizeArguments {
    /// Pairs, as `data mine` writes them.
    #[arg(required = true)]
    pairs: Vec<PathBuf>,
    /// Write the edits to this file, as `eval` reads them: JSON lines, plain or .zst.
    #[arg(long, value_name = "EDITS")]
    output: PathBuf,
    /// Only pairs of these repositories.
    #[arg(long, value_name = "REPO,...", value_delimiter = ',')]
    repos: Vec<String>,
    /// Only the first so many pairs.
    #[arg(long, value_name = "N", default_value_t = usize::MAX, hide_default_value = true)]
    limit: usize,
    /// Decides the replies.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[derive(Args)]
struct LessonsArguments {
    /// Edits, as `data synthesize` writes them and `eval` reads them.
    #[arg(required = true)]
    edits: Vec<PathBuf>,
    /// Write the lessons to this file: JSON lines, plain or .zst.
    #[arg(long, value_name = "LESSONS")]
    output: PathBuf,
}

#[derive(Args)]
struct PlacesArguments {
    /// Lessons, as `data lessons` writes them.
    lessons: PathBuf,
    /// Write the places to this file: safetensors.
    #[arg(long, value_name = "PLACES")]
    output: PathBuf,
    /// Leave out lessons of files with more lines.
    #[arg(long, value_name = "N", default_value_t = 250)]
    max_lines: usize,
    /// Take one lesson in so many.
    #[arg(long, value_name = "N", default_value_t = 1)]
    every: usize,
    /// The model whose tokens they are, by id or path; its adapter is not needed.
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
}

#[derive(Args)]
struct PackArguments {
    /// Holds a directory for each edit, with `case.json`, `before.*`, `after.*` and `reply.md`.
    directory: PathBuf,
    /// Write the edits to this file, as `eval` reads them.
    #[arg(long, value_name = "EDITS")]
    output: PathBuf,
}

pub(crate) fn run(arguments: &DataArguments) -> Result<(), Failure> {
    match &arguments.command {
        DataCommand::Mine(arguments) => mine(arguments),
        DataCommand::Synthesize(arguments) => synthesized(arguments),
        DataCommand::Lessons(arguments) => lessons(arguments),
        DataCommand::Places(arguments) => places(arguments),
        DataCommand::Pack(arguments) => pack(arguments),
    }
}

fn mine(arguments: &MineArguments) -> Result<(), Failure> {
    let mining = Mining {
        files_per_commit: arguments.files_per_commit,
        per_file_name: arguments.per_file_name,
        small_share: arguments.small_share,
        no_op_share: arguments.no_op_share,
        seed: arguments.seed,
        ..Mining::default()
    };
    let mut pairs = Vec::new();
    for repository in &arguments.repositories {
        let of_one = mining
            .pairs(repository, &name(repository)?)
            .map_err(anyhow::Error::from)?;
        pairs.extend(of_one.into_iter().take(arguments.limit));
    }
    if pairs.is_empty() {
        return Err(Failure::from(anyhow!(
            "no commit of these repositories edits a source file within the limits"
        )));
    }
    write_pairs(&arguments.output, &pairs)
        .with_context(|| format!("cannot write {}", arguments.output.display()))?;
    eprintln!("{} pairs in {}", pairs.len(), arguments.output.display());
    Ok(())
}

/// The name of a repository's directory.
fn name(repository: &Path) -> Result<String, Failure> {
    let path = fs::canonicalize(repository)
        .with_context(|| format!("cannot find {}", repository.display()))?;
    let name = path.file_name().unwrap_or(path.as_os_str());
    Ok(name.to_string_lossy().trim_end_matches(".git").to_owned())
}

fn synthesized(arguments: &SynthesizeArguments) -> Result<(), Failure> {
    let mut pairs = Vec::new();
    for path in &arguments.pairs {
        pairs.extend(read_pairs(path).map_err(anyhow::Error::from)?);
    }
    if !arguments.repos.is_empty() {
        pairs.retain(|pair| arguments.repos.contains(&pair.repo));
    }
    pairs.truncate(arguments.limit);
    let cases = synthesize(&pairs, arguments.seed);
    write_cases(&arguments.output, &cases)
        .with_context(|| format!("cannot write {}", arguments.output.display()))?;
    eprintln!(
        "{} edits of {} pairs in {}",
        cases.len(),
        pairs.len(),
        arguments.output.display()
    );
    Ok(())
}

fn lessons(arguments: &LessonsArguments) -> Result<(), Failure> {
    let mut cases = Vec::new();
    for path in &arguments.edits {
        cases.extend(read_cases(path).map_err(anyhow::Error::from)?);
    }
    let lessons: Vec<Lesson> = cases.iter().filter_map(Lesson::of).collect();
    write_lessons(&arguments.output, &lessons)
        .with_context(|| format!("cannot write {}", arguments.output.display()))?;
    eprintln!(
        "{} lessons of {} edits in {}",
        lessons.len(),
        cases.len(),
        arguments.output.display()
    );
    Ok(())
}

fn places(arguments: &PlacesArguments) -> Result<(), Failure> {
    let lessons = read_lessons(&arguments.lessons).map_err(anyhow::Error::from)?;
    let spec = ModelSpec {
        model: arguments.model.clone(),
        adapter: None,
    };
    let model = resolve(&spec, Fetch::Allowed)?;
    let tokenizer = model.weights.tokenizer()?;
    let end = model.prompt.stop_tokens(&tokenizer)?[0];
    let mut places = CopyPlaces::new(tokenizer, end);
    for (number, lesson) in lessons.iter().enumerate().step_by(arguments.every) {
        if lesson.before.lines().count() <= arguments.max_lines {
            places.add(number, lesson)?;
        }
    }
    places
        .write(&arguments.output)
        .with_context(|| format!("cannot write {}", arguments.output.display()))?;
    eprintln!("{} places in {}", places.len(), arguments.output.display());
    Ok(())
}

fn pack(arguments: &PackArguments) -> Result<(), Failure> {
    let cases = pack_cases(&arguments.directory).map_err(anyhow::Error::from)?;
    write_cases(&arguments.output, &cases)
        .with_context(|| format!("cannot write {}", arguments.output.display()))?;
    eprintln!("{} edits in {}", cases.len(), arguments.output.display());
    Ok(())
}
