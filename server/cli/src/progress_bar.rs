//! The bars on a terminal: downloads, checks and rewrites.

use std::ops::ControlFlow;

use fast_apply_apply::Event;
use fast_apply_engine::assets::Progress;
use indicatif::{ProgressBar, ProgressStyle};

use crate::interrupt;

/// A bar on stderr; nothing where stderr is no terminal. It is wiped when the value goes.
pub(crate) struct AssetBar {
    bar: Option<ProgressBar>,
}

impl AssetBar {
    /// A bar that appears with the first report.
    pub(crate) fn new() -> AssetBar {
        AssetBar { bar: None }
    }

    /// Shows a report, and answers whether to go on: not after Ctrl-C.
    pub(crate) fn show(&mut self, progress: Progress<'_>) -> ControlFlow<()> {
        match progress {
            Progress::Waiting => {
                self.start("waiting for another fast-apply to finish fetching", None)
            }
            Progress::Step { name, total } => self.start(name, total),
            Progress::Bytes(bytes) => {
                if let Some(bar) = &self.bar {
                    bar.set_position(bytes);
                }
            }
        }
        if interrupt::requested() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn start(&mut self, name: &str, total: Option<u64>) {
        if self.bar.as_ref().is_some_and(|bar| bar.message() == name) {
            return;
        }
        self.wipe();
        let (bar, template) = match total {
            Some(total) => (
                ProgressBar::new(total),
                "{msg} {wide_bar} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec}",
            ),
            None => (ProgressBar::new_spinner(), "{spinner} {msg}"),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(name.to_owned());
        bar.tick();
        self.bar = Some(bar);
    }

    fn wipe(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for AssetBar {
    fn drop(&mut self) {
        self.wipe();
    }
}

/// A bar on stderr while a file is rewritten, wiped when the value goes.
pub(crate) struct RewriteBar {
    bar: ProgressBar,
    original_bytes: u64,
    prompt_read: bool,
}

impl RewriteBar {
    /// A bar for a file of so many bytes.
    pub(crate) fn new(original_bytes: usize) -> RewriteBar {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {percent}%") {
            bar.set_style(style);
        }
        bar.set_message("reading the file and the edit");
        RewriteBar {
            bar,
            original_bytes: original_bytes as u64,
            prompt_read: false,
        }
    }

    /// Shows how far it is.
    pub(crate) fn show(&mut self, event: &Event<'_>) {
        match event {
            Event::Prompt { done, total } => {
                self.bar.set_length(*total as u64);
                self.bar.set_position(*done as u64);
            }
            Event::Text(text) => {
                if !self.prompt_read {
                    self.prompt_read = true;
                    self.bar.set_message("rewriting");
                    self.bar.set_length(self.original_bytes);
                    self.bar.set_position(0);
                }
                self.bar.inc(text.len() as u64);
            }
            Event::Settled(_) => {}
        }
    }
}

impl Drop for RewriteBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
