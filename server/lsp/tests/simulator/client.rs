//! Editors, with the habits that were measured in the real ones.

use fast_apply_lsp::event::{EditAnswer, Millis};
use fast_apply_text::{Encoding, PositionRange, TextChange};
use fastrand::Rng;

use crate::buffer::{Author, Buffer, index_at, range_at};

/// Which editor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Editor {
    VsCode,
    /// Tells of changes 150 ms late.
    NeovimStock,
    /// Tells of changes at once, as our configuration asks.
    Neovim,
    Helix,
    Eglot,
    Kakoune,
}

pub(crate) const EDITORS: [Editor; 6] = [
    Editor::VsCode,
    Editor::NeovimStock,
    Editor::Neovim,
    Editor::Helix,
    Editor::Eglot,
    Editor::Kakoune,
];

/// How an editor treats us beside its habits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Temper {
    Honest,
    /// Now and then refuses an edit for no reason.
    Refuses,
    /// Now and then refuses an edit and applies it all the same.
    AppliesRefused,
    /// Now and then drops an edit and says that it applied it.
    DropsApplied,
    /// Now and then does not answer.
    Silent,
}

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
            unsent: Vec::new(),
            flush_at: None,
            last_flush: None,
            last_input: None,
            typed_unsent: false,
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self.editor {
            Editor::VsCode => "Visual Studio Code",
            Editor::NeovimStock | Editor::Neovim => "Neovim",
            Editor::Helix => "helix",
            Editor::Eglot => "Eglot",
            Editor::Kakoune => "kakoune-lsp",
        }
    }

    pub(crate) fn encoding(&self) -> Encoding {
        match self.editor {
            Editor::VsCode => Encoding::Utf16,
            Editor::NeovimStock | Editor::Neovim | Editor::Helix | Editor::Kakoune => {
                Encoding::Utf8
            }
            Editor::Eglot => Encoding::Utf32,
        }
    }

    pub(crate) fn version(&self) -> i32 {
        self.version
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
        self.buffer.replace(start, end, text, Author::User);
        self.last_input = Some(now);
        self.typed_unsent = true;
        self.tell(
            vec![TextChange {
                range: Some(range),
                text: text.to_owned(),
            }],
            now,
            1,
        )
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
        let changes = self.put(edits, random);
        let mut messages = self.tell(changes, now, edits.len() as i32);
        let answers_first = match self.editor {
            Editor::Helix | Editor::Neovim => false,
            Editor::VsCode => random.bool(),
            Editor::NeovimStock | Editor::Eglot | Editor::Kakoune => true,
        };
        match answers_first {
            true => messages.splice(0..0, reply).for_each(drop),
            false => messages.extend(reply),
        }
        messages
    }

    /// Puts our edits into the buffer, the last one first, and tells what that changed in its own words.
    fn put(&mut self, edits: &[(PositionRange, String)], random: &mut Rng) -> Vec<TextChange> {
        let mut changes = Vec::new();
        for (range, text) in edits.iter().rev() {
            let before = self.buffer.text();
            let start = index_at(&before, range.start, self.encoding());
            let end = index_at(&before, range.end, self.encoding()).max(start);
            self.buffer.replace(start, end, text, Author::Server);
            let told = |start, end, text: String| TextChange {
                range: Some(range_at(&before, start, end, self.encoding())),
                text,
            };
            if self.editor != Editor::VsCode {
                changes.push(told(start, end, text.clone()));
            } else if start < end && !text.is_empty() {
                // It tells a difference of its own making.
                changes.push(told(end, end, text.clone()));
                changes.push(told(start, end, String::new()));
            } else if start == end {
                let characters: Vec<char> = before.chars().collect();
                let mut inserted: std::collections::VecDeque<char> = text.chars().collect();
                let mut at = start;
                while random.bool()
                    && characters.get(at).is_some()
                    && characters.get(at) == inserted.front()
                {
                    at += 1;
                    inserted.rotate_left(1);
                }
                // Between `\r` and `\n` there is no position.
                if at > start && characters[at - 1] == '\r' {
                    changes.push(told(start, end, text.clone()));
                } else {
                    changes.push(told(at, at, inserted.into_iter().collect()));
                }
            } else {
                changes.push(told(start, end, text.clone()));
            }
        }
        changes
    }

    /// Tells of changes now, or remembers to.
    fn tell(&mut self, changes: Vec<TextChange>, now: Millis, steps: i32) -> Vec<Message> {
        match self.editor {
            Editor::VsCode | Editor::Helix => {
                self.version += 1;
                self.typed_unsent = false;
                vec![self.changed(changes)]
            }
            Editor::Neovim => {
                self.typed_unsent = false;
                let one_each = changes.into_iter().map(|change| {
                    self.version += 1;
                    self.changed(vec![change])
                });
                one_each.collect()
            }
            Editor::NeovimStock => {
                self.version += 4 + steps;
                let rested = self.last_flush.is_none_or(|last| now > last + 150);
                let mut changes = changes.into_iter();
                let mut messages = Vec::new();
                if rested && self.unsent.is_empty() && steps > 1 {
                    self.coverage.split_changes += 1;
                    messages.extend(changes.next().map(|change| self.changed(vec![change])));
                    self.last_flush = Some(now);
                }
                self.unsent.extend(changes);
                if !self.unsent.is_empty() {
                    self.flush_at.get_or_insert(now + 150);
                }
                messages
            }
            Editor::Eglot => {
                self.unsent.extend(changes);
                self.flush_at = Some(match self.last_input {
                    Some(last) if now < last + 500 => last + 500,
                    _ => now + 1,
                });
                Vec::new()
            }
            Editor::Kakoune => {
                self.version += 3;
                self.unsent.extend(changes);
                self.flush_at.get_or_insert(now + 3);
                Vec::new()
            }
        }
    }

    /// Tells of what it has not told.
    pub(crate) fn flush(&mut self, now: Millis) -> Vec<Message> {
        if self.flush_at.is_none_or(|time| time > now) {
            return Vec::new();
        }
        self.flush_at = None;
        self.last_flush = Some(now);
        self.typed_unsent = false;
        if self.editor == Editor::Eglot {
            self.version += 1;
        }
        if self.unsent.len() > 1 {
            self.coverage.merged_changes += 1;
        }
        let changes = std::mem::take(&mut self.unsent);
        match changes.is_empty() {
            true => Vec::new(),
            false => vec![self.changed(changes)],
        }
    }

    fn changed(&self, changes: Vec<TextChange>) -> Message {
        Message::Changed {
            version: self.version,
            changes,
        }
    }
}
