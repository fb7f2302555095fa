//! The prompt of a rewrite, from a template that is data.

use serde::Deserialize;

use crate::Error;
use crate::tokenizer::Tokenizer;

/// How one model is asked to rewrite a file.
///
/// Every piece is encoded on its own and the ids are concatenated, in training as here: the ids of
/// the file then never depend on what stands around it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PromptTemplate {
    /// What is fed before the answer, in order.
    pub pieces: Vec<Piece>,
    /// The control tokens that end an answer, the usual one first.
    pub stop: Vec<String>,
}

/// One piece of a template.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// A control token, by name.
    Control(String),
    /// Text that is always the same.
    Text(String),
    /// Text of the task.
    Slot(Slot),
    /// Text of the task with text around it, left out altogether where the task has none.
    Optional {
        /// Which text.
        slot: Slot,
        /// What stands before it.
        before: String,
        /// What stands behind it.
        after: String,
    },
}

/// A text that differs from task to task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    /// The file before the edit.
    Original,
    /// The edit.
    Sketch,
    /// What the edit is for, in words.
    Instruction,
    /// The turns of the chat that led to it.
    Conversation,
}

/// The texts of one task, with LF line endings.
#[derive(Debug, Clone, Copy)]
pub struct PromptTexts<'a> {
    /// The file before the edit.
    pub original: &'a str,
    /// The edit.
    pub sketch: &'a str,
    /// What the edit is for, in words.
    pub instruction: Option<&'a str>,
    /// The turns of the chat that led to it.
    pub conversation: Option<&'a str>,
}

/// An encoded prompt and the parts of it that drafts are copied from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The whole prompt.
    pub tokens: Vec<u32>,
    /// The ids of the original.
    pub original: Vec<u32>,
    /// The ids of the sketch.
    pub sketch: Vec<u32>,
}

impl PromptTemplate {
    /// Encodes the prompt of a task.
    pub fn encode(&self, tokenizer: &Tokenizer, texts: PromptTexts<'_>) -> Result<Prompt, Error> {
        let mut tokens = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Control(name) => tokens.push(tokenizer.control(name)?),
                Piece::Text(text) => tokens.extend(tokenizer.encode(text)?),
                Piece::Slot(slot) => {
                    tokens.extend(tokenizer.encode(texts.get(*slot).unwrap_or_default())?);
                }
                Piece::Optional {
                    slot,
                    before,
                    after,
                } => {
                    if let Some(text) = texts.get(*slot) {
                        for part in [before, text, after] {
                            tokens.extend(tokenizer.encode(part)?);
                        }
                    }
                }
            }
        }
        Ok(Prompt {
            tokens,
            original: tokenizer.encode(texts.original)?,
            sketch: tokenizer.encode(texts.sketch)?,
        })
    }

    /// Encodes the part of the prompt that is known before there is an edit: everything before the
    /// sketch.
    pub fn encode_prefix(&self, tokenizer: &Tokenizer, original: &str) -> Result<Vec<u32>, Error> {
        let before_sketch = self
            .pieces
            .iter()
            .take_while(|piece| !matches!(piece, Piece::Slot(Slot::Sketch)))
            .cloned()
            .collect();
        let prefix = Self {
            pieces: before_sketch,
            stop: Vec::new(),
        };
        let texts = PromptTexts {
            original,
            sketch: "",
            instruction: None,
            conversation: None,
        };
        Ok(prefix.encode(tokenizer, texts)?.tokens)
    }

    /// The ids of the tokens that end an answer.
    pub fn stop_tokens(&self, tokenizer: &Tokenizer) -> Result<Vec<u32>, Error> {
        self.stop
            .iter()
            .map(|name| tokenizer.control(name))
            .collect()
    }
}

impl<'a> PromptTexts<'a> {
    fn get(&self, slot: Slot) -> Option<&'a str> {
        match slot {
            Slot::Original => Some(self.original),
            Slot::Sketch => Some(self.sketch),
            Slot::Instruction => self.instruction,
            Slot::Conversation => self.conversation,
        }
    }
}
