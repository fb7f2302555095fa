//! What stands in the client's messages, as the rest of the server knows it, and back.
//!
//! Documents are named by the very text of the client's URI: a URI that was parsed and written again may differ.

use std::path::PathBuf;

use fast_apply_text::{Position, PositionRange, TextChange};
use serde::Deserialize;
use serde_json::{Value, json};
use tower_lsp::lsp_types::{MessageType, Range, WorkspaceFolder};

use crate::event::{EditAnswer, Event, Gravity, Uri};
use crate::open_documents::file_path;

/// `textDocument/didOpen`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Opened {
    text_document: OpenedDocument,
}

#[derive(Deserialize)]
struct OpenedDocument {
    uri: String,
    version: Option<i32>,
    text: String,
}

/// `textDocument/didChange`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Changed {
    pub(crate) text_document: VersionedDocument,
    content_changes: Vec<Change>,
}

/// `textDocument/didClose`, and whatever else names a document.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Named {
    pub(crate) text_document: VersionedDocument,
}

#[derive(Deserialize)]
pub(crate) struct VersionedDocument {
    pub(crate) uri: String,
    pub(crate) version: Option<i32>,
}

#[derive(Deserialize)]
struct Change {
    range: Option<Range>,
    text: String,
}

impl Opened {
    pub(crate) fn into_event(self) -> Event {
        Event::Opened {
            uri: self.text_document.uri.into(),
            version: self.text_document.version.unwrap_or_default(),
            text: self.text_document.text,
        }
    }
}

impl Changed {
    /// The event, for a document of this name that has this version now.
    pub(crate) fn into_event(self, uri: Uri, version: i32) -> Event {
        let changes = self.content_changes.into_iter().map(|change| TextChange {
            range: change.range.map(range),
            text: change.text,
        });
        Event::Changed {
            uri,
            version,
            changes: changes.collect(),
        }
    }
}

pub(crate) fn range(range: Range) -> PositionRange {
    let position = |position: tower_lsp::lsp_types::Position| Position {
        line: position.line,
        character: position.character,
    };
    PositionRange {
        start: position(range.start),
        end: position(range.end),
    }
}

pub(crate) fn range_json(range: &PositionRange) -> Value {
    let position =
        |position: Position| json!({ "line": position.line, "character": position.character });
    json!({ "start": position(range.start), "end": position(range.end) })
}

/// The parameters of `workspace/applyEdit`: one version, no label, which some editors would print for each edit.
pub(crate) fn edit_json(uri: &Uri, version: i32, edits: &[(PositionRange, String)]) -> Value {
    let edits: Vec<Value> = edits
        .iter()
        .map(|(range, text)| json!({ "range": range_json(range), "newText": text }))
        .collect();
    let document = json!({ "uri": &**uri, "version": version });
    json!({ "edit": { "documentChanges": [{ "textDocument": document, "edits": edits }] } })
}

pub(crate) fn edit_answer(reply: Result<Value, String>) -> EditAnswer {
    let result = match reply {
        Ok(result) => result,
        Err(error) => return EditAnswer::Refused(error),
    };
    match result.get("applied").and_then(Value::as_bool) {
        Some(true) => EditAnswer::Applied,
        Some(false) => {
            let reason = result.get("failureReason").and_then(Value::as_str);
            EditAnswer::Refused(reason.unwrap_or_default().to_owned())
        }
        None => EditAnswer::Refused("the editor's answer says neither yes nor no".to_owned()),
    }
}

pub(crate) fn message_type(gravity: Gravity) -> MessageType {
    match gravity {
        Gravity::Error => MessageType::ERROR,
        Gravity::Warning => MessageType::WARNING,
        Gravity::Info => MessageType::INFO,
    }
}

pub(crate) fn folders(folders: &[WorkspaceFolder]) -> Vec<PathBuf> {
    let paths = folders.iter().map(|folder| file_path(folder.uri.as_str()));
    paths.flatten().collect()
}
