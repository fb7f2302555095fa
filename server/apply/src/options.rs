use fast_apply_engine::draft::{DraftKind, DraftLength};

/// Who writes the new text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// A patch or a sure merge where there is one, checked by the model where there is one.
    #[default]
    Auto,
    /// The model alone.
    Rewrite,
    /// The merge alone.
    Merge,
}

impl Mode {
    /// The name on the command line and in the statistics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Rewrite => "rewrite",
            Self::Merge => "merge",
        }
    }
}

/// How to apply an edit.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Who writes the new text.
    pub mode: Mode,
    /// Whether the model may only copy: it leaves out lines of the file and brings in lines of the edit where the edit
    /// can mean that, and every other line stays.
    pub strict: bool,
    /// Where drafts come from.
    pub draft: DraftKind,
    /// How long drafts are.
    pub draft_length: DraftLength,
    /// The longest output in tokens; by default the tokens of the original, twice the sketch's and
    /// 256 more.
    pub max_output: Option<usize>,
    /// Accept this text whatever the model chooses: for measuring speed on true edits.
    pub force_output: Option<String>,
}
