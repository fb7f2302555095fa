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
use super::config::LlamaConfig;
use super::language_model::{Choice, LanguageModel};
use super::weights::Weights;
use crate::Error;

/// Rows per matrix product. A product's rounding may depend on its shape, so every linear layer
/// works on tiles of exactly this many rows, the last one padded: a row's result then does not
/// depend on how many rows are verified together with it.
const ROW_TILE: usize = 16;

/// A Llama model and the cache of one sequence.
pub struct Llama {
    config: LlamaConfig,
    device: Device,
    embeddings: Tensor,
    blocks: Vec<Block>,
    norm: Tensor,
    output: Linear,
    rope: RopeTable,
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

/// A matrix kept as `[in, out]`, a transposed view of the stored `[out, in]`.
struct Linear(Tensor);

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
        let config = weights.config().clone();
        let tensor = |name: &str| -> Result<Tensor, Error> {
            Ok(weights.tensor(name)?.to_dtype(dtype)?.to_device(device)?)
        };
        let linear = |name: &str| Ok::<_, Error>(Linear(tensor(name)?.t()?));
        let block = |layer: usize| -> Result<Block, Error> {
            let name = |part: &str| format!("model.layers.{layer}.{part}.weight");
            Ok(Block {
                attention_norm: tensor(&name("input_layernorm"))?,
                queries: linear(&name("self_attn.q_proj"))?,
                keys: linear(&name("self_attn.k_proj"))?,
                values: linear(&name("self_attn.v_proj"))?,
                attention_output: linear(&name("self_attn.o_proj"))?,
                feed_forward_norm: tensor(&name("post_attention_layernorm"))?,
                gate: linear(&name("mlp.gate_proj"))?,
                up: linear(&name("mlp.up_proj"))?,
                down: linear(&name("mlp.down_proj"))?,
            })
        };
        let embeddings = tensor("model.embed_tokens.weight")?;
        let output = match config.tied_embeddings {
            true => Linear(embeddings.t()?),
            false => linear("lm_head.weight")?,
        };
        let blocks = (0..config.layers).map(block).collect::<Result<_, _>>()?;
        Ok(Self {
            rope: RopeTable::new(&config.rope_frequencies, dtype, device)?,
            cache: KvCache::new(&config, dtype, device)?,
            norm: tensor("model.norm.weight")?,
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
        let position = self.cache.length();
        let needed = position + tokens.len();
        if needed > self.context_length {
            return Err(Error::ContextExceeded {
                needed,
                limit: self.context_length,
            });
        }
        self.cache.reserve(tokens.len())?;
        self.rope.reserve(needed)?;
        let mask = causal_mask(
            position,
            tokens.len(),
            self.embeddings.dtype(),
            &self.device,
        )?;

        let ids = Tensor::new(tokens, &self.device)?;
        let mut hidden = self.embeddings.index_select(&ids, 0)?;
        for layer in 0..self.blocks.len() {
            hidden = self.block(layer, &hidden, mask.as_ref())?;
        }
        self.cache.advance(tokens.len());
        let hidden = hidden.narrow(0, rows.start, rows.len())?.contiguous()?;
        let normed = rms_norm(&hidden, &self.norm, self.config.rms_norm_eps as f32)?;
        Ok(self.output.forward(&normed)?.to_dtype(DType::F32)?)
    }

    /// One transformer block over `hidden` (`[m, hidden_size]`).
    fn block(
        &mut self,
        layer: usize,
        hidden: &Tensor,
        mask: Option<&Tensor>,
    ) -> candle_core::Result<Tensor> {
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
        if let Some(mask) = mask {
            scores = scores
                .reshape((kv_heads, group, rows, visible))?
                .broadcast_add(mask)?
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
            // The cache still has to be filled; one row of logits is the least it costs.
            self.logits(tokens, tokens.len().saturating_sub(1)..tokens.len())?;
            return Ok(Vec::new());
        }
        let logits = self.logits(tokens, rows)?.to_vec2::<f32>()?;
        Ok(logits.iter().map(|row| Choice::of_logits(row)).collect())
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
    /// `[m, in]` to `[m, out]`, in tiles of `ROW_TILE` rows.
    fn forward(&self, rows: &Tensor) -> candle_core::Result<Tensor> {
        let (count, width) = rows.dims2()?;
        let tiles = count.div_ceil(ROW_TILE);
        let padded = rows.pad_with_zeros(0, 0, tiles * ROW_TILE - count)?;
        let (_, out) = self.0.dims2()?;
        padded
            .reshape((tiles, ROW_TILE, width))?
            .matmul(&self.0.broadcast_as((tiles, width, out))?)?
            .reshape((tiles * ROW_TILE, out))?
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

/// What is added to the scores of `rows` new positions (`[rows, position + rows]`): minus infinity
/// where a key lies behind the query. A single row sees everything.
fn causal_mask(
    position: usize,
    rows: usize,
    dtype: DType,
    device: &Device,
) -> candle_core::Result<Option<Tensor>> {
    if rows == 1 {
        return Ok(None);
    }
    let visible = position + rows;
    let mask: Vec<f32> = (0..rows)
        .flat_map(|row| {
            (0..visible).map(move |key| {
                if key > position + row {
                    f32::NEG_INFINITY
                } else {
                    0.0
                }
            })
        })
        .collect();
    Ok(Some(
        Tensor::from_vec(mask, (rows, visible), device)?.to_dtype(dtype)?,
    ))
}
