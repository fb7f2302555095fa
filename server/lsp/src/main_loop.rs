//! The owner of all state: documents, suggestions and sessions.

mod commands;
mod preview;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use fast_apply_apply::{Mode, Stats};
use fast_apply_text::{Document, SourceText, TextChange};

use self::preview::Preview;
use crate::event::{
    Client, EditAnswer, Effect, Event, HunkReport, Job, Millis, ModelState, Phase, Report,
    SessionId, Suggested, Ticket, Uri, Work,
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
    /// No edit is sent before.
    quiet_until: Millis,
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
            quiet_until: 0,
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
        if let Some(open) = self.documents.get_mut(&uri)
            && let Some(session) = &mut open.session
        {
            session.answered(ticket, answer, open.document.version(), self.now);
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
            strict: self.client.settings.strict,
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

    fn cancel(&mut self, uri: &Uri) {
        if let Some(open) = self.documents.get_mut(uri) {
            open.queued = None;
            if let Some(session) = &mut open.session {
                session.cancel();
            }
        }
        self.advance(uri);
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
        let actions = session.advance(&open.document, self.now, self.quiet_until, &mut next_ticket);
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
        self.effects.push(Effect::Announce {
            uri: uri.clone(),
            pending: self.pending.contains_key(uri),
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
            pending: self.pending.contains_key(uri),
            running: session.is_some_and(Session::runs),
            undoable: session.is_some_and(Session::can_undo),
        };
        self.snapshots.insert(uri.clone(), snapshot);
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

/// A text without some of its lines.
fn without(text: &str, lines: Option<&Range<usize>>) -> String {
    match lines {
        Some(lines) => [&text[..lines.start], &text[lines.end..]].concat(),
        None => text.to_owned(),
    }
}
