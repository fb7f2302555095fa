//! Weights by their Hugging Face names, from a GGUF file or a directory of safetensors.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file;
use candle_core::safetensors::BufferedSafetensors;
use candle_core::{DType, Device, Tensor};

use super::config::LlamaConfig;
use super::lora::Lora;
use crate::Error;
use crate::error::sentence;

/// One model's weights. Tensors are read one at a time, as f32 on the CPU, with every LoRA delta
/// added, so that a model never has to exist twice in memory.
pub struct Weights {
    config: LlamaConfig,
    source: Source,
    lora: Option<Lora>,
}

enum Source {
    Gguf {
        path: PathBuf,
        content: gguf_file::Content,
        reader: RefCell<BufReader<File>>,
    },
    Safetensors {
        shard_of: HashMap<String, PathBuf>,
        open: RefCell<Option<Shard>>,
    },
}

struct Shard {
    path: PathBuf,
    tensors: BufferedSafetensors,
}

impl Weights {
    /// Opens a GGUF file.
    pub fn from_gguf(path: &Path) -> Result<Self, Error> {
        let (content, mut reader) = open_gguf(path)?;
        let invalid = |reason: &str| Error::Invalid {
            what: path.display().to_string(),
            reason: reason.to_owned(),
        };
        let embedding = content
            .tensor_infos
            .get("token_embd.weight")
            .ok_or_else(|| invalid("the tensor 'token_embd.weight' is missing"))?;
        let vocab_size = embedding.shape.dims().first().copied().unwrap_or(0);
        let divisors = match content.tensor_infos.contains_key("rope_freqs.weight") {
            true => {
                let tensor = content.tensor(&mut reader, "rope_freqs.weight", &Device::Cpu)?;
                Some(
                    tensor
                        .dequantize(&Device::Cpu)?
                        .flatten_all()?
                        .to_vec1::<f32>()?,
                )
            }
            false => None,
        };
        let tied = !content.tensor_infos.contains_key("output.weight");
        let config =
            LlamaConfig::from_gguf(&content.metadata, vocab_size, tied, divisors.as_deref())?;
        let source = Source::Gguf {
            path: path.to_owned(),
            content,
            reader: RefCell::new(reader),
        };
        Ok(Self {
            config,
            source,
            lora: None,
        })
    }

    /// Opens a Hugging Face directory: `config.json` and either `model.safetensors` or the shards
    /// that `model.safetensors.index.json` lists.
    pub fn from_hugging_face(directory: &Path) -> Result<Self, Error> {
        let config =
            LlamaConfig::from_hugging_face(&read_to_string(&directory.join("config.json"))?)?;
        let index = directory.join("model.safetensors.index.json");
        let shard_of = if index.exists() {
            shards_of_index(&index, directory)?
        } else {
            let path = directory.join("model.safetensors");
            let names = names_in(&path)?;
            names.into_iter().map(|name| (name, path.clone())).collect()
        };
        let source = Source::Safetensors {
            shard_of,
            open: RefCell::new(None),
        };
        Ok(Self {
            config,
            source,
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
            Source::Gguf { content, .. } => content.tensor_infos.contains_key(&gguf_name(name)),
            Source::Safetensors { shard_of, .. } => shard_of.contains_key(name),
        }
    }

    /// The shape of the model.
    pub fn config(&self) -> &LlamaConfig {
        &self.config
    }

    /// Bytes that reading all tensors takes for a while: the largest tensor, twice, and the file that holds it where
    /// files are read whole.
    pub(crate) fn bytes_while_read(&self) -> u64 {
        let config = &self.config;
        let rows = config.vocab_size.max(config.intermediate_size);
        let largest = 4 * rows as u64 * config.hidden_size as u64;
        let file = match &self.source {
            Source::Gguf { .. } => 0,
            Source::Safetensors { shard_of, .. } => {
                let size = |path: &PathBuf| fs::metadata(path).map_or(0, |metadata| metadata.len());
                shard_of.values().map(size).max().unwrap_or_default()
            }
        };
        2 * largest + file
    }

    /// Reads the tensor that Hugging Face calls `name`, in Hugging Face's layout
    /// (`[out, in]`, rope halves side by side), as f32 on the CPU.
    pub fn tensor(&self, name: &str) -> Result<Tensor, Error> {
        let tensor = match &self.source {
            Source::Gguf {
                path,
                content,
                reader,
            } => {
                let gguf_name = gguf_name(name);
                if !content.tensor_infos.contains_key(&gguf_name) {
                    return Err(missing(path, &gguf_name));
                }
                let tensor = content
                    .tensor(&mut *reader.borrow_mut(), &gguf_name, &Device::Cpu)
                    .and_then(|tensor| tensor.dequantize(&Device::Cpu))
                    .map_err(|error| Error::Invalid {
                        what: path.display().to_string(),
                        reason: format!(
                            "the tensor '{gguf_name}' cannot be read ({})",
                            sentence(&error)
                        ),
                    })?;
                self.with_rope_halves(name, tensor)?
            }
            Source::Safetensors { shard_of, open } => {
                let path = shard_of
                    .get(name)
                    .ok_or_else(|| missing(Path::new("the safetensors directory"), name))?;
                let mut open = open.borrow_mut();
                if open.as_ref().is_none_or(|shard| shard.path != *path) {
                    // Two at a time would be a reason not to have memory enough.
                    *open = None;
                    *open = Some(Shard::open(path)?);
                }
                let shard = open.as_ref().ok_or_else(|| missing(path, name))?;
                shard
                    .tensors
                    .load(name, &Device::Cpu)?
                    .to_dtype(DType::F32)?
            }
        };
        match &self.lora {
            Some(lora) => lora.add_to(name, tensor),
            None => Ok(tensor),
        }
    }

    /// llama.cpp stores the query and key rows of each head with rope pairs interleaved; Hugging
    /// Face keeps the first halves of all pairs together, then the second halves.
    fn with_rope_halves(&self, name: &str, tensor: Tensor) -> Result<Tensor, Error> {
        let heads = if name.ends_with("q_proj.weight") {
            self.config.heads
        } else if name.ends_with("k_proj.weight") {
            self.config.kv_heads
        } else {
            return Ok(tensor);
        };
        let (rows, columns) = tensor.dims2()?;
        Ok(tensor
            .reshape((heads, rows / heads / 2, 2, columns))?
            .transpose(1, 2)?
            .contiguous()?
            .reshape((rows, columns))?)
    }
}

impl Shard {
    fn open(path: &Path) -> Result<Self, Error> {
        let bytes = fs::read(path).map_err(|source| Error::Read {
            path: path.to_owned(),
            source,
        })?;
        let tensors = BufferedSafetensors::new(bytes).map_err(|error| Error::Invalid {
            what: path.display().to_string(),
            reason: sentence(&error),
        })?;
        Ok(Self {
            path: path.to_owned(),
            tensors,
        })
    }
}

/// The names of the tensors in a file of safetensors. It starts with the length of a JSON object that has them as keys.
fn names_in(path: &Path) -> Result<Vec<String>, Error> {
    let unreadable = |source: io::Error| Error::Read {
        path: path.to_owned(),
        source,
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(unreadable)?;
    let mut header = Vec::new();
    let header_only = file.take(u64::from_le_bytes(length));
    BufReader::new(header_only)
        .read_to_end(&mut header)
        .map_err(unreadable)?;
    let header: HashMap<String, serde::de::IgnoredAny> =
        serde_json::from_slice(&header).map_err(|error| Error::Invalid {
            what: path.display().to_string(),
            reason: format!("its header cannot be read ({error})"),
        })?;
    let is_tensor = |name: &String| name != "__metadata__";
    Ok(header.into_keys().filter(is_tensor).collect())
}

/// Opens a GGUF file and reads everything but its tensors.
pub(crate) fn open_gguf(path: &Path) -> Result<(gguf_file::Content, BufReader<File>), Error> {
    let file = File::open(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    let mut reader = BufReader::new(file);
    let content = gguf_file::Content::read(&mut reader).map_err(|error| Error::Invalid {
        what: path.display().to_string(),
        reason: format!("its GGUF header cannot be read ({})", sentence(&error)),
    })?;
    Ok((content, reader))
}

pub(crate) fn read_to_string(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })
}

fn missing(place: &Path, name: &str) -> Error {
    Error::Invalid {
        what: place.display().to_string(),
        reason: format!("the tensor '{name}' is missing"),
    }
}

fn shards_of_index(index: &Path, directory: &Path) -> Result<HashMap<String, PathBuf>, Error> {
    #[derive(serde::Deserialize)]
    struct Index {
        weight_map: HashMap<String, String>,
    }
    let parsed: Index =
        serde_json::from_str(&read_to_string(index)?).map_err(|error| Error::Invalid {
            what: index.display().to_string(),
            reason: error.to_string(),
        })?;
    Ok(parsed
        .weight_map
        .into_iter()
        .map(|(name, file)| (name, directory.join(file)))
        .collect())
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
