//! `fast-apply apply`: one rewrite, without an editor.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::Args;
use fast_apply_apply::{Applier, ApplyError, Outcome, OutcomeKind, Request, Stats};
use fast_apply_suggest::Language;
use fast_apply_text::SourceText;

use crate::apply_options::ApplyOptions;
use crate::destination::{Destination, DestinationArguments, print_diff};
use crate::failure::{Exit, Failure};
use crate::interrupt;
use crate::progress_bar::RewriteBar;
use crate::summary;

#[derive(Args)]
pub(crate) struct ApplyArguments {
    /// The file to edit.
    file: PathBuf,
    /// The suggested edit, or `-` for standard input: a chat reply in Markdown, a bare sketch, a
    /// unified diff, or search/replace blocks.
    #[arg(long, value_name = "EDIT")]
    edit: PathBuf,
    #[command(flatten)]
    options: ApplyOptions,
    #[command(flatten)]
    destination: DestinationArguments,
    /// Run so many times in one process and report the last: a warm cache.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// Write what the run took to this file as JSON, whatever the outcome.
    #[arg(long, value_name = "PATH")]
    stats: Option<PathBuf>,
}

pub(crate) fn run(arguments: &ApplyArguments) -> Result<(), Failure> {
    let mut stats = Stats {
        mode: arguments.options.mode.name(),
        ..Stats::default()
    };
    let result = apply(arguments, &mut stats);
    if let Err(failure) = &result {
        stats.error = Some(failure.to_string());
        stats.outcome.get_or_insert(match failure.exit() {
            Exit::Cancelled => OutcomeKind::Cancelled,
            _ => OutcomeKind::Failed,
        });
    }
    if let Some(path) = &arguments.stats {
        let json = serde_json::to_string_pretty(&stats).map_err(anyhow::Error::from)?;
        fs::write(path, json + "\n").with_context(|| format!("cannot write {}", path.display()))?;
    }
    result
}

fn apply(arguments: &ApplyArguments, stats: &mut Stats) -> Result<(), Failure> {
    // From here on Ctrl-C sets a flag, so that files are left alone and statistics written.
    let cancel = interrupt::flag();
    let original = read_original(&arguments.file)?;
    let reply = read_edit(&arguments.edit)?;
    let path = arguments.file.to_string_lossy();
    if reply.trim().is_empty() {
        return Err(Failure::input(ApplyError::EmptyEdit));
    }
    let selection = fast_apply_suggest::parse(&reply).for_file(&path, original.model_text());
    if selection.suggestion.text().trim().is_empty() {
        return Err(Failure::input(ApplyError::NoBlock(
            selection.ignored.join(" "),
        )));
    }
    for warning in &selection.ignored {
        eprintln!("fast-apply: {warning}");
    }
    if original.model_text().is_empty() {
        return Err(Failure::input(ApplyError::EmptyFile));
    }
    let destination = arguments.destination.open(&arguments.file)?;
    let options = arguments.options.for_apply()?;
    let conversation = arguments.options.conversation()?;
    let instruction = arguments.options.instruction.as_deref();

    let applier = arguments.options.applier()?;
    let request = Request {
        original: &original,
        suggestion: &selection.suggestion,
        language: Language::from_path(&path),
        instruction: instruction.unwrap_or(&selection.suggestion.instruction),
        conversation: conversation.as_deref(),
        options: &options,
        cancel,
    };
    let result = apply_repeatedly(&applier, &request, arguments.repeat);
    // Known whatever the result.
    *stats = applier.stats(&options);
    let outcome = result?;
    if let Some(reason) = &outcome.without_model {
        eprintln!("fast-apply: merged without the model: {reason}");
    }
    *stats = outcome.stats;
    if let Some(text) = outcome.text {
        return finish(destination, &arguments.file, &original, &text, stats);
    }
    if let Some(alternatives) = &outcome.alternatives {
        print_alternatives(&arguments.file, original.text(), alternatives)?;
    }
    let reason = stats.error.clone().unwrap_or_default();
    let exit = match stats.outcome {
        Some(OutcomeKind::Cancelled) => Exit::Cancelled,
        _ => Exit::Refused,
    };
    Err(Failure::new(exit, anyhow!(reason)))
}

/// The last of several runs, or the first that gives no text.
fn apply_repeatedly(
    applier: &Applier,
    request: &Request<'_>,
    times: u32,
) -> Result<Outcome, Failure> {
    let mut outcome = apply_once(applier, request)?;
    for _ in 1..times {
        if outcome.text.is_some() {
            outcome = apply_once(applier, request)?;
        }
    }
    Ok(outcome)
}

fn apply_once(applier: &Applier, request: &Request<'_>) -> Result<Outcome, Failure> {
    let mut bar = RewriteBar::new(request.original.model_text().len());
    Ok(applier.apply(request, &mut |event| bar.show(&event))?)
}

/// Shows both results of a refusal as diffs, on stderr: stdout is for results.
fn print_alternatives(
    file: &Path,
    original: &str,
    [merged, rewritten]: &[String; 2],
) -> Result<(), Failure> {
    let mut stderr = anstream::stderr().lock();
    for (author, text) in [("merge", merged), ("model", rewritten)] {
        writeln!(stderr, "The {author} would write:")?;
        print_diff(&mut stderr, &file.to_string_lossy(), original, text)?;
    }
    Ok(())
}

fn finish(
    destination: Destination,
    file: &Path,
    original: &SourceText,
    text: &str,
    stats: &Stats,
) -> Result<(), Failure> {
    for guard in stats.guards.iter().filter(|guard| !guard.passed) {
        let detail = guard.detail.as_deref().unwrap_or("it failed");
        eprintln!("fast-apply: check '{}': {detail}", guard.name);
    }
    destination.write(file, original.text(), text)?;
    eprintln!("{}", summary::line(stats));
    Ok(())
}

fn read_original(path: &Path) -> Result<SourceText, Failure> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let text =
        SourceText::from_bytes(bytes).with_context(|| format!("cannot edit {}", path.display()))?;
    Ok(text)
}

pub(crate) fn read_edit(path: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin()
            .read_to_end(&mut bytes)
            .context("cannot read the edit from stdin")?;
    } else {
        bytes =
            fs::read(path).with_context(|| format!("cannot read the edit {}", path.display()))?;
    }
    let text = SourceText::from_bytes(bytes).context("cannot read the edit")?;
    Ok(text.model_text().to_owned())
}
