//! The editor at the other end: what the main loop wants it to do.

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::{Value, json};
use tempfile::TempDir;
use tower_lsp::lsp_types::MessageType;

use crate::event::{Client, Effect, Event, Gravity, Report, Uri};
use crate::inbox::Inbox;
use crate::open_documents::file_uri;
use crate::protocol::convert;
use crate::protocol::outbox::Outbox;
use crate::protocol::progress_bar::ProgressBar;
use crate::protocol::report::{Reporter, Style, gravity};
use crate::workshop::Workshop;

/// The most lines of a preview that is shown as a message.
const MESSAGE_LINES: usize = 40;

/// Speaks to the client for the main loop. Nothing here ever waits for it.
#[derive(Clone)]
pub(crate) struct Editor {
    outbox: Arc<Outbox>,
    inbox: Inbox,
    reporter: Reporter,
    client: Arc<OnceLock<Client>>,
    previews: Arc<Mutex<Option<TempDir>>>,
    download_offered: Arc<AtomicBool>,
}

impl Editor {
    pub(crate) fn new(outbox: Arc<Outbox>, inbox: Inbox) -> Self {
        Self {
            reporter: Reporter::new(Arc::clone(&outbox)),
            outbox,
            inbox,
            client: Arc::default(),
            previews: Arc::default(),
            download_offered: Arc::default(),
        }
    }

    /// The client has introduced itself.
    pub(crate) fn meet(&self, client: Client) {
        self.client.set(client).ok();
    }

    /// Does what is to be done in the editor; the rest is somebody else's.
    pub(crate) fn perform(&self, effect: Effect) {
        match effect {
            Effect::ApplyEdit {
                ticket,
                uri,
                version,
                edits,
            } => {
                let inbox = self.inbox.clone();
                let params = convert::edit_json(&uri, version, &edits);
                self.outbox
                    .request("workspace/applyEdit", params, move |reply| {
                        let answer = convert::edit_answer(reply);
                        inbox.send(Event::EditAnswered { ticket, answer });
                    });
            }
            Effect::Report(report) => self.report(report),
            Effect::Show { gravity, text } => self.show(gravity, &text),
            Effect::ShowDocument { name, text } => self.show_document(&name, text),
            Effect::Announce { uri, pending } => self.announce(&uri, pending),
            Effect::Answer { .. } | Effect::Work(_) | Effect::Warm { .. } | Effect::WakeAt(_) => {}
        }
    }

    /// Shows a sentence, and logs it.
    pub(crate) fn show(&self, gravity: Gravity, text: &str) {
        let params = json!({ "type": convert::message_type(gravity), "message": text });
        self.outbox.notify("window/showMessage", params);
        self.log(gravity, text);
    }

    /// Puts a sentence where the user finds it when looking for it.
    pub(crate) fn log(&self, gravity: Gravity, text: &str) {
        match gravity {
            Gravity::Error => tracing::error!("{text}"),
            Gravity::Warning => tracing::warn!("{text}"),
            Gravity::Info => tracing::info!("{text}"),
        }
        let params = json!({ "type": convert::message_type(gravity), "message": text });
        self.outbox.notify("window/logMessage", params);
    }

    /// Asks the user, who may choose one of these titles, or none.
    pub(crate) fn ask(
        &self,
        question: &str,
        titles: &[&'static str],
        on_choice: impl FnOnce(&str) + Send + 'static,
    ) {
        let actions: Vec<Value> = titles
            .iter()
            .map(|title| json!({ "title": title }))
            .collect();
        let params = json!({ "type": MessageType::INFO, "message": question, "actions": actions });
        self.outbox
            .request("window/showMessageRequest", params, move |reply| {
                let chosen = reply.ok();
                let title = chosen
                    .as_ref()
                    .and_then(|chosen| chosen.get("title")?.as_str());
                on_choice(title.unwrap_or_default());
            });
    }

    /// Offers, once, to fetch a model that is missing. Asked when an edit wants it: a question at every start of an
    /// editor would be in the way of those who edit without it.
    pub(crate) fn offer_download(&self, workshop: &Workshop) {
        if !workshop.is_missing() || self.download_offered.swap(true, Ordering::Relaxed) {
            return;
        }
        let question = "The model is not on this machine, so suggested edits are merged without it. Download it now? \
            (`fast-apply model pull` does the same.)";
        let (editor, workshop) = (self.clone(), workshop.clone());
        self.ask(question, &["Download", "Not now"], move |title| {
            if title == "Download" {
                editor.download(&workshop);
            }
        });
    }

    /// Removes what was written for previews.
    pub(crate) fn clean_up(&self) {
        let mut previews = self.previews.lock().unwrap_or_else(PoisonError::into_inner);
        drop(previews.take());
    }

    fn download(&self, workshop: &Workshop) {
        let bar = self
            .client()
            .is_some_and(|client| client.progress)
            .then(|| {
                let token = "fast-apply-download".to_owned();
                ProgressBar::start(
                    Arc::clone(&self.outbox),
                    token,
                    "Downloading the model".to_owned(),
                )
            });
        let shown = bar.clone();
        let mut last = None;
        let on_fetched = move |done: u64, total: Option<u64>| {
            let percent = total.filter(|&total| total > 0);
            let percent = percent.map(|total| (100 * done / total).min(100) as u8);
            if let Some(bar) = &shown
                && percent != last
            {
                last = percent;
                bar.report(percent, format!("{:.0} MB", done as f64 / 1e6));
            }
            ControlFlow::Continue(())
        };
        let editor = self.clone();
        workshop.fetch(on_fetched, move |fetched| {
            if let Some(bar) = bar {
                bar.end(None);
            }
            match fetched {
                Ok(()) => editor.show(Gravity::Info, "The model is on this machine now."),
                Err(reason) => editor.show(Gravity::Error, &reason),
            }
        });
    }

    fn report(&self, report: Report) {
        if report.phase.is_last()
            && let Some(message) = &report.message
        {
            self.log(gravity(report.phase), message);
        }
        let client = self.client();
        let style = match client {
            Some(client) if client.events => Style::Events,
            Some(client) if client.progress => Style::Progress,
            _ => Style::Messages,
        };
        self.reporter.report(report, style);
    }

    /// Tells on the document's first line that a suggestion is pending, or takes that back.
    fn announce(&self, uri: &Uri, pending: bool) {
        if self.client().is_some_and(|client| client.code_lens) {
            // The lenses themselves are asked for.
            self.outbox
                .request("workspace/codeLens/refresh", Value::Null, |_| {});
            return;
        }
        let hint = || {
            let start = json!({ "line": 0, "character": 0 });
            json!({
                "range": { "start": start, "end": start },
                "severity": 4,
                "source": "fast-apply",
                "message": "A suggested edit is pending: see the code actions.",
            })
        };
        let diagnostics: Vec<Value> = pending.then(hint).into_iter().collect();
        let params = json!({ "uri": &**uri, "diagnostics": diagnostics });
        self.outbox
            .notify("textDocument/publishDiagnostics", params);
    }

    fn show_document(&self, name: &str, text: String) {
        let shows = self.client().is_some_and(|client| client.show_document);
        let uri = match shows.then(|| self.write_preview(name, &text)) {
            Some(Ok(path)) => file_uri(&path),
            Some(Err(error)) => {
                tracing::warn!("the preview cannot be written: {error}");
                None
            }
            None => None,
        };
        let Some(uri) = uri else {
            self.show(Gravity::Info, &beginning(&text));
            return;
        };
        let editor = self.clone();
        let params = json!({ "uri": &*uri, "external": false, "takeFocus": true });
        self.outbox
            .request("window/showDocument", params, move |reply| {
                let shown = reply.ok().and_then(|it| it.get("success")?.as_bool());
                if shown != Some(true) {
                    editor.show(Gravity::Info, &beginning(&text));
                }
            });
    }

    /// Writes a file that only this user can read, and nobody is meant to change.
    fn write_preview(&self, name: &str, text: &str) -> io::Result<PathBuf> {
        let mut previews = self.previews.lock().unwrap_or_else(PoisonError::into_inner);
        let directory = match &mut *previews {
            Some(directory) => directory,
            // Private to the user from the start.
            none => none.insert(tempfile::Builder::new().prefix("fast-apply-").tempdir()?),
        };
        // A directory for each, so that no name stands in the way of another.
        let own = tempfile::Builder::new()
            .prefix("preview-")
            .tempdir_in(directory.path())?;
        let plain = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let plain = match plain {
            "" | "." | ".." => "preview",
            name => name,
        };
        let path = own.keep().join(plain);
        fs::write(&path, text)?;
        let mut permissions = fs::metadata(&path)?.permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions)?;
        Ok(path)
    }

    fn client(&self) -> Option<&Client> {
        self.client.get()
    }
}

/// As much of a text as a message can hold.
fn beginning(text: &str) -> String {
    let mut lines = text.lines();
    let mut beginning: Vec<&str> = lines.by_ref().take(MESSAGE_LINES).collect();
    let left = lines.count();
    let more = format!("({left} more lines)");
    if left > 0 {
        beginning.push(&more);
    }
    beginning.join("\n")
}
