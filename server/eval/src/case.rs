use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use fast_apply_engine::Error as EngineError;
use fast_apply_engine::assets::PromptTemplate;
use fast_apply_engine::draft::Sources;
use fast_apply_engine::prompt::PromptTexts;
use fast_apply_engine::tokenizer::Tokenizer;
use fast_apply_suggest::{Context, Language, Suggestion, merge};
use serde::Deserialize;

/// One edit whose true result is known.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    /// Names the case.
    pub id: String,
    /// The path of the file in its repository.
    pub path: String,
    /// The language of the file.
    pub language: String,
    /// What the user asked for.
    pub instruction: String,
    /// What the chat model answered.
    pub reply: String,
    /// The file before the edit.
    pub before: String,
    /// The file behind the edit.
    pub after: String,
}

/// Why a data set cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The file cannot be opened or read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The data set.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line is no case.
    #[error("{}, line {line}: {source}", path.display())]
    Line {
        /// The data set.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// Reads a data set: one JSON object a line, compressed where the name ends in `.zst`.
pub fn read_cases(path: &Path) -> Result<Vec<Case>, DataError> {
    let unreadable = |source| DataError::Read {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(unreadable)?;
    let reader: Box<dyn Read> = if path.extension().is_some_and(|extension| extension == "zst") {
        let mut decoder = zstd::Decoder::new(file).map_err(unreadable)?;
        decoder.window_log_max(31).map_err(unreadable)?;
        Box::new(decoder)
    } else {
        Box::new(file)
    };
    let mut cases = Vec::new();
    for (index, line) in BufReader::new(reader).lines().enumerate() {
        let line = line.map_err(unreadable)?;
        if line.trim().is_empty() {
            continue;
        }
        let case = serde_json::from_str(&line).map_err(|source| DataError::Line {
            path: path.to_owned(),
            line: index + 1,
            source,
        })?;
        cases.push(case);
    }
    Ok(cases)
}

impl Case {
    /// The part of the reply that is for the file.
    pub fn suggestion(&self) -> Suggestion {
        fast_apply_suggest::parse(&self.reply)
            .for_file(&self.path, &self.before)
            .suggestion
    }

    /// What a merge makes of it, if it makes anything.
    pub fn merged(&self) -> Option<String> {
        let context = Context {
            language: Language::from_path(&self.path),
            instruction: &self.instruction,
        };
        Some(merge(&self.before, &self.suggestion(), &context).ok()?.text)
    }

    /// The token sequences of the case, the true result among them.
    pub fn sources(
        &self,
        tokenizer: &Tokenizer,
        template: &PromptTemplate,
    ) -> Result<Sources, EngineError> {
        let suggestion = self.suggestion();
        let encode = |text: String| tokenizer.encode(&text);
        let prompt = template.encode(
            tokenizer,
            PromptTexts {
                original: &self.before,
                sketch: &suggestion.text(),
                instruction: Some(suggestion.instruction.as_str()).filter(|text| !text.is_empty()),
                conversation: None,
            },
        )?;
        Ok(Sources {
            original: prompt.original,
            sketch: prompt.sketch,
            merge: self.merged().map(encode).transpose()?,
            prompt: prompt.tokens,
            line_ends: tokenizer.line_ends(),
            truth: Some(tokenizer.encode(&self.after)?),
        })
    }
}
