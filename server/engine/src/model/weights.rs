//! Weights by their Hugging Face names, from a GGUF file or a directory of safetensors.

use std::fs;
use std::path::Path;

use candle_core::Tensor;

use super::config::LlamaConfig;
use super::gguf_file::GgufFile;
use super::lora::Lora;
use super::shards::Shards;
use super::tensor_reader::{Place, TensorReader};
use crate::Error;

/// One model's weights, and the deltas of an adapter that are added to all that is read. Tensors
/// are read in parts, so that a model never has to exist twice in memory.
pub struct Weights {
    config: LlamaConfig,
    source: Source,
    lora: Option<Lora>,
}

enum Source {
    Gguf(GgufFile),
    Safetensors(Shards),
}

impl Weights {
    /// Opens a GGUF file.
    pub fn from_gguf(path: &Path) -> Result<Self, Error> {
        let file = GgufFile::open(path)?;
        let infos = &file.content().tensor_infos;
        let embedding = infos
            .get("token_embd.weight")
            .ok_or_else(|| Error::missing_tensor(path, "token_embd.weight"))?;
        let vocab_size = embedding.shape.dims().first().copied().unwrap_or(0);
        let divisors = match infos.get("rope_freqs.weight") {
            Some(info) => Some(file.floats("rope_freqs.weight", 0..info.shape.elem_count())?),
            None => None,
        };
        let tied = !infos.contains_key("output.weight");
        let metadata = &file.content().metadata;
        let config = LlamaConfig::from_gguf(metadata, vocab_size, tied, divisors.as_deref())?;
        Ok(Self {
            config,
            source: Source::Gguf(file),
            lora: None,
        })
    }

    /// Opens a Hugging Face directory: `config.json` and either `model.safetensors` or the shards
    /// that `model.safetensors.index.json` lists.
    pub fn from_hugging_face(directory: &Path) -> Result<Self, Error> {
        let config =
            LlamaConfig::from_hugging_face(&read_to_string(&directory.join("config.json"))?)?;
        Ok(Self {
            config,
            source: Source::Safetensors(Shards::of(directory)?),
            lora: None,
        })
    }

    /// Adds an adapter's deltas to every tensor read from now on.
    ///
    /// An adapter of which a part would find no weight is an error: it belongs to another model.
    pub fn with_lora(mut self, lora: Lora) -> Result<Self, Error> {
        if let Some(stranger) = lora.targets().find(|target| !self.contains(target)) {
            return Err(Error::Invalid {
                what: "the LoRA adapter".into(),
                reason: format!("it adapts '{stranger}', which this model does not have"),
            });
        }
        self.lora = Some(lora);
        Ok(self)
    }

    fn contains(&self, name: &str) -> bool {
        match &self.source {
            Source::Gguf(file) => file.info(&gguf_name(name)).is_ok(),
            Source::Safetensors(shards) => shards.contains(name),
        }
    }

    /// The shape of the model.
    pub fn config(&self) -> &LlamaConfig {
        &self.config
    }

    /// Bytes that reading takes for a while beside what is read: the file that holds it where files
    /// are read whole.
    pub(crate) fn bytes_while_read(&self) -> u64 {
        match &self.source {
            Source::Gguf(_) => 0,
            Source::Safetensors(shards) => shards.largest(),
        }
    }

    /// All of the tensor that Hugging Face calls `name`, as f32 on the CPU.
    pub fn tensor(&self, name: &str) -> Result<Tensor, Error> {
        self.reader(name)?.tensor()
    }

    /// Opens the tensor that Hugging Face calls `name`.
    pub fn reader(&self, name: &str) -> Result<TensorReader<'_>, Error> {
        let (place, shape, interleaved) = match &self.source {
            Source::Gguf(file) => {
                let place = Place::Gguf {
                    file,
                    name: gguf_name(name),
                };
                let shape = file.info(&gguf_name(name))?.shape.dims().to_vec();
                (place, shape, self.rows_of_interleaved_head(name))
            }
            Source::Safetensors(shards) => {
                let shard = shards.with(name)?;
                let shape = shard.shape(name)?;
                let name = name.to_owned();
                (Place::Safetensors { shard, name }, shape, None)
            }
        };
        let delta = match &self.lora {
            Some(lora) => lora.delta(name, &shape)?,
            None => None,
        };
        Ok(TensorReader {
            place,
            shape,
            interleaved,
            delta,
        })
    }

    fn rows_of_interleaved_head(&self, name: &str) -> Option<usize> {
        let is_rotated = name.ends_with("q_proj.weight") || name.ends_with("k_proj.weight");
        is_rotated.then_some(self.config.head_dim)
    }
}

pub(crate) fn read_to_string(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })
}

fn gguf_name(name: &str) -> String {
    match name {
        "model.embed_tokens.weight" => return "token_embd.weight".into(),
        "model.norm.weight" => return "output_norm.weight".into(),
        "lm_head.weight" => return "output.weight".into(),
        _ => {}
    }
    name.replace("model.layers.", "blk.")
        .replace("self_attn.q_proj", "attn_q")
        .replace("self_attn.k_proj", "attn_k")
        .replace("self_attn.v_proj", "attn_v")
        .replace("self_attn.o_proj", "attn_output")
        .replace("mlp.gate_proj", "ffn_gate")
        .replace("mlp.up_proj", "ffn_up")
        .replace("mlp.down_proj", "ffn_down")
        .replace("post_attention_layernorm", "ffn_norm")
        .replace("input_layernorm", "attn_norm")
}
