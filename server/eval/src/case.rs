use std::io;
use std::path::Path;

use fast_apply_engine::Error as EngineError;
use fast_apply_engine::assets::PromptTemplate;
use fast_apply_engine::draft::Sources;
use fast_apply_engine::prompt::PromptTexts;
use fast_apply_engine::tokenizer::Tokenizer;
use fast_apply_suggest::{Context, Language, Suggestion, merge};
use fast_apply_text::SourceText;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::DataError;
use crate::json_lines::{read_json_lines, write_json_lines};

/// One edit whose true result is known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Names the case.
    pub id: String,
    /// The path of the file in its repository.
    pub path: String,
    /// The language of the file.
    pub language: String,
    /// What the user asked for; empty if nobody knows.
    #[serde(default)]
    pub instruction: String,
    /// What the chat model answered.
    pub reply: String,
    /// The file before the edit.
    pub before: String,
    /// The file behind the edit.
    pub after: String,
    /// What else is known of it, such as its `style` or `repo`: for grouping.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Reads a data set: one JSON object a line, compressed where the name ends in `.zst`.
pub fn read_cases(path: &Path) -> Result<Vec<Case>, DataError> {
    read_json_lines(path)
}

/// Writes a data set in the same form.
pub fn write_cases(path: &Path, cases: &[Case]) -> io::Result<()> {
    write_json_lines(path, cases)
}

impl Case {
    /// The part of the reply that is for the file.
    pub fn suggestion(&self) -> Suggestion {
        let reply = SourceText::from_text(self.reply.clone());
        let original = SourceText::from_text(self.before.clone());
        fast_apply_suggest::parse(reply.model_text())
            .for_file(&self.path, original.model_text())
            .suggestion
    }

    /// What a merge makes of it, if it makes anything; LF line endings.
    pub fn merged(&self) -> Option<String> {
        let context = Context {
            language: Language::from_path(&self.path),
            instruction: &self.instruction,
        };
        let original = SourceText::from_text(self.before.clone());
        let merged = merge(original.model_text(), &self.suggestion(), &context);
        Some(merged.ok()?.text)
    }

    /// The token sequences of the case, the true result among them.
    pub fn sources(
        &self,
        tokenizer: &Tokenizer,
        template: &PromptTemplate,
    ) -> Result<Sources, EngineError> {
        let suggestion = self.suggestion();
        let encode = |text: String| tokenizer.encode(&text);
        let original = SourceText::from_text(self.before.clone());
        let truth = SourceText::from_text(self.after.clone());
        let prompt = template.encode(
            tokenizer,
            PromptTexts {
                original: original.model_text(),
                sketch: &suggestion.text(),
                instruction: Some(suggestion.instruction.as_str()).filter(|text| !text.is_empty()),
                conversation: None,
            },
        )?;
        Ok(Sources {
            original: prompt.original,
            sketch: prompt.sketch,
            merge: self.merged().map(encode).transpose()?,
            prompt: prompt.tokens,
            line_ends: tokenizer.line_ends(),
            truth: Some(tokenizer.encode(truth.model_text())?),
        })
    }
}
