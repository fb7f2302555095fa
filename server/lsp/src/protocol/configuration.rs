//! The settings, and the three ways in which a client can send them.

use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

use crate::settings::{Settings, Unknown};
use crate::user_config::UserConfig;

/// The settings in force, and what they are made of.
pub(crate) struct Configuration {
    config: UserConfig,
    layers: Mutex<Layers>,
}

#[derive(Default)]
struct Layers {
    /// What came with `initialize`.
    options: Map<String, Value>,
    /// What came since.
    section: Map<String, Value>,
}

/// Settings with one sentence for each that could not be used.
pub(crate) type Read = (Settings, Vec<String>);

impl Configuration {
    pub(crate) fn new(config: UserConfig) -> Self {
        Self {
            config,
            layers: Mutex::default(),
        }
    }

    /// The user's own configuration.
    pub(crate) fn user(&self) -> &UserConfig {
        &self.config
    }

    /// Takes the `initializationOptions`.
    pub(crate) fn take_options(&self, options: Value) -> Read {
        let (options, complaint) = section_in(options);
        let (settings, mut complaints) =
            self.change(|layers| layers.options = options, Unknown::Named);
        complaints.extend(complaint);
        (settings, complaints)
    }

    /// Takes the section `fastApply`, which was asked for.
    pub(crate) fn take_section(&self, section: Value) -> Read {
        let (section, complaint) = section_in(section);
        let (settings, mut complaints) =
            self.change(|layers| layers.section = section, Unknown::Named);
        complaints.extend(complaint);
        (settings, complaints)
    }

    /// Takes whatever a client sends along when it says that settings have changed: its section, or all it has.
    pub(crate) fn take_pushed(&self, settings: Value) -> Read {
        let unknown = match settings.get("fastApply") {
            Some(_) => Unknown::Named,
            None => Unknown::Ignored,
        };
        let (section, complaint) = section_in(settings);
        let (settings, mut complaints) = self.change(|layers| layers.section = section, unknown);
        complaints.extend(complaint);
        (settings, complaints)
    }

    /// The settings in force.
    pub(crate) fn settings(&self) -> Settings {
        self.change(|_| {}, Unknown::Ignored).0
    }

    fn change(&self, change: impl FnOnce(&mut Layers), unknown: Unknown) -> Read {
        let mut layers = self.layers.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut layers);
        let mut values = layers.options.clone();
        let section = layers.section.iter().filter(|(_, value)| !value.is_null());
        values.extend(section.map(|(name, value)| (name.clone(), value.clone())));
        let permits = |model: &str| self.config.permits(model);
        self.config.settings.with(&values, &permits, unknown)
    }
}

/// The settings in a value, which may be the section itself or hold it under its name.
fn section_in(value: Value) -> (Map<String, Value>, Option<String>) {
    let nothing = Map::new;
    let value = match value {
        Value::Object(mut object) => match object.remove("fastApply") {
            Some(section) => section,
            None => return (object, None),
        },
        other => other,
    };
    match value {
        Value::Null => (nothing(), None),
        // What an empty Lua table becomes.
        Value::Array(empty) if empty.is_empty() => (nothing(), None),
        Value::Object(section) => (section, None),
        other => {
            let complaint =
                format!("the settings are passed over: {other} is not an object of settings");
            (nothing(), Some(complaint))
        }
    }
}
