//! `fast-apply suggest`: hands a suggestion to the server of an editor that runs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::Args;
use fast_apply_apply::ApplyError;
use fast_apply_lsp::socket::{Servers, Suggestion, directories};
use fast_apply_suggest::HintStrength;

use crate::apply::read_edit;
use crate::apply_options::read_text;
use crate::failure::{Exit, Failure};

#[derive(Args)]
pub(crate) struct SuggestArguments {
    /// The file that the suggestion is for; by default the files that the suggestion names.
    file: Option<PathBuf>,
    /// The suggestion, or `-` for standard input: a chat reply in Markdown, a bare sketch, a unified diff, or
    /// search/replace blocks.
    #[arg(long, value_name = "EDIT", default_value = "-")]
    edit: PathBuf,
    /// What the suggestion is for; by default its prose.
    #[arg(long, value_name = "TEXT")]
    instruction: Option<String>,
    /// A file with the turns of the chat that led to it.
    #[arg(long, value_name = "FILE")]
    conversation: Option<PathBuf>,
    /// Ask, in the editor, whether to apply it now.
    #[arg(long)]
    apply: bool,
}

pub(crate) fn run(arguments: &SuggestArguments) -> Result<(), Failure> {
    let text = read_edit(&arguments.edit)?;
    if text.trim().is_empty() {
        return Err(Failure::input(ApplyError::EmptyEdit));
    }
    let conversation = arguments.conversation.as_deref().map(read_text);
    let conversation = conversation.transpose()?;
    let files = match &arguments.file {
        Some(file) => vec![absolute(file)?],
        None => named_files(&text)?,
    };
    let mut servers = Servers::connect(&directories())?;
    if servers.is_empty() {
        return Err(Failure::new(
            Exit::NoServer,
            anyhow!("no editor runs fast-apply: open the file in an editor that is set up for it"),
        ));
    }
    for file in files {
        let (server, place) = servers.find(&file).map_err(|reason| anyhow!(reason))?;
        let suggestion = Suggestion {
            uri: place.uri,
            text: text.clone(),
            instruction: arguments.instruction.clone(),
            conversation: conversation.clone(),
            apply: arguments.apply,
        };
        let handed = servers.suggest(server, suggestion);
        handed.map_err(|reason| anyhow!(reason))?;
        eprintln!("fast-apply: the suggestion for {file} is pending in the editor");
    }
    Ok(())
}

/// The files that the blocks of a reply are for, absolute where they are found from here.
fn named_files(text: &str) -> Result<Vec<String>, Failure> {
    let reply = fast_apply_suggest::parse(text);
    let hints: Vec<_> = reply
        .blocks
        .iter()
        .filter_map(|block| block.path.as_ref())
        .collect();
    let is_declared = |strength| strength == HintStrength::Declared;
    // A file that is only spoken of counts where none is declared.
    let any_declared = hints.iter().any(|hint| is_declared(hint.strength));
    let mut files = BTreeSet::new();
    for hint in hints {
        if any_declared && !is_declared(hint.strength) {
            continue;
        }
        let path = Path::new(&hint.path);
        files.insert(match path.exists() {
            true => absolute(path)?,
            false => hint.path.clone(),
        });
    }
    match files.is_empty() {
        true => Err(Failure::usage(
            "the suggestion names no file: say which one it is for, as in `fast-apply suggest FILE`",
        )),
        false => Ok(files.into_iter().collect()),
    }
}

fn absolute(path: &Path) -> Result<String, Failure> {
    let absolute = std::path::absolute(path)?;
    let text = absolute.to_str().map(str::to_owned);
    text.ok_or_else(|| anyhow!("{} is not UTF-8", path.display()).into())
}
