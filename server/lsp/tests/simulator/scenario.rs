//! What a run is about: a file, its rewrite, and what the user does meanwhile.

use std::ops::Range;

use fast_apply_lsp::event::Millis;
use fast_apply_lsp::settings::Granularity;
use fastrand::Rng;

use crate::editor::{Editor, Temper};

/// One run, made from a seed.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) editor: Editor,
    pub(crate) temper: Temper,
    pub(crate) granularity: Option<Granularity>,
    pub(crate) grouped_undo: bool,
    /// Whether the text is streamed as it is written; otherwise the merge settles it at once.
    pub(crate) streams: bool,
    pub(crate) original: String,
    pub(crate) rewritten: String,
    /// Texts with some of the hunks: where all edits could not land.
    pub(crate) partial: Vec<String>,
    /// What stands before, between and behind the hunks; once for each way to see which lines they are.
    unchanged: [Vec<String>; 2],
    pub(crate) deeds: Vec<(Millis, Deed)>,
    /// The time of one step of the engine, and its characters.
    pub(crate) step: (Millis, usize),
    /// The slowest a message can be on its way.
    pub(crate) delay: Millis,
}

/// Something the user does.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// Replaces characters; the place is a share of the text's length.
    Type {
        place: f64,
        delete: usize,
        text: String,
    },
    Cancel,
    Close,
    ApplyAgain,
    /// A formatter runs on save.
    Format,
    Undo,
}

impl Scenario {
    pub(crate) fn new(editor: Editor, seed: u64) -> Self {
        let mut random = Rng::with_seed(seed ^ ((editor as u64) << 48));
        let ending = if random.u8(..5) == 0 { "\r\n" } else { "\n" };
        let lines = original_lines(&mut random);
        let changes = changes(lines.len(), &mut random);
        let join = |lines: &[String]| {
            let mut text = lines.join(ending);
            text.push_str(ending);
            text
        };
        // Whether a file ends with a line break is nothing that is ever changed.
        let all: Vec<&Change> = changes.iter().collect();
        let ends_empty = |lines: &[String]| lines.last().is_none_or(String::is_empty);
        let cut = random.u8(..6) == 0 && !ends_empty(&lines) && !ends_empty(&changed(&lines, &all));
        let finish = |text: String| match cut {
            true => text.strip_suffix(ending).map(str::to_owned).unwrap_or(text),
            false => text,
        };
        let with = |subset: usize| {
            let chosen = changes.iter().enumerate();
            let chosen: Vec<&Change> = chosen
                .filter(|(index, _)| subset & (1 << index) != 0)
                .map(|(_, change)| change)
                .collect();
            finish(join(&changed(&lines, &chosen)))
        };
        let all = 1 << changes.len();
        let (original, rewritten) = (finish(join(&lines)), with(all - 1));
        let mut partial: Vec<String> = (0..all).map(with).collect();
        partial.extend(with_some_hunks(&original, &rewritten));
        let own = changes
            .iter()
            .map(|change| change.at..change.at + change.removed);
        let found = fast_apply_text::hunks(&original, &rewritten);
        let found = found.into_iter().map(|hunk| hunk.original);
        let unchanged = [
            without(&original, own.collect()),
            without(&original, found.collect()),
        ];
        let temper = match random.u8(..100) {
            0..6 => Temper::Refuses,
            6..12 => Temper::AppliesRefused,
            12..16 => Temper::DropsApplied,
            16..18 => Temper::Silent,
            _ => Temper::Honest,
        };
        let granularity = match random.u8(..6) {
            0 => Some(Granularity::Token),
            1 => Some(Granularity::Hunk),
            2 => Some(Granularity::Whole),
            _ => None,
        };
        Scenario {
            editor,
            temper,
            granularity,
            grouped_undo: random.u8(..3) == 0,
            streams: random.u8(..5) < 3,
            original,
            rewritten,
            partial,
            unchanged,
            deeds: deeds(&mut random),
            step: (random.u64(1..30), random.usize(4..120)),
            delay: [1, 1, 5, 40][random.usize(..4)],
        }
    }

    /// Whether all that no hunk touches is there, in its order, from the first character to the last.
    pub(crate) fn keeps_the_unchanged(&self, text: &str) -> bool {
        self.unchanged.iter().any(|pieces| is_made_of(text, pieces))
    }
}

/// Whether a text is these pieces, in this order, with anything between them.
fn is_made_of(text: &str, pieces: &[String]) -> bool {
    let [first, between @ .., last] = pieces else {
        return pieces.concat() == text;
    };
    let rest = text.strip_prefix(first.as_str());
    let mut rest = rest.and_then(|rest| rest.strip_suffix(last.as_str()));
    for piece in between {
        rest = rest.and_then(|rest| Some(rest.split_once(piece.as_str())?.1));
    }
    rest.is_some()
}

/// What is left of a text between ranges of its lines, before the first and behind the last.
fn without(text: &str, ranges: Vec<Range<usize>>) -> Vec<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut at = 0;
    let mut rest = Vec::new();
    for range in ranges {
        rest.push(lines[at..range.start].concat());
        at = range.end;
    }
    rest.push(lines[at..].concat());
    rest
}

/// Replaces lines by others.
#[derive(Clone, Debug)]
struct Change {
    at: usize,
    removed: usize,
    inserted: Vec<String>,
}

fn original_lines(random: &mut Rng) -> Vec<String> {
    let count = random.usize(12..40);
    (0..count)
        .map(|number| match random.u8(..10) {
            0 => "}".to_owned(),
            1 => String::new(),
            2 => "    end".to_owned(),
            3 => format!("let smile{number} = \"😀é\";"),
            _ => format!("let value{number} = compute({number});"),
        })
        .collect()
}

fn changes(lines: usize, random: &mut Rng) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut at = random.usize(..4);
    while at + 2 < lines && changes.len() < 4 {
        let (removed, count) = match random.u8(..4) {
            0 => (0, random.usize(1..4)),
            1 => (random.usize(1..3), 0),
            _ => (1, random.usize(1..3)),
        };
        let inserted = (0..count).map(|_| new_line(random, at)).collect();
        changes.push(Change {
            at,
            removed,
            inserted,
        });
        at += 5 + random.usize(..12);
    }
    // The end of a file is a place of its own.
    let end_of = |last: &Change| last.at + last.removed;
    let free = changes.last().map_or(0, end_of) + 4;
    if changes.len() < 4 && free < lines && random.u8(..3) == 0 {
        let removed = random.usize(..3);
        let count = random.usize(usize::from(removed == 0)..3);
        changes.push(Change {
            at: lines - removed,
            removed,
            inserted: (0..count).map(|_| new_line(random, lines)).collect(),
        });
    }
    changes
}

fn new_line(random: &mut Rng, number: usize) -> String {
    match random.u8(..5) {
        0 => "}".to_owned(),
        1 => String::new(),
        _ => format!("let new{number}{} = \"日本\";", random.u8(..100)),
    }
}

fn changed(lines: &[String], changes: &[&Change]) -> Vec<String> {
    let mut result = Vec::new();
    let mut at = 0;
    for change in changes {
        result.extend_from_slice(&lines[at..change.at]);
        result.extend_from_slice(&change.inserted);
        at = change.at + change.removed;
    }
    result.extend_from_slice(&lines[at..]);
    result
}

/// The texts with some of the hunks that a line diff finds, which need not be the ones we made.
fn with_some_hunks(original: &str, rewritten: &str) -> Vec<String> {
    let old: Vec<&str> = original.split_inclusive('\n').collect();
    let new: Vec<&str> = rewritten.split_inclusive('\n').collect();
    let hunks = fast_apply_text::hunks(original, rewritten);
    let with = |subset: usize| {
        let (mut text, mut at) = (String::new(), 0);
        for (index, hunk) in hunks.iter().enumerate() {
            if subset & (1 << index) != 0 {
                text.extend(old[at..hunk.original.start].iter().copied());
                text.extend(new[hunk.rewritten.clone()].iter().copied());
                at = hunk.original.end;
            }
        }
        text.extend(old[at..].iter().copied());
        text
    };
    (0..1 << hunks.len()).map(with).collect()
}

fn deeds(random: &mut Rng) -> Vec<(Millis, Deed)> {
    let mut deeds = Vec::new();
    let span = [50, 300, 1500][random.usize(..3)];
    for _ in 0..[0, 1, 3, 10][random.usize(..4)] {
        // Nothing that an edit of ours could be taken for.
        let text = ["§", "ß", "🦀", "¤\n¤", "wörd ", ""][random.usize(..6)];
        let deed = Deed::Type {
            place: random.f64(),
            delete: if random.u8(..4) == 0 || text.is_empty() {
                random.usize(1..4)
            } else {
                0
            },
            text: text.to_owned(),
        };
        deeds.push((random.u64(..span), deed));
    }
    match random.u8(..20) {
        0..3 => deeds.push((random.u64(..span), Deed::Cancel)),
        3 => deeds.push((random.u64(..span), Deed::Close)),
        4 => deeds.push((random.u64(..span), Deed::ApplyAgain)),
        5 => deeds.push((random.u64(..span), Deed::Format)),
        6..9 => deeds.push((40_000, Deed::Undo)),
        _ => {}
    }
    deeds
}
