//! Text to token ids and back, to the byte.

mod vocabulary;

use std::path::Path;
use std::sync::Arc;

use tokenizers::models::bpe::BPE;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::tokenizer::SplitDelimiterBehavior;
use tokenizers::{PreTokenizerWrapper, Tokenizer as Pipeline};

use crate::Error;
use crate::copying::TokenBytes;
use crate::model::{open_gguf, read_to_string};
use vocabulary::Vocabulary;

/// How Llama 3 cuts text before merging: contractions, words with one leading other character,
/// up to three digits, punctuation with the line breaks behind it, line breaks, blanks.
const LLAMA3_WORDS: &str = concat!(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}",
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
);

/// A byte-level BPE tokenizer.
///
/// `decode(encode(text)) == text` for every string. Control tokens are never made from text: what
/// looks like one in a file is encoded as ordinary text.
pub struct Tokenizer {
    pipeline: Pipeline,
    vocabulary: Vocabulary,
}

impl Tokenizer {
    /// Builds the tokenizer a GGUF file carries in its metadata.
    pub fn from_gguf(path: &Path) -> Result<Self, Error> {
        let (content, _) = open_gguf(path)?;
        let pre = content
            .metadata
            .get("tokenizer.ggml.pre")
            .and_then(|value| value.to_string().ok())
            .map_or("default", String::as_str);
        let words = match pre {
            "smollm" => Sequence::new(vec![
                Digits::new(true).into(),
                ByteLevel::new(false, true, true).into(),
            ])
            .into(),
            "llama-bpe" | "llama3" | "llama-v3" => Sequence::new(vec![
                Split::new(
                    SplitPattern::Regex(LLAMA3_WORDS.into()),
                    SplitDelimiterBehavior::Isolated,
                    false,
                )
                .map_err(|error| invalid(error.to_string()))?
                .into(),
                ByteLevel::new(false, true, false).into(),
            ])
            .into(),
            "gpt-2" | "default" => ByteLevel::new(false, true, true).into(),
            other => {
                return Err(invalid(format!(
                    "its pre-tokenizer '{other}' is not supported"
                )));
            }
        };
        // Llama 3 takes a word that is in the vocabulary whole, whatever the merges say.
        let whole_words = pre.starts_with("llama");
        Self::new(
            Vocabulary::from_gguf(&content.metadata)?,
            words,
            whole_words,
        )
    }

    /// Builds the tokenizer of a Hugging Face directory from its `tokenizer.json`.
    pub fn from_hugging_face(directory: &Path) -> Result<Self, Error> {
        let json: serde_json::Value =
            serde_json::from_str(&read_to_string(&directory.join("tokenizer.json"))?)
                .map_err(|error| invalid(error.to_string()))?;
        let words: PreTokenizerWrapper = serde_json::from_value(json["pre_tokenizer"].clone())
            .map_err(|error| invalid(format!("pre_tokenizer: {error}")))?;
        let whole_words = json["model"]["ignore_merges"].as_bool().unwrap_or(false);
        Self::new(Vocabulary::from_tokenizer_json(&json)?, words, whole_words)
    }

    fn new(
        vocabulary: Vocabulary,
        words: PreTokenizerWrapper,
        whole_words: bool,
    ) -> Result<Self, Error> {
        let model = BPE::builder()
            .vocab_and_merges(vocabulary.text_tokens(), vocabulary.merges())
            .ignore_merges(whole_words)
            .build()
            .map_err(|error| invalid(error.to_string()))?;
        let mut pipeline = Pipeline::new(model);
        pipeline.with_pre_tokenizer(Some(words));
        Ok(Self {
            pipeline,
            vocabulary,
        })
    }

    /// Encodes text, all of it as text.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, Error> {
        if let Some(byte) = self.vocabulary.first_unknown_byte(text) {
            return Err(Error::Invalid {
                what: "the text".into(),
                reason: format!("this model's vocabulary cannot express the byte 0x{byte:02X}"),
            });
        }
        let encoding = self
            .pipeline
            .encode_fast(text, false)
            .map_err(|error| invalid(error.to_string()))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The bytes that `tokens` stand for. A token may end inside a character.
    pub fn decode(&self, tokens: &[u32]) -> Vec<u8> {
        tokens
            .iter()
            .flat_map(|&token| self.vocabulary.bytes(token))
            .copied()
            .collect()
    }

    /// The id of the control token called `name`, such as `<|im_end|>`.
    pub fn control(&self, name: &str) -> Result<u32, Error> {
        self.vocabulary
            .control(name)
            .ok_or_else(|| invalid(format!("it has no control token '{name}'")))
    }

    /// The ids of all tokens that end a line, sorted.
    pub fn line_ends(&self) -> Vec<u32> {
        (0..self.vocab_size() as u32)
            .filter(|&token| self.vocabulary.bytes(token).ends_with(b"\n"))
            .collect()
    }

    /// What every token stands for; nothing for control tokens.
    pub fn token_bytes(&self) -> Arc<TokenBytes> {
        let tokens = 0..self.vocab_size() as u32;
        let bytes = |token| match self.vocabulary.is_control(token) {
            true => Box::default(),
            false => self.vocabulary.bytes(token).into(),
        };
        tokens.map(bytes).collect()
    }

    /// Number of token ids.
    pub fn vocab_size(&self) -> usize {
        self.vocabulary.len()
    }
}

fn invalid(reason: String) -> Error {
    Error::Invalid {
        what: "the tokenizer".into(),
        reason,
    }
}
