//! What the client can ask for.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use fast_apply_suggest::parse;
use fast_apply_text::{PositionRange, SourceText};
use serde_json::{Value, json};

use crate::event::{
    Command, Effect, Job, Millis, ModelPhase, NewSuggestion, RequestId, SessionId, Suggested, Uri,
};
use crate::main_loop::preview::Preview;
use crate::main_loop::{Application, MainLoop, Open, Pending, without};
use crate::path::path_of;
use crate::session::Session;

/// How long an edit keeps away from an answer, for a client that needs that.
const PAUSE: Millis = 200;

impl MainLoop {
    /// Does what the client asks for, and answers.
    pub(super) fn command(&mut self, request: RequestId, command: Command) {
        if self.client.old_eglot {
            self.quiet_until = self.now + PAUSE;
        }
        let answer = match command {
            Command::Suggest(suggestion) => self.suggest(suggestion),
            Command::Apply {
                uri,
                version,
                suggestion,
                range,
            } => self.apply(&uri, version, suggestion, range),
            Command::Preview { uri } => self.preview(&uri),
            Command::Cancel { uri } => {
                self.cancel(&uri);
                Ok(Value::Null)
            }
            Command::Keep { uri } => self.keep(&uri),
            Command::Undo { uri } => self.undo(&uri),
            Command::Dismiss { uri } => {
                self.forget_pending(&uri);
                self.publish(&uri);
                Ok(Value::Null)
            }
            Command::Status => Ok(self.status()),
        };
        // Before anything the command has caused.
        self.effects.insert(0, Effect::Answer { request, answer });
    }

    fn suggest(&mut self, new: NewSuggestion) -> Result<Value, String> {
        let NewSuggestion {
            uri,
            suggestion,
            conversation,
        } = new;
        let original = self
            .documents
            .get(&uri)
            .map(|open| open.document.text().to_string());
        let original = SourceText::from_text(original.unwrap_or_default());
        check_reply(&uri, &suggestion, original.model_text())?;
        let id = self.number();
        let pending = Pending {
            id,
            suggested: suggestion,
            conversation,
        };
        self.pending.insert(uri.clone(), pending);
        self.announce(&uri);
        self.publish(&uri);
        if self.documents.contains_key(&uri) {
            self.effects.push(Effect::Warm {
                text: original.model_text().to_owned(),
            });
        }
        Ok(json!({"id": id, "uri": &*uri, "targets": [&*uri]}))
    }

    fn apply(
        &mut self,
        uri: &Uri,
        version: Option<i32>,
        suggestion: Option<Suggested>,
        range: Option<PositionRange>,
    ) -> Result<Value, String> {
        let name = path_of(uri);
        let Some(open) = self.documents.get(uri) else {
            return Err(format!(
                "{name} is not open in the editor: open it and apply again."
            ));
        };
        if self.client.cannot_edit {
            return Err("This editor does not let a server edit (workspace/applyEdit).".to_owned());
        }
        if version.is_some_and(|version| version != open.document.version()) {
            return Err(format!(
                "{name} has changed since the action was offered: choose it again."
            ));
        }
        let text = open.document.text().to_string();
        let selection = match (&suggestion, range) {
            (None, Some(range)) => Some(self.whole_lines(open, range)),
            _ => None,
        };
        let (suggested, conversation) = match (suggestion, &selection) {
            (Some(suggested), _) => (suggested, None),
            (None, Some(lines)) => {
                let suggested = Suggested {
                    text: text[lines.clone()].to_owned(),
                    instruction: None,
                };
                (suggested, None)
            }
            (None, None) => match self.pending.get(uri) {
                Some(pending) => (pending.suggested.clone(), pending.conversation.clone()),
                None => return Err(format!("No suggestion is pending for {name}.")),
            },
        };
        let rest = without(&text, selection.as_ref());
        let rest = SourceText::from_text(rest);
        check_text(&name, &rest)?;
        check_reply(uri, &suggested, rest.model_text())?;
        let session = SessionId(self.number());
        let application = Application {
            session,
            suggested,
            conversation,
            selection,
        };
        let Some(open) = self.documents.get_mut(uri) else {
            unreachable!("it was there just now");
        };
        match &mut open.session {
            // A newer edit takes the place of the one that runs: it starts where that one did.
            Some(running) if running.runs() => {
                running.cancel();
                open.queued = Some(application);
                self.advance(uri);
            }
            _ => self.start(uri, application),
        }
        Ok(json!({"session": session.0}))
    }

    fn preview(&mut self, uri: &Uri) -> Result<Value, String> {
        let session = SessionId(self.number());
        let name = path_of(uri);
        let (Some(open), Some(pending)) = (self.documents.get(uri), self.pending.get(uri)) else {
            return Err(format!("No suggestion is pending for {name}."));
        };
        let before = open.document.text().to_string();
        check_text(&name, &SourceText::from_text(before.clone()))?;
        let job = Job {
            session,
            path: name,
            original: before.clone(),
            suggested: pending.suggested.clone(),
            conversation: pending.conversation.clone(),
            mode: self.client.settings.mode,
            strict: self.client.settings.strict,
            cancel: Arc::new(AtomicBool::new(false)),
        };
        let preview = Preview {
            uri: uri.clone(),
            before,
        };
        self.previews.insert(session, preview);
        self.effects.push(Effect::Work(Box::new(job)));
        Ok(json!({"session": session.0}))
    }

    fn keep(&mut self, uri: &Uri) -> Result<Value, String> {
        if let Some(open) = self.documents.get_mut(uri) {
            if open.session.as_ref().is_some_and(Session::runs) {
                return Err("The edit is still being written.".to_owned());
            }
            open.session = None;
        }
        self.publish(uri);
        Ok(Value::Null)
    }

    fn undo(&mut self, uri: &Uri) -> Result<Value, String> {
        let name = path_of(uri);
        match self.session_of(uri) {
            Some(session) if session.can_undo() => session.undo(),
            // Its edits can be there before it is over.
            Some(session) if session.runs() => self.cancel(uri),
            _ => return Err(format!("No applied edit of {name} can be undone.")),
        }
        self.advance(uri);
        Ok(Value::Null)
    }

    fn status(&self) -> Value {
        let running = || {
            self.documents.iter().filter_map(|(uri, open)| {
                let session = open.session.as_ref().filter(|session| session.runs())?;
                Some((uri, session))
            })
        };
        let state = match self.model.phase {
            ModelPhase::Missing => "missing",
            ModelPhase::Loading => "loading",
            ModelPhase::Failed => "failed",
            ModelPhase::Ready if running().next().is_some() => "busy",
            ModelPhase::Ready => "ready",
        };
        let pending = self
            .pending
            .iter()
            .map(|(uri, pending)| json!({"id": pending.id, "uri": &**uri}));
        let sessions = running().map(|(uri, session)| {
            json!({
                "session": session.id.0,
                "uri": &**uri,
                "phase": session.phase().name(),
                "percent": session.percent(),
            })
        });
        json!({
            "model": self.model.model,
            "device": self.model.device,
            "kernels": self.model.kernels,
            "state": state,
            "message": self.model.message,
            "pending": pending.collect::<Vec<_>>(),
            "sessions": sessions.collect::<Vec<_>>(),
            "last": self.last_stats,
        })
    }

    /// The lines that a range of positions touches.
    fn whole_lines(&self, open: &Open, range: PositionRange) -> Range<usize> {
        let text = open.document.text();
        let bytes = open.document.bytes(range, self.client.encoding);
        let start = text.line_to_byte(text.byte_to_line(bytes.start));
        let last = text.byte_to_line(bytes.end);
        // A selection of whole lines ends at the start of the next one.
        let end = match text.line_to_byte(last) == bytes.end && bytes.end > start {
            true => bytes.end,
            false => match last + 1 < text.len_lines() {
                true => text.line_to_byte(last + 1),
                false => text.len_bytes(),
            },
        };
        start..end
    }
}

/// Whether a document can be edited at all.
fn check_text(name: &str, text: &SourceText) -> Result<(), String> {
    if text.model_text().is_empty() {
        return Err(format!(
            "{name} is empty: there is nothing to edit, so paste the suggestion itself."
        ));
    }
    let text = text.text();
    let lone = text
        .match_indices('\r')
        .any(|(at, _)| !text[at + 1..].starts_with('\n'));
    match lone {
        // Editors disagree on whether such a character ends a line, so no position behind it is safe.
        true => Err(format!(
            "{name} has carriage returns without line feeds: convert its line endings first."
        )),
        false => Ok(()),
    }
}

/// Whether a reply has something for a document.
fn check_reply(uri: &Uri, suggested: &Suggested, original: &str) -> Result<(), String> {
    let name = path_of(uri);
    if suggested.text.trim().is_empty() {
        return Err("The suggestion is empty.".to_owned());
    }
    let selection = parse(&suggested.text).for_file(&name, original);
    match selection.suggestion.text().trim().is_empty() {
        true => Err(format!(
            "The suggestion has nothing for {name}. {}",
            selection.ignored.join(" ")
        )
        .trim_end()
        .to_owned()),
        false => Ok(()),
    }
}
