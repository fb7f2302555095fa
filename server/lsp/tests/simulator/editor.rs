//! Which editors are simulated, and what they say of themselves.

use fast_apply_text::Encoding;

/// Which editor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Editor {
    VsCode,
    /// Tells of changes 150 ms late.
    NeovimStock,
    /// Tells of changes at once, as our configuration asks.
    Neovim,
    Helix,
    Eglot,
    Kakoune,
}

pub(crate) const EDITORS: [Editor; 6] = [
    Editor::VsCode,
    Editor::NeovimStock,
    Editor::Neovim,
    Editor::Helix,
    Editor::Eglot,
    Editor::Kakoune,
];

/// How an editor treats us beside its habits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Temper {
    Honest,
    /// Now and then refuses an edit for no reason.
    Refuses,
    /// Now and then refuses an edit and applies it all the same.
    AppliesRefused,
    /// Now and then drops an edit and says that it applied it.
    DropsApplied,
    /// Now and then does not answer.
    Silent,
}

impl Editor {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Editor::VsCode => "Visual Studio Code",
            Editor::NeovimStock | Editor::Neovim => "Neovim",
            Editor::Helix => "helix",
            Editor::Eglot => "Eglot",
            Editor::Kakoune => "kakoune-lsp",
        }
    }

    pub(crate) fn encoding(self) -> Encoding {
        match self {
            Editor::VsCode => Encoding::Utf16,
            Editor::NeovimStock | Editor::Neovim | Editor::Helix | Editor::Kakoune => {
                Encoding::Utf8
            }
            Editor::Eglot => Encoding::Utf32,
        }
    }
}
