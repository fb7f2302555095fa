//! The Llama forward pass on the CPU, over this crate's own kernels.

use std::ops::Range;

use super::config::LlamaConfig;
use super::float_rows::FloatRows;
use super::language_model::{CandidateLogits, Choice, LanguageModel};
use super::weights::Weights;
use crate::Error;
use crate::copy_head::CANDIDATES;
use crate::kernels::{
    AttentionScratch, Heads, KeyValueCache, Machine, Matrix, Precision, Queries, Rotations,
    RowPrecision, Rows,
};

/// Most rows that go through the layers together.
const BATCH: usize = 256;

/// A Llama model on the CPU, and the cache of one sequence.
///
/// A row's result does not depend, to the bit, on the rows it is fed with.
pub struct CpuLlama {
    machine: Machine,
    blocks: Vec<Block>,
    norm: Vec<f32>,
    /// The output projection; with tied embeddings the embedding table, too.
    output: Matrix,
    embeddings: Option<Matrix>,
    rotations: Rotations,
    cache: KeyValueCache,
    position: usize,
    context_length: usize,
    epsilon: f32,
    scratch: Scratch,
}

struct Block {
    attention_norm: Vec<f32>,
    /// Queries, keys and values.
    attention_input: Matrix,
    attention_output: Matrix,
    feed_forward_norm: Vec<f32>,
    gate: Matrix,
    up: Matrix,
    down: Matrix,
}

/// Reads weights and packs them.
struct Reader<'a, F> {
    precision: Precision,
    machine: &'a Machine,
    /// Gives the weights of a tensor by its name.
    weight: F,
}

impl<W: FloatRows, F: Fn(&str) -> Result<W, Error>> Reader<'_, F> {
    /// The output projection, and the embeddings where they are not the same.
    fn tables(&self, config: &LlamaConfig) -> Result<(Matrix, Option<Matrix>), Error> {
        let table =
            |name: &str| self.matrix(&[(name.to_owned(), config.vocab_size)], config.hidden_size);
        let embeddings = table("model.embed_tokens")?;
        Ok(match config.tied_embeddings {
            true => (embeddings, None),
            false => (table("lm_head")?, Some(embeddings)),
        })
    }

    fn block(&self, config: &LlamaConfig, heads: Heads, layer: usize) -> Result<Block, Error> {
        let (hidden, inner) = (config.hidden_size, config.intermediate_size);
        let (query, key) = (heads.queries * heads.width, heads.keys * heads.width);
        let name = |part: &str| format!("model.layers.{layer}.{part}");
        let part = |part: &str, width| (name(part), width);
        Ok(Block {
            attention_norm: self.vector(&name("input_layernorm"), hidden)?,
            attention_input: self.matrix(
                &[
                    part("self_attn.q_proj", query),
                    part("self_attn.k_proj", key),
                    part("self_attn.v_proj", key),
                ],
                hidden,
            )?,
            attention_output: self.matrix(&[part("self_attn.o_proj", hidden)], query)?,
            feed_forward_norm: self.vector(&name("post_attention_layernorm"), hidden)?,
            gate: self.matrix(&[part("mlp.gate_proj", inner)], hidden)?,
            up: self.matrix(&[part("mlp.up_proj", inner)], hidden)?,
            down: self.matrix(&[part("mlp.down_proj", hidden)], inner)?,
        })
    }

    /// Tensors of so many outputs each, one below the other.
    fn matrix(&self, names: &[(String, usize)], inputs: usize) -> Result<Matrix, Error> {
        let outputs = names.iter().map(|(_, outputs)| outputs).sum();
        let mut matrix = Matrix::new(self.precision, outputs, inputs);
        let mut first = 0;
        for (name, outputs) in names {
            let weights = self.open(name, outputs * inputs)?;
            let read = |rows| weights.read(rows, inputs);
            matrix.fill(self.machine, first..first + outputs, &read)?;
            first += outputs;
        }
        Ok(matrix)
    }

    fn vector(&self, name: &str, length: usize) -> Result<Vec<f32>, Error> {
        let weights = self.open(name, length)?;
        Ok(weights.read(0..1, length)?.into_owned())
    }

    fn open(&self, name: &str, length: usize) -> Result<W, Error> {
        let weights = (self.weight)(&format!("{name}.weight"))?;
        match weights.len() {
            found if found == length => Ok(weights),
            found => Err(Error::Invalid {
                what: format!("the tensor '{name}.weight'"),
                reason: format!("it has {found} elements where the model needs {length}"),
            }),
        }
    }
}

/// Memory that every forward pass uses again.
struct Scratch {
    hidden: Rows,
    normed: Rows,
    projected: Rows,
    queries: Queries,
    attended: Rows,
    gated: Rows,
    attention: AttentionScratch,
    choices: Vec<Choice>,
}

impl CpuLlama {
    /// Loads a model for sequences of at most `max_context` positions.
    pub fn load(
        weights: &Weights,
        precision: Precision,
        machine: Machine,
        max_context: usize,
    ) -> Result<Self, Error> {
        Self::from_floats(weights.config(), precision, machine, max_context, |name| {
            weights.reader(name)
        })
    }

    /// Builds a model from weights that `weight` gives by their Hugging Face names, each row by row
    /// (`[out, in]`, rope halves side by side).
    pub fn from_floats<W: FloatRows>(
        config: &LlamaConfig,
        precision: Precision,
        machine: Machine,
        max_context: usize,
        weight: impl Fn(&str) -> Result<W, Error>,
    ) -> Result<Self, Error> {
        let heads = heads_of(config)?;
        let (hidden, inner) = (config.hidden_size, config.intermediate_size);
        let reader = Reader {
            precision,
            machine: &machine,
            weight,
        };
        let (output, embeddings) = reader.tables(config)?;
        let blocks = (0..config.layers)
            .map(|layer| reader.block(config, heads, layer))
            .collect::<Result<_, _>>()?;
        let norm = reader.vector("model.norm", hidden)?;
        let context_length = config.context_length.min(max_context);
        // Gated rows are the products of two projections and vary most: in 8 bits they alone cause
        // clear changes of choices.
        let (activations, gated) = match precision {
            Precision::F32 => (RowPrecision::F32, RowPrecision::F32),
            Precision::Int8 => (RowPrecision::Int8, RowPrecision::Int16),
        };
        let width_of_projected = (heads.queries + 2 * heads.keys) * heads.width;
        Ok(Self {
            blocks,
            norm,
            output,
            embeddings,
            rotations: Rotations::new(&config.rope_frequencies, context_length),
            cache: KeyValueCache::new(precision, config.layers, heads, context_length),
            position: 0,
            context_length,
            epsilon: config.rms_norm_eps as f32,
            scratch: Scratch {
                hidden: Rows::new(RowPrecision::F32, BATCH, hidden),
                normed: Rows::new(activations, BATCH, hidden),
                projected: Rows::new(RowPrecision::F32, BATCH, width_of_projected),
                queries: Queries::new(precision, heads, BATCH),
                attended: Rows::new(activations, BATCH, heads.queries * heads.width),
                gated: Rows::new(gated, BATCH, inner),
                attention: AttentionScratch::default(),
                choices: Vec::new(),
            },
            machine,
        })
    }

    /// The instructions and threads it runs with.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Feeds at most `BATCH` tokens through all layers. The result is in `scratch.hidden`.
    fn feed(&mut self, tokens: &[u32]) {
        let Scratch {
            hidden,
            normed,
            projected,
            queries,
            attended,
            gated,
            attention,
            ..
        } = &mut self.scratch;
        let (machine, count, position) = (&self.machine, tokens.len(), self.position);
        let table = self.embeddings.as_ref().unwrap_or(&self.output);
        machine.look_up(table, tokens, hidden);
        for (layer, block) in self.blocks.iter().enumerate() {
            machine.normalize(hidden, count, &block.attention_norm, self.epsilon, normed);
            machine.project(normed, count, &block.attention_input, projected);
            let cache = (&mut self.cache, layer);
            machine.rotate(projected, count, &self.rotations, position, queries, cache);
            let cache = (&self.cache, layer);
            machine.attend(queries, count, position, cache, attention, attended);
            machine.project_and_add(attended, count, &block.attention_output, hidden);
            machine.normalize(
                hidden,
                count,
                &block.feed_forward_norm,
                self.epsilon,
                normed,
            );
            machine.project_gated(normed, count, &block.gate, &block.up, gated);
            machine.project_and_add(gated, count, &block.down, hidden);
        }
        self.position += count;
    }

    /// Feeds all tokens, batch by batch, and hands each batch that has some of `rows` to `take`:
    /// those rows, counted in the batch, are ready for the output projection in `scratch.normed`.
    fn feed_all(
        &mut self,
        tokens: &[u32],
        rows: Range<usize>,
        mut take: impl FnMut(&mut Self, Range<usize>),
    ) -> Result<(), Error> {
        self.check(tokens)?;
        for (batch, tokens) in tokens.chunks(BATCH).enumerate() {
            self.feed(tokens);
            let first = batch * BATCH;
            let end = rows.end.min(first + tokens.len());
            let start = rows.start.max(first);
            if start < end {
                let Scratch { hidden, normed, .. } = &mut self.scratch;
                let machine = &self.machine;
                machine.normalize(hidden, end - first, &self.norm, self.epsilon, normed);
                take(self, start - first..end - first);
            }
        }
        Ok(())
    }

    fn check(&self, tokens: &[u32]) -> Result<(), Error> {
        let needed = self.position + tokens.len();
        if needed > self.context_length {
            return Err(Error::ContextExceeded {
                needed,
                limit: self.context_length,
            });
        }
        let vocabulary = self.output.outputs();
        match tokens.iter().find(|&&token| token as usize >= vocabulary) {
            Some(token) => Err(Error::Invalid {
                what: format!("token {token}"),
                reason: format!("the vocabulary ends at {vocabulary}"),
            }),
            None => Ok(()),
        }
    }
}

impl LanguageModel for CpuLlama {
    fn forward(&mut self, tokens: &[u32], rows: Range<usize>) -> Result<Vec<Choice>, Error> {
        let mut chosen = Vec::with_capacity(rows.len());
        self.feed_all(tokens, rows, |model, wanted| {
            let Scratch {
                normed, choices, ..
            } = &mut model.scratch;
            let picked = model.machine.choose(normed, wanted, &model.output, choices);
            chosen.extend(picked);
        })?;
        Ok(chosen)
    }

    fn forward_asking(
        &mut self,
        tokens: &[u32],
        rows: Range<usize>,
        asked: &[[u32; CANDIDATES]],
    ) -> Result<Vec<(Choice, CandidateLogits)>, Error> {
        let mut chosen = Vec::with_capacity(rows.len());
        let mut asked = asked;
        self.feed_all(tokens, rows, |model, wanted| {
            let Scratch {
                normed, choices, ..
            } = &mut model.scratch;
            let (own, rest) = asked.split_at(wanted.len());
            asked = rest;
            let output = &model.output;
            let picked = model
                .machine
                .choose(normed, wanted.clone(), output, choices);
            let logits = model.machine.pick(normed, wanted, output, own);
            chosen.extend(picked.into_iter().zip(logits));
        })?;
        Ok(chosen)
    }

    fn logits(&mut self, tokens: &[u32], rows: Range<usize>) -> Result<Vec<Vec<f32>>, Error> {
        let mut logits = Vec::with_capacity(rows.len());
        let most = tokens.len().min(BATCH);
        let mut projected = Rows::new(RowPrecision::F32, most, self.output.outputs());
        self.feed_all(tokens, rows, |model, wanted| {
            let normed = &model.scratch.normed;
            let output = &model.output;
            model
                .machine
                .project(normed, wanted.end, output, &mut projected);
            logits.extend(wanted.map(|row| projected.row(row).to_vec()));
        })?;
        Ok(logits)
    }

    fn position(&self) -> usize {
        self.position
    }

    fn truncate(&mut self, position: usize) {
        self.position = self.position.min(position);
    }

    fn context_length(&self) -> usize {
        self.context_length
    }
}

fn heads_of(config: &LlamaConfig) -> Result<Heads, Error> {
    let heads = Heads {
        queries: config.heads,
        keys: config.kv_heads,
        width: config.head_dim,
    };
    let invalid = |reason: &str| Error::Invalid {
        what: "the model's shape".into(),
        reason: reason.into(),
    };
    if heads.keys == 0 || !heads.queries.is_multiple_of(heads.keys) {
        return Err(invalid("the key heads do not divide the query heads"));
    }
    if !heads.is_supported() {
        return Err(invalid("its heads are odd or wider than 128"));
    }
    if 2 * config.rope_frequencies.len() != heads.width {
        return Err(invalid(
            "there is not one rope frequency per pair of elements",
        ));
    }
    Ok(heads)
}
