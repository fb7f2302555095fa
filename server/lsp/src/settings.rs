//! What a user can set.

use fast_apply_apply::Mode;
use fast_apply_engine::{DTypeChoice, DeviceChoice};

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
            granularity: None,
            max_context: None,
            idle_unload_minutes: 30,
            log_level: "info".to_owned(),
            clipboard: true,
        }
    }
}
