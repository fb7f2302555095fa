//! What the client can do, and what the server offers.

use std::path::PathBuf;

use fast_apply_text::Encoding;
use serde_json::{Value, json};
use tower_lsp::lsp_types::{
    ClientCapabilities, CodeActionKind, CodeActionOptions, CodeActionProviderCapability,
    CodeLensOptions, ExecuteCommandOptions, InitializeParams, InitializeResult, OneOf,
    PositionEncodingKind, ServerCapabilities, ServerInfo, TextDocumentClientCapabilities,
    TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions,
    WorkspaceFoldersServerCapabilities, WorkspaceServerCapabilities,
};

use crate::event::Client;
use crate::open_documents::file_path;
use crate::parent;
use crate::protocol::{command, convert};
use crate::settings::Settings;

/// What a client has said about itself.
#[derive(Clone, Debug)]
pub(crate) struct Capabilities {
    /// What the main loop needs to know.
    pub(crate) client: Client,
    /// Whether code actions may be more than commands.
    pub(crate) literal_actions: bool,
    /// Whether it can be asked for its settings.
    pub(crate) configuration: bool,
    /// Whether it wants to be told that changed settings matter.
    pub(crate) registers_configuration: bool,
    /// The editor's process, if it can be seen.
    pub(crate) process: Option<u32>,
}

/// The settings that an `initialize` request brings.
pub(crate) fn options_of(params: &InitializeParams) -> Value {
    params.initialization_options.clone().unwrap_or_default()
}

impl Capabilities {
    /// Reads an `initialize` request, whose options are `settings`.
    pub(crate) fn of(params: &InitializeParams, settings: Settings) -> Self {
        let capabilities = &params.capabilities;
        let experimental = |name: &str| {
            let experimental = capabilities.experimental.as_ref();
            let value = experimental.and_then(|all| all.get("fastApply")?.get(name));
            value.and_then(Value::as_bool).unwrap_or_default()
        };
        let workspace = capabilities.workspace.as_ref();
        let document = capabilities.text_document.as_ref();
        let window = capabilities.window.as_ref();
        let shows = window.and_then(|window| window.show_document.as_ref());
        let lens_refresh = workspace.and_then(|it| it.code_lens.as_ref()?.refresh_support);
        let registration =
            workspace.and_then(|it| it.did_change_configuration?.dynamic_registration);
        let action = document.and_then(|document| document.code_action.as_ref());
        Self {
            client: Client {
                name: params
                    .client_info
                    .as_ref()
                    .map(|info| info.name.clone())
                    .unwrap_or_default(),
                encoding: encoding_for(capabilities),
                events: experimental("events"),
                grouped_undo: experimental("groupedUndo"),
                progress: window
                    .and_then(|window| window.work_done_progress)
                    .unwrap_or_default(),
                show_document: shows.is_some_and(|it| it.support),
                code_lens: document.is_some_and(|it| it.code_lens.is_some())
                    && lens_refresh.unwrap_or_default(),
                old_eglot: is_old_eglot(params),
                cannot_edit: workspace.and_then(|it| it.apply_edit) == Some(false),
                settings,
                folders: folders_of(params),
            },
            literal_actions: action.is_some_and(|it| it.code_action_literal_support.is_some()),
            configuration: workspace
                .and_then(|it| it.configuration)
                .unwrap_or_default(),
            registers_configuration: registration.unwrap_or_default(),
            // One that cannot be seen, as from inside a container, will not be missed.
            process: params
                .process_id
                .filter(|&process| parent::is_alive(process)),
        }
    }

    /// The answer to the `initialize` request.
    pub(crate) fn offer(&self) -> InitializeResult {
        let encoding = match self.client.encoding {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
            Encoding::Utf32 => PositionEncodingKind::UTF32,
        };
        let sync = TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            ..TextDocumentSyncOptions::default()
        };
        let capabilities = ServerCapabilities {
            position_encoding: Some(encoding),
            text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
            // No resolving: Helix would stop its whole interface for it.
            code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
                code_action_kinds: Some(vec![CodeActionKind::REFACTOR_REWRITE]),
                ..CodeActionOptions::default()
            })),
            code_lens_provider: Some(CodeLensOptions {
                resolve_provider: Some(false),
            }),
            execute_command_provider: Some(ExecuteCommandOptions {
                commands: command::NAMES.map(str::to_owned).to_vec(),
                ..ExecuteCommandOptions::default()
            }),
            workspace: Some(WorkspaceServerCapabilities {
                workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                    supported: Some(true),
                    change_notifications: Some(OneOf::Left(true)),
                }),
                file_operations: None,
            }),
            experimental: Some(json!({ "fastApply": { "events": true } })),
            ..ServerCapabilities::default()
        };
        InitializeResult {
            capabilities,
            server_info: Some(ServerInfo {
                name: "fast-apply".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
        }
    }
}

/// UTF-8 is what texts are kept in; UTF-16 is what every client must know.
fn encoding_for(capabilities: &ClientCapabilities) -> Encoding {
    let general = capabilities.general.as_ref();
    let offered = general.and_then(|general| general.position_encodings.as_deref());
    let offered = offered.unwrap_or_default();
    let preferred = [
        (PositionEncodingKind::UTF8, Encoding::Utf8),
        (PositionEncodingKind::UTF16, Encoding::Utf16),
        (PositionEncodingKind::UTF32, Encoding::Utf32),
    ];
    let best = preferred
        .into_iter()
        .find(|(kind, _)| offered.contains(kind));
    best.map_or(Encoding::Utf16, |(_, encoding)| encoding)
}

/// Before version 1.10 eglot is known by what it does not say: its name, and anything that is not about documents.
fn is_old_eglot(params: &InitializeParams) -> bool {
    let capabilities = &params.capabilities;
    let synchronizes = |it: &TextDocumentClientCapabilities| it.synchronization.is_some();
    params.client_info.is_none()
        && capabilities.general.is_none()
        && capabilities.window.is_none()
        && capabilities
            .text_document
            .as_ref()
            .is_some_and(synchronizes)
}

#[allow(deprecated, reason = "older clients have a root and no folders")]
fn folders_of(params: &InitializeParams) -> Vec<PathBuf> {
    match (&params.workspace_folders, &params.root_uri) {
        (Some(folders), _) => convert::folders(folders),
        (None, Some(root)) => file_path(root.as_str()).into_iter().collect(),
        (None, None) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an editor is taken for that introduces itself like this.
    fn is_taken_for_old_eglot(introduction: Value) -> bool {
        let params = serde_json::from_value(introduction).expect("it is an `initialize` request");
        let capabilities = Capabilities::of(&params, Settings::default());
        capabilities.client.old_eglot
    }

    #[test]
    fn an_old_eglot_is_known_by_what_it_does_not_say() {
        let mut introduction = json!({
            "processId": null,
            "rootUri": "file:///project",
            "capabilities": {
                "workspace": { "applyEdit": true, "executeCommand": { "dynamicRegistration": false } },
                "textDocument": { "synchronization": { "didSave": true } },
                "experimental": {},
            },
        });
        assert!(is_taken_for_old_eglot(introduction.clone()));
        introduction["clientInfo"] = json!({ "name": "Eglot" });
        assert!(!is_taken_for_old_eglot(introduction));
        assert!(!is_taken_for_old_eglot(json!({ "capabilities": {} })));
    }
}
