//! Positions as editors count them.

/// How the columns of a position are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Encoding {
    /// In bytes of UTF-8.
    Utf8,
    /// In code units of UTF-16: what every editor must know.
    #[default]
    Utf16,
    /// In characters.
    Utf32,
}

/// A place between two characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Position {
    /// The line, from 0.
    pub line: u32,
    /// The column, from 0, counted as the [`Encoding`] says.
    pub character: u32,
}

/// The text from one position up to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct PositionRange {
    /// Where it starts.
    pub start: Position,
    /// Where it ends; it does not hold the character behind.
    pub end: Position,
}

/// A change that a client reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextChange {
    /// What is replaced; `None` is the whole text.
    pub range: Option<PositionRange>,
    /// What stands there now.
    pub text: String,
}
