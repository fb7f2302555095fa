use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::contender::{Contender, ContenderError, Pass};

const SCRIPT: &str = include_str!("llama_cpp.py");

/// Tokens that the script feeds at most in one call.
const CHUNK: usize = 512;

/// The threads of its last pass wait busily for a little while: nobody else is timed before.
const SETTLING: Duration = Duration::from_millis(20);

/// How llama.cpp is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LlamaCppMode {
    /// As it comes.
    Default,
    /// Flash attention off and the cache in bf16: its fastest on processors with AVX-512.
    Best,
}

impl LlamaCppMode {
    /// `default` or `best`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Best => "best",
        }
    }
}

/// llama.cpp in a process of its own, through the Python package `llama-cpp-python`.
pub struct LlamaCpp {
    mode: LlamaCppMode,
    version: String,
    context_length: usize,
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

#[derive(Deserialize)]
struct Answer {
    seconds: Option<f64>,
    #[serde(default)]
    choices: Vec<u32>,
    version: Option<String>,
    error: Option<String>,
}

impl LlamaCpp {
    /// Starts `python`, which must have the package, and loads a GGUF file.
    pub fn start(
        python: &Path,
        model: &Path,
        mode: LlamaCppMode,
        threads: usize,
        context_length: usize,
    ) -> Result<Self, ContenderError> {
        let mut process = Command::new(python)
            .args(["-c", SCRIPT])
            .arg(model)
            .arg(mode.name())
            .args([threads.to_string(), context_length.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let missing = || ContenderError::Answer("the process has no pipes".into());
        let requests = process.stdin.take().ok_or_else(missing)?;
        let answers = BufReader::new(process.stdout.take().ok_or_else(missing)?);
        let mut started = Self {
            mode,
            version: String::new(),
            context_length,
            process,
            requests,
            answers,
        };
        let hello = started.answer()?;
        started.version = hello.version.unwrap_or_default();
        Ok(started)
    }

    /// The version of the package.
    pub fn version(&self) -> &str {
        &self.version
    }

    fn answer(&mut self) -> Result<Answer, ContenderError> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            let reason = "it ended; is llama-cpp-python installed for this Python?";
            return Err(ContenderError::Answer(reason.into()));
        }
        let answer: Answer = serde_json::from_str(&line)
            .map_err(|error| ContenderError::Answer(format!("{error} in {line}")))?;
        match answer.error {
            Some(error) => Err(ContenderError::Answer(error)),
            None => Ok(answer),
        }
    }

    fn ask(&mut self, request: &Value) -> Result<Answer, ContenderError> {
        writeln!(self.requests, "{request}")?;
        self.requests.flush()?;
        self.answer()
    }

    fn feed(&mut self, tokens: &[u32], logits: bool) -> Result<Pass, ContenderError> {
        let answer = self.ask(&json!({"feed": tokens, "logits": logits}))?;
        thread::sleep(SETTLING);
        Ok(Pass {
            time: Duration::from_secs_f64(answer.seconds.unwrap_or_default()),
            choices: answer.choices,
        })
    }
}

impl Contender for LlamaCpp {
    fn name(&self) -> String {
        format!("llama.cpp {}", self.mode.name())
    }

    fn context_length(&self) -> usize {
        self.context_length
    }

    fn truncate(&mut self, position: usize) -> Result<(), ContenderError> {
        self.ask(&json!({"truncate": position}))?;
        Ok(())
    }

    fn advance(&mut self, tokens: &[u32]) -> Result<Duration, ContenderError> {
        let mut time = Duration::ZERO;
        for chunk in tokens.chunks(CHUNK) {
            time += self.feed(chunk, false)?.time;
        }
        Ok(time)
    }

    fn verify(&mut self, tokens: &[u32]) -> Result<Pass, ContenderError> {
        self.feed(tokens, true)
    }
}

impl Drop for LlamaCpp {
    fn drop(&mut self) {
        // It has nothing to lose, and may be in the middle of a pass.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
