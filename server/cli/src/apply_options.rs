//! The options that `apply`, `eval` and `bench` share.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use fast_apply_apply::{Applier, ApplyError, Mode, Options, Rewriter};
use fast_apply_engine::assets::{
    AssetError, Fetch, Locations, ModelSpec, Registry, ResolvedModel, Store,
};
use fast_apply_engine::draft::{DraftKind, DraftLength};
use fast_apply_engine::{DTypeChoice, DeviceChoice, LoadOptions};

use crate::failure::Failure;
use crate::progress_bar::AssetBar;

#[derive(Args, Clone, Debug)]
pub(crate) struct ApplyOptions {
    /// Who writes the new text.
    #[arg(long, value_enum, default_value_t = ModeArgument::Auto)]
    pub(crate) mode: ModeArgument,
    /// The model may only copy: every line it writes is one of the file or of the edit, at any
    /// indentation.
    #[arg(long)]
    strict: bool,
    /// What the edit is for; by default the prose of the reply.
    #[arg(long, value_name = "TEXT")]
    pub(crate) instruction: Option<String>,
    /// A file with the turns of the chat that led to the edit.
    #[arg(long, value_name = "FILE")]
    conversation: Option<PathBuf>,
    /// A model by id, a GGUF file, or a Hugging Face directory.
    #[arg(long, value_name = "ID|PATH")]
    model: Option<String>,
    /// A LoRA adapter by id, a PEFT directory, or `none`; by default the model's own.
    #[arg(long, value_name = "ID|PATH|none")]
    adapter: Option<String>,
    /// Where the model runs: auto, cpu, cuda or metal.
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// How its weights are kept: auto, f32, bf16 or q8.
    #[arg(long, default_value = "auto")]
    dtype: DTypeChoice,
    /// Where drafts come from: auto, none, original, sketch, merge, prompt-lookup, ngram-simple,
    /// line-realign, late-resync or oracle (which needs --force-output).
    #[arg(long, default_value = "auto")]
    draft: DraftKind,
    /// How many tokens are drafted at most: auto or a number.
    #[arg(long, default_value = "auto", value_parser = draft_length)]
    draft_len: DraftLength,
    /// The longest sequence, prompt and output together, in tokens; by default what the model was
    /// made for.
    #[arg(long, value_name = "N")]
    max_context: Option<usize>,
    /// The longest output in tokens; by default the original's, twice the sketch's and 256.
    #[arg(long, value_name = "N")]
    max_output: Option<usize>,
    /// Fetch nothing from the network.
    #[arg(long)]
    offline: bool,
    /// Accept the tokens of this file whatever the model chooses: speed on true edits.
    #[arg(long, value_name = "FILE")]
    force_output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ModeArgument {
    /// A patch or a sure merge where there is one, checked by the model where there is one.
    Auto,
    /// The model alone.
    Rewrite,
    /// The merge alone: no model.
    Merge,
}

impl ModeArgument {
    pub(crate) fn name(self) -> &'static str {
        self.mode().name()
    }

    fn mode(self) -> Mode {
        match self {
            Self::Auto => Mode::Auto,
            Self::Rewrite => Mode::Rewrite,
            Self::Merge => Mode::Merge,
        }
    }
}

impl ApplyOptions {
    /// What the application itself needs to know.
    pub(crate) fn for_apply(&self) -> Result<Options, Failure> {
        if self.draft == DraftKind::Oracle && self.force_output.is_none() {
            return Err(Failure::usage("--draft oracle needs --force-output FILE"));
        }
        Ok(Options {
            mode: self.mode.mode(),
            strict: self.strict,
            draft: self.draft,
            draft_length: self.draft_len,
            max_output: self.max_output,
            force_output: self.force_output.as_deref().map(read_text).transpose()?,
        })
    }

    /// The same for another mode.
    pub(crate) fn with_mode(&self, mode: ModeArgument) -> ApplyOptions {
        ApplyOptions {
            mode,
            ..self.clone()
        }
    }

    /// Whether the output is given beforehand.
    pub(crate) fn has_forced_output(&self) -> bool {
        self.force_output.is_some()
    }

    /// The turns of the chat.
    pub(crate) fn conversation(&self) -> Result<Option<String>, Failure> {
        self.conversation.as_deref().map(read_text).transpose()
    }

    /// What applies edits; it finds, fetches if need be, and loads the model when it needs one.
    pub(crate) fn applier(&self) -> Result<Applier, Failure> {
        let load = self.load_options();
        // First, because a wrong option must not cost a download.
        load.placement()?;
        // A model that was asked for, and that `rewrite` cannot do without, is an error if missing.
        let needed = self.mode == ModeArgument::Rewrite || self.model.is_some();
        let resolve = self.resolver();
        Ok(match needed {
            true => {
                let rewriter = Rewriter::load(resolve()?, load)?;
                Applier::with_model(rewriter)
            }
            false => Applier::new(move || {
                let model = resolve().map_err(|error| ApplyError::NoModel(error.to_string()))?;
                Rewriter::load(model, load)
            }),
        })
    }

    /// Where and how the model runs.
    pub(crate) fn load_options(&self) -> LoadOptions {
        LoadOptions {
            device: self.device,
            dtype: self.dtype,
            max_context: self.max_context.unwrap_or(usize::MAX),
        }
    }

    /// What finds the files of the model, and fetches them if need be.
    pub(crate) fn resolver(
        &self,
    ) -> impl Fn() -> Result<ResolvedModel, AssetError> + Send + Sync + 'static {
        let spec = ModelSpec {
            model: self.model.clone(),
            adapter: self.adapter.clone(),
        };
        let fetch = if self.offline {
            Fetch::Offline
        } else {
            Fetch::Allowed
        };
        move || resolve(&spec, fetch)
    }
}

/// Finds the files of a model, and fetches them if need be, with a progress bar.
pub(crate) fn resolve(spec: &ModelSpec, fetch: Fetch) -> Result<ResolvedModel, AssetError> {
    let store = Store::open(Registry::builtin(), Locations::from_environment()?);
    let mut bar = AssetBar::new();
    store.resolve(spec, fetch, &mut |progress| bar.show(progress))
}

pub(crate) fn read_text(path: &std::path::Path) -> Result<String, Failure> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let text = fast_apply_text::SourceText::from_bytes(bytes)
        .with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text.model_text().to_owned())
}

fn draft_length(text: &str) -> Result<DraftLength, String> {
    if text == "auto" {
        return Ok(DraftLength::Auto);
    }
    text.parse()
        .map(DraftLength::Fixed)
        .map_err(|_| format!("'{text}' is neither auto nor a number"))
}
