//! When an editor tells of the changes of its document.

use fast_apply_lsp::event::Millis;
use fast_apply_text::TextChange;

use crate::client::{Client, Message};
use crate::editor::Editor;

impl Client {
    /// Tells of changes now, or remembers to.
    pub(super) fn tell(&mut self, changes: Vec<TextChange>, now: Millis) -> Vec<Message> {
        match self.editor {
            Editor::VsCode | Editor::Helix => {
                self.version += 1;
                self.typed_unsent = false;
                vec![self.changed(changes)]
            }
            Editor::Neovim => {
                self.typed_unsent = false;
                let one_each = changes.into_iter().map(|change| {
                    self.count();
                    self.changed(vec![change])
                });
                one_each.collect()
            }
            Editor::NeovimStock => {
                let mut messages = Vec::new();
                let several = changes.len() > 1;
                for change in changes {
                    self.count();
                    self.unsent.push(change);
                    // The first change of all waits; later ones only keep their distance.
                    let rested = self.last_flush.map_or(0, |last| now - last);
                    self.flush_at = Some(now + 150_u64.saturating_sub(rested));
                    let told = self.flush(now);
                    self.coverage.split_changes += usize::from(several && !told.is_empty());
                    messages.extend(told);
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

    pub(super) fn count(&mut self) {
        self.ticks += 1;
        self.version = self.ticks;
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

    /// Tells of what it has not told, ahead of something it asks for.
    pub(crate) fn flush_early(&mut self, now: Millis) -> Vec<Message> {
        self.flush_at = self.flush_at.map(|time| time.min(now));
        self.flush(now)
    }

    pub(super) fn changed(&self, changes: Vec<TextChange>) -> Message {
        Message::Changed {
            version: self.version,
            changes,
        }
    }
}
