//! From what the user asks for to the files that are loaded.

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use super::{
    Adapter, AssetError, Fetch, Model, Progress, PromptTemplate, Store, checksum,
    integrity::{whole_directory, whole_gguf},
    progress::Report,
    prompt_template::chat_template_of,
};

/// What the user asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelSpec {
    /// The id of a model, or the path of a GGUF file or a directory of safetensors; the default model if absent.
    pub model: Option<String>,
    /// The id of a built-in adapter, the path of a directory, or `none`; the model's own adapter if absent.
    pub adapter: Option<String>,
}

/// Everything that is needed to load a model and to talk to it.
#[derive(Clone, Debug)]
pub struct ResolvedModel {
    /// The id of the model, or the path that was asked for.
    pub id: String,
    /// Where its weights and its tokenizer are.
    pub weights: Weights,
    /// The adapter to merge into the weights.
    pub adapter: Option<Adapter>,
    /// How its prompts are put together.
    pub prompt: PromptTemplate,
    /// Positions the model was trained for; `None` for models that are not in the registry, which say it themselves.
    pub context_length: Option<usize>,
}

/// The files of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Weights {
    /// One GGUF file, which has the tokenizer too.
    Gguf(PathBuf),
    /// A directory with `config.json`, `tokenizer.json` and safetensors.
    Safetensors(PathBuf),
}

impl Weights {
    /// The file, or the directory.
    pub fn path(&self) -> &Path {
        match self {
            Weights::Gguf(path) | Weights::Safetensors(path) => path,
        }
    }
}

impl Store {
    /// Finds, and where `fetch` allows it fetches, what `spec` asks for.
    ///
    /// # Errors
    /// The model or the adapter is unknown, missing, damaged, or cannot be fetched or stored.
    pub fn resolve(
        &self,
        spec: &ModelSpec,
        fetch: Fetch,
        progress: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
    ) -> Result<ResolvedModel, AssetError> {
        // First, because a wrong name must not cost a download.
        let adapter = spec
            .adapter
            .as_deref()
            .filter(|&name| name != "none")
            .map(Adapter::named);
        let adapter = adapter.transpose()?;
        let mut model = match spec.model.as_deref() {
            None => self.registered(self.registry.default_model(), fetch, progress)?,
            Some(name) => match self.registry.get(name) {
                Some(model) => self.registered(model, fetch, progress)?,
                None => self.at_path(name, progress)?,
            },
        };
        if spec.adapter.is_some() {
            model.adapter = adapter;
        }
        Ok(model)
    }

    fn registered(
        &self,
        model: &Model,
        fetch: Fetch,
        progress: Report<'_>,
    ) -> Result<ResolvedModel, AssetError> {
        let path = self.obtain(model, fetch, progress)?;
        Ok(self.with_path(model, path))
    }

    fn with_path(&self, model: &Model, path: PathBuf) -> ResolvedModel {
        let weights = match &model.file {
            Some(_) => Weights::Gguf(path),
            None => Weights::Safetensors(path),
        };
        ResolvedModel {
            id: model.id.clone(),
            weights,
            adapter: model.default_adapter.as_deref().and_then(Adapter::built_in),
            prompt: self.registry.prompt_of(model),
            context_length: Some(model.context_length),
        }
    }

    /// A file or directory of the user's own. A copy of a model of the registry is that model.
    fn at_path(&self, name: &str, progress: Report<'_>) -> Result<ResolvedModel, AssetError> {
        let path = Path::new(name);
        if !path.exists() {
            return Err(AssetError::UnknownModel {
                name: name.to_owned(),
                known: self.registry.known_ids(),
            });
        }
        let (weights, own_template) = if path.is_dir() {
            whole_directory(path, AssetError::REPLACE)?;
            let template = ["tokenizer_config.json", "chat_template.jinja"]
                .map(|file| fs::read_to_string(path.join(file)).unwrap_or_default())
                .concat();
            (Weights::Safetensors(path.to_owned()), template)
        } else {
            let summary = whole_gguf(path, AssetError::REPLACE)?;
            if summary.architecture != "llama" {
                return Err(AssetError::Damaged {
                    path: path.to_owned(),
                    reason: format!(
                        "holds a model of the architecture {:?}",
                        summary.architecture
                    ),
                    remedy: "only llama is supported",
                });
            }
            if let Some(model) = self.registered_as(path, progress)? {
                return Ok(self.with_path(model, path.to_owned()));
            }
            (Weights::Gguf(path.to_owned()), summary.chat_template)
        };
        Ok(ResolvedModel {
            id: name.to_owned(),
            weights,
            adapter: None,
            prompt: self
                .registry
                .prompt_with_chat(chat_template_of(&own_template)),
            context_length: None,
        })
    }

    /// The model of the registry that the file is a copy of.
    fn registered_as(
        &self,
        path: &Path,
        progress: Report<'_>,
    ) -> Result<Option<&Model>, AssetError> {
        let size = fs::metadata(path)
            .map_err(|error| AssetError::reading(path, error))?
            .len();
        let mut candidates = self
            .registry
            .models()
            .iter()
            .filter(|model| model.size == size && model.sha256.is_some());
        if candidates.clone().next().is_none() {
            return Ok(None);
        }
        let sha256 = Some(checksum::of_file(path, progress)?);
        Ok(candidates.find(|model| model.sha256 == sha256))
    }
}
