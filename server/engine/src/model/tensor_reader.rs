use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use candle_core::{Device, Tensor};

use super::float_rows::FloatRows;
use super::gguf_file::GgufFile;
use super::lora::Delta;
use super::shards::Shard;
use crate::Error;

/// One tensor of a model's files as f32, in Hugging Face's layout (`[out, in]`, rope halves side by
/// side), with the delta of the adapter added.
///
/// What is read at a time is all that is in memory, and several threads can read.
pub struct TensorReader<'a> {
    pub(super) place: Place<'a>,
    pub(super) shape: Vec<usize>,
    /// The rows of a head, where llama.cpp stores them with rope pairs side by side. Hugging Face
    /// has the first of all pairs together, then the second.
    pub(super) interleaved: Option<usize>,
    pub(super) delta: Option<Delta>,
}

/// Where the numbers are.
pub(super) enum Place<'a> {
    Gguf { file: &'a GgufFile, name: String },
    Safetensors { shard: Arc<Shard>, name: String },
}

impl TensorReader<'_> {
    /// All of it, on the processor.
    pub fn tensor(&self) -> Result<Tensor, Error> {
        let width = self.shape.last().copied().unwrap_or(1);
        let numbers = self.read(0..self.len() / width.max(1), width)?;
        Ok(Tensor::from_vec(
            numbers.into_owned(),
            self.shape.as_slice(),
            &Device::Cpu,
        )?)
    }

    fn stored(&self, rows: Range<usize>, width: usize) -> Result<Vec<f32>, Error> {
        let numbers = rows.start * width..rows.end * width;
        match &self.place {
            Place::Gguf { file, name } => file.floats(name, numbers),
            Place::Safetensors { shard, name } => shard.floats(name, numbers),
        }
    }

    /// Rows of heads of `head` rows each, which are stored with rope pairs side by side.
    fn with_rope_halves(
        &self,
        rows: Range<usize>,
        width: usize,
        head: usize,
    ) -> Result<Vec<f32>, Error> {
        let heads = rows.start / head * head..rows.end.next_multiple_of(head);
        let stored = self.stored(heads.clone(), width)?;
        let place_of = |row: usize| {
            let (half, pair) = (row % head / (head / 2), row % (head / 2));
            row / head * head + 2 * pair + half - heads.start
        };
        let mut halves = Vec::with_capacity(rows.len() * width);
        for row in rows {
            halves.extend_from_slice(&stored[place_of(row) * width..][..width]);
        }
        Ok(halves)
    }
}

impl FloatRows for TensorReader<'_> {
    fn len(&self) -> usize {
        self.shape.iter().product()
    }

    fn read(&self, rows: Range<usize>, width: usize) -> Result<Cow<'_, [f32]>, Error> {
        let mut numbers = match self.interleaved {
            Some(head) => self.with_rope_halves(rows.clone(), width, head)?,
            None => self.stored(rows.clone(), width)?,
        };
        if let Some(delta) = &self.delta {
            delta.add_to(rows, &mut numbers);
        }
        Ok(Cow::Owned(numbers))
    }
}
