//! The owner of all state: documents, suggestions and sessions.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use fast_apply_apply::{Mode, Stats};
use fast_apply_suggest::parse;
use fast_apply_text::{Document, PositionRange, SourceText, TextChange, UnifiedDiff};
use serde_json::{Value, json};

use crate::event::{
    Client, Command, EditAnswer, Effect, Ending, Event, Gravity, HunkReport, Job, Millis,
    ModelPhase, ModelState, NewSuggestion, Phase, Report, RequestId, SessionId, Suggested, Ticket,
    Uri, Work,
};
use crate::path::path_of;
use crate::session::{Action, Session, Start};
use crate::snapshot::{Snapshot, Snapshots};

/// Documents, suggestions and sessions, and what becomes of them.
pub struct MainLoop {
    snapshots: Arc<Snapshots>,
    client: Client,
    model: ModelState,
    documents: BTreeMap<Uri, Open>,
    pending: BTreeMap<Uri, Pending>,
    previews: HashMap<SessionId, Preview>,
    tickets: HashMap<Ticket, Uri>,
    /// Sessions, tickets and suggestions are numbered together.
    last_number: u64,
    last_stats: Option<Stats>,
    effects: Vec<Effect>,
    now: Millis,
}

/// An open document.
struct Open {
    document: Document,
    session: Option<Session>,
    /// What starts when the session has ended.
    queued: Option<Application>,
    /// What was reported last.
    told: Option<(SessionId, Phase, u8, Vec<HunkReport>)>,
}

/// A suggestion that waits to be applied.
struct Pending {
    id: u64,
    suggested: Suggested,
    conversation: Option<String>,
}

/// An application that was asked for and can start.
struct Application {
    session: SessionId,
    suggested: Suggested,
    conversation: Option<String>,
    /// The selection that holds the suggestion and goes.
    selection: Option<Range<usize>>,
}

/// A result that is only to be shown.
struct Preview {
    uri: Uri,
    before: String,
}

impl MainLoop {
    /// Takes the view that code actions are answered from; nobody else writes it.
    pub fn new(snapshots: Arc<Snapshots>) -> Self {
        Self {
            snapshots,
            client: Client::default(),
            model: ModelState::default(),
            documents: BTreeMap::new(),
            pending: BTreeMap::new(),
            previews: HashMap::new(),
            tickets: HashMap::new(),
            last_number: 0,
            last_stats: None,
            effects: Vec::new(),
            now: 0,
        }
    }

    /// Lets one thing happen, and says what to do about it.
    pub fn handle(&mut self, event: Event, now: Millis) -> Vec<Effect> {
        self.now = now;
        match event {
            Event::Initialized(client) => self.client = client,
            Event::Configured(settings) => self.client.settings = settings,
            Event::Folders(folders) => self.client.folders = folders,
            Event::Opened { uri, version, text } => self.open(&uri, version, &text),
            Event::Changed {
                uri,
                version,
                changes,
            } => self.change(&uri, version, &changes),
            Event::Closed { uri } => self.close(&uri),
            Event::Command { request, command } => self.command(request, command),
            Event::EditAnswered { ticket, answer } => self.edit_answered(ticket, answer),
            Event::Work { session, news } => self.work(session, news),
            Event::Model(state) => self.model = state,
            Event::ProgressCancelled { session } => self.cancel_session(session),
            Event::Woken => {
                let uris: Vec<Uri> = self.documents.keys().cloned().collect();
                for uri in uris {
                    self.advance(&uri);
                }
            }
        }
        std::mem::take(&mut self.effects)
    }

    fn open(&mut self, uri: &Uri, version: i32, text: &str) {
        if self.documents.contains_key(uri) {
            self.close(uri);
        }
        let open = Open {
            document: Document::new(text, version),
            session: None,
            queued: None,
            told: None,
        };
        self.documents.insert(uri.clone(), open);
        if self.pending.contains_key(uri) {
            self.announce(uri);
        }
        self.publish(uri);
    }

    fn change(&mut self, uri: &Uri, version: i32, changes: &[TextChange]) {
        let Some(open) = self.documents.get_mut(uri) else {
            return;
        };
        for change in changes {
            let mut before = open.document.text().clone();
            for step in open.document.apply(change, self.client.encoding) {
                if let Some(session) = &mut open.session {
                    session.changed(&before, &step.after, &step.splice);
                }
                before = step.after;
            }
        }
        open.document.set_version(version);
        if let Some(session) = &mut open.session {
            session.notified(open.document.text(), self.now);
        }
        self.advance(uri);
    }

    fn close(&mut self, uri: &Uri) {
        if let Some(open) = self.documents.get_mut(uri)
            && let Some(session) = &mut open.session
            && session.runs()
        {
            session.stop(Phase::Stopped, "Stopped: the file was closed.".to_owned());
            open.queued = None;
            self.advance(uri);
        }
        self.documents.remove(uri);
        self.snapshots.remove(uri);
    }

    fn edit_answered(&mut self, ticket: Ticket, answer: EditAnswer) {
        let Some(uri) = self.tickets.remove(&ticket) else {
            return;
        };
        let now = self.now;
        if let Some(session) = self.session_of(&uri) {
            session.answered(ticket, answer, now);
        }
        self.advance(&uri);
    }

    fn work(&mut self, id: SessionId, news: Work) {
        if let Some(uri) = self.uri_of(id) {
            if let Some(session) = self.session_of(&uri) {
                session.work(news);
            }
            self.advance(&uri);
        } else if let Work::Ended(ending) = news
            && let Some(preview) = self.previews.remove(&id)
        {
            self.show_preview(&preview, ending);
        }
    }

    fn cancel_session(&mut self, id: SessionId) {
        if let Some(uri) = self.uri_of(id) {
            self.cancel(&uri);
        }
    }

    fn command(&mut self, request: RequestId, command: Command) {
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

    fn start(&mut self, uri: &Uri, application: Application) {
        let granularity = self.client.granularity();
        let mode = self.client.settings.mode;
        let Some(open) = self.documents.get_mut(uri) else {
            return;
        };
        let text = open.document.text().to_string();
        // A selection that has moved or changed since was the reason to cancel what ran; then all is applied as it is.
        let selection = application
            .selection
            .filter(|lines| text.get(lines.clone()) == Some(application.suggested.text.as_str()));
        let cancel = Arc::new(AtomicBool::new(false));
        let job = Job {
            session: application.session,
            path: path_of(uri),
            original: without(&text, selection.as_ref()),
            suggested: application.suggested,
            conversation: application.conversation,
            mode,
            cancel: Arc::clone(&cancel),
        };
        open.session = Some(Session::new(Start {
            id: application.session,
            source: SourceText::from_text(text),
            granularity,
            encoding: self.client.encoding,
            streams: mode == Mode::Rewrite && selection.is_none(),
            never_drops: self.client.name.starts_with("kakoune"),
            cancel,
            now: self.now,
        }));
        open.told = None;
        self.effects.push(Effect::Work(Box::new(job)));
        self.advance(uri);
    }

    fn preview(&mut self, uri: &Uri) -> Result<Value, String> {
        let name = path_of(uri);
        let (Some(open), Some(pending)) = (self.documents.get(uri), self.pending.get(uri)) else {
            return Err(format!("No suggestion is pending for {name}."));
        };
        let before = open.document.text().to_string();
        check_text(&name, &SourceText::from_text(before.clone()))?;
        let job = Job {
            session: SessionId(self.last_number + 1),
            path: name,
            original: before.clone(),
            suggested: pending.suggested.clone(),
            conversation: pending.conversation.clone(),
            mode: self.client.settings.mode,
            cancel: Arc::new(AtomicBool::new(false)),
        };
        let session = SessionId(self.number());
        self.previews.insert(
            session,
            Preview {
                uri: uri.clone(),
                before,
            },
        );
        self.effects.push(Effect::Work(Box::new(job)));
        Ok(json!({"session": session.0}))
    }

    fn show_preview(&mut self, preview: &Preview, ending: Ending) {
        let path = path_of(&preview.uri);
        let name = path.rsplit('/').next().unwrap_or(&path);
        let effect = match ending.text {
            Some(after) if after == preview.before => Effect::Show {
                gravity: Gravity::Info,
                text: format!("{name} already is what the suggestion says."),
            },
            Some(after) => Effect::ShowDocument {
                name: format!("{name}.diff"),
                text: UnifiedDiff::new(name, &preview.before, &after).to_string(),
            },
            None => Effect::Show {
                gravity: Gravity::Warning,
                text: ending.message.unwrap_or_default(),
            },
        };
        self.effects.push(effect);
    }

    fn cancel(&mut self, uri: &Uri) {
        if let Some(open) = self.documents.get_mut(uri) {
            open.queued = None;
            if let Some(session) = &mut open.session {
                session.cancel();
            }
        }
        self.advance(uri);
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

    /// Lets the session of a document do what it can do now.
    fn advance(&mut self, uri: &Uri) {
        let Some(open) = self.documents.get_mut(uri) else {
            return;
        };
        let Some(session) = &mut open.session else {
            return self.publish(uri);
        };
        let number = &mut self.last_number;
        let mut next_ticket = || {
            *number += 1;
            Ticket(*number)
        };
        let actions = session.advance(&open.document, self.now, &mut next_ticket);
        let mut ended = false;
        for action in actions {
            match action {
                Action::Edit {
                    ticket,
                    version,
                    edits,
                } => {
                    self.tickets.insert(ticket, uri.clone());
                    self.effects.push(Effect::ApplyEdit {
                        ticket,
                        uri: uri.clone(),
                        version,
                        edits,
                    });
                }
                Action::WakeAt(time) => self.effects.push(Effect::WakeAt(time)),
                Action::Tell => {
                    let hunks = session.hunks(&open.document);
                    let told = (session.id, session.phase(), session.percent(), hunks);
                    // What is over is told once, whatever the user does to it then.
                    let is_known = open.told.as_ref().is_some_and(|known| {
                        *known == told || (known.1 == told.1 && known.1.is_last())
                    });
                    if !is_known {
                        ended |= told.1.is_last();
                        self.effects.push(Effect::Report(Report {
                            session: told.0,
                            uri: uri.clone(),
                            phase: told.1,
                            percent: told.2,
                            hunks: told.3.clone(),
                            stats: session.stats().cloned().map(Box::new),
                            message: session.message().map(str::to_owned),
                        }));
                        open.told = Some(told);
                    }
                }
            }
        }
        if ended {
            self.session_ended(uri);
        }
        self.publish(uri);
    }

    fn session_ended(&mut self, uri: &Uri) {
        let Some(open) = self.documents.get_mut(uri) else {
            return;
        };
        let Some(session) = &open.session else { return };
        let finished = session.phase() == Phase::Finished;
        if let Some(stats) = session.stats() {
            self.last_stats = Some(stats.clone());
        }
        let queued = open.queued.take();
        if finished {
            self.forget_pending(uri);
        }
        if let Some(application) = queued {
            self.start(uri, application);
        }
    }

    fn announce(&mut self, uri: &Uri) {
        let line = self.pending.contains_key(uri).then_some(0);
        self.effects.push(Effect::Pending {
            uri: uri.clone(),
            line,
        });
    }

    fn forget_pending(&mut self, uri: &Uri) {
        if self.pending.remove(uri).is_some() {
            self.announce(uri);
        }
    }

    /// Brings the view of a document up to date.
    fn publish(&self, uri: &Uri) {
        let Some(open) = self.documents.get(uri) else {
            return;
        };
        let session = open.session.as_ref();
        let snapshot = Snapshot {
            version: open.document.version(),
            pending: self.pending.contains_key(uri),
            pending_line: 0,
            running: session.is_some_and(Session::runs),
            undoable: session.is_some_and(Session::can_undo),
        };
        self.snapshots.insert(uri.clone(), snapshot);
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

    fn session_of(&mut self, uri: &Uri) -> Option<&mut Session> {
        self.documents.get_mut(uri)?.session.as_mut()
    }

    fn uri_of(&self, id: SessionId) -> Option<Uri> {
        let has = |open: &Open| {
            open.session
                .as_ref()
                .is_some_and(|session| session.id == id)
        };
        let (uri, _) = self.documents.iter().find(|(_, open)| has(open))?;
        Some(uri.clone())
    }

    fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
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

/// A text without some of its lines.
fn without(text: &str, lines: Option<&Range<usize>>) -> String {
    match lines {
        Some(lines) => [&text[..lines.start], &text[lines.end..]].concat(),
        None => text.to_owned(),
    }
}
