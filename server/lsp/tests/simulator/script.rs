//! An editor that does only what it is told to, and what the server does about it.

use std::sync::Arc;

use expect_test::Expect;
use fast_apply_apply::{Mode, Stats};
use fast_apply_lsp::event::{
    Client, Command, EditAnswer, Effect, Ending, Event, Millis, RequestId, SessionId, Suggested,
    Ticket, Uri, Work,
};
use fast_apply_lsp::main_loop::MainLoop;
use fast_apply_lsp::settings::{Granularity, Settings};
use fast_apply_text::{Encoding, PositionRange, TextChange};

use crate::buffer::{index_at, range_at};

pub(crate) const BEFORE: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n";
pub(crate) const AFTER: &str = "one\nTWO\nthree\nfour\nfive\nsix\nseven\neight\nNINE\nten\n";

/// An editor that does only what it is told to, and a log of what the server does.
pub(crate) struct Script {
    pub(crate) server: MainLoop,
    pub(crate) uri: Uri,
    pub(crate) text: String,
    pub(crate) version: i32,
    pub(crate) now: Millis,
    pub(crate) session: u64,
    pub(crate) in_flight: Vec<(Ticket, Vec<(PositionRange, String)>)>,
    pub(crate) log: String,
}

impl Script {
    /// An open document, and a session on it whose result is not known yet.
    pub(crate) fn new(granularity: Granularity) -> Self {
        Self::with(Client {
            settings: Settings {
                granularity: Some(granularity),
                ..Settings::default()
            },
            ..Client::default()
        })
    }

    pub(crate) fn with(client: Client) -> Self {
        let settings = Settings {
            mode: Mode::Rewrite,
            ..client.settings.clone()
        };
        let mut script = Self {
            server: MainLoop::new(Arc::default()),
            uri: Arc::from("file:///project/numbers.txt"),
            text: BEFORE.to_owned(),
            version: 1,
            now: 0,
            session: 0,
            in_flight: Vec::new(),
            log: String::new(),
        };
        script.handle(Event::Initialized(Client {
            encoding: Encoding::Utf16,
            settings,
            ..client
        }));
        script.handle(Event::Opened {
            uri: script.uri.clone(),
            version: 1,
            text: BEFORE.to_owned(),
        });
        script.apply();
        script
    }

    pub(crate) fn apply(&mut self) {
        self.command(Command::Apply {
            uri: self.uri.clone(),
            version: None,
            suggestion: Some(Suggested {
                text: "```\nTWO\n```\n".to_owned(),
                instruction: None,
            }),
            range: None,
        });
    }

    pub(crate) fn command(&mut self, command: Command) {
        let request = RequestId(0);
        self.handle(Event::Command { request, command });
    }

    /// The result becomes known, and the work ends.
    pub(crate) fn result(&mut self, text: &str) {
        self.work(Work::Ended(Ending {
            text: Some(text.to_owned()),
            alternatives: None,
            message: None,
            stats: Box::new(Stats::default()),
        }));
    }

    pub(crate) fn work(&mut self, news: Work) {
        let session = SessionId(self.session);
        self.handle(Event::Work { session, news });
    }

    /// The user replaces the first `old` by `new`.
    pub(crate) fn type_over(&mut self, old: &str, new: &str) {
        let at = self.text.find(old).expect("it is there");
        let start = self.text[..at].chars().count();
        let end = start + old.chars().count();
        let range = range_at(&self.text, start, end, Encoding::Utf16);
        self.change(range, new);
    }

    pub(crate) fn change(&mut self, range: PositionRange, text: &str) {
        self.put(range, text);
        self.version += 1;
        self.handle(Event::Changed {
            uri: self.uri.clone(),
            version: self.version,
            changes: vec![TextChange {
                range: Some(range),
                text: text.to_owned(),
            }],
        });
    }

    pub(crate) fn put(&mut self, range: PositionRange, text: &str) {
        let characters: Vec<char> = self.text.chars().collect();
        let start = index_at(&self.text, range.start, Encoding::Utf16);
        let end = index_at(&self.text, range.end, Encoding::Utf16);
        self.text = characters[..start]
            .iter()
            .copied()
            .chain(text.chars())
            .chain(characters[end..].iter().copied())
            .collect();
    }

    /// The oldest edit in flight is applied, told of and answered.
    pub(crate) fn land(&mut self) {
        let (ticket, edits) = self.in_flight.remove(0);
        for (range, text) in edits.into_iter().rev() {
            self.change(range, &text);
        }
        self.answer(ticket, EditAnswer::Applied);
    }

    pub(crate) fn land_all(&mut self) {
        while !self.in_flight.is_empty() {
            self.land();
        }
    }

    pub(crate) fn refuse(&mut self) {
        let (ticket, _) = self.in_flight.remove(0);
        self.answer(
            ticket,
            EditAnswer::Refused("document has changed".to_owned()),
        );
    }

    pub(crate) fn answer(&mut self, ticket: Ticket, answer: EditAnswer) {
        self.handle(Event::EditAnswered { ticket, answer });
    }

    pub(crate) fn wait(&mut self, time: Millis) {
        self.now += time;
        self.handle(Event::Woken);
    }

    pub(crate) fn handle(&mut self, event: Event) {
        for effect in self.server.handle(event, self.now) {
            match effect {
                Effect::ApplyEdit {
                    ticket,
                    version,
                    edits,
                    ..
                } => {
                    assert_eq!(version, self.version, "edits are for the newest text");
                    let told = edits.iter().map(|(range, text)| {
                        format!(
                            "{}:{} {text:?}",
                            range.start.line + 1,
                            range.start.character
                        )
                    });
                    let told: Vec<String> = told.collect();
                    self.log += &format!("edit {}\n", told.join(", "));
                    self.in_flight.push((ticket, edits));
                }
                Effect::Work(job) => self.session = job.session.0,
                Effect::Report(report) if report.phase.is_last() => {
                    let message = report.message.unwrap_or_default();
                    self.log += &format!("{} {message}\n", report.phase.name());
                }
                _ => {}
            }
        }
    }

    pub(crate) fn check(&self, expected_log: Expect, expected_text: &str) {
        expected_log.assert_eq(&self.log);
        assert_eq!(self.text, expected_text);
    }
}
