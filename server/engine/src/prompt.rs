//! The prompt of a rewrite, from a template that is data.

use crate::Error;
use crate::assets::{PromptPiece, PromptTemplate};
use crate::tokenizer::Tokenizer;

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
    ///
    /// Every piece is encoded on its own, in training as here: the ids of the file then never
    /// depend on what stands around it.
    pub fn encode(&self, tokenizer: &Tokenizer, texts: PromptTexts<'_>) -> Result<Prompt, Error> {
        Ok(Prompt {
            tokens: encode_pieces(&self.pieces, tokenizer, texts)?,
            original: tokenizer.encode(texts.original)?,
            sketch: tokenizer.encode(texts.sketch)?,
        })
    }

    /// Encodes the part of the prompt that is known before there is an edit: everything before the
    /// sketch.
    pub fn encode_prefix(&self, tokenizer: &Tokenizer, original: &str) -> Result<Vec<u32>, Error> {
        let is_sketch = |piece: &PromptPiece| matches!(piece, PromptPiece::Sketch);
        let known = self
            .pieces
            .iter()
            .position(is_sketch)
            .unwrap_or(self.pieces.len());
        let texts = PromptTexts {
            original,
            sketch: "",
            instruction: None,
            conversation: None,
        };
        encode_pieces(&self.pieces[..known], tokenizer, texts)
    }

    /// The ids of the tokens that end an answer.
    pub fn stop_tokens(&self, tokenizer: &Tokenizer) -> Result<Vec<u32>, Error> {
        Ok(vec![tokenizer.control(&self.end_of_turn)?])
    }
}

fn encode_pieces(
    pieces: &[PromptPiece],
    tokenizer: &Tokenizer,
    texts: PromptTexts<'_>,
) -> Result<Vec<u32>, Error> {
    let mut tokens = Vec::new();
    for piece in pieces {
        let parts = match piece {
            PromptPiece::Control(name) => {
                tokens.push(tokenizer.control(name)?);
                continue;
            }
            PromptPiece::Text(text) => vec![text.as_str()],
            PromptPiece::Original => vec![texts.original],
            PromptPiece::Sketch => vec![texts.sketch],
            PromptPiece::Instruction { before, after } => tagged(texts.instruction, before, after),
            PromptPiece::Conversation { before, after } => {
                tagged(texts.conversation, before, after)
            }
        };
        for part in parts {
            tokens.extend(tokenizer.encode(part)?);
        }
    }
    Ok(tokens)
}

/// A text between its tags, or nothing where there is no text.
fn tagged<'a>(text: Option<&'a str>, before: &'a str, after: &'a str) -> Vec<&'a str> {
    text.map_or_else(Vec::new, |text| vec![before, text, after])
}
