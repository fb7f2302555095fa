//! `fast-apply model`: what models there are, and getting them onto this machine.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use fast_apply_engine::assets::{AssetError, Locations, Model, Place, Registry, Store};

use crate::{failure::Failure, progress_bar::AssetBar};

#[derive(Args)]
pub(crate) struct ModelArguments {
    #[command(subcommand)]
    command: ModelCommand,
}

#[derive(Subcommand)]
enum ModelCommand {
    /// Lists the known models and whether they are on this machine.
    List,
    /// Fetches a model unless it is here and whole.
    Pull(ModelName),
    /// Prints the path of a model on this machine.
    Path(ModelName),
    /// Checks a model on this machine against the registry.
    Verify(ModelName),
}

#[derive(Args)]
struct ModelName {
    /// The id of the model, as `fast-apply model list` shows it; the default model if absent.
    #[arg(value_name = "MODEL")]
    id: Option<String>,
}

impl ModelName {
    fn find<'s>(&self, store: &'s Store) -> Result<&'s Model, AssetError> {
        store.registry().named(self.id.as_deref())
    }
}

pub(crate) fn run(arguments: ModelArguments) -> Result<(), Failure> {
    let store = Store::open(Registry::builtin(), Locations::from_environment()?);
    let mut output = io::stdout().lock();
    match arguments.command {
        ModelCommand::List => list(&store, &mut output),
        ModelCommand::Pull(name) => pull(&store, name.find(&store)?, &mut output),
        ModelCommand::Path(name) => path(&store, name.find(&store)?, &mut output),
        ModelCommand::Verify(name) => verify(&store, name.find(&store)?, &mut output),
    }
}

fn list(store: &Store, output: &mut impl Write) -> Result<(), Failure> {
    let default = store.registry().default_model();
    let mut rows = vec![["MODEL", "SIZE", "LICENCE", "STATE"].map(str::to_owned)];
    for model in store.registry().models() {
        let state = match store.locate(model) {
            Some((Place::Cache, _)) => "cached",
            Some((Place::ModelsDirectory, _)) => "in FAST_APPLY_MODELS",
            Some((Place::HuggingFaceCache, _)) => "in the Hugging Face cache",
            None => "missing",
        };
        let state = if model.id == default.id {
            format!("{state} (default)")
        } else {
            state.to_owned()
        };
        rows.push([
            model.id.clone(),
            size(model.size),
            model.licence.clone(),
            state,
        ]);
    }
    let widths: Vec<usize> = (0..4)
        .map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0))
        .collect();
    for [id, size, licence, state] in rows {
        writeln!(
            output,
            "{id:<id_width$}  {size:>size_width$}  {licence:<licence_width$}  {state}",
            id_width = widths[0],
            size_width = widths[1],
            licence_width = widths[2],
        )?;
    }
    Ok(())
}

fn pull(store: &Store, model: &Model, output: &mut impl Write) -> Result<(), Failure> {
    let mut bar = AssetBar::new();
    let path = store.pull(model, &mut |progress| bar.show(progress))?;
    drop(bar);
    writeln!(output, "{} is at {}", model.id, path.display())?;
    Ok(())
}

fn path(store: &Store, model: &Model, output: &mut impl Write) -> Result<(), Failure> {
    let (_, path) = store.locate(model).ok_or_else(|| AssetError::Missing {
        model: model.id.clone(),
    })?;
    writeln!(output, "{}", path.display())?;
    Ok(())
}

fn verify(store: &Store, model: &Model, output: &mut impl Write) -> Result<(), Failure> {
    let mut bar = AssetBar::new();
    let verified = store.verify(model, &mut |progress| bar.show(progress))?;
    drop(bar);
    let path = verified.path.display();
    match verified.sha256 {
        Some(sha256) => writeln!(
            output,
            "{path} is whole: its sha256 is {sha256}, as it should be"
        )?,
        None => writeln!(
            output,
            "{path} looks whole; {} is unpinned, so no checksum is known",
            model.id
        )?,
    }
    Ok(())
}

/// A size for people, in powers of 1000.
fn size(bytes: u64) -> String {
    let bytes = bytes as f64;
    match bytes {
        1e9.. => format!("{:.1} GB", bytes / 1e9),
        _ => format!("{:.1} MB", bytes / 1e6),
    }
}
