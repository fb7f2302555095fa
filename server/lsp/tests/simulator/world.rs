//! Virtual time: a server, an editor, a user and an engine.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fast_apply_apply::{Mode, Stats};
use fast_apply_lsp::event::{
    Client as Traits, Command, Effect, Ending, Event, Millis, Phase, RequestId, SessionId,
    Suggested, Ticket, Uri, Work,
};
use fast_apply_lsp::main_loop::MainLoop;
use fast_apply_lsp::settings::Settings;
use fast_apply_text::{PositionRange, SourceText};
use fastrand::Rng;

use crate::client::{Client, Message};
use crate::scenario::{Deed, Scenario};

/// A run that nobody ends is hung.
const END_OF_TIME: Millis = 300_000;

enum Arrival {
    AtServer(Event),
    AtClient {
        ticket: u64,
        version: i32,
        edits: Vec<(PositionRange, String)>,
    },
    Flush,
    Deed(Deed),
    Work(SessionId, Option<Work>, Arc<AtomicBool>),
}

/// One run.
pub(crate) struct World<'s> {
    scenario: &'s Scenario,
    server: MainLoop,
    pub(crate) client: Client,
    random: Rng,
    uri: Uri,
    queue: BinaryHeap<Reverse<(Millis, u64)>>,
    arrivals: BTreeMap<u64, Arrival>,
    sequence: u64,
    now: Millis,
    /// When the last message on each way arrives: messages do not overtake each other.
    last_at_server: Millis,
    last_at_client: Millis,
    pub(crate) phases: BTreeMap<u64, (Phase, Option<String>)>,
    /// Everything that was said to the user.
    pub(crate) said: String,
    pub(crate) restored: bool,
    pub(crate) open: bool,
    pub(crate) touched: bool,
    /// Whether everything that happens is printed.
    traced: bool,
}

impl<'s> World<'s> {
    pub(crate) fn new(scenario: &'s Scenario, seed: u64) -> Self {
        let client = Client::new(scenario.editor, scenario.temper, &scenario.original);
        let uri: Uri = Arc::from("file:///project/simulated.txt");
        let mut world = World {
            scenario,
            server: MainLoop::new(Arc::default()),
            client,
            random: Rng::with_seed(seed),
            uri,
            queue: BinaryHeap::new(),
            arrivals: BTreeMap::new(),
            sequence: 0,
            now: 0,
            last_at_server: 0,
            last_at_client: 0,
            phases: BTreeMap::new(),
            said: String::new(),
            restored: false,
            open: true,
            touched: false,
            traced: std::env::var("FAST_APPLY_SEED").is_ok(),
        };
        world.begin();
        world
    }

    fn begin(&mut self) {
        let traits = Traits {
            name: self.client.editor.name().to_owned(),
            encoding: self.client.encoding(),
            events: true,
            grouped_undo: self.scenario.grouped_undo,
            settings: Settings {
                mode: match self.scenario.streams {
                    true => Mode::Rewrite,
                    false => Mode::Auto,
                },
                granularity: self.scenario.granularity,
                ..Settings::default()
            },
            ..Traits::default()
        };
        self.serve(Event::Initialized(traits));
        self.serve(Event::Opened {
            uri: self.uri.clone(),
            version: self.client.version(),
            text: self.scenario.original.clone(),
        });
        self.apply();
        for (time, deed) in self.scenario.deeds.clone() {
            self.at(time, Arrival::Deed(deed));
        }
    }

    fn apply(&mut self) {
        let command = Command::Apply {
            uri: self.uri.clone(),
            version: None,
            suggestion: Some(Suggested {
                text: format!("```\n{}\n```\n", "let something = new();"),
                instruction: None,
            }),
            range: None,
        };
        self.send_command(command);
    }

    fn send_command(&mut self, command: Command) {
        let request = RequestId(self.sequence);
        self.send_to_server(Event::Command { request, command });
    }

    /// Runs until nothing is left to happen; false if that takes for ever.
    pub(crate) fn run(&mut self) -> bool {
        while let Some(Reverse((time, sequence))) = self.queue.pop() {
            if time > END_OF_TIME {
                return false;
            }
            self.now = time;
            let Some(arrival) = self.arrivals.remove(&sequence) else {
                continue;
            };
            match arrival {
                Arrival::AtServer(event) => self.serve(event),
                Arrival::AtClient {
                    ticket,
                    version,
                    edits,
                } => {
                    let messages =
                        self.client
                            .apply_edit(ticket, version, &edits, self.now, &mut self.random);
                    self.send(messages);
                }
                Arrival::Flush => {
                    let messages = self.client.flush(self.now);
                    self.send(messages);
                }
                Arrival::Deed(deed) => self.act(deed),
                Arrival::Work(session, news, cancel) => self.work(session, news, &cancel),
            }
        }
        true
    }

    fn act(&mut self, deed: Deed) {
        if !self.open {
            return;
        }
        match deed {
            Deed::Type {
                place,
                delete,
                text,
            } => {
                self.touched = true;
                let current = self.client.buffer.text();
                let length = current.chars().count();
                let start = (place * length as f64) as usize;
                let end = (start + delete).min(length);
                self.type_text(start, end, &text);
            }
            Deed::Format => {
                self.touched = true;
                // Every statement is changed a little.
                let mut at = 0;
                while let Some(found) = self
                    .client
                    .buffer
                    .text()
                    .chars()
                    .skip(at)
                    .position(|c| c == '=')
                {
                    at += found + 2;
                    self.type_text(at - 1, at - 1, "~");
                    if at % 3 == 0 {
                        break;
                    }
                }
            }
            Deed::Cancel => self.command(Command::Cancel {
                uri: self.uri.clone(),
            }),
            Deed::Undo => {
                self.restored = true;
                self.command(Command::Undo {
                    uri: self.uri.clone(),
                });
            }
            Deed::ApplyAgain => {
                self.flush_now();
                self.apply();
            }
            Deed::Close => {
                self.flush_now();
                self.open = false;
                self.send_to_server(Event::Closed {
                    uri: self.uri.clone(),
                });
            }
        }
    }

    fn command(&mut self, command: Command) {
        self.flush_now();
        self.send_command(command);
    }

    /// Every editor tells what it knows before it asks for anything.
    fn flush_now(&mut self) {
        let messages = self.client.flush_early(self.now);
        self.send(messages);
    }

    fn type_text(&mut self, start: usize, end: usize, text: &str) {
        // No cursor stands between `\r` and `\n`.
        let current: Vec<char> = self.client.buffer.text().chars().collect();
        let inside =
            |at: usize| at > 0 && current[at - 1] == '\r' && current.get(at) == Some(&'\n');
        let start = start - usize::from(inside(start));
        let end = end + usize::from(inside(end));
        let messages = self.client.type_text(start, end, text, self.now);
        self.send(messages);
    }

    fn send(&mut self, messages: Vec<Message>) {
        for message in messages {
            let event = match message {
                Message::Changed { version, changes } => Event::Changed {
                    uri: self.uri.clone(),
                    version,
                    changes,
                },
                Message::Answer { ticket, answer } => Event::EditAnswered {
                    ticket: Ticket(ticket),
                    answer,
                },
            };
            self.send_to_server(event);
        }
        if let Some(time) = self.client.flush_time() {
            self.at(time, Arrival::Flush);
        }
    }

    fn send_to_server(&mut self, event: Event) {
        let time = self
            .last_at_server
            .max(self.now + self.random.u64(..=self.scenario.delay));
        self.last_at_server = time;
        self.at(time, Arrival::AtServer(event));
    }

    fn at(&mut self, time: Millis, arrival: Arrival) {
        self.sequence += 1;
        self.queue
            .push(Reverse((time.max(self.now), self.sequence)));
        self.arrivals.insert(self.sequence, arrival);
    }

    fn serve(&mut self, event: Event) {
        if self.traced {
            println!("{:>6} > {event:?}", self.now);
        }
        for effect in self.server.handle(event, self.now) {
            if self.traced {
                println!("{:>6} < {effect:?}", self.now);
            }
            match effect {
                Effect::ApplyEdit {
                    ticket,
                    version,
                    edits,
                    ..
                } => {
                    let time = self
                        .last_at_client
                        .max(self.now + self.random.u64(..=self.scenario.delay));
                    self.last_at_client = time;
                    if self.open {
                        self.at(
                            time,
                            Arrival::AtClient {
                                ticket: ticket.0,
                                version,
                                edits,
                            },
                        );
                    }
                }
                Effect::Work(job) => self.start_work(job.session, job.original, job.cancel),
                Effect::Report(report) => {
                    self.said.extend(report.message.as_deref());
                    self.phases
                        .insert(report.session.0, (report.phase, report.message));
                }
                Effect::WakeAt(time) => self.at(time, Arrival::AtServer(Event::Woken)),
                Effect::Answer { .. }
                | Effect::Warm { .. }
                | Effect::Show { .. }
                | Effect::ShowDocument { .. }
                | Effect::Announce { .. } => {}
            }
        }
    }

    fn start_work(&mut self, session: SessionId, original: String, cancel: Arc<AtomicBool>) {
        // A second application may start on text that the user has changed; then it has nothing to add.
        let rewritten = match original == self.scenario.original {
            true => self.scenario.rewritten.clone(),
            false => original,
        };
        let (step, characters) = self.scenario.step;
        let mut time = self.now + 5;
        if self.scenario.streams {
            let source = SourceText::from_text(rewritten.clone());
            let output: Vec<char> = source.model_text().chars().collect();
            for piece in output.chunks(characters) {
                time += step;
                let news = Work::Text(piece.iter().collect());
                self.at(time, Arrival::Work(session, Some(news), cancel.clone()));
            }
        } else {
            let news = Work::Settled(rewritten.clone());
            self.at(time, Arrival::Work(session, Some(news), cancel.clone()));
            time += 200;
        }
        let ended = Work::Ended(Ending {
            text: Some(rewritten),
            alternatives: None,
            message: None,
            stats: Box::new(Stats::default()),
        });
        self.at(time, Arrival::Work(session, Some(ended), cancel));
    }

    fn work(&mut self, session: SessionId, news: Option<Work>, cancel: &AtomicBool) {
        let Some(news) = news else { return };
        let news = match (cancel.load(Ordering::Relaxed), news) {
            (true, Work::Ended(_)) => Work::Ended(Ending {
                text: None,
                alternatives: None,
                message: Some("cancelled".to_owned()),
                stats: Box::new(Stats::default()),
            }),
            (true, _) => return,
            (false, news) => news,
        };
        self.serve(Event::Work { session, news });
    }
}
