//! A document in the editor, and the edits the server makes to it.

use std::time::{Duration, Instant};

use fast_apply_text::{Document, Encoding, Position, PositionRange, TextChange};
use serde_json::{Value, json};

use crate::editor::Editor;

/// An open document that does what the server asks, and tells so, as editors do.
pub(crate) struct OpenDocument {
    uri: String,
    document: Document,
}

/// What became of one application.
pub(crate) struct Applied {
    /// From the command to the first edit.
    pub(crate) first_edit: Option<Duration>,
    /// From the command to the last event.
    pub(crate) total: Duration,
    /// How many edits came.
    pub(crate) edits: usize,
    /// The last event.
    pub(crate) event: Value,
}

impl OpenDocument {
    pub(crate) fn open(editor: &mut Editor, uri: &str, text: &str) -> Self {
        let document = json!({ "uri": uri, "languageId": "rust", "version": 1, "text": text });
        editor.notify("textDocument/didOpen", json!({ "textDocument": document }));
        Self {
            uri: uri.to_owned(),
            document: Document::new(text, 1),
        }
    }

    pub(crate) fn text(&self) -> String {
        self.document.text().to_string()
    }

    /// Asks for an edit, and waits for its end.
    pub(crate) fn apply(&mut self, editor: &mut Editor, reply: &str) -> Applied {
        let start = Instant::now();
        let arguments = json!([{ "uri": self.uri, "suggestion": { "text": reply } }]);
        self.follow(editor, "fastApply.apply", arguments, start)
    }

    /// Takes the last edit back.
    pub(crate) fn undo(&mut self, editor: &mut Editor) -> Applied {
        let start = Instant::now();
        let arguments = json!([{ "uri": self.uri }]);
        self.follow(editor, "fastApply.undo", arguments, start)
    }

    fn follow(
        &mut self,
        editor: &mut Editor,
        command: &str,
        arguments: Value,
        start: Instant,
    ) -> Applied {
        let params = json!({ "command": command, "arguments": arguments });
        let answer = editor.begin("workspace/executeCommand", params);
        let (mut first_edit, mut edits) = (None, 0);
        loop {
            let message = editor.wait_for(|_| true);
            assert!(
                message["id"] != answer || message.get("error").is_none(),
                "{message}"
            );
            match message["method"].as_str() {
                Some("workspace/applyEdit") => {
                    first_edit.get_or_insert_with(|| start.elapsed());
                    edits += 1;
                    self.take(editor, &message);
                }
                Some("fastApply/event") => {
                    let phase = message["params"]["phase"].as_str().unwrap_or_default();
                    if !matches!(phase, "started" | "hunk") {
                        return Applied {
                            first_edit,
                            total: start.elapsed(),
                            edits,
                            event: message["params"].clone(),
                        };
                    }
                }
                _ => {}
            }
        }
    }

    fn take(&mut self, editor: &mut Editor, request: &Value) {
        let change = &request["params"]["edit"]["documentChanges"][0];
        assert_eq!(
            change["textDocument"]["version"],
            self.document.version(),
            "edits are for the version the editor has"
        );
        let mut changes = Vec::new();
        for edit in change["edits"].as_array().into_iter().flatten().rev() {
            let text = edit["newText"].as_str().unwrap_or_default().to_owned();
            let range = PositionRange {
                start: position(&edit["range"]["start"]),
                end: position(&edit["range"]["end"]),
            };
            let told = TextChange {
                range: Some(range),
                text,
            };
            self.document.apply(&told, Encoding::Utf16);
            changes.push(json!({ "range": edit["range"], "text": told.text }));
        }
        let version = self.document.version() + 1;
        self.document.set_version(version);
        let document = json!({ "uri": self.uri, "version": version });
        let changed = json!({ "textDocument": document, "contentChanges": changes });
        editor.notify("textDocument/didChange", changed);
        let result = json!({ "applied": true });
        editor.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }));
    }
}

fn position(value: &Value) -> Position {
    let number = |key: &str| value[key].as_u64().unwrap_or_default() as u32;
    Position {
        line: number("line"),
        character: number("character"),
    }
}
