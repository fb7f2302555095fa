//! Whether a GGUF file is whole, without reading its tensors.
//!
//! The format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek},
    path::Path,
};

/// What the header of a whole GGUF file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct GgufSummary {
    /// `general.architecture`.
    pub(super) architecture: String,
    /// `tokenizer.chat_template`, if the file has one.
    pub(super) chat_template: String,
    /// How many tensors there are.
    pub(super) tensors: u64,
}

/// What is wrong with a GGUF file, as a predicate of it.
#[derive(Debug, thiserror::Error)]
pub(super) enum GgufError {
    #[error("is not a GGUF file")]
    NotGguf,
    #[error("is a GGUF file of version {0}, but versions 2 and 3 are supported")]
    Version(u32),
    #[error("is cut off: it has {actual} of at least {expected} bytes")]
    CutOff { actual: u64, expected: u64 },
    #[error("is damaged: {0}")]
    Corrupt(&'static str),
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// Reads the header of the file and checks that all its tensors lie inside.
pub(super) fn inspect(path: &Path) -> Result<GgufSummary, GgufError> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut reader = Reader {
        input: BufReader::with_capacity(1 << 16, file),
        at: 0,
        length,
    };
    inspect_header(&mut reader)
}

fn inspect_header(reader: &mut Reader<impl Read + Seek>) -> Result<GgufSummary, GgufError> {
    if reader.length < 4 || &reader.bytes::<4>()? != b"GGUF" {
        return Err(GgufError::NotGguf);
    }
    let version = reader.u32()?;
    if !(2..=3).contains(&version) {
        return Err(GgufError::Version(version));
    }
    let mut summary = GgufSummary {
        tensors: reader.u64()?,
        ..GgufSummary::default()
    };
    let mut alignment = 32;
    for _ in 0..reader.u64()? {
        let key = reader.string()?;
        let kind = reader.u32()?;
        match (key.as_slice(), kind) {
            (b"general.architecture", STRING) => summary.architecture = reader.text()?,
            (b"tokenizer.chat_template", STRING) => summary.chat_template = reader.text()?,
            (b"general.alignment", UINT32) => alignment = u64::from(reader.u32()?),
            _ => reader.skip_value(kind, 0)?,
        }
    }
    if !alignment.is_power_of_two() {
        return Err(GgufError::Corrupt("its alignment is no power of two"));
    }

    let mut end_of_data = 0;
    for _ in 0..summary.tensors {
        end_of_data = end_of_data.max(reader.tensor_end()?);
    }
    let start_of_data = reader.at.next_multiple_of(alignment);
    let expected = start_of_data.saturating_add(end_of_data);
    if reader.length < expected {
        return Err(GgufError::CutOff {
            actual: reader.length,
            expected,
        });
    }
    Ok(summary)
}

const UINT32: u32 = 4;
const STRING: u32 = 8;
const ARRAY: u32 = 9;

/// The bytes of a metadata value of fixed width.
fn value_width(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

/// The elements and bytes of one block of a tensor type; `None` for types this project does not know.
fn block_size(kind: u32) -> Option<(u64, u64)> {
    Some(match kind {
        0 => (1, 4),      // F32
        1 | 30 => (1, 2), // F16, BF16
        2 => (32, 18),    // Q4_0
        3 => (32, 20),    // Q4_1
        6 => (32, 22),    // Q5_0
        7 => (32, 24),    // Q5_1
        8 => (32, 34),    // Q8_0
        9 => (32, 36),    // Q8_1
        10 => (256, 84),  // Q2_K
        11 => (256, 110), // Q3_K
        12 => (256, 144), // Q4_K
        13 => (256, 176), // Q5_K
        14 => (256, 210), // Q6_K
        15 => (256, 292), // Q8_K
        _ => return None,
    })
}

/// Reads within the length of the file, so that a corrupt count or length never asks for memory or time beyond it.
struct Reader<R> {
    input: R,
    at: u64,
    length: u64,
}

impl<R: Read + Seek> Reader<R> {
    /// Moves on by `count` bytes, which must be there.
    fn claim(&mut self, count: u64) -> Result<(), GgufError> {
        let end = self.at.saturating_add(count);
        if end > self.length {
            return Err(GgufError::CutOff {
                actual: self.length,
                expected: end,
            });
        }
        self.at = end;
        Ok(())
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], GgufError> {
        self.claim(N as u64)?;
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32, GgufError> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    fn u64(&mut self) -> Result<u64, GgufError> {
        Ok(u64::from_le_bytes(self.bytes()?))
    }

    fn string(&mut self) -> Result<Vec<u8>, GgufError> {
        let length = self.u64()?;
        self.claim(length)?;
        let mut bytes = Vec::new();
        self.input.by_ref().take(length).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn text(&mut self) -> Result<String, GgufError> {
        String::from_utf8(self.string()?).map_err(|_| GgufError::Corrupt("a text is not UTF-8"))
    }

    fn skip(&mut self, count: u64) -> Result<(), GgufError> {
        self.claim(count)?;
        let step = i64::try_from(count).map_err(|_| GgufError::Corrupt("a length is absurd"))?;
        // Unlike `seek`, this keeps the buffer, which matters for the strings of a vocabulary.
        self.input.seek_relative(step)?;
        Ok(())
    }

    fn skip_value(&mut self, kind: u32, depth: u32) -> Result<(), GgufError> {
        match kind {
            STRING => {
                let length = self.u64()?;
                self.skip(length)
            }
            ARRAY if depth < 8 => {
                let kind = self.u32()?;
                let count = self.u64()?;
                if let Some(width) = value_width(kind) {
                    return self.skip(count.saturating_mul(width));
                }
                for _ in 0..count {
                    self.skip_value(kind, depth + 1)?;
                }
                Ok(())
            }
            _ => match value_width(kind) {
                Some(width) => self.skip(width),
                None => Err(GgufError::Corrupt("a metadata value has an unknown type")),
            },
        }
    }

    /// Reads one tensor's entry and gives where its data ends, counted from the start of all data.
    fn tensor_end(&mut self) -> Result<u64, GgufError> {
        self.string()?;
        let dimensions = self.u32()?;
        if dimensions > 8 {
            return Err(GgufError::Corrupt("a tensor has too many dimensions"));
        }
        let mut elements: u64 = 1;
        for _ in 0..dimensions {
            elements = elements.saturating_mul(self.u64()?);
        }
        let kind = self.u32()?;
        let offset = self.u64()?;
        let bytes = match block_size(kind) {
            Some((block, bytes)) => elements.div_ceil(block).saturating_mul(bytes),
            None => 0,
        };
        Ok(offset.saturating_add(bytes))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn string(text: &str) -> Vec<u8> {
        [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat()
    }

    /// A file with one tensor of 64 elements in Q4_0, that is 36 bytes.
    pub(in crate::assets) fn small_file() -> Vec<u8> {
        let mut bytes = b"GGUF".to_vec();
        bytes.extend(3u32.to_le_bytes());
        bytes.extend(1u64.to_le_bytes());
        bytes.extend(3u64.to_le_bytes());
        bytes.extend(
            [
                string("general.architecture"),
                STRING.to_le_bytes().to_vec(),
                string("llama"),
            ]
            .concat(),
        );
        bytes.extend([string("some.words"), ARRAY.to_le_bytes().to_vec()].concat());
        bytes.extend([&STRING.to_le_bytes()[..], &2u64.to_le_bytes()].concat());
        bytes.extend([string("a"), string("bc")].concat());
        bytes.extend(
            [
                string("some.float"),
                6u32.to_le_bytes().to_vec(),
                vec![0; 4],
            ]
            .concat(),
        );
        bytes.extend([string("weight"), 2u32.to_le_bytes().to_vec()].concat());
        bytes.extend([32u64.to_le_bytes(), 2u64.to_le_bytes()].concat());
        bytes.extend([&2u32.to_le_bytes()[..], &0u64.to_le_bytes()].concat());
        bytes.resize(bytes.len().next_multiple_of(32) + 36, 7);
        bytes
    }

    fn inspect_bytes(bytes: &[u8]) -> Result<GgufSummary, GgufError> {
        let length = bytes.len() as u64;
        inspect_header(&mut Reader {
            input: Cursor::new(bytes),
            at: 0,
            length,
        })
    }

    #[test]
    fn a_whole_file_passes_and_no_part_of_it_does() {
        let bytes = small_file();
        let summary = inspect_bytes(&bytes).expect("the file is whole");
        assert_eq!(
            (summary.architecture.as_str(), summary.tensors),
            ("llama", 1)
        );
        for length in 0..bytes.len() {
            let error = inspect_bytes(&bytes[..length]).expect_err("the file is cut off");
            assert!(
                matches!(error, GgufError::CutOff { .. } | GgufError::NotGguf),
                "{length}: {error}"
            );
        }
    }

    #[test]
    fn what_is_no_gguf_is_said_to_be_none() {
        let message = |bytes: &[u8]| inspect_bytes(bytes).expect_err("no GGUF").to_string();
        assert_eq!(message(b"<!DOCTYPE html>"), "is not a GGUF file");
        assert_eq!(
            message(&[b"GGUF", &1u32.to_le_bytes()[..]].concat()),
            "is a GGUF file of version 1, but versions 2 and 3 are supported"
        );
        let bytes = small_file();
        assert_eq!(
            message(&bytes[..bytes.len() - 1]),
            format!(
                "is cut off: it has {} of at least {} bytes",
                bytes.len() - 1,
                bytes.len()
            )
        );
    }

    proptest! {
        #[test]
        fn no_bytes_hang_or_crash(at in 4usize..200, value: [u8; 8]) {
            let mut bytes = small_file();
            for (offset, value) in value.into_iter().enumerate() {
                if let Some(byte) = bytes.get_mut(at + offset) {
                    *byte = value;
                }
            }
            let _ = inspect_bytes(&bytes);
        }
    }
}
