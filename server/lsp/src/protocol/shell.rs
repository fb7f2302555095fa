//! What the handlers share: everything between the wire and the main loop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tower_lsp::lsp_types::{
    CodeActionParams, CodeActionResponse, CodeLens, CodeLensParams,
    DidChangeWorkspaceFoldersParams, ExecuteCommandParams, InitializeParams, InitializeResult,
    NumberOrString, WorkDoneProgressCancelParams,
};

use crate::clipboard::ReadClipboard;
use crate::event::{Command, Event, Gravity, Suggested, Uri};
use crate::inbox::{Answer, Inbox};
use crate::logging::SetLevel;
use crate::open_documents::{OpenDocuments, file_path};
use crate::protocol::action::{self, Place};
use crate::protocol::capabilities::{self, Capabilities};
use crate::protocol::command::{self, Asked};
use crate::protocol::complaints::Complaints;
use crate::protocol::configuration::{Configuration, Read};
use crate::protocol::convert;
use crate::protocol::editor::Editor;
use crate::protocol::outbox::Outbox;
use crate::protocol::report::session_of;
use crate::snapshot::Snapshots;
use crate::workshop::Workshop;
use crate::workspace::Workspace;

/// How long a client may take to tell its settings before the model is loaded without them.
const CONFIGURATION_PATIENCE: Duration = Duration::from_secs(2);

/// One client's connection.
pub(crate) struct Shell {
    pub(crate) inbox: Inbox,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) editor: Editor,
    pub(crate) workshop: Workshop,
    pub(crate) documents: Arc<OpenDocuments>,
    pub(crate) workspace: Arc<Workspace>,
    pub(crate) snapshots: Arc<Snapshots>,
    pub(crate) configuration: Configuration,
    pub(crate) clipboard: ReadClipboard,
    set_log_level: SetLevel,
    capabilities: OnceLock<Capabilities>,
    is_clipboard_offered: AtomicBool,
    complaints: Complaints,
}

/// What a connection is made of.
pub(crate) struct Parts {
    pub(crate) inbox: Inbox,
    pub(crate) workshop: Workshop,
    pub(crate) documents: Arc<OpenDocuments>,
    pub(crate) workspace: Arc<Workspace>,
    pub(crate) snapshots: Arc<Snapshots>,
    pub(crate) configuration: Configuration,
    pub(crate) clipboard: ReadClipboard,
    pub(crate) set_log_level: SetLevel,
    /// What was wrong before the client came.
    pub(crate) complaints: Vec<String>,
}

impl Shell {
    pub(crate) fn new(parts: Parts) -> Self {
        let outbox = Arc::new(Outbox::default());
        Self {
            editor: Editor::new(Arc::clone(&outbox), parts.inbox.clone()),
            outbox,
            inbox: parts.inbox,
            workshop: parts.workshop,
            documents: parts.documents,
            workspace: parts.workspace,
            snapshots: parts.snapshots,
            configuration: parts.configuration,
            clipboard: parts.clipboard,
            set_log_level: parts.set_log_level,
            capabilities: OnceLock::new(),
            is_clipboard_offered: AtomicBool::new(true),
            complaints: Complaints::new(parts.complaints),
        }
    }

    /// The client introduces itself. What it says a second time is not heard.
    pub(crate) fn initialize(&self, params: &InitializeParams) -> InitializeResult {
        let capabilities = self.capabilities.get_or_init(|| {
            let options = capabilities::options_of(params);
            let (settings, complaints) = self.configuration.take_options(options);
            self.complaints.add(complaints);
            self.is_clipboard_offered
                .store(settings.clipboard, Ordering::Relaxed);
            (self.set_log_level)(&settings.log_level);
            let capabilities = Capabilities::of(params, settings);
            self.workspace.set(capabilities.client.folders.clone());
            self.editor.meet(capabilities.client.clone());
            self.inbox
                .send(Event::Initialized(capabilities.client.clone()));
            capabilities
        });
        capabilities.offer()
    }

    /// The editor's process, once it is known.
    pub(crate) fn process(&self) -> Option<u32> {
        self.capabilities.get()?.process
    }

    /// From now on the client can be spoken to.
    pub(crate) fn initialized(self: &Arc<Self>) {
        self.outbox.open();
        self.tell_complaints();
        let Some(capabilities) = self.capabilities.get() else {
            return;
        };
        if capabilities.registers_configuration {
            let options = json!({ "section": "fastApply" });
            let registration = json!({
                "id": "fast-apply-configuration",
                "method": "workspace/didChangeConfiguration",
                "registerOptions": options,
            });
            let params = json!({ "registrations": [registration] });
            self.outbox
                .request("client/registerCapability", params, |_| {});
        }
        if !capabilities.configuration {
            self.workshop
                .configure(self.configuration.user(), &self.configuration.settings());
            return;
        }
        self.ask_for_configuration();
        let shell = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(CONFIGURATION_PATIENCE).await;
            // Nothing happens if the same settings are in force already.
            shell
                .workshop
                .configure(shell.configuration.user(), &shell.configuration.settings());
        });
    }

    /// A message of the client that has no answer. Ones that cannot be read are logged.
    pub(crate) fn notified(self: &Arc<Self>, method: &str, params: Value) {
        let read = match method {
            "initialized" => {
                self.initialized();
                Ok(())
            }
            "textDocument/didOpen" => read(params).map(|opened: convert::Opened| {
                let event = opened.into_event();
                if let Event::Opened { uri, version, .. } = &event {
                    self.documents.set(uri, *version);
                }
                self.inbox.send(event);
            }),
            "textDocument/didChange" => self.changed(params),
            "textDocument/didClose" => read(params).map(|closed: convert::Named| {
                self.closed(&closed.text_document.uri);
            }),
            "workspace/didChangeConfiguration" => {
                match self.capabilities.get().is_some_and(|it| it.configuration) {
                    true => self.ask_for_configuration(),
                    false => {
                        let settings = params.get("settings").cloned().unwrap_or_default();
                        self.configured(self.configuration.take_pushed(settings));
                    }
                }
                Ok(())
            }
            "workspace/didChangeWorkspaceFolders" => {
                read(params).map(|changed: DidChangeWorkspaceFoldersParams| {
                    let removed = convert::folders(&changed.event.removed);
                    let mut folders = self.workspace.folders();
                    folders.retain(|folder| !removed.contains(folder));
                    folders.extend(convert::folders(&changed.event.added));
                    self.workspace.set(folders.clone());
                    self.inbox.send(Event::Folders(folders));
                })
            }
            "window/workDoneProgress/cancel" => {
                read(params).map(|cancelled: WorkDoneProgressCancelParams| {
                    if let NumberOrString::String(token) = &cancelled.token
                        && let Some(session) = session_of(token)
                    {
                        self.inbox.send(Event::ProgressCancelled { session });
                    }
                })
            }
            _ => Ok(()),
        };
        if let Err(error) = read {
            tracing::error!("{method} cannot be read: {error}");
        }
    }

    /// A command. It is on its way, in wire order, when this returns; the answer is handed on before anything that the
    /// command causes.
    pub(crate) fn execute(
        self: &Arc<Self>,
        params: ExecuteCommandParams,
        on_answer: impl FnOnce(Answer) + Send + 'static,
    ) {
        let asked = command::read(params).map(|asked| self.with_exact_name(asked));
        match asked {
            Err(reason) => on_answer(Err(reason)),
            Ok(Asked::FromClipboard { uri, version }) => {
                // Before the clipboard is read: its owner may be the very editor that waits for the answer.
                on_answer(Ok(Value::Null));
                let shell = Arc::clone(self);
                tokio::spawn(async move { shell.apply_from_clipboard(uri, version).await });
            }
            Ok(Asked::Command(mut command)) => {
                let uri = command.uri_mut().cloned();
                match uri.filter(|uri| self.documents.get(uri).is_none()) {
                    None => self.inbox.command_then(command, on_answer),
                    Some(uri) => {
                        let shell = Arc::clone(self);
                        tokio::spawn(async move {
                            match shell.check_unopened(&uri).await {
                                Ok(()) => shell.inbox.command_then(command, on_answer),
                                Err(reason) => on_answer(Err(reason)),
                            }
                        });
                    }
                }
            }
        }
    }

    /// The code actions for a place, from what is known already.
    pub(crate) fn actions(&self, params: &CodeActionParams) -> Option<CodeActionResponse> {
        let (uri, version) = self.documents.get(params.text_document.uri.as_str())?;
        if !action::is_wanted(params.context.only.as_deref()) {
            return None;
        }
        let place = Place {
            uri: &uri,
            version,
            selection: convert::range(params.range),
        };
        let snapshot = self.snapshots.get(&uri).map(|snapshot| snapshot.clone());
        let clipboard = self.is_clipboard_offered.load(Ordering::Relaxed);
        let literal = self.capabilities.get().is_some_and(|it| it.literal_actions);
        let offers = action::offers(&place, snapshot.as_ref(), clipboard);
        let actions = offers
            .into_iter()
            .map(|offer| action::action(offer, literal));
        Some(actions.collect())
    }

    /// The code lenses of a document, from what is known already.
    pub(crate) fn lenses(&self, params: &CodeLensParams) -> Option<Vec<CodeLens>> {
        let (uri, _) = self.documents.get(params.text_document.uri.as_str())?;
        let snapshot = self.snapshots.get(&uri);
        let lens = snapshot.and_then(|snapshot| action::lens(&uri, &snapshot));
        Some(lens.into_iter().collect())
    }

    /// Whether a file that is not open may be touched; asks the file system elsewhere.
    pub(crate) async fn check_unopened(&self, uri: &Uri) -> Result<(), String> {
        let Some(path) = file_path(uri) else {
            return Err(format!("{uri} is not open in the editor"));
        };
        let workspace = Arc::clone(&self.workspace);
        let checked = tokio::task::spawn_blocking(move || workspace.folder_of(&path)).await;
        checked.map_err(|error| error.to_string())?.map(drop)
    }

    fn changed(&self, params: Value) -> Result<(), serde_json::Error> {
        let name: Option<convert::Named> = convert::Named::deserialize(&params).ok();
        let changed: convert::Changed = match read(params) {
            Ok(changed) => changed,
            Err(error) => {
                // What the document holds is not known any more, until it is opened again.
                if let Some(named) = name {
                    self.closed(&named.text_document.uri);
                }
                return Err(error);
            }
        };
        let document = &changed.text_document;
        let (uri, known) = match self.documents.get(&document.uri) {
            Some(known) => known,
            None => {
                tracing::warn!("{} was changed but is not open", document.uri);
                return Ok(());
            }
        };
        let version = document.version.unwrap_or(known);
        self.documents.set(&uri, version);
        self.inbox.send(changed.into_event(uri, version));
        Ok(())
    }

    fn closed(&self, uri: &str) {
        if let Some((uri, _)) = self.documents.get(uri) {
            self.documents.remove(&uri);
            self.inbox.send(Event::Closed { uri });
        }
    }

    /// Names the document as the client did when it opened it.
    fn with_exact_name(&self, mut asked: Asked) -> Asked {
        let uri = match &mut asked {
            Asked::Command(command) => command.uri_mut(),
            Asked::FromClipboard { uri, .. } => Some(uri),
        };
        if let Some(uri) = uri
            && let Some((exact, _)) = self.documents.get(uri)
        {
            *uri = exact;
        }
        asked
    }

    async fn apply_from_clipboard(&self, uri: Uri, version: Option<i32>) {
        let clipboard = Arc::clone(&self.clipboard);
        let read = tokio::task::spawn_blocking(move || clipboard()).await;
        let text = match read {
            Ok(Ok(text)) => text,
            Ok(Err(reason)) => return self.editor.show(Gravity::Error, &reason),
            Err(error) => return self.editor.show(Gravity::Error, &error.to_string()),
        };
        let suggestion = Some(Suggested {
            text,
            instruction: None,
        });
        let answer = self.inbox.command(Command::Apply {
            uri,
            version,
            suggestion,
            range: None,
        });
        if let Ok(Err(reason)) = answer.await {
            self.editor.show(Gravity::Error, &reason);
        }
    }

    fn ask_for_configuration(self: &Arc<Self>) {
        let shell = Arc::clone(self);
        let params = json!({ "items": [{ "section": "fastApply" }] });
        self.outbox.request(
            "workspace/configuration",
            params,
            move |reply| match reply {
                Ok(mut sections) => {
                    let section = sections.get_mut(0).map(Value::take).unwrap_or_default();
                    shell.configured(shell.configuration.take_section(section));
                }
                Err(error) => tracing::warn!("the editor does not tell its settings: {error}"),
            },
        );
    }

    fn configured(&self, (settings, complaints): Read) {
        self.complaints.add(complaints);
        self.tell_complaints();
        self.is_clipboard_offered
            .store(settings.clipboard, Ordering::Relaxed);
        self.workshop
            .configure(self.configuration.user(), &settings);
        self.inbox.send(Event::Configured(settings));
    }

    fn tell_complaints(&self) {
        if let Some(text) = self.complaints.take() {
            self.editor.show(Gravity::Warning, &text);
        }
    }
}

fn read<T: for<'de> Deserialize<'de>>(params: Value) -> Result<T, serde_json::Error> {
    T::deserialize(params)
}
