//! The Llama forward pass on candle tensors, on whatever device candle runs.
//!
//! Touvron et al., "LLaMA: Open and Efficient Foundation Language Models" (2023). Against
//! candle-transformers' model this one returns logits at chosen rows, and its cache is
//! preallocated and can be rolled back: both are what verifying a draft needs.

use std::ops::Range;

use candle_core::{DType, Device, Tensor};
use candle_nn::ops::{rms_norm, softmax_last_dim};
use candle_nn::rotary_emb::rope;

use super::cache::KvCache;
use super::causal_mask::CausalMask;
use super::config::LlamaConfig;
use super::language_model::{Choice, LanguageModel};
use super::top_two::top_two;
use super::weights::Weights;
use crate::Error;

/// Rows per matrix product. A product's rounding may depend on its shape, so every linear layer
/// works on tiles of exactly this many rows, the last one padded: a row's result then does not
/// depend on how many rows are verified together with it. Graphics cards compute 64 rows in the
/// time of one; plain decoding there is a tile with one row of use.
fn row_tile(device: &Device) -> usize {
    match device {
        Device::Cpu => 16,
        _ => 64,
    }
}

/// Rows that go through the layers together at most: bounds the scores, `[heads, rows, positions]`.
const MAX_ROWS: usize = 256;

/// A Llama model and the cache of one sequence.
pub struct Llama {
    config: LlamaConfig,
    device: Device,
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

/// A linear layer without bias.
struct Linear {
    /// `[in, out]`, a transposed view of the stored `[out, in]`.
    weight: Tensor,
    row_tile: usize,
}

/// Cosine and sine of every position's rotations, each `[positions, head_dim / 2]`.
struct RopeTable {
    frequencies: Vec<f32>,
    cos: Tensor,
    sin: Tensor,
}

impl Llama {
    /// Loads a model for sequences of at most `max_context` positions.
    pub fn load(
        weights: &Weights,
        device: &Device,
        dtype: DType,
        max_context: usize,
    ) -> Result<Self, Error> {
        Self::from_tensors(weights.config(), device, dtype, max_context, |name, _| {
            Ok(weights.tensor(name)?.to_dtype(dtype)?.to_device(device)?)
        })
    }

    /// Builds a model from weights that `tensor` gives, on the device and of the type, by their Hugging Face names and
    /// shapes (a norm's `[hidden_size]`, a linear layer's `[out, in]`).
    pub fn from_tensors(
        config: &LlamaConfig,
        device: &Device,
        dtype: DType,
        max_context: usize,
        mut tensor: impl FnMut(&str, &[usize]) -> Result<Tensor, Error>,
    ) -> Result<Self, Error> {
        let config = config.clone();
        let (hidden, inner) = (config.hidden_size, config.intermediate_size);
        let queries = config.heads * config.head_dim;
        let keys = config.kv_heads * config.head_dim;
        let linear = |stored: &Tensor| {
            Ok::<_, Error>(Linear {
                weight: stored.t()?,
                row_tile: row_tile(device),
            })
        };
        let embeddings = tensor("model.embed_tokens.weight", &[config.vocab_size, hidden])?;
        let output = match config.tied_embeddings {
            true => linear(&embeddings)?,
            false => linear(&tensor("lm_head.weight", &[config.vocab_size, hidden])?)?,
        };
        let mut blocks = Vec::with_capacity(config.layers);
        for layer in 0..config.layers {
            let mut part = |part: &str, shape: &[usize]| {
                tensor(&format!("model.layers.{layer}.{part}.weight"), shape)
            };
            blocks.push(Block {
                attention_norm: part("input_layernorm", &[hidden])?,
                queries: linear(&part("self_attn.q_proj", &[queries, hidden])?)?,
                keys: linear(&part("self_attn.k_proj", &[keys, hidden])?)?,
                values: linear(&part("self_attn.v_proj", &[keys, hidden])?)?,
                attention_output: linear(&part("self_attn.o_proj", &[hidden, queries])?)?,
                feed_forward_norm: part("post_attention_layernorm", &[hidden])?,
                gate: linear(&part("mlp.gate_proj", &[inner, hidden])?)?,
                up: linear(&part("mlp.up_proj", &[inner, hidden])?)?,
                down: linear(&part("mlp.down_proj", &[hidden, inner])?)?,
            });
        }
        Ok(Self {
            rope: RopeTable::new(&config.rope_frequencies, dtype, device)?,
            mask: CausalMask::new(MAX_ROWS, dtype, device)?,
            cache: KvCache::new(&config, dtype, device)?,
            norm: tensor("model.norm.weight", &[hidden])?,
            context_length: config.context_length.min(max_context),
            device: device.clone(),
            embeddings,
            blocks,
            output,
            config,
        })
    }

    /// Feeds `tokens` after the cached ones and returns the logits behind the rows in `rows`,
    /// `[rows, vocab_size]`, f32.
    pub fn logits(&mut self, tokens: &[u32], rows: Range<usize>) -> Result<Tensor, Error> {
        self.reserve(tokens.len())?;
        let mut wanted = Vec::new();
        for (index, piece) in tokens.chunks(MAX_ROWS).enumerate() {
            let first = index * MAX_ROWS;
            let start = rows.start.clamp(first, first + piece.len());
            let end = rows.end.clamp(start, first + piece.len());
            let hidden = self.hidden(piece)?;
            if start < end {
                wanted.push(hidden.narrow(0, start - first, end - start)?);
            }
        }
        let hidden = Tensor::cat(&wanted, 0)?.contiguous()?;
        let normed = rms_norm(&hidden, &self.norm, self.config.rms_norm_eps as f32)?;
        Ok(self.output.forward(&normed)?.to_dtype(DType::F32)?)
    }

    /// Makes room for `rows` more positions.
    fn reserve(&mut self, rows: usize) -> Result<(), Error> {
        let needed = self.cache.length() + rows;
        if needed > self.context_length {
            return Err(Error::ContextExceeded {
                needed,
                limit: self.context_length,
            });
        }
        self.cache.reserve(rows)?;
        self.rope.reserve(needed)?;
        self.mask.reserve(needed)?;
        Ok(())
    }

    /// Feeds at most `MAX_ROWS` tokens, for which there is room, through all layers; `[m, hidden_size]`.
    fn hidden(&mut self, tokens: &[u32]) -> candle_core::Result<Tensor> {
        let ids = Tensor::new(tokens, &self.device)?;
        let mut hidden = self.embeddings.index_select(&ids, 0)?;
        for layer in 0..self.blocks.len() {
            hidden = self.block(layer, &hidden)?;
        }
        self.cache.advance(tokens.len());
        Ok(hidden)
    }

    /// One transformer block over `hidden` (`[m, hidden_size]`).
    fn block(&mut self, layer: usize, hidden: &Tensor) -> candle_core::Result<Tensor> {
        let block = &self.blocks[layer];
        let eps = self.config.rms_norm_eps as f32;
        let rows = hidden.dim(0)?;
        let position = self.cache.length();
        let (heads, kv_heads, head_dim) = (
            self.config.heads,
            self.config.kv_heads,
            self.config.head_dim,
        );

        let normed = rms_norm(hidden, &block.attention_norm, eps)?;
        let by_head = |projected: Tensor, heads: usize| {
            projected
                .reshape((1, rows, heads, head_dim))?
                .transpose(1, 2)?
                .contiguous()
        };
        let cos = self.rope.cos.narrow(0, position, rows)?;
        let sin = self.rope.sin.narrow(0, position, rows)?;
        let queries = rope(
            &by_head(block.queries.forward(&normed)?, heads)?,
            &cos,
            &sin,
        )?;
        let keys = rope(
            &by_head(block.keys.forward(&normed)?, kv_heads)?,
            &cos,
            &sin,
        )?;
        let values = by_head(block.values.forward(&normed)?, kv_heads)?;
        let (keys, values) = self
            .cache
            .store(layer, &keys.squeeze(0)?, &values.squeeze(0)?)?;

        // The query heads of a group share one key head, so they are rows of one product.
        let group = heads / kv_heads;
        let visible = keys.dim(1)?;
        let queries = queries.reshape((kv_heads, group * rows, head_dim))?;
        let mut scores = (queries.matmul(&keys.t()?)? / (head_dim as f64).sqrt())?;
        // A single row sees everything.
        if rows > 1 {
            scores = scores
                .reshape((kv_heads, group, rows, visible))?
                .broadcast_add(&self.mask.view(position, rows)?)?
                .reshape((kv_heads, group * rows, visible))?;
        }
        let attended = softmax_last_dim(&scores)?
            .matmul(&values)?
            .reshape((heads, rows, head_dim))?
            .transpose(0, 1)?
            .reshape((rows, heads * head_dim))?;

        let block = &self.blocks[layer];
        let hidden = (hidden + block.attention_output.forward(&attended)?)?;
        let normed = rms_norm(&hidden, &block.feed_forward_norm, eps)?;
        let gated = (block.gate.forward(&normed)?.silu()? * block.up.forward(&normed)?)?;
        hidden + block.down.forward(&gated)?
    }
}

impl LanguageModel for Llama {
    fn forward(&mut self, tokens: &[u32], rows: Range<usize>) -> Result<Vec<Choice>, Error> {
        if rows.is_empty() {
            self.reserve(tokens.len())?;
            for piece in tokens.chunks(MAX_ROWS) {
                self.hidden(piece)?;
            }
            return Ok(Vec::new());
        }
        Ok(top_two(&self.logits(tokens, rows)?)?)
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
}

impl Linear {
    /// `[m, in]` to `[m, out]`, in tiles of `row_tile` rows.
    fn forward(&self, rows: &Tensor) -> candle_core::Result<Tensor> {
        let (count, width) = rows.dims2()?;
        let tiles = count.div_ceil(self.row_tile);
        let padded = rows.pad_with_zeros(0, 0, tiles * self.row_tile - count)?;
        let (_, out) = self.weight.dims2()?;
        padded
            .reshape((tiles, self.row_tile, width))?
            .matmul(&self.weight.broadcast_as((tiles, width, out))?)?
            .reshape((tiles * self.row_tile, out))?
            .narrow(0, 0, count)?
            .contiguous()
    }
}

impl RopeTable {
    fn new(frequencies: &[f32], dtype: DType, device: &Device) -> candle_core::Result<Self> {
        let empty = Tensor::zeros((0, frequencies.len()), dtype, device)?;
        Ok(Self {
            frequencies: frequencies.to_vec(),
            cos: empty.clone(),
            sin: empty,
        })
    }

    /// Makes sure that the first `positions` rows exist.
    fn reserve(&mut self, positions: usize) -> candle_core::Result<()> {
        if positions <= self.cos.dim(0)? {
            return Ok(());
        }
        let (dtype, device) = (self.cos.dtype(), self.cos.device().clone());
        let positions = positions.next_multiple_of(2048);
        let angles: Vec<f32> = (0..positions)
            .flat_map(|position| self.frequencies.iter().map(move |f| position as f32 * f))
            .collect();
        let angles = Tensor::from_vec(angles, (positions, self.frequencies.len()), &device)?;
        self.cos = angles.cos()?.to_dtype(dtype)?;
        self.sin = angles.sin()?.to_dtype(dtype)?;
        Ok(())
    }
}
