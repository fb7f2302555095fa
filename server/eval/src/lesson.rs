//! What a model that learns to apply edits is shown.

use std::io;
use std::path::Path;

use fast_apply_text::{SourceText, hunks};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json_lines::{read_json_lines, write_json_lines};
use crate::{Case, DataError};

/// An edit with the texts that its prompt is made of. All have LF line endings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lesson {
    /// The edit's name.
    pub id: String,
    /// The path of the file.
    pub path: String,
    /// The language of the file.
    pub language: String,
    /// Where the edit is from, if that is known.
    pub repo: String,
    /// The style of the reply, if that is known.
    pub style: String,
    /// The file before the edit.
    pub before: String,
    /// The file behind it: what the model has to answer.
    pub after: String,
    /// The code of the reply.
    pub sketch: String,
    /// What the user asked for; empty if nobody knows.
    pub instruction: String,
    /// What the reply says beside its code.
    pub prose: String,
    /// Whether only the instruction tells something that has to be removed.
    pub instruction_needed: bool,
    /// How many places change.
    pub hunks: usize,
    /// How many lines change.
    pub changed_lines: usize,
}

/// Reads lessons: one JSON object a line, compressed where the name ends in `.zst`.
pub fn read_lessons(path: &Path) -> Result<Vec<Lesson>, DataError> {
    read_json_lines(path)
}

/// Writes lessons in the same form.
pub fn write_lessons(path: &Path, lessons: &[Lesson]) -> io::Result<()> {
    write_json_lines(path, lessons)
}

impl Lesson {
    /// None if the reply has nothing for the file.
    pub fn of(case: &Case) -> Option<Lesson> {
        let text = |text: &str| {
            let source = SourceText::from_text(text.to_owned());
            source.model_text().to_owned()
        };
        let word = |key: &str| {
            let word = case.other.get(key).and_then(Value::as_str);
            word.unwrap_or_default().to_owned()
        };
        let suggestion = case.suggestion();
        let sketch = suggestion.text();
        if sketch.trim().is_empty() {
            return None;
        }
        let (before, after) = (text(&case.before), text(&case.after));
        let hunks = hunks(&before, &after);
        Some(Lesson {
            id: case.id.clone(),
            path: case.path.clone(),
            language: case.language.clone(),
            repo: word("repo"),
            style: word("style"),
            sketch,
            instruction: case.instruction.clone(),
            prose: suggestion.instruction,
            instruction_needed: case.other.get("instruction_needed") == Some(&Value::Bool(true)),
            hunks: hunks.len(),
            changed_lines: hunks
                .iter()
                .map(|hunk| hunk.original.len().max(hunk.rewritten.len()))
                .sum(),
            before,
            after,
        })
    }
}
