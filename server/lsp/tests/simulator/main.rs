//! Hostile editing sessions in virtual time, against simulated editors.
//!
//! Every run is made from a seed and checked by an oracle that shares no code with the server: a naive buffer that
//! knows of each character who wrote it. `FAST_APPLY_SESSIONS` sets the runs per editor, `FAST_APPLY_SEED` plays one and
//! prints all that happens. Rates are by the processor's time.

#![allow(clippy::unwrap_used)]

mod buffer;
mod client;
mod editor;
mod history;
mod misplaced;
mod neovim;
mod rules;
mod scenario;
mod script;
mod transcripts;
mod world;

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use fast_apply_lsp::event::Phase;
use fast_apply_lsp::settings::Granularity;

use client::Coverage;
use editor::{EDITORS, Editor, Temper};
use scenario::Scenario;
use world::World;

const SESSIONS: u64 = 1500;

#[test]
fn no_session_corrupts_a_buffer_or_hangs() {
    let sessions =
        std::env::var("FAST_APPLY_SESSIONS").map_or(SESSIONS, |number| number.parse().unwrap());
    let only = std::env::var("FAST_APPLY_SEED")
        .ok()
        .map(|seed| seed.parse::<u64>().unwrap());
    let mut failures = Vec::new();
    let mut total = Tally::default();
    let mut seconds = 0.0;
    println!(
        "editor        sessions/s  finished cancelled   stopped unconfirmed | with: refusal    drop   split  merged newer-text kept/left"
    );
    for editor in EDITORS {
        let start = processor_time();
        let mut tally = Tally::default();
        for seed in only.map_or(0..sessions, |seed| seed..seed + 1) {
            let scenario = Scenario::new(editor, seed);
            if let Err(failure) = play(&scenario, seed, &mut tally) {
                failures.push(format!("{editor:?} seed {seed}: {failure}"));
            }
        }
        let took = (processor_time() - start).as_secs_f64();
        tally.print(editor, took);
        seconds += took;
        total.refused += tally.refused;
        total.dropped += tally.dropped;
        total.split += tally.split;
        total.merged += tally.merged;
        total.newer += tally.newer;
        total.left += tally.left;
        total.sessions += tally.sessions;
    }
    if only.is_none() {
        let covered = [
            total.refused,
            total.dropped,
            total.split,
            total.merged,
            total.newer,
            total.left,
        ];
        let all = covered.iter().all(|&count| count > 0);
        assert!(all, "all that can happen shall have: {covered:?}");
        let rate = total.sessions as f64 / seconds;
        assert!(rate >= 200.0, "{rate:.0} sessions a second are too few");
    }
    let shown = failures.iter().take(if only.is_some() { 6 } else { 12 });
    let shown: Vec<&str> = shown.map(String::as_str).collect();
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        shown.join("\n\n")
    );
}

/// The time that this thread has had, so that it does not matter what else the machine does; where the system does not
/// tell, the time by the clock.
fn processor_time() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

#[derive(Default)]
struct Tally {
    sessions: usize,
    phases: [usize; 4],
    refused: usize,
    dropped: usize,
    split: usize,
    merged: usize,
    newer: usize,
    left: usize,
}

impl Tally {
    fn add(&mut self, coverage: &Coverage) {
        self.sessions += 1;
        self.refused += usize::from(coverage.refused > 0);
        self.dropped += usize::from(coverage.silent_drops > 0);
        self.split += usize::from(coverage.split_changes > 0);
        self.merged += usize::from(coverage.merged_changes > 0);
        self.newer += usize::from(coverage.on_newer_text > 0);
    }

    fn print(&self, editor: Editor, seconds: f64) {
        let [finished, cancelled, stopped, unconfirmed] = self.phases;
        println!(
            "{:<12} {:>11.0} {finished:>9} {cancelled:>9} {stopped:>9} {unconfirmed:>11} | {:>13} {:>7} {:>7} {:>7} {:>10} {:>9}",
            format!("{editor:?}"),
            self.sessions as f64 / seconds,
            self.refused,
            self.dropped,
            self.split,
            self.merged,
            self.newer,
            self.left,
        );
    }
}

fn play(scenario: &Scenario, seed: u64, tally: &mut Tally) -> Result<(), String> {
    let mut world = World::new(scenario, seed);
    let ended = world.run();
    tally.add(&world.client.coverage);
    let describe = |problem: &str| {
        format!(
            "{problem}\n  phases {:?}\n  {scenario:?}\n  buffer {:?}\n  without user {:?}\n  without server {:?}",
            world.phases,
            world.client.buffer.text(),
            world.client.buffer.without_user(),
            world.client.buffer.without_server(),
        )
    };
    if !ended {
        return Err(describe("it hangs"));
    }
    let mut phases = world.phases.values();
    if let Some((phase, _)) = phases.clone().find(|(phase, _)| !phase.is_last()) {
        return Err(describe(&format!("it ended as {phase:?}")));
    }
    let Some((phase, message)) = phases.next_back() else {
        return Err(describe("nothing was reported"));
    };
    let place = match phase {
        Phase::Finished => 0,
        Phase::Cancelled => 1,
        Phase::Unconfirmed => 3,
        _ => 2,
    };
    tally.phases[place] += 1;
    let message = message.clone().unwrap_or_default();
    tally.left += usize::from(!message.is_empty());
    if !world.open {
        return Ok(());
    }
    // An editor that drops edits at will and lies about it may leave anything undone, but nothing spoiled.
    let said = &world.said;
    if said.contains("wrong place") {
        return Err(describe("an edit was left in the wrong place"));
    }
    // What lay in the wrong place until the user deleted it is no part of a hunk.
    let ours = match world.client.coverage.on_newer_text {
        0 => vec![world.client.buffer.without_user()],
        _ => world.client.buffer.readings_without_user(),
    };
    let is = |right: &dyn Fn(&String) -> bool| ours.iter().any(right);
    if let Some(gone) = world.client.buffer.destroyed() {
        return Err(describe(&format!("{gone:?}, typed by the user, is gone")));
    }
    let streams_tokens = scenario.granularity == Some(Granularity::Token)
        || (scenario.granularity.is_none() && scenario.grouped_undo);
    if !is(&|text| scenario.keeps_the_unchanged(text)) {
        return Err(describe(
            "lines that no hunk touches are not what they were",
        ));
    }
    // Of a hunk that was half written when the user came into it, the half stays; and what the user came into before
    // a cancel stays as well.
    let in_between = !said.is_empty() && (streams_tokens || phase == &Phase::Cancelled);
    let restored = phase == &Phase::Cancelled && world.client.buffer.is_restored();
    if !in_between && !restored && !is(&|text| scenario.partial.contains(text)) {
        return Err(describe("what has landed is no set of whole hunks"));
    }
    if phase == &Phase::Finished
        && message.is_empty()
        && world.phases.len() == 1
        && !is(&|text| *text == scenario.rewritten)
    {
        return Err(describe("something is missing"));
    }
    let alone = scenario.temper == Temper::Honest && !world.touched;
    if phase == &Phase::Finished && alone && world.client.buffer.text() != scenario.rewritten {
        return Err(describe("nobody was in the way, and something is missing"));
    }
    if phase == &Phase::Cancelled && message.is_empty() {
        let (text, user) = (
            world.client.buffer.text(),
            world.client.buffer.without_server(),
        );
        // Where a hunk starts and ends is not to be told from its text where the original has the same.
        if text != user && !world.client.buffer.is_user_at_server_text() {
            return Err(describe("the original was not restored"));
        }
    }
    if phase == &Phase::Unconfirmed && scenario.temper == Temper::Honest {
        return Err(describe("an honest editor was not believed"));
    }
    if phase == &Phase::Stopped && scenario.temper == Temper::Honest && !world.touched {
        return Err(describe("it gave up without need"));
    }
    Ok(())
}
