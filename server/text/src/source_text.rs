//! The text of a file as it is, as a model sees it, and the way back.

use std::borrow::Cow;
use std::ops::Range;

use crate::{LineEnding, hunk::line_hunks};

const BYTE_ORDER_MARK: char = '\u{feff}';

/// A text with its byte order mark and the ending of each of its lines, and what a model sees of it.
///
/// Lines end at `\n` or `\r\n`, in any mixture. A lone `\r` is an ordinary character of its line, except in a text
/// without any `\n`, where it is the line ending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceText {
    text: String,
    model_text: String,
    /// The ending of each line that has one: all, or all but the last.
    endings: Vec<LineEnding>,
    has_byte_order_mark: bool,
}

/// Why bytes are no text that can be rewritten.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The text is in an encoding that is not supported.
    #[error("the text is UTF-16; only UTF-8 is supported, so convert it first")]
    Utf16,
    /// A NUL byte: no text file has one.
    #[error("byte {offset} is NUL, so this is a binary file; only text in UTF-8 can be rewritten")]
    Binary {
        /// Where the NUL stands, in bytes from the start.
        offset: usize,
    },
    /// A byte that no UTF-8 text has in that place.
    #[error("byte {offset} is not valid UTF-8; only text in UTF-8 can be rewritten")]
    NotUtf8 {
        /// The first byte that does not belong, counted from the start.
        offset: usize,
    },
}

impl SourceText {
    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// The bytes are UTF-16, hold a NUL, or are not UTF-8.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<SourceText, SourceError> {
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err(SourceError::Utf16);
        }
        if let Some(offset) = bytes.iter().position(|&byte| byte == 0) {
            return Err(SourceError::Binary { offset });
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(SourceText::from_text(text)),
            Err(error) => Err(SourceError::NotUtf8 {
                offset: error.utf8_error().valid_up_to(),
            }),
        }
    }

    /// Takes a text that is known to be one, such as an editor's document.
    pub fn from_text(text: String) -> SourceText {
        let has_byte_order_mark = text.starts_with(BYTE_ORDER_MARK);
        let body = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
        let (model_text, endings) = if body.contains('\n') || !body.contains('\r') {
            split_line_feeds(body)
        } else {
            (
                body.replace('\r', "\n"),
                vec![LineEnding::Cr; body.matches('\r').count()],
            )
        };
        SourceText {
            text,
            model_text,
            endings,
            has_byte_order_mark,
        }
    }

    /// The whole text as it was given, byte order mark included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text with `\n` for every line ending and no byte order mark.
    pub fn model_text(&self) -> &str {
        &self.model_text
    }

    /// Whether the text starts with a byte order mark.
    pub fn has_byte_order_mark(&self) -> bool {
        self.has_byte_order_mark
    }

    /// The ending of each line that has one, in order.
    pub fn line_endings(&self) -> &[LineEnding] {
        &self.endings
    }

    /// The text that `rewrite`, a model's new version of [`model_text`](Self::model_text), stands for.
    ///
    /// Every line that a line diff finds unchanged has its own ending again. A changed line has the ending of the line
    /// it replaces, an inserted one that of the line before it (the first line: that of the line behind). The byte
    /// order mark is back, and so is the habit at the end of the text: a text without a final line ending does not get
    /// one, a text with one keeps it. A `\r\n` in the rewrite is an `\n`.
    ///
    /// For `rewrite == self.model_text()` the result is [`text`](Self::text), whatever it holds.
    pub fn restore(&self, rewrite: &str) -> String {
        let rewrite = self.without_foreign_carriage_returns(rewrite);
        let rewrite = self.with_own_final_ending(&rewrite);
        let original_lines = lines(&self.model_text);
        let rewritten_lines = lines(&rewrite);

        let mut restored =
            String::with_capacity(self.text.len().max(rewrite.len()) + rewritten_lines.len());
        if self.has_byte_order_mark {
            restored.push(BYTE_ORDER_MARK);
        }
        let mut write_line = |index: usize, ending: LineEnding| {
            restored.push_str(rewritten_lines[index]);
            if index + 1 < rewritten_lines.len() || rewrite.ends_with('\n') {
                restored.push_str(ending.as_str());
            }
        };
        let (mut original, mut rewritten) = (0, 0);
        for hunk in line_hunks(&original_lines, &rewritten_lines) {
            while rewritten < hunk.rewritten.start {
                write_line(rewritten, self.ending_of(original));
                (original, rewritten) = (original + 1, rewritten + 1);
            }
            for (position, index) in hunk.rewritten.clone().enumerate() {
                write_line(index, self.ending_of_new_line(&hunk.original, position));
            }
            (original, rewritten) = (hunk.original.end, hunk.rewritten.end);
        }
        while rewritten < rewritten_lines.len() {
            write_line(rewritten, self.ending_of(original));
            (original, rewritten) = (original + 1, rewritten + 1);
        }
        restored
    }

    /// The bytes that `lines`, the new lines of a hunk in the middle of a rewrite, stand for, with the endings that
    /// [`restore`](Self::restore) gives them.
    pub fn restore_lines(&self, original: Range<usize>, lines: &str) -> String {
        let lines = self.without_foreign_carriage_returns(lines);
        let mut restored = String::with_capacity(lines.len());
        for (position, line) in lines.split_inclusive('\n').enumerate() {
            match line.strip_suffix('\n') {
                Some(content) => {
                    restored.push_str(content);
                    restored.push_str(self.ending_of_new_line(&original, position).as_str());
                }
                None => restored.push_str(line),
            }
        }
        restored
    }

    /// The bytes of a range of lines.
    pub fn line_bytes(&self, lines: Range<usize>) -> Range<usize> {
        let mark = match self.has_byte_order_mark {
            true => BYTE_ORDER_MARK.len_utf8(),
            false => 0,
        };
        let start_of = |line: usize| {
            let content: usize = self
                .model_text
                .split_inclusive('\n')
                .zip(self.endings.iter().map(Some).chain(std::iter::repeat(None)))
                .take(line)
                .map(|(line, ending)| match ending {
                    Some(ending) => line.len() - 1 + ending.as_str().len(),
                    None => line.len(),
                })
                .sum();
            mark + content
        };
        start_of(lines.start)..start_of(lines.end)
    }

    /// The ending of the new line at `position` of a hunk that replaces the lines `original`.
    fn ending_of_new_line(&self, original: &Range<usize>, position: usize) -> LineEnding {
        let neighbour = match original.end.checked_sub(1) {
            Some(last) => last.min(original.start + position),
            None => 0,
        };
        self.ending_of(neighbour)
    }

    /// The ending of a line of the original; for a last line without one, that of the line before it.
    fn ending_of(&self, line: usize) -> LineEnding {
        let ending = self.endings.get(line).or(self.endings.last());
        ending.copied().unwrap_or(LineEnding::Lf)
    }

    /// Models copy `\r\n` from a sketch; only where the original has lines that end in a `\r` of their own can it be
    /// meant.
    fn without_foreign_carriage_returns<'r>(&self, rewrite: &'r str) -> Cow<'r, str> {
        let own = self.model_text.contains("\r\n") || self.model_text.ends_with('\r');
        if own || !rewrite.contains("\r\n") {
            return Cow::Borrowed(rewrite);
        }
        Cow::Owned(rewrite.replace("\r\n", "\n"))
    }

    fn with_own_final_ending<'r>(&self, rewrite: &'r str) -> Cow<'r, str> {
        if self.model_text.is_empty() || rewrite.is_empty() {
            return Cow::Borrowed(rewrite);
        }
        match (self.model_text.ends_with('\n'), rewrite.strip_suffix('\n')) {
            (true, None) => Cow::Owned(format!("{rewrite}\n")),
            (false, Some(unterminated)) => Cow::Borrowed(unterminated),
            _ => Cow::Borrowed(rewrite),
        }
    }
}

fn split_line_feeds(body: &str) -> (String, Vec<LineEnding>) {
    let mut model_text = String::with_capacity(body.len());
    let mut endings = Vec::new();
    for line in body.split_inclusive('\n') {
        if let Some(content) = line.strip_suffix("\r\n") {
            model_text.push_str(content);
            model_text.push('\n');
            endings.push(LineEnding::CrLf);
        } else {
            model_text.push_str(line);
            if line.ends_with('\n') {
                endings.push(LineEnding::Lf);
            }
        }
    }
    (model_text, endings)
}

/// The lines of a text without their `\n`.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n')
        .map(|line| line.strip_suffix('\n').unwrap_or(line))
        .collect()
}
