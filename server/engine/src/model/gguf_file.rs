//! The tensors of a GGUF file.

use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use candle_core::Device;
use candle_core::quantized::ggml_file::qtensor_from_ggml;
use candle_core::quantized::gguf_file::{Content, TensorInfo};

use crate::Error;
use crate::error::sentence;

/// An open GGUF file.
pub(super) struct GgufFile {
    path: PathBuf,
    content: Content,
    file: Mutex<File>,
}

impl GgufFile {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let (content, reader) = open_gguf(path)?;
        Ok(Self {
            path: path.to_owned(),
            content,
            file: Mutex::new(reader.into_inner()),
        })
    }

    /// Everything but the tensors' numbers.
    pub(super) fn content(&self) -> &Content {
        &self.content
    }

    /// What the file says of the tensor that llama.cpp calls `name`.
    pub(super) fn info(&self, name: &str) -> Result<&TensorInfo, Error> {
        self.content
            .tensor_infos
            .get(name)
            .ok_or_else(|| Error::missing_tensor(&self.path, name))
    }

    /// Some numbers of a tensor, as f32.
    pub(super) fn floats(&self, name: &str, numbers: Range<usize>) -> Result<Vec<f32>, Error> {
        let info = self.info(name)?;
        let format = info.ggml_dtype;
        let length = format.block_size();
        let blocks = numbers.start / length..numbers.end.div_ceil(length);
        let bytes = self.bytes(info, blocks.clone());
        let floats = bytes.map_err(candle_core::Error::from).and_then(|bytes| {
            qtensor_from_ggml(format, &bytes, vec![blocks.len() * length], &Device::Cpu)?
                .dequantize(&Device::Cpu)?
                .to_vec1::<f32>()
        });
        let mut floats = floats.map_err(|error| Error::Invalid {
            what: self.path.display().to_string(),
            reason: format!("the tensor '{name}' cannot be read ({})", sentence(&error)),
        })?;
        floats.truncate(numbers.end - blocks.start * length);
        floats.drain(..numbers.start - blocks.start * length);
        Ok(floats)
    }

    fn bytes(&self, info: &TensorInfo, blocks: Range<usize>) -> io::Result<Vec<u8>> {
        let size = info.ggml_dtype.type_size();
        let start = self.content.tensor_data_offset + info.offset + (blocks.start * size) as u64;
        let mut bytes = vec![0; blocks.len() * size];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// Opens a GGUF file and reads everything but its tensors.
pub(crate) fn open_gguf(path: &Path) -> Result<(Content, BufReader<File>), Error> {
    let file = File::open(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    let mut reader = BufReader::new(file);
    let content = Content::read(&mut reader).map_err(|error| Error::Invalid {
        what: path.display().to_string(),
        reason: format!("its GGUF header cannot be read ({})", sentence(&error)),
    })?;
    Ok((content, reader))
}
