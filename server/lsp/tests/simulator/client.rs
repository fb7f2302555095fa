//! Editors, with the habits that were measured in the real ones.

mod telling;

use std::ops::Range;

use fast_apply_lsp::event::{EditAnswer, Millis};
use fast_apply_text::{Encoding, PositionRange, TextChange};
use fastrand::Rng;

use crate::buffer::{Author, Buffer, index_at, range_at};
use crate::editor::{Editor, Temper};
use crate::history::{History, Replacement, Telling};
use crate::neovim::{Format, Lines, Step};

/// What an editor sends.
#[derive(Debug)]
pub(crate) enum Message {
    Changed {
        version: i32,
        changes: Vec<TextChange>,
    },
    Answer {
        ticket: u64,
        answer: EditAnswer,
    },
}

/// What has happened in a run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Coverage {
    pub(crate) edits: usize,
    pub(crate) refused: usize,
    pub(crate) silent_drops: usize,
    pub(crate) split_changes: usize,
    pub(crate) merged_changes: usize,
    pub(crate) on_newer_text: usize,
}

/// An editor with one document.
pub(crate) struct Client {
    pub(crate) editor: Editor,
    pub(crate) buffer: Buffer,
    pub(crate) coverage: Coverage,
    temper: Temper,
    /// What a version test in the editor compares with.
    version: i32,
    /// Neovim counts more than the changes it tells of; the version is this as it was after the last of them.
    ticks: i32,
    history: History,
    format: Format,
    /// Changes that it has not told of, oldest first.
    unsent: Vec<TextChange>,
    flush_at: Option<Millis>,
    last_flush: Option<Millis>,
    last_input: Option<Millis>,
    /// Whether the user has typed since the last change was told of.
    typed_unsent: bool,
}

impl Client {
    pub(crate) fn new(editor: Editor, temper: Temper, text: &str) -> Self {
        Self {
            editor,
            buffer: Buffer::new(text),
            coverage: Coverage::default(),
            temper,
            version: match editor {
                Editor::NeovimStock | Editor::Neovim | Editor::Helix | Editor::Eglot => 0,
                Editor::VsCode | Editor::Kakoune => 1,
            },
            ticks: 2,
            history: History::default(),
            format: Format::of(text, editor.encoding()),
            unsent: Vec::new(),
            flush_at: None,
            last_flush: None,
            last_input: None,
            typed_unsent: false,
        }
    }

    pub(crate) fn encoding(&self) -> Encoding {
        self.format.encoding
    }

    pub(crate) fn version(&self) -> i32 {
        self.version
    }

    /// Neovim has counted so far before the first change.
    pub(crate) fn start_counting_at(&mut self, ticks: i32) {
        self.ticks = ticks;
    }

    /// When it wants to be asked for what it has not told.
    pub(crate) fn flush_time(&self) -> Option<Millis> {
        self.flush_at
    }

    /// The user replaces some characters.
    pub(crate) fn type_text(
        &mut self,
        start: usize,
        end: usize,
        text: &str,
        now: Millis,
    ) -> Vec<Message> {
        let before = self.buffer.text();
        let range = range_at(&before, start, end, self.encoding());
        let text = match self.editor {
            // There are no other line breaks in its buffers.
            Editor::Neovim | Editor::NeovimStock => &text.replace('\n', self.format.ending),
            _ => text,
        };
        let typed = self.replace(start, end, text, Author::User);
        self.history.record(Author::User, true, vec![typed]);
        self.last_input = Some(now);
        self.typed_unsent = true;
        let change = TextChange {
            range: Some(range),
            text: text.to_owned(),
        };
        self.tell(vec![change], now)
    }

    /// The user takes the last step back.
    pub(crate) fn undo(&mut self, now: Millis) -> Vec<Message> {
        let telling = match self.editor {
            Editor::VsCode => Telling::FromBehind,
            _ => Telling::InOrder,
        };
        let format = self.format;
        let changes = self.history.undo(&mut self.buffer, format, telling);
        self.last_input = Some(now);
        self.typed_unsent = true;
        let messages = self.tell(changes, now);
        self.ticks += 1;
        messages
    }

    /// An edit of ours arrives.
    pub(crate) fn apply_edit(
        &mut self,
        ticket: u64,
        version: i32,
        edits: &[(PositionRange, String)],
        now: Millis,
        random: &mut Rng,
    ) -> Vec<Message> {
        self.coverage.edits += 1;
        let answer = |answer| Message::Answer { ticket, answer };
        let refuse = || answer(EditAnswer::Refused("document has changed".to_owned()));
        let acts_up = random.u8(..100) < 20;
        match self.temper {
            Temper::Refuses if acts_up => {
                self.coverage.refused += 1;
                return vec![refuse()];
            }
            Temper::DropsApplied if acts_up => {
                self.coverage.silent_drops += 1;
                return vec![answer(EditAnswer::Applied)];
            }
            _ => {}
        }
        let fits = match self.editor {
            Editor::VsCode | Editor::Helix | Editor::Eglot => version == self.version,
            Editor::NeovimStock => version <= 0 || self.version <= version,
            // Our handler compares strictly.
            Editor::Neovim => version == self.version,
            Editor::Kakoune => true,
        };
        if !fits {
            if self.editor == Editor::NeovimStock {
                self.coverage.silent_drops += 1;
                return vec![answer(EditAnswer::Applied)];
            }
            self.coverage.refused += 1;
            return vec![refuse()];
        }
        if self.typed_unsent || version != self.version {
            self.coverage.on_newer_text += 1;
        }
        let reply = match self.temper {
            Temper::AppliesRefused if acts_up => Some(refuse()),
            Temper::Silent if acts_up => None,
            _ => Some(answer(EditAnswer::Applied)),
        };
        let (changes, replacements) = match self.editor {
            Editor::Neovim | Editor::NeovimStock => self.put_lines(edits),
            _ => self.put(edits, random),
        };
        let joins = matches!(self.editor, Editor::VsCode | Editor::Neovim | Editor::Eglot);
        self.history.record(Author::Server, joins, replacements);
        let mut messages = self.tell(changes, now);
        let answers_first = match self.editor {
            Editor::Helix | Editor::Neovim | Editor::NeovimStock => false,
            Editor::VsCode => random.bool(),
            Editor::Eglot | Editor::Kakoune => true,
        };
        match answers_first {
            true => messages.splice(0..0, reply).for_each(drop),
            false => messages.extend(reply),
        }
        messages
    }

    /// Puts our edits into the buffer, the last one first, and tells what that changed in its own words.
    fn put(
        &mut self,
        edits: &[(PositionRange, String)],
        random: &mut Rng,
    ) -> (Vec<TextChange>, Vec<Replacement>) {
        let (mut changes, mut replacements) = (Vec::new(), Vec::new());
        let whole = self.buffer.text();
        // It can tell a difference of its own making.
        let own_words = self.editor == Editor::VsCode && random.bool();
        for (range, text) in edits.iter().rev() {
            let before = self.buffer.text();
            let start = index_at(&before, range.start, self.encoding());
            let end = index_at(&before, range.end, self.encoding()).max(start);
            replacements.push(self.replace(start, end, text, Author::Server));
            let told = |start, end, text: String| TextChange {
                range: Some(range_at(&before, start, end, self.encoding())),
                text,
            };
            if own_words && start < end && !text.is_empty() {
                changes.push(told(end, end, text.clone()));
                changes.push(told(start, end, String::new()));
            } else if own_words && start == end {
                let at = start + slide(&before, start, text, random);
                let rotated = text.chars().cycle().skip(at - start);
                let rotated = rotated.take(text.chars().count()).collect();
                changes.push(told(at, at, rotated));
            } else {
                changes.push(told(start, end, text.clone()));
            }
        }
        if self.editor == Editor::Helix {
            changes = self.told_from_the_start(whole, edits);
        }
        (changes, replacements)
    }

    /// The edits one after the other, each in terms of the text that those before it have left.
    fn told_from_the_start(
        &self,
        mut text: String,
        edits: &[(PositionRange, String)],
    ) -> Vec<TextChange> {
        let encoding = self.encoding();
        let place = |it: &PositionRange| [it.start, it.end].map(|at| index_at(&text, at, encoding));
        let places: Vec<[usize; 2]> = edits.iter().map(|(range, _)| place(range)).collect();
        let (mut changes, mut moved) = (Vec::new(), 0);
        for ([start, end], (_, new)) in places.into_iter().zip(edits) {
            let [from, to] = [start, end].map(|at| (at as isize + moved) as usize);
            let range = Some(range_at(&text, from, to, encoding));
            let text_of = new.clone();
            changes.push(TextChange {
                range,
                text: text_of,
            });
            let characters: Vec<char> = text.chars().collect();
            text = characters[..from]
                .iter()
                .copied()
                .chain(new.chars())
                .collect();
            text.extend(&characters[to..]);
            moved += new.chars().count() as isize - (end - start) as isize;
        }
        changes
    }

    /// Puts our edits into the buffer as Neovim does.
    fn put_lines(
        &mut self,
        edits: &[(PositionRange, String)],
    ) -> (Vec<TextChange>, Vec<Replacement>) {
        let mut put = (Vec::new(), Vec::new());
        let mut beyond_end = false;
        for (range, text) in edits.iter().rev() {
            let lines = self.lines();
            let step = lines.step(*range, text);
            beyond_end |= step.beyond_end;
            self.put_step(&lines, &step, &mut put);
        }
        let lines = self.lines();
        if beyond_end && let Some(step) = lines.without_empty_last_line() {
            self.put_step(&lines, &step, &mut put);
        }
        put
    }

    fn put_step(
        &mut self,
        lines: &Lines,
        step: &Step,
        (changes, replacements): &mut (Vec<TextChange>, Vec<Replacement>),
    ) {
        let Range { start, end } = step.range;
        let replacement = self.replace(start, end, &step.text, Author::Server);
        changes.push(lines.told(&self.lines(), step.block));
        replacements.push(Replacement {
            block: Some(step.block),
            ..replacement
        });
    }

    fn lines(&self) -> Lines {
        Lines::of(&self.buffer.text(), self.format)
    }

    fn replace(&mut self, start: usize, end: usize, text: &str, author: Author) -> Replacement {
        let before = self.buffer.text();
        self.buffer.replace(start, end, text, author);
        Replacement {
            start,
            removed: before.chars().take(end).skip(start).collect(),
            inserted: text.to_owned(),
            block: None,
        }
    }
}

/// How far an insertion is told behind its place, where the text goes on with what is inserted.
fn slide(before: &str, start: usize, inserted: &str, random: &mut Rng) -> usize {
    let behind = before.chars().skip(start).zip(inserted.chars().cycle());
    let same: Vec<char> = behind
        .take_while(|(one, other)| one == other)
        .map(|(one, _)| one)
        .collect();
    let mut far = 0;
    while far < same.len() && random.bool() {
        far += 1;
    }
    // Between `\r` and `\n` there is no position.
    match far > 0 && same[far - 1] == '\r' {
        true => 0,
        false => far,
    }
}
