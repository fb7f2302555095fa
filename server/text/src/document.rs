//! Open documents: ropes that follow an editor's changes.

use std::ops::Range;

use ropey::Rope;

use crate::{Encoding, Position, PositionRange, TextChange, line_hunks};

/// An open document, as the client last told it.
///
/// Lines end at `\n`; the `\r` of a `\r\n` is the last character of its line's content to the rope, but no position
/// can point behind it. Offsets are bytes.
#[derive(Clone, Debug)]
pub struct Document {
    text: Rope,
    version: i32,
}

/// One contiguous replacement in a text, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    /// What was replaced, in the text before.
    pub range: Range<usize>,
    /// How many bytes stand there now.
    pub inserted: usize,
}

impl Splice {
    /// Where a range is now that lies behind what was replaced.
    pub fn moved(&self, range: &Range<usize>) -> Range<usize> {
        let moved = |offset: usize| offset + self.inserted - self.range.len();
        moved(range.start)..moved(range.end)
    }
}

/// One step of a change.
#[derive(Clone, Debug)]
pub struct Step {
    /// What was replaced.
    pub splice: Splice,
    /// The text after it; cloning it costs nothing.
    pub after: Rope,
}

impl Document {
    /// A document as it was opened.
    pub fn new(text: &str, version: i32) -> Document {
        Document {
            text: Rope::from_str(text),
            version,
        }
    }

    /// The text; cloning it costs nothing.
    pub fn text(&self) -> &Rope {
        &self.text
    }

    /// The version the client gave it.
    pub fn version(&self) -> i32 {
        self.version
    }

    /// Takes the version of a change notification.
    pub fn set_version(&mut self, version: i32) {
        self.version = version;
    }

    /// Applies one change, and says step by step where the text differs now.
    ///
    /// Positions past the end of a line or of the text are the end of it. A replacement of the whole text is taken for
    /// the line-wise difference it makes.
    pub fn apply(&mut self, change: &TextChange, encoding: Encoding) -> Vec<Step> {
        match change.range {
            Some(range) => {
                let range = self.bytes(range, encoding);
                vec![self.replace(range, &change.text)]
            }
            None => {
                let before = String::from(&self.text);
                line_splices(&before, &change.text)
                    .into_iter()
                    .map(|splice| {
                        let start = splice.range.start;
                        self.replace(splice.range, &change.text[start..start + splice.inserted])
                    })
                    .collect()
            }
        }
    }

    fn replace(&mut self, range: Range<usize>, text: &str) -> Step {
        splice(&mut self.text, range.clone(), text);
        Step {
            splice: Splice {
                range,
                inserted: text.len(),
            },
            after: self.text.clone(),
        }
    }

    /// The bytes between two positions; an inverted range is empty.
    pub fn bytes(&self, range: PositionRange, encoding: Encoding) -> Range<usize> {
        let start = self.offset(range.start, encoding);
        start..self.offset(range.end, encoding).max(start)
    }

    /// The byte at a position.
    pub fn offset(&self, position: Position, encoding: Encoding) -> usize {
        offset_at(&self.text, position, encoding)
    }

    /// The position of a byte; a byte inside a character stands for the character's start.
    pub fn position(&self, offset: usize, encoding: Encoding) -> Position {
        position_at(&self.text, offset, encoding)
    }

    /// The positions of a range of bytes.
    pub fn positions(&self, range: Range<usize>, encoding: Encoding) -> PositionRange {
        PositionRange {
            start: self.position(range.start, encoding),
            end: self.position(range.end, encoding),
        }
    }
}

/// Replaces bytes of a rope. The range must lie on character boundaries.
pub fn splice(text: &mut Rope, range: Range<usize>, inserted: &str) {
    let start = text.byte_to_char(range.start);
    let end = text.byte_to_char(range.end);
    text.remove(start..end);
    text.insert(start, inserted);
}

/// The byte of a rope at a position; see [`Document::offset`].
pub fn offset_at(text: &Rope, position: Position, encoding: Encoding) -> usize {
    let line = position.line as usize;
    if line >= text.len_lines() {
        return text.len_bytes();
    }
    let start = text.line_to_byte(line);
    let content = text.line(line);
    let length = content_chars(&content);
    let column = position.character as usize;
    let chars = match encoding {
        Encoding::Utf8 => content.byte_to_char(column.min(content.len_bytes())),
        Encoding::Utf16 => content.utf16_cu_to_char(column.min(content.len_utf16_cu())),
        Encoding::Utf32 => column,
    };
    start + content.char_to_byte(chars.min(length))
}

/// The position of a byte in a rope; see [`Document::position`].
pub fn position_at(text: &Rope, offset: usize, encoding: Encoding) -> Position {
    let offset = offset.min(text.len_bytes());
    let line = text.byte_to_line(offset);
    let content = text.line(line);
    let chars = content.byte_to_char(offset - text.line_to_byte(line));
    let chars = chars.min(content_chars(&content));
    let character = match encoding {
        Encoding::Utf8 => content.char_to_byte(chars),
        Encoding::Utf16 => content.char_to_utf16_cu(chars),
        Encoding::Utf32 => chars,
    };
    Position {
        line: line as u32,
        character: character as u32,
    }
}

/// The characters of a line before its ending.
fn content_chars(line: &ropey::RopeSlice<'_>) -> usize {
    let mut length = line.len_chars();
    if length > 0 && line.char(length - 1) == '\n' {
        length -= 1;
        if length > 0 && line.char(length - 1) == '\r' {
            length -= 1;
        }
    }
    length
}

/// The difference of two texts as replacements of whole lines, in the order in which they can be applied: each in
/// terms of the text that those before it left.
fn line_splices(before: &str, after: &str) -> Vec<Splice> {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let starts = |lines: &[&str]| {
        let mut starts = vec![0];
        for line in lines {
            starts.push(starts[starts.len() - 1] + line.len());
        }
        starts
    };
    let (old_starts, new_starts) = (starts(&old), starts(&new));
    line_hunks(&old, &new)
        .into_iter()
        .map(|hunk| {
            let start = new_starts[hunk.rewritten.start];
            let removed = old_starts[hunk.original.end] - old_starts[hunk.original.start];
            Splice {
                range: start..start + removed,
                inserted: new_starts[hunk.rewritten.end] - start,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a text is, told apart without a rope: the naive model the document is compared with.
    fn naive_offset(text: &str, position: Position, encoding: Encoding) -> usize {
        let mut start = 0;
        let mut lines = text.split_inclusive('\n').collect::<Vec<_>>();
        if text.is_empty() || text.ends_with('\n') {
            lines.push("");
        }
        for (number, line) in lines.iter().enumerate() {
            if number == position.line as usize {
                let content = line.strip_suffix('\n').map_or(*line, |content| {
                    content.strip_suffix('\r').unwrap_or(content)
                });
                let mut column = 0;
                for (at, character) in content.char_indices() {
                    let next = column
                        + match encoding {
                            Encoding::Utf8 => character.len_utf8(),
                            Encoding::Utf16 => character.len_utf16(),
                            Encoding::Utf32 => 1,
                        };
                    if next > position.character as usize {
                        return start + at;
                    }
                    column = next;
                }
                return start + content.len();
            }
            start += line.len();
        }
        text.len()
    }

    fn encodings() -> impl Strategy<Value = Encoding> {
        prop_oneof![
            Just(Encoding::Utf8),
            Just(Encoding::Utf16),
            Just(Encoding::Utf32)
        ]
    }

    fn texts() -> impl Strategy<Value = String> {
        "([a-c\t]|é|😀|日|\r|\n|\r\n){0,24}"
    }

    fn positions() -> impl Strategy<Value = Position> {
        (0u32..8, 0u32..12).prop_map(|(line, character)| Position { line, character })
    }

    proptest! {
        #[test]
        fn changes_do_what_a_string_would(
            text in texts(),
            encoding in encodings(),
            changes in prop::collection::vec((prop::option::weighted(0.8, (positions(), positions())), texts()), 1..5),
        ) {
            let mut document = Document::new(&text, 1);
            let mut naive = text;
            for (range, text) in changes {
                let range = range.map(|(one, other)| PositionRange { start: one.min(other), end: one.max(other) });
                let before = naive.clone();
                match range {
                    Some(range) => {
                        let start = naive_offset(&naive, range.start, encoding);
                        let end = naive_offset(&naive, range.end, encoding);
                        naive.replace_range(start..end, &text);
                    }
                    None => naive.clone_from(&text),
                }
                let steps = document.apply(&TextChange { range, text }, encoding);
                prop_assert_eq!(document.text(), naive.as_str());
                // The steps lead from the text before to the text after.
                let mut rebuilt = before;
                for Step { splice, after } in steps {
                    let new = after.byte_slice(splice.range.start..splice.range.start + splice.inserted);
                    rebuilt.replace_range(splice.range, &new.to_string());
                    prop_assert_eq!(&after, rebuilt.as_str());
                }
                prop_assert_eq!(rebuilt, naive.as_str());
            }
        }

        #[test]
        fn positions_come_back(text in texts(), encoding in encodings()) {
            let document = Document::new(&text, 1);
            for (offset, _) in text.char_indices().chain([(text.len(), ' ')]) {
                // No position lies between `\r` and `\n`.
                let offset = if text[..offset].ends_with('\r') && text[offset..].starts_with('\n') { offset - 1 } else { offset };
                let position = document.position(offset, encoding);
                prop_assert_eq!(document.offset(position, encoding), offset);
            }
        }
    }
}
