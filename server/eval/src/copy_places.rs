//! What the copy head is trained on: places in true results, and what comes there.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use candle_core::{Device, Tensor};
use fast_apply_engine::Error;
use fast_apply_engine::copy_head::{CANDIDATES, Copies, CopySources, FEATURES};
use fast_apply_engine::copying::TokenBytes;
use fast_apply_engine::tokenizer::Tokenizer;
use fast_apply_suggest::marker_lines;

use crate::Lesson;

/// In a copy of the original this long that goes on, nothing is learnt from most places.
const LONG_COPY: usize = 16;

/// Of those, one in so many is kept, and counts for all.
const EASY_SHARE: usize = 8;

/// The longest result, in tokens.
const LONGEST: usize = 4000;

/// Places in the results of lessons.
pub struct CopyPlaces {
    tokenizer: Tokenizer,
    vocabulary: Arc<TokenBytes>,
    end: u32,
    features: Vec<f32>,
    next: Vec<u32>,
    tokens: Vec<u32>,
    weights: Vec<f32>,
    lessons: Vec<u32>,
}

impl CopyPlaces {
    /// None yet. Texts are encoded by `tokenizer`, and `end` ends an answer.
    pub fn new(tokenizer: Tokenizer, end: u32) -> Self {
        Self {
            vocabulary: tokenizer.token_bytes(),
            tokenizer,
            end,
            features: Vec::new(),
            next: Vec::new(),
            tokens: Vec::new(),
            weights: Vec::new(),
            lessons: Vec::new(),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Adds those of a lesson, the `number`th of its file. Those of a very long one are left out.
    ///
    /// # Errors
    /// A text cannot be encoded.
    pub fn add(&mut self, number: usize, lesson: &Lesson) -> Result<(), Error> {
        let encode = |text: &str| self.tokenizer.encode(text);
        let original = encode(&lesson.before)?;
        let sketch = encode(&lesson.sketch)?;
        let mut result = encode(&lesson.after)?;
        if result.len() > LONGEST {
            return Ok(());
        }
        result.push(self.end);
        let markers = marker_lines(&lesson.before, &lesson.sketch);
        let vocabulary = Arc::clone(&self.vocabulary);
        let sources = CopySources::new(&original, &sketch, &markers, self.end, vocabulary);
        let mut copies = Copies::new(Arc::new(sources));
        for (place, &token) in result.iter().enumerate() {
            let easy = copies.copied() >= LONG_COPY && copies.next_tokens()[0] == token;
            if !easy || (place + number).is_multiple_of(EASY_SHARE) {
                self.features.extend(copies.features());
                self.next.extend(copies.next_tokens());
                self.tokens.push(token);
                self.weights
                    .push(if easy { EASY_SHARE as f32 } else { 1.0 });
                self.lessons.push(number as u32);
            }
            copies.advance(token);
        }
        Ok(())
    }

    /// Writes a safetensors file: of each place `features` (f32), the `next` tokens of the copies
    /// (-1 where there is none), the `token` that comes, for how many places it counts (`weight`,
    /// f32), and the number of its `lesson`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> candle_core::Result<()> {
        let count = self.len();
        let signed = |tokens: &[u32]| -> Vec<i64> {
            let signed = tokens.iter().map(|&token| i64::from(token.cast_signed()));
            signed.collect()
        };
        let device = &Device::Cpu;
        let tensors = HashMap::from([
            (
                "features",
                Tensor::from_slice(&self.features, (count, FEATURES), device)?,
            ),
            (
                "next",
                Tensor::from_vec(signed(&self.next), (count, CANDIDATES), device)?,
            ),
            (
                "token",
                Tensor::from_vec(signed(&self.tokens), count, device)?,
            ),
            ("weight", Tensor::from_slice(&self.weights, count, device)?),
            (
                "lesson",
                Tensor::from_vec(signed(&self.lessons), count, device)?,
            ),
        ]);
        candle_core::safetensors::save(&tensors, path)
    }
}
