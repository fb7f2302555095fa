//! What only the user may decide: the command line, the environment, and `config.toml`.
//!
//! A workspace can be somebody else's, so nothing that an editor passes on can name a file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use fast_apply_engine::assets::{ModelSpec, Registry};
use fast_apply_engine::{DeviceChoice, LoadOptions};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::settings::{self, Settings};

/// The user's own configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserConfig {
    /// What was said on the command line or in the environment. It goes before everything else.
    pub command_line: CommandLine,
    /// The settings, where the editor says nothing.
    pub settings: Settings,
    /// The model, by name or path, where the editor says nothing.
    model: Option<String>,
    /// The adapter, by name or path.
    adapter: Option<String>,
    /// Models with names of the user's own.
    models: BTreeMap<String, OwnModel>,
}

/// Options of the command line, or of the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandLine {
    /// A model by name or path.
    pub model: Option<String>,
    /// An adapter by name or path, or `none`.
    pub adapter: Option<String>,
    /// Where the model runs.
    pub device: Option<DeviceChoice>,
}

/// `[models.NAME]` in `config.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnModel {
    /// A GGUF file, or a directory.
    path: String,
    /// An adapter by name or path, or `none`.
    adapter: Option<String>,
}

/// Which model to load, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelChoice {
    /// Which one.
    pub spec: ModelSpec,
    /// How.
    pub load: LoadOptions,
}

impl UserConfig {
    /// Where the file is: `FAST_APPLY_CONFIG`, else `fast-apply/config.toml` in the user's configuration directory.
    pub fn default_path() -> Option<PathBuf> {
        let named = std::env::var_os("FAST_APPLY_CONFIG").filter(|path| !path.is_empty());
        let default = || {
            let strategy = etcetera::choose_base_strategy().ok()?;
            Some(strategy.config_dir().join("fast-apply").join("config.toml"))
        };
        named.map(PathBuf::from).or_else(default)
    }

    /// Reads the file, if there is one, and says in sentences what in it is wrong.
    pub fn read(path: Option<&Path>, command_line: CommandLine) -> (Self, Vec<String>) {
        let nothing = Self {
            command_line,
            ..Self::default()
        };
        let Some(path) = path else {
            return (nothing, Vec::new());
        };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return (nothing, Vec::new());
            }
            Err(error) => {
                return (
                    nothing,
                    vec![format!("cannot read {}: {error}", path.display())],
                );
            }
        };
        match toml::from_str::<Map<String, Value>>(&text) {
            Ok(values) => nothing.with_file(values, path),
            Err(error) => {
                let reason = error.message();
                let sentence = format!("{} is passed over: {reason}", path.display());
                (nothing, vec![sentence])
            }
        }
    }

    fn with_file(mut self, mut values: Map<String, Value>, path: &Path) -> (Self, Vec<String>) {
        let mut complaints = Vec::new();
        let mut text = |name: &str| match values.remove(name) {
            None => None,
            Some(Value::String(text)) => Some(text),
            Some(other) => {
                complaints.push(format!("{name} is {other}, which is not a string"));
                None
            }
        };
        self.model = text("model");
        self.adapter = text("adapter");
        if let Some(models) = values.remove("models") {
            match BTreeMap::deserialize(models) {
                Ok(models) => self.models = models,
                Err(error) => complaints.push(format!("models cannot be read: {error}")),
            }
        }
        let (settings, more) = self
            .settings
            .with(&values, &|_| Ok(()), settings::Unknown::Named);
        self.settings = settings;
        complaints.extend(more);
        let named = complaints
            .into_iter()
            .map(|complaint| format!("{}: {complaint}", path.display()));
        (self, named.collect())
    }

    /// Whether an editor may choose this model.
    ///
    /// # Errors
    /// One sentence that says why not, and the way out.
    pub fn permits(&self, model: &str) -> Result<(), String> {
        let registry = Registry::builtin();
        if self.models.contains_key(model) || registry.get(model).is_some() {
            return Ok(());
        }
        let is_path = model.contains(['/', '\\', ':']) || model.ends_with(".gguf");
        Err(match is_path {
            true => format!(
                "'{model}' is a path, which an editor's settings cannot choose because a workspace may bring them; \
                 name it in your own config.toml ([models.NAME] path = \"...\") and choose the name"
            ),
            false => {
                let mut known: Vec<&str> = self.models.keys().map(String::as_str).collect();
                known.extend(registry.models().iter().map(|model| model.id.as_str()));
                format!(
                    "there is no model '{model}'; the known models are {}",
                    known.join(", ")
                )
            }
        })
    }

    /// Which model these settings mean, and how to load it.
    pub fn choice(&self, settings: &Settings) -> ModelChoice {
        let command_line = &self.command_line;
        let name = command_line.model.as_ref();
        let name = name.or(settings.model.as_ref()).or(self.model.as_ref());
        let own = name.and_then(|name| self.models.get(name));
        let adapter = own.and_then(|own| own.adapter.as_ref());
        // The adapter of the file was made for the model of the file.
        let is_of_file = command_line.model.is_none() && settings.model.is_none();
        let adapter = adapter.or(self.adapter.as_ref().filter(|_| is_of_file));
        ModelChoice {
            spec: ModelSpec {
                model: own.map(|own| &own.path).or(name).cloned(),
                adapter: command_line.adapter.as_ref().or(adapter).cloned(),
            },
            load: LoadOptions {
                device: command_line.device.unwrap_or(settings.device),
                dtype: settings.dtype,
                max_context: settings.max_context.unwrap_or(usize::MAX),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str, command_line: CommandLine) -> (UserConfig, Vec<String>) {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("config.toml");
        std::fs::write(&path, text).expect("a file");
        UserConfig::read(Some(&path), command_line)
    }

    fn model(name: &str) -> Settings {
        Settings {
            model: Some(name.to_owned()),
            ..Settings::default()
        }
    }

    const FILE: &str = r#"
        model = "/models/of-the-file.gguf"
        adapter = "/adapters/of-the-file"
        device = "cpu"
        [models.mine]
        path = "/models/mine.gguf"
        adapter = "none"
    "#;

    #[test]
    fn the_command_line_goes_before_the_editor_and_that_before_the_file() {
        let (config, complaints) = config(FILE, CommandLine::default());
        assert_eq!(complaints, [""; 0]);
        let spec = |settings: &Settings| {
            let spec = config.choice(settings).spec;
            (
                spec.model.unwrap_or_default(),
                spec.adapter.unwrap_or_default(),
            )
        };
        let pair = |model: &str, adapter: &str| (model.to_owned(), adapter.to_owned());
        let of_file = pair("/models/of-the-file.gguf", "/adapters/of-the-file");
        assert_eq!(spec(&config.settings), of_file);
        assert_eq!(spec(&model("mine")), pair("/models/mine.gguf", "none"));
        assert_eq!(spec(&model("llama-3.2-1b")), pair("llama-3.2-1b", ""));
        assert_eq!(config.settings.device, DeviceChoice::Cpu);

        let command_line = CommandLine {
            model: Some("./here.gguf".to_owned()),
            adapter: None,
            device: Some(DeviceChoice::Auto),
        };
        let config = UserConfig {
            command_line,
            ..config
        };
        let choice = config.choice(&model("mine"));
        assert_eq!(choice.spec.model.as_deref(), Some("./here.gguf"));
        assert_eq!(choice.spec.adapter, None);
        assert_eq!(choice.load.device, DeviceChoice::Auto);
    }

    #[test]
    fn an_editor_chooses_among_names() {
        let (config, _) = config(FILE, CommandLine::default());
        assert_eq!(config.permits("mine"), Ok(()));
        assert_eq!(
            config.permits(&Registry::builtin().default_model().id),
            Ok(())
        );
        assert!(config.permits("/models/mine.gguf").is_err());
        assert!(config.permits("yours").is_err());
    }

    #[test]
    fn what_is_wrong_in_the_file_is_named() {
        for (text, reason) in [
            ("model = 7", "model is 7"),
            ("models = 7", "models cannot be read"),
            ("[models.mine]\ncolour = 1", "models cannot be read"),
            ("speed = 11", "no setting speed"),
            ("speed = ", "passed over"),
        ] {
            let (_, complaints) = config(text, CommandLine::default());
            assert!(
                complaints.iter().any(|it| it.contains(reason)),
                "{complaints:?}"
            );
        }
        let nowhere = Path::new("/nowhere/config.toml");
        let (_, complaints) = UserConfig::read(Some(nowhere), CommandLine::default());
        assert_eq!(complaints, [""; 0]);
    }
}
