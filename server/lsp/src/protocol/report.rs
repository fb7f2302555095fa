//! How sessions are shown: as events of our own to clients that know them, else as progress and a message at the end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fast_apply_apply::Stats;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::event::{Gravity, HunkReport, Phase, Report, SessionId};
use crate::protocol::convert;
use crate::protocol::outbox::Outbox;
use crate::protocol::progress_bar::ProgressBar;

/// The least time between two reports on one session, but for the last.
const PAUSE: Duration = Duration::from_millis(100);

/// Shows reports. Must be used inside a runtime.
#[derive(Clone)]
pub(crate) struct Reporter {
    outbox: Arc<Outbox>,
    sessions: Arc<Mutex<HashMap<SessionId, Shown>>>,
}

/// What of a session has been shown.
struct Shown {
    sent: Instant,
    /// What is to be shown when the pause is over.
    waiting: Option<Report>,
    style: Style,
    bar: Option<ProgressBar>,
}

/// Which way reports are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// `fastApply/event`.
    Events,
    /// `$/progress`.
    Progress,
    /// Only a message at the end.
    Messages,
}

impl Reporter {
    pub(crate) fn new(outbox: Arc<Outbox>) -> Self {
        Self {
            outbox,
            sessions: Arc::default(),
        }
    }

    /// Shows a report now or, if the last one was just shown, a little later unless a newer one replaces it.
    pub(crate) fn report(&self, report: Report, style: Style) {
        let session = report.session;
        if report.phase.is_last() {
            let shown = self.sessions().remove(&session);
            self.end(&report, shown.and_then(|shown| shown.bar), style);
            return;
        }
        let mut sessions = self.sessions();
        let now = Instant::now();
        let shown = sessions.entry(session).or_insert_with(|| Shown {
            sent: now - PAUSE,
            waiting: None,
            style,
            bar: (style == Style::Progress).then(|| {
                let token = token_of(session);
                ProgressBar::start(Arc::clone(&self.outbox), token, title(&report))
            }),
        });
        let next = shown.sent + PAUSE;
        if next <= now {
            shown.sent = now;
            self.show(&report, shown);
        } else if shown.waiting.replace(report).is_none() {
            let reporter = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep_until(next).await;
                reporter.show_waiting(session);
            });
        }
    }

    fn show_waiting(&self, session: SessionId) {
        let mut sessions = self.sessions();
        if let Some(shown) = sessions.get_mut(&session)
            && let Some(report) = shown.waiting.take()
        {
            shown.sent = Instant::now();
            self.show(&report, shown);
        }
    }

    fn show(&self, report: &Report, shown: &Shown) {
        if shown.style == Style::Events {
            self.send_event(report);
        }
        if let Some(bar) = &shown.bar {
            bar.report(Some(report.percent), progress_line(report));
        }
    }

    fn end(&self, report: &Report, bar: Option<ProgressBar>, style: Style) {
        if style == Style::Events {
            self.send_event(report);
            return;
        }
        if let Some(bar) = bar {
            bar.end(report.message.clone());
        }
        if let Some(message) = &report.message {
            let params =
                json!({ "type": convert::message_type(gravity(report.phase)), "message": message });
            self.outbox.notify("window/showMessage", params);
        }
    }

    fn send_event(&self, report: &Report) {
        let hunks: Vec<Value> = report.hunks.iter().map(hunk_json).collect();
        let event = json!({
            "session": report.session.0,
            "uri": &*report.uri,
            "phase": report.phase.name(),
            "percent": report.percent,
            "hunks": hunks,
            "stats": report.stats,
            "message": report.message,
        });
        // An event tells all there is, so that the next one makes it needless; but not that it began or ended.
        match report.phase {
            Phase::Hunk => {
                let subject = format!("event of {}", report.session.0);
                self.outbox.notify_latest(subject, "fastApply/event", event);
            }
            _ => self.outbox.notify("fastApply/event", event),
        }
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<SessionId, Shown>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The token of a session's display.
fn token_of(session: SessionId) -> String {
    format!("fast-apply/{}", session.0)
}

/// The session that a token belongs to.
pub(crate) fn session_of(token: &str) -> Option<SessionId> {
    let number = token.strip_prefix("fast-apply/")?.parse().ok()?;
    Some(SessionId(number))
}

fn title(report: &Report) -> String {
    let name = report.uri.rsplit('/').next().unwrap_or_default();
    match name.is_empty() {
        true => "Applying suggested edit".to_owned(),
        false => format!("Applying suggested edit to {name}"),
    }
}

fn progress_line(report: &Report) -> String {
    let mut parts = Vec::new();
    parts.extend(report.message.clone());
    if !report.hunks.is_empty() {
        let landed = report.hunks.iter().filter(|hunk| hunk.landed).count();
        parts.push(format!("{landed} of {} changes", report.hunks.len()));
    }
    parts.extend(report.stats.as_deref().and_then(speed));
    parts.join(", ")
}

/// Tokens per second, and how many of the drafted ones were right.
fn speed(stats: &Stats) -> Option<String> {
    let speed = format!("{:.0} tokens/s", stats.tokens_per_s?);
    let drafted = stats.drafted.filter(|&drafted| drafted > 0);
    Some(match drafted.zip(stats.accepted) {
        Some((drafted, accepted)) => {
            let share = 100.0 * accepted as f64 / drafted as f64;
            format!("{speed}, {share:.0}% accepted")
        }
        None => speed,
    })
}

/// How grave it is that a session ended so.
pub(crate) fn gravity(phase: Phase) -> Gravity {
    match phase {
        Phase::Started | Phase::Hunk | Phase::Finished | Phase::Cancelled => Gravity::Info,
        Phase::Refused | Phase::Stopped | Phase::Unconfirmed => Gravity::Warning,
    }
}

fn hunk_json(hunk: &HunkReport) -> Value {
    json!({
        "id": hunk.id,
        "range": convert::range_json(&hunk.range),
        "kind": hunk.kind,
        "landed": hunk.landed,
    })
}
