//! What a suggestion would do, shown and not done.

use fast_apply_text::UnifiedDiff;

use crate::event::{Effect, Ending, Gravity, Uri};
use crate::main_loop::MainLoop;
use crate::path::path_of;

/// A result that is only to be shown.
pub(super) struct Preview {
    pub(super) uri: Uri,
    pub(super) before: String,
}

impl MainLoop {
    /// Shows the difference that a result makes, or why there is none.
    pub(super) fn show_preview(&mut self, preview: &Preview, ending: Ending) {
        let path = path_of(&preview.uri);
        let name = path.rsplit('/').next().unwrap_or(&path);
        let difference = |after: &str| UnifiedDiff::new(name, &preview.before, after).to_string();
        let effect = match (ending.text, ending.alternatives) {
            (Some(after), _) if after == preview.before => Effect::Show {
                gravity: Gravity::Info,
                text: format!("{name} already is what the suggestion says."),
            },
            (Some(after), _) => Effect::ShowDocument {
                name: format!("{name}.diff"),
                text: difference(&after),
            },
            (None, Some([merged, written])) => Effect::ShowDocument {
                name: format!("{name}.refused.diff"),
                text: format!(
                    "{}\n\nThe merge would write:\n{}\nThe model would write:\n{}",
                    ending.message.unwrap_or_default(),
                    difference(&merged),
                    difference(&written)
                ),
            },
            (None, None) => Effect::Show {
                gravity: Gravity::Warning,
                text: ending.message.unwrap_or_default(),
            },
        };
        self.effects.push(effect);
    }
}
