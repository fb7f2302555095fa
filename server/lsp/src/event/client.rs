use std::path::PathBuf;

use fast_apply_text::Encoding;

use crate::settings::{Granularity, Settings};

/// What a client can do, and how it counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// `clientInfo.name`, empty if it has none.
    pub name: String,
    /// How columns are counted.
    pub encoding: Encoding,
    /// `experimental.fastApply.events`: wants `fastApply/event`.
    pub events: bool,
    /// `experimental.fastApply.groupedUndo`: many edits are one undo step.
    pub grouped_undo: bool,
    /// `window.workDoneProgress`.
    pub progress: bool,
    /// `window.showDocument`.
    pub show_document: bool,
    /// Code lenses and their refresh.
    pub code_lens: bool,
    /// Emacs 28 or older: its eglot does not look at what comes together with an answer before more comes.
    pub old_eglot: bool,
    /// `workspace.applyEdit` is known to be missing.
    pub cannot_edit: bool,
    /// The settings it came with.
    pub settings: Settings,
    /// Its workspace folders.
    pub folders: Vec<PathBuf>,
}

impl Client {
    /// How edits are cut: as the settings say, else as this client does best with.
    pub fn granularity(&self) -> Granularity {
        match self.settings.granularity {
            Some(granularity) => granularity,
            None if self.grouped_undo => Granularity::Token,
            None if self.old_eglot || self.name.eq_ignore_ascii_case("eglot") => Granularity::Whole,
            None => Granularity::Hunk,
        }
    }
}
