//! The language server with a replayed model: for tests in real editors that have to hit the middle of a run.
//!
//! `FAST_APPLY_REPLAY` names the file with the text to write, whatever is asked; `FAST_APPLY_REPLAY_CHARS` characters
//! of it (8 by default) are written every `FAST_APPLY_REPLAY_MILLIS` (10 by default), the second half not before there is
//! a file `FAST_APPLY_REPLAY_HALFWAY`, if that is given. Arguments are passed over.
//! An example of this crate, so that the feature `replay` never gets into the program.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use fast_apply_apply::{Applier, Replay};
use fast_apply_lsp::model_source::{MissingFlag, ModelSource, OnFetched};
use fast_apply_lsp::user_config::ModelChoice;
use fast_apply_lsp::{ServeOptions, serve, socket, standard_streams};

/// Writes one text for everything.
struct Recorded(Replay);

impl ModelSource for Recorded {
    fn applier(&self, _: &ModelChoice, _: MissingFlag) -> Applier {
        Applier::with_replay(self.0.clone())
    }

    fn fetch(&self, _: &ModelChoice, _: OnFetched<'_>) -> Result<(), String> {
        Err("a replayed model is never fetched".to_owned())
    }
}

fn main() -> anyhow::Result<()> {
    let path = std::env::var_os("FAST_APPLY_REPLAY").context("FAST_APPLY_REPLAY is not set")?;
    let path = PathBuf::from(path);
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    let replay = Replay {
        text,
        step_chars: number("FAST_APPLY_REPLAY_CHARS", 8)?,
        step: Duration::from_millis(number("FAST_APPLY_REPLAY_MILLIS", 10)?),
        halfway: std::env::var_os("FAST_APPLY_REPLAY_HALFWAY").map(PathBuf::from),
    };
    let runtime = tokio::runtime::Runtime::new()?;
    let end = runtime.block_on(async {
        let options = ServeOptions {
            models: Arc::new(Recorded(replay)),
            sockets: socket::directory(),
            ..ServeOptions::default()
        };
        serve(
            standard_streams::input(),
            standard_streams::output(),
            options,
        )
        .await
    });
    // A thread that waits for input cannot be ended otherwise.
    std::process::exit(end.exit_code())
}

fn number<N>(name: &str, default: N) -> anyhow::Result<N>
where
    N: FromStr,
    N::Err: std::error::Error + Send + Sync + 'static,
{
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .with_context(|| format!("{name} is '{text}', which is no number")),
        Err(_) => Ok(default),
    }
}
