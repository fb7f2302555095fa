//! Token ids and the bytes they stand for.

use std::collections::{BTreeSet, HashMap};

use ahash::AHashMap;
use candle_core::quantized::gguf_file::Value;

use super::invalid;
use crate::Error;

/// The tokens of a byte-level BPE vocabulary.
///
/// Some vocabularies lack bytes that their training data never had. Each of them is carried by a
/// control token that no prompt uses, so that every text survives; ids of all other text stay
/// those of the reference tokenizer.
pub(super) struct Vocabulary {
    /// What each id decodes to; a control token decodes to its name.
    bytes: Vec<Vec<u8>>,
    /// Token text in the byte alphabet, to id: what merging works on.
    text_tokens: AHashMap<String, u32>,
    merges: Vec<(String, String)>,
    controls: HashMap<String, u32>,
    unknown_bytes: BTreeSet<u8>,
}

/// One entry of a vocabulary file.
struct Token {
    id: u32,
    text: String,
    control: bool,
}

/// GGUF token types whose text is not in the byte alphabet: control and user-defined.
const GGUF_CONTROL: [u32; 2] = [3, 4];

impl Vocabulary {
    /// Reads the keys `tokenizer.ggml.*` of a GGUF file.
    pub(super) fn from_gguf(metadata: &HashMap<String, Value>) -> Result<Self, Error> {
        let array = |key: &str| {
            metadata
                .get(key)
                .and_then(|value| value.to_vec().ok())
                .ok_or_else(|| invalid(format!("the GGUF key '{key}' is missing or not a list")))
        };
        let strings = |key: &str| -> Result<Vec<&String>, Error> {
            array(key)?
                .iter()
                .map(|value| {
                    value
                        .to_string()
                        .map_err(|error| invalid(error.to_string()))
                })
                .collect()
        };
        let texts = strings("tokenizer.ggml.tokens")?;
        let types = array("tokenizer.ggml.token_type")?;
        let tokens = texts
            .into_iter()
            .zip(types)
            .enumerate()
            .map(|(id, (text, kind))| Token {
                id: id as u32,
                text: text.clone(),
                control: token_type(kind).is_some_and(|kind| GGUF_CONTROL.contains(&kind)),
            })
            .collect();
        let merges = strings("tokenizer.ggml.merges")?
            .into_iter()
            .map(|merge| split_merge(merge))
            .collect::<Result<_, _>>()?;
        Ok(Self::new(tokens, merges))
    }

    /// Reads the parts `model` and `added_tokens` of a `tokenizer.json`.
    pub(super) fn from_tokenizer_json(json: &serde_json::Value) -> Result<Self, Error> {
        #[derive(serde::Deserialize)]
        struct Model {
            vocab: HashMap<String, u32>,
            merges: Vec<Merge>,
        }
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Merge {
            Pair(String, String),
            Joined(String),
        }
        #[derive(serde::Deserialize)]
        struct Added {
            id: u32,
            content: String,
        }
        let part = |error: serde_json::Error| invalid(error.to_string());
        let model: Model = serde_json::from_value(json["model"].clone()).map_err(part)?;
        let added: Vec<Added> =
            serde_json::from_value(json["added_tokens"].clone()).map_err(part)?;
        let added_ids: BTreeSet<u32> = added.iter().map(|token| token.id).collect();
        let tokens = model
            .vocab
            .into_iter()
            .filter(|(_, id)| !added_ids.contains(id))
            .map(|(text, id)| Token {
                id,
                text,
                control: false,
            })
            .chain(added.into_iter().map(|token| Token {
                id: token.id,
                text: token.content,
                control: true,
            }))
            .collect();
        let merges = model
            .merges
            .into_iter()
            .map(|merge| match merge {
                Merge::Pair(left, right) => Ok((left, right)),
                Merge::Joined(joined) => split_merge(&joined),
            })
            .collect::<Result<_, _>>()?;
        Ok(Self::new(tokens, merges))
    }

    fn new(tokens: Vec<Token>, merges: Vec<(String, String)>) -> Self {
        let letters = byte_letters();
        let byte_of: HashMap<char, u8> = letters
            .iter()
            .enumerate()
            .map(|(byte, &letter)| (letter, byte as u8))
            .collect();
        let size = tokens
            .iter()
            .map(|token| token.id as usize + 1)
            .max()
            .unwrap_or(0);
        let mut vocabulary = Self {
            bytes: vec![Vec::new(); size],
            text_tokens: AHashMap::new(),
            merges,
            controls: HashMap::new(),
            unknown_bytes: BTreeSet::new(),
        };
        for Token { id, text, control } in tokens {
            let spelled: Option<Vec<u8>> = text
                .chars()
                .map(|letter| byte_of.get(&letter).copied())
                .collect();
            match spelled {
                Some(bytes) if !control => {
                    vocabulary.bytes[id as usize] = bytes;
                    vocabulary.text_tokens.insert(text, id);
                }
                _ => {
                    vocabulary.bytes[id as usize] = text.as_bytes().to_vec();
                    vocabulary.controls.insert(text, id);
                }
            }
        }
        vocabulary.carry_unknown_bytes(&letters);
        vocabulary
    }

    /// Lends a control token to every byte that UTF-8 can hold and the vocabulary lacks.
    fn carry_unknown_bytes(&mut self, letters: &[char; 256]) {
        let in_prompts = |name: &str| name.starts_with("<|") || name == "<s>" || name == "</s>";
        let mut spare: Vec<u32> = self
            .controls
            .iter()
            .filter(|(name, _)| !in_prompts(name))
            .map(|(_, &id)| id)
            .collect();
        // The last ids first; they are the least likely to have been trained.
        spare.sort_unstable();
        for byte in 0..=255_u8 {
            let letter = letters[usize::from(byte)].to_string();
            let in_utf8 = !matches!(byte, 0xC0 | 0xC1 | 0xF5..=0xFF);
            if !in_utf8 || self.text_tokens.contains_key(&letter) {
                continue;
            }
            match spare.pop() {
                Some(id) => {
                    self.bytes[id as usize] = vec![byte];
                    self.controls.retain(|_, &mut control| control != id);
                    self.text_tokens.insert(letter, id);
                }
                None => {
                    self.unknown_bytes.insert(byte);
                }
            }
        }
    }

    /// The tokens that text can become.
    pub(super) fn text_tokens(&self) -> AHashMap<String, u32> {
        self.text_tokens.clone()
    }

    /// The merges, best first.
    pub(super) fn merges(&self) -> Vec<(String, String)> {
        self.merges.clone()
    }

    /// What a token decodes to; nothing for an id outside the vocabulary.
    pub(super) fn bytes(&self, token: u32) -> &[u8] {
        self.bytes.get(token as usize).map_or(&[], Vec::as_slice)
    }

    /// Whether a token is a control token.
    pub(super) fn is_control(&self, token: u32) -> bool {
        self.controls.values().any(|&control| control == token)
    }

    /// The id of a control token.
    pub(super) fn control(&self, name: &str) -> Option<u32> {
        self.controls.get(name).copied()
    }

    /// The first byte of `text` that no token can carry.
    pub(super) fn first_unknown_byte(&self, text: &str) -> Option<u8> {
        if self.unknown_bytes.is_empty() {
            return None;
        }
        text.bytes().find(|byte| self.unknown_bytes.contains(byte))
    }

    /// Number of ids.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }
}

/// The type of a GGUF token, whatever width it is stored in.
fn token_type(value: &Value) -> Option<u32> {
    match value {
        Value::I32(kind) => u32::try_from(*kind).ok(),
        Value::I64(kind) => u32::try_from(*kind).ok(),
        other => other.to_u32().ok(),
    }
}

fn split_merge(merge: &str) -> Result<(String, String), Error> {
    let (left, right) = merge
        .split_once(' ')
        .ok_or_else(|| invalid(format!("the merge '{merge}' has no blank")))?;
    Ok((left.to_owned(), right.to_owned()))
}

/// The printable letter that byte-level BPE writes for each byte (GPT-2's alphabet): the byte's
/// own Latin-1 letter where that is printable, else the next code point from 256 on.
fn byte_letters() -> [char; 256] {
    let printable = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    let mut letters = ['\0'; 256];
    let mut next = 256_u32;
    for byte in 0..=255_u8 {
        letters[usize::from(byte)] = if printable(byte) {
            char::from(byte)
        } else {
            next += 1;
            char::from_u32(next - 1).unwrap_or('\0')
        };
    }
    letters
}
