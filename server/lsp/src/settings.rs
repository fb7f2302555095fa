//! What a user can set.

use fast_apply_apply::Mode;
use fast_apply_engine::{DTypeChoice, DeviceChoice};
use serde_json::{Map, Value};
use tracing_subscriber::EnvFilter;

/// The settings in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// A model by its name; `None` is the default one. Never a path: a workspace may be somebody else's.
    pub model: Option<String>,
    /// Where the model runs.
    pub device: DeviceChoice,
    /// How its weights are kept.
    pub dtype: DTypeChoice,
    /// Who writes the new text.
    pub mode: Mode,
    /// Whether the model may only copy lines.
    pub strict: bool,
    /// How edits are cut; by default what suits the client.
    pub granularity: Option<Granularity>,
    /// The longest sequence in tokens; by default what the model was made for.
    pub max_context: Option<usize>,
    /// Minutes without work after which the model's memory is given back; 0 is never.
    pub idle_unload_minutes: u32,
    /// What is logged, in the syntax of `RUST_LOG`.
    pub log_level: String,
    /// Whether the action that reads the clipboard is offered.
    pub clipboard: bool,
}

/// How the edits of a session are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// One edit per message, as text is written.
    Token,
    /// One edit per message, each a whole hunk.
    Hunk,
    /// All hunks in one message, at the end.
    Whole,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            model: None,
            device: DeviceChoice::Auto,
            dtype: DTypeChoice::Auto,
            mode: Mode::Auto,
            strict: false,
            granularity: None,
            max_context: None,
            idle_unload_minutes: 30,
            log_level: "info".to_owned(),
            clipboard: true,
        }
    }
}

/// What to do about settings that nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// Name them: they were meant for us.
    Named,
    /// Pass them over: they may be for somebody else.
    Ignored,
}

/// The names of the settings, as they are written.
const NAMES: [&str; 10] = [
    "model",
    "device",
    "dtype",
    "mode",
    "strict",
    "granularity",
    "maxContext",
    "idleUnloadMinutes",
    "logLevel",
    "clipboard",
];

impl Settings {
    /// These settings with those of `values` instead, and one sentence for each of them that cannot be used and
    /// leaves the setting as it is. `permits` says whether a model may be chosen.
    pub fn with(
        &self,
        values: &Map<String, Value>,
        permits: &dyn Fn(&str) -> Result<(), String>,
        unknown: Unknown,
    ) -> (Self, Vec<String>) {
        let mut settings = self.clone();
        let mut complaints = Vec::new();
        for (name, value) in values {
            // An editor's way of saying nothing.
            if value.is_null() {
                continue;
            }
            if let Err(reason) = settings.set(name, value, permits)
                && (NAMES.contains(&name.as_str()) || unknown == Unknown::Named)
            {
                complaints.push(reason);
            }
        }
        (settings, complaints)
    }

    fn set(
        &mut self,
        name: &str,
        value: &Value,
        permits: &dyn Fn(&str) -> Result<(), String>,
    ) -> Result<(), String> {
        let wrong = |reason: String| format!("the setting {name} is left as it is: {reason}");
        let text = || {
            let text = value.as_str();
            text.ok_or_else(|| wrong(format!("{value} is not a string")))
        };
        let truth = || {
            let truth = value.as_bool();
            truth.ok_or_else(|| wrong(format!("{value} is neither true nor false")))
        };
        let number = |least: u64| {
            let number = value.as_u64().filter(|&number| number >= least);
            number.ok_or_else(|| wrong(format!("{value} is not a whole number from {least} on")))
        };
        match name {
            "model" => {
                let model = text()?;
                permits(model).map_err(wrong)?;
                self.model = Some(model.to_owned());
            }
            "device" => self.device = text()?.parse().map_err(wrong)?,
            "dtype" => self.dtype = text()?.parse().map_err(wrong)?,
            "mode" => {
                let known =
                    [Mode::Auto, Mode::Rewrite, Mode::Merge].map(|mode| (mode.name(), mode));
                self.mode = one_of(text()?, &known).map_err(wrong)?;
            }
            "strict" => {
                self.strict = truth()?;
            }
            "granularity" => {
                let known = [
                    ("token", Granularity::Token),
                    ("hunk", Granularity::Hunk),
                    ("whole", Granularity::Whole),
                ];
                self.granularity = Some(one_of(text()?, &known).map_err(wrong)?);
            }
            "maxContext" => {
                self.max_context = Some(usize::try_from(number(1)?).unwrap_or(usize::MAX));
            }
            "idleUnloadMinutes" => {
                self.idle_unload_minutes = u32::try_from(number(0)?).unwrap_or(u32::MAX);
            }
            "logLevel" => {
                let level = text()?;
                EnvFilter::try_new(level).map_err(|error| wrong(format!("'{level}': {error}")))?;
                self.log_level = level.to_owned();
            }
            "clipboard" => self.clipboard = truth()?,
            // VS Code's own, in the same section.
            "trace" | "server" => {}
            _ => {
                let known = NAMES.join(", ");
                return Err(format!(
                    "there is no setting {name}; the settings are {known}"
                ));
            }
        }
        Ok(())
    }
}

fn one_of<T: Copy>(text: &str, known: &[(&str, T)]) -> Result<T, String> {
    let found = known.iter().find(|(name, _)| *name == text);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        format!("'{text}' is none of {}", names.join(", "))
    })
}
