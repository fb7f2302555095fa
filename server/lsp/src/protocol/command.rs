//! Commands as the client writes them: a name, and one object with whatever they need.

use serde::Deserialize;
use serde_json::Value;
use tower_lsp::lsp_types::{ExecuteCommandParams, Range};

use crate::event::{Command, NewSuggestion, Suggested, Uri};
use crate::protocol::convert;

/// Every command, as the client is told.
pub(crate) const NAMES: [&str; 9] = [
    "fastApply.suggest",
    APPLY,
    APPLY_FROM_CLIPBOARD,
    PREVIEW,
    CANCEL,
    "fastApply.keep",
    UNDO,
    "fastApply.dismiss",
    "fastApply.status",
];

pub(crate) const APPLY: &str = "fastApply.apply";
pub(crate) const APPLY_FROM_CLIPBOARD: &str = "fastApply.applyFromClipboard";
pub(crate) const PREVIEW: &str = "fastApply.preview";
pub(crate) const CANCEL: &str = "fastApply.cancel";
pub(crate) const UNDO: &str = "fastApply.undo";

/// What a client asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A command of the main loop.
    Command(Command),
    /// Apply what the clipboard holds.
    FromClipboard {
        /// The document.
        uri: Uri,
        /// Its version when the action was offered.
        version: Option<i32>,
    },
}

/// Everything that any command takes.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Arguments {
    uri: Option<String>,
    version: Option<i32>,
    text: Option<String>,
    instruction: Option<String>,
    conversation: Option<String>,
    suggestion: Option<SuggestionArgument>,
    range: Option<Range>,
}

#[derive(Deserialize)]
struct SuggestionArgument {
    text: String,
    instruction: Option<String>,
}

/// Reads a command.
///
/// # Errors
/// One sentence that says what is wrong with it.
pub(crate) fn read(params: ExecuteCommandParams) -> Result<Asked, String> {
    let name = params.command.as_str();
    let object = params.arguments.into_iter().next();
    let object = object.filter(|object| !object.is_null());
    let arguments = match object {
        None => Arguments::default(),
        Some(Value::Object(object)) => Arguments::deserialize(Value::Object(object))
            .map_err(|error| format!("{name} cannot read its argument: {error}"))?,
        Some(_) => return Err(format!("{name} takes one object as its argument")),
    };
    let uri = || -> Result<Uri, String> {
        let uri = arguments.uri.as_deref().map(Uri::from);
        uri.ok_or_else(|| format!("{name} needs the document: {{\"uri\": \"file:///...\"}}"))
    };
    let command = match name {
        "fastApply.suggest" => Command::Suggest(NewSuggestion {
            uri: uri()?,
            suggestion: Suggested {
                text: arguments
                    .text
                    .clone()
                    .filter(|text| !text.trim().is_empty())
                    .ok_or_else(|| format!("{name} needs the suggestion: {{\"text\": \"...\"}}"))?,
                instruction: arguments.instruction.clone(),
            },
            conversation: arguments.conversation.clone(),
        }),
        APPLY => Command::Apply {
            uri: uri()?,
            version: arguments.version,
            suggestion: arguments.suggestion.map(|suggestion| Suggested {
                text: suggestion.text,
                instruction: suggestion.instruction,
            }),
            range: arguments.range.map(convert::range),
        },
        APPLY_FROM_CLIPBOARD => {
            return Ok(Asked::FromClipboard {
                uri: uri()?,
                version: arguments.version,
            });
        }
        PREVIEW => Command::Preview { uri: uri()? },
        CANCEL => Command::Cancel { uri: uri()? },
        "fastApply.keep" => Command::Keep { uri: uri()? },
        UNDO => Command::Undo { uri: uri()? },
        "fastApply.dismiss" => Command::Dismiss { uri: uri()? },
        "fastApply.status" => Command::Status,
        _ => return Err(format!("there is no command {name}")),
    };
    Ok(Asked::Command(command))
}

impl Command {
    /// The document it is for.
    pub(crate) fn uri_mut(&mut self) -> Option<&mut Uri> {
        match self {
            Command::Suggest(NewSuggestion { uri, .. })
            | Command::Apply { uri, .. }
            | Command::Preview { uri }
            | Command::Cancel { uri }
            | Command::Keep { uri }
            | Command::Undo { uri }
            | Command::Dismiss { uri } => Some(uri),
            Command::Status => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_json(command: &str, arguments: Value) -> Result<Asked, String> {
        let params = json!({ "command": command, "arguments": arguments });
        read(serde_json::from_value(params).expect("these are parameters"))
    }

    #[test]
    fn unknown_keys_are_ignored_and_wrong_ones_named() {
        let uri: Uri = "file:///a.rs".into();
        assert_eq!(
            read_json(
                "fastApply.cancel",
                json!([{ "uri": "file:///a.rs", "colour": 1 }])
            ),
            Ok(Asked::Command(Command::Cancel { uri })),
        );
        assert_eq!(
            read_json("fastApply.status", json!([])),
            Ok(Asked::Command(Command::Status)),
        );
        let refusals = [
            ("fastApply.cancel", json!([]), "needs the document"),
            (
                "fastApply.cancel",
                json!(["file:///a.rs"]),
                "takes one object",
            ),
            ("fastApply.apply", json!([{ "uri": 7 }]), "invalid type"),
            (
                "fastApply.suggest",
                json!([{ "uri": "file:///a.rs" }]),
                "needs the suggestion",
            ),
            ("fastApply.fly", json!([]), "no command"),
        ];
        for (name, arguments, reason) in refusals {
            let refusal = read_json(name, arguments).expect_err("this is refused");
            assert!(
                refusal.contains(name) && refusal.contains(reason),
                "{refusal}"
            );
        }
    }

    #[test]
    fn every_name_can_be_read() {
        for name in NAMES {
            let arguments = json!([{ "uri": "file:///a.rs", "text": "x" }]);
            assert!(read_json(name, arguments).is_ok(), "{name}");
        }
    }
}
