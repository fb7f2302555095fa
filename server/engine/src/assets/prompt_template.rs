//! How the prompt of a model is put together.

use serde::Deserialize;

/// The pieces of a prompt in order, and how the answer ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptTemplate {
    /// The pieces, each of which is encoded by itself.
    pub pieces: Vec<PromptPiece>,
    /// The control token that ends the answer.
    pub end_of_turn: String,
}

/// A part of a prompt that is encoded by itself, without regard to its neighbours.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PromptPiece {
    /// A control token, by name.
    Control(String),
    /// Fixed text.
    Text(String),
    /// The file, with LF line endings.
    Original,
    /// The sketch, which ends with a newline.
    Sketch,
    /// If there is an instruction: three pieces, the instruction between its tags.
    Instruction {
        /// The text before it.
        before: String,
        /// The text behind it.
        after: String,
    },
    /// If there is a conversation: three pieces, the conversation between its tags.
    Conversation {
        /// The text before it.
        before: String,
        /// The text behind it.
        after: String,
    },
}

/// The roles of a chat: what stands around the user's turn, up to where the answer starts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChatTemplate {
    opening: Vec<PromptPiece>,
    closing: Vec<PromptPiece>,
    end_of_turn: String,
}

/// What the user's turn says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TurnTemplate {
    pieces: Vec<PromptPiece>,
}

impl PromptTemplate {
    /// Puts the turn into the chat. Texts that meet at the seams are one piece: there tokens may reach across, as
    /// they do when a chat is encoded as one string.
    pub(super) fn new(chat: &ChatTemplate, turn: &TurnTemplate) -> PromptTemplate {
        let mut pieces = chat.opening.clone();
        for part in [&turn.pieces, &chat.closing] {
            let mut part = part.iter();
            if let (Some(PromptPiece::Text(end)), Some(PromptPiece::Text(start))) =
                (pieces.last_mut(), part.as_slice().first())
            {
                end.push_str(start);
                part.next();
            }
            pieces.extend(part.cloned());
        }
        PromptTemplate {
            pieces,
            end_of_turn: chat.end_of_turn.clone(),
        }
    }
}

/// The name of the chat template that a model's own template, or the text around it, is written for.
///
/// Whatever is neither is taken for ChatML; a model without its control tokens is refused when it is loaded.
pub(super) fn chat_template_of(own_template: &str) -> &'static str {
    if own_template.contains("<|start_header_id|>") {
        "llama3"
    } else {
        "chatml"
    }
}
