//! The Llama forward pass on candle tensors, on whatever device candle runs.
//!
//! Touvron et al., "LLaMA: Open and Efficient Foundation Language Models" (2023). Against
//! candle-transformers' model this one returns logits at chosen rows, its cache is allocated once and can be rolled
//! back, and a row's result does not depend on the rows beside it: all three are what verifying a draft needs.

use std::ops::Range;

use candle_core::{DType, Device, Tensor};
use candle_nn::ops::{rms_norm, softmax_last_dim};
use candle_nn::rotary_emb::rope;

use super::cache::KvCache;
use super::causal_mask::CausalMask;
use super::config::LlamaConfig;
use super::language_model::{CandidateLogits, Choice, LanguageModel};
use super::linear::{Linear, Stored};
use super::rope_table::RopeTable;
use super::tiling::Tiling;
use super::top_two::{gathered, top_two};
use super::weights::Weights;
use crate::Error;
use crate::copy_head::CANDIDATES;

/// A Llama model and the cache of one sequence.
pub struct Llama {
    config: LlamaConfig,
    device: Device,
    tiling: Tiling,
    embeddings: Tensor,
    blocks: Vec<Block>,
    norm: Tensor,
    output: Linear,
    rope: RopeTable,
    mask: CausalMask,
    cache: KvCache,
    context_length: usize,
}

struct Block {
    attention_norm: Tensor,
    queries: Linear,
    keys: Linear,
    values: Linear,
    attention_output: Linear,
    feed_forward_norm: Tensor,
    gate: Linear,
    up: Linear,
    down: Linear,
}

/// What all layers need to know of a tile.
struct Place {
    position: usize,
    cos: Tensor,
    sin: Tensor,
    /// `[kv_heads, group * rows, span]`.
    mask: Tensor,
}

impl Llama {
    /// Loads a model for sequences of at most `max_context` positions.
    pub fn load(
        weights: &Weights,
        device: &Device,
        dtype: DType,
        max_context: usize,
    ) -> Result<Self, Error> {
        let tiling = Tiling::of(device);
        let config = weights.config();
        Self::from_stored(config, device, dtype, tiling, max_context, |name, _| {
            let tensor = weights.tensor(name)?.to_dtype(dtype)?.to_device(device)?;
            Ok(Stored::Floats(tensor))
        })
    }

    /// Builds a model from weights that `stored` gives, on the device, by their Hugging Face names and shapes: a norm's
    /// `[hidden_size]` and the embeddings' in floats of `dtype`, a linear layer's `[out, in]` as it likes.
    pub fn from_stored(
        config: &LlamaConfig,
        device: &Device,
        dtype: DType,
        tiling: Tiling,
        max_context: usize,
        mut stored: impl FnMut(&str, &[usize]) -> Result<Stored, Error>,
    ) -> Result<Self, Error> {
        let config = config.clone();
        let (hidden, inner) = (config.hidden_size, config.intermediate_size);
        let queries = config.heads * config.head_dim;
        let keys = config.kv_heads * config.head_dim;
        let context_length = config.context_length.min(max_context);
        let capacity = tiling.capacity(context_length);
        // First, because it is the largest piece but for the weights, and memory is still in one piece.
        let cache = KvCache::new(&config, capacity, dtype, device)?;

        let table = [config.vocab_size, hidden];
        let embeddings = floats(stored("model.embed_tokens.weight", &table)?)?;
        let output = match config.tied_embeddings {
            true => Linear::new(Stored::Floats(embeddings.clone()))?,
            false => Linear::new(stored("lm_head.weight", &table)?)?,
        };
        let mut blocks = Vec::with_capacity(config.layers);
        for layer in 0..config.layers {
            let mut part = |part: &str, shape: &[usize]| {
                stored(&format!("model.layers.{layer}.{part}.weight"), shape)
            };
            let attention_norm = floats(part("input_layernorm", &[hidden])?)?;
            let feed_forward_norm = floats(part("post_attention_layernorm", &[hidden])?)?;
            let mut linear = |name: &str, out: usize, width: usize| {
                Ok::<_, Error>(Linear::new(part(name, &[out, width])?)?)
            };
            blocks.push(Block {
                attention_norm,
                queries: linear("self_attn.q_proj", queries, hidden)?,
                keys: linear("self_attn.k_proj", keys, hidden)?,
                values: linear("self_attn.v_proj", keys, hidden)?,
                attention_output: linear("self_attn.o_proj", hidden, queries)?,
                feed_forward_norm,
                gate: linear("mlp.gate_proj", inner, hidden)?,
                up: linear("mlp.up_proj", inner, hidden)?,
                down: linear("mlp.down_proj", hidden, inner)?,
            });
        }
        Ok(Self {
            rope: RopeTable::new(&config.rope_frequencies, capacity, dtype, device)?,
            mask: CausalMask::new(tiling, dtype, device)?,
            norm: floats(stored("model.norm.weight", &[hidden])?)?,
            device: device.clone(),
            tiling,
            embeddings,
            blocks,
            output,
            cache,
            context_length,
            config,
        })
    }

    /// Feeds `tokens` after the cached ones and returns the logits behind the rows in `rows`, of which there is one at
    /// least: `[rows, vocab_size]`, f32.
    pub fn logits(&mut self, tokens: &[u32], rows: Range<usize>) -> Result<Tensor, Error> {
        self.check(tokens)?;
        let mut wanted = Vec::new();
        let mut first = 0;
        while first < tokens.len() {
            let room = self.tiling.room(self.cache.length());
            let count = room.min(tokens.len() - first);
            let hidden = self.tile(&tokens[first..first + count])?;
            let start = rows.start.clamp(first, first + count);
            let end = rows.end.clamp(start, first + count);
            if start < end {
                let normed = rms_norm(&hidden, &self.norm, self.config.rms_norm_eps as f32)?;
                let logits = self.output.forward(&normed)?;
                let logits = logits.narrow(0, start - first, end - start)?;
                wanted.push(logits.to_dtype(DType::F32)?);
            }
            first += count;
        }
        Ok(Tensor::cat(&wanted, 0)?)
    }

    /// The shape of the model.
    pub fn config(&self) -> &LlamaConfig {
        &self.config
    }

    /// Where it runs.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The type that it computes with.
    pub fn dtype(&self) -> DType {
        self.embeddings.dtype()
    }

    /// Bytes of weights that every pass with logits reads.
    pub fn weight_bytes(&self) -> u64 {
        let of_block = |block: &Block| -> u64 {
            let linear = [
                &block.queries,
                &block.keys,
                &block.values,
                &block.attention_output,
                &block.gate,
                &block.up,
                &block.down,
            ];
            linear.map(Linear::bytes).iter().sum()
        };
        self.blocks.iter().map(of_block).sum::<u64>() + self.output.bytes()
    }

    /// The tiles that its passes consist of.
    pub fn tiling(&self) -> Tiling {
        self.tiling
    }

    fn check(&self, tokens: &[u32]) -> Result<(), Error> {
        let needed = self.cache.length() + tokens.len();
        if needed > self.context_length {
            return Err(Error::ContextExceeded {
                needed,
                limit: self.context_length,
            });
        }
        Ok(())
    }

    /// Feeds the tokens of one tile, for which there is room, through all layers: `[tiling.rows, hidden_size]`, behind
    /// the tokens padding.
    fn tile(&mut self, tokens: &[u32]) -> candle_core::Result<Tensor> {
        let rows = self.tiling.rows;
        let mut padded = vec![0; rows];
        padded[..tokens.len()].copy_from_slice(tokens);
        let ids = Tensor::new(padded, &self.device)?;
        let mut hidden = self.embeddings.index_select(&ids, 0)?;
        let position = self.cache.length();
        let (cos, sin) = self.rope.view(position, rows)?;
        let (key_heads, group) = (
            self.config.kv_heads,
            self.config.heads / self.config.kv_heads,
        );
        let place = Place {
            position,
            cos,
            sin,
            mask: self.mask.of_tile(position, key_heads, group)?,
        };
        for layer in 0..self.blocks.len() {
            hidden = self.block(layer, &hidden, &place)?;
        }
        self.cache.advance(tokens.len());
        Ok(hidden)
    }

    /// One transformer block over `hidden` (`[tiling.rows, hidden_size]`).
    fn block(&self, layer: usize, hidden: &Tensor, place: &Place) -> candle_core::Result<Tensor> {
        let block = &self.blocks[layer];
        let eps = self.config.rms_norm_eps as f32;
        let normed = rms_norm(hidden, &block.attention_norm, eps)?;
        let attended = self.attend(layer, &normed, place)?;
        let hidden = (hidden + block.attention_output.forward(&attended)?)?;
        let normed = rms_norm(&hidden, &block.feed_forward_norm, eps)?;
        let gated = (block.gate.forward(&normed)?.silu()? * block.up.forward(&normed)?)?;
        hidden + block.down.forward(&gated)?
    }

    /// Causal attention of a tile's rows to all positions up to their own: `[tiling.rows, heads * head_dim]`.
    fn attend(&self, layer: usize, normed: &Tensor, place: &Place) -> candle_core::Result<Tensor> {
        let block = &self.blocks[layer];
        let Tiling { rows, span } = self.tiling;
        let (heads, key_heads, width) = (
            self.config.heads,
            self.config.kv_heads,
            self.config.head_dim,
        );
        let by_head = |projected: Tensor, heads: usize| {
            let by_row = projected.reshape((1, rows, heads, width))?;
            by_row.transpose(1, 2)?.contiguous()
        };
        let rotated = |projected, heads| rope(&by_head(projected, heads)?, &place.cos, &place.sin);
        let queries = rotated(block.queries.forward(normed)?, heads)?;
        let keys = rotated(block.keys.forward(normed)?, key_heads)?.squeeze(0)?;
        let values = by_head(block.values.forward(normed)?, key_heads)?.squeeze(0)?;
        let visible = self.tiling.visible(place.position);
        let (keys, values) = self.cache.store(layer, &keys, &values, visible)?;

        // The query heads of a group share one key head, so they are rows of one product. Scaled here, where they are
        // few, and not when they are scores.
        let queries = (queries / (width as f64).sqrt())?;
        let queries = queries.reshape((key_heads, heads / key_heads * rows, width))?;
        let scores = |first: usize, count: usize| {
            queries.matmul(&keys.narrow(1, first, count)?.transpose(1, 2)?)
        };
        let before = visible - span;
        let masked = (scores(before, span)? + &place.mask)?;
        let scores = match before {
            0 => masked,
            _ => Tensor::cat(&[scores(0, before)?, masked], 2)?,
        };
        softmax_last_dim(&scores)?
            .matmul(&values)?
            .reshape((heads, rows, width))?
            .transpose(0, 1)?
            .reshape((rows, heads * width))
    }
}

fn floats(stored: Stored) -> Result<Tensor, Error> {
    match stored {
        Stored::Floats(tensor) => Ok(tensor),
        Stored::Blocks(_) => Err(Error::Unsupported(
            "norms and embeddings are not kept in blocks",
        )),
    }
}

impl LanguageModel for Llama {
    fn forward(&mut self, tokens: &[u32], rows: Range<usize>) -> Result<Vec<Choice>, Error> {
        if !rows.is_empty() {
            return Ok(top_two(&self.logits(tokens, rows)?)?);
        }
        self.check(tokens)?;
        let mut left = tokens;
        while !left.is_empty() {
            let room = self.tiling.room(self.cache.length());
            let (tile, rest) = left.split_at(room.min(left.len()));
            self.tile(tile)?;
            left = rest;
        }
        Ok(Vec::new())
    }

    fn forward_asking(
        &mut self,
        tokens: &[u32],
        rows: Range<usize>,
        asked: &[[u32; CANDIDATES]],
    ) -> Result<Vec<(Choice, CandidateLogits)>, Error> {
        let logits = Llama::logits(self, tokens, rows)?;
        let chosen = top_two(&logits)?;
        Ok(chosen.into_iter().zip(gathered(&logits, asked)?).collect())
    }

    fn logits(&mut self, tokens: &[u32], rows: Range<usize>) -> Result<Vec<Vec<f32>>, Error> {
        Ok(Llama::logits(self, tokens, rows)?.to_vec2()?)
    }

    fn position(&self) -> usize {
        self.cache.length()
    }

    fn truncate(&mut self, position: usize) {
        self.cache.truncate(position);
    }

    fn context_length(&self) -> usize {
        self.context_length
    }

    fn rows_at_once(&self) -> usize {
        self.tiling.room(self.cache.length())
    }
}
