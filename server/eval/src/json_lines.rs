//! Files with one JSON object a line, compressed where the name ends in `.zst`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why a data set cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The file cannot be opened or read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The data set.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line is not what it should be.
    #[error("{}, line {line}", path.display())]
    Line {
        /// The data set.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// The largest window of compressed files, as a power of two.
const WINDOW_LOG: u32 = 31;

pub(crate) fn read_json_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, DataError> {
    let unreadable = |source| DataError::Read {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(unreadable)?;
    let reader: Box<dyn Read> = match is_compressed(path) {
        true => {
            let mut decoder = zstd::Decoder::new(file).map_err(unreadable)?;
            decoder.window_log_max(WINDOW_LOG).map_err(unreadable)?;
            Box::new(decoder)
        }
        false => Box::new(file),
    };
    let mut values = Vec::new();
    for (index, line) in BufReader::new(reader).lines().enumerate() {
        let line = line.map_err(unreadable)?;
        if line.trim().is_empty() {
            continue;
        }
        let value = serde_json::from_str(&line).map_err(|source| DataError::Line {
            path: path.to_owned(),
            line: index + 1,
            source,
        })?;
        values.push(value);
    }
    Ok(values)
}

pub(crate) fn write_json_lines<T: Serialize>(path: &Path, values: &[T]) -> io::Result<()> {
    let file = File::create(path)?;
    if is_compressed(path) {
        let mut encoder = zstd::Encoder::new(file, 0)?;
        write_lines(&mut encoder, values)?;
        return encoder.finish()?.sync_all();
    }
    let mut writer = BufWriter::new(file);
    write_lines(&mut writer, values)?;
    writer.flush()
}

fn write_lines<T: Serialize>(writer: &mut impl Write, values: &[T]) -> io::Result<()> {
    for value in values {
        serde_json::to_writer(&mut *writer, value)?;
        writer.write_all(b"\n")?;
    }
    Ok(())
}

fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "zst")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let directory = tempfile::tempdir().expect("a directory");
        for name in ["words.jsonl", "words.jsonl.zst"] {
            let path = directory.path().join(name);
            let words = ["one\n".to_owned(), "zwölf".to_owned()];
            write_json_lines(&path, &words).expect("it is written");
            assert_eq!(read_json_lines::<String>(&path).expect("it is read"), words);
        }
    }

    #[test]
    fn a_bad_line_is_named() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("words.jsonl");
        std::fs::write(&path, "\"one\"\n\n7\n").expect("it is written");
        let error = read_json_lines::<String>(&path).expect_err("a number is no word");
        assert!(error.to_string().contains("words.jsonl, line 3"), "{error}");
    }
}
