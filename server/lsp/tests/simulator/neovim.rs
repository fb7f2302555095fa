//! How Neovim applies a text edit, and in which words it tells of a change: line by line.

use std::ops::Range;

use fast_apply_text::{Encoding, Position, PositionRange, TextChange};

use crate::buffer::{range_at, width};

/// What Neovim keeps about a buffer beside its lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format {
    pub(crate) encoding: Encoding,
    /// By the option `fileformat`: what the file had between all of its lines.
    pub(crate) ending: &'static str,
    /// The option `endofline`: the file ended with a line break, which belongs to the last line.
    pub(crate) end_of_line: bool,
}

/// A text as Neovim has it.
pub(crate) struct Lines {
    lines: Vec<String>,
    format: Format,
}

/// Lines that were replaced: the first of them, the one behind the last, and that one afterwards.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    first: usize,
    last: usize,
    new_last: usize,
}

/// A replacement of characters, and the lines Neovim takes for changed.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) range: Range<usize>,
    pub(crate) text: String,
    pub(crate) block: Block,
    /// Whether the edit reached beyond the last line, after which Neovim looks whether an empty one is left over.
    pub(crate) beyond_end: bool,
}

impl Block {
    /// The same lines when the change is taken back.
    pub(crate) fn inverse(self) -> Block {
        Block {
            last: self.new_last,
            new_last: self.last,
            ..self
        }
    }
}

impl Format {
    pub(crate) fn of(text: &str, encoding: Encoding) -> Self {
        let (breaks, carried) = (text.matches('\n').count(), text.matches("\r\n").count());
        Self {
            encoding,
            ending: if carried > 0 && breaks == carried {
                "\r\n"
            } else {
                "\n"
            },
            end_of_line: text.ends_with('\n'),
        }
    }
}

impl Lines {
    pub(crate) fn of(text: &str, format: Format) -> Self {
        let stripped = text
            .strip_suffix(format.ending)
            .filter(|_| format.end_of_line);
        let lines = stripped.unwrap_or(text).split(format.ending);
        Self {
            lines: lines.map(str::to_owned).collect(),
            // The simulated user can delete what cannot be deleted in Neovim.
            format: Format {
                end_of_line: stripped.is_some(),
                ..format
            },
        }
    }

    /// What an edit does, as `vim.lsp.util.apply_text_edits` does it.
    pub(crate) fn step(&self, range: PositionRange, text: &str) -> Step {
        let text = text.replace("\r\n", "\n");
        let added = text.split('\n').count();
        let text = text.replace('\n', self.format.ending);
        let count = self.lines.len();
        let first = range.start.line as usize;
        if count <= first {
            // All of it is put behind the last line, also the empty line that follows its last line break.
            let end = self.index(count, 0);
            let text = match self.format.end_of_line {
                true => text + self.format.ending,
                false => self.format.ending.to_owned() + &text,
            };
            return Step {
                range: end..end,
                text,
                block: Block {
                    first: count,
                    last: count,
                    new_last: count + added,
                },
                beyond_end: false,
            };
        }
        let beyond_end = count <= range.end.line as usize;
        let last = (range.end.line as usize).min(count - 1);
        let end = match beyond_end {
            true => self.index(last, usize::MAX),
            false => self.index(last, self.column(range.end)),
        };
        Step {
            range: self.index(first, self.column(range.start))..end,
            text,
            block: Block {
                first,
                last: last + 1,
                new_last: first + added,
            },
            beyond_end,
        }
    }

    /// How Neovim takes away the empty line that an edit beyond the end has left; it looks only after the last edit.
    pub(crate) fn without_empty_last_line(&self) -> Option<Step> {
        let count = self.lines.len();
        if count < 2 || !self.lines[count - 1].is_empty() {
            return None;
        }
        let end = self.index(count, 0);
        Some(Step {
            range: end - self.format.ending.len()..end,
            text: String::new(),
            block: Block {
                first: count - 1,
                last: count,
                new_last: count - 1,
            },
            beyond_end: false,
        })
    }

    /// The change from these lines to others, as `vim.lsp.sync.compute_diff` finds it.
    pub(crate) fn told(&self, after: &Lines, block: Block) -> TextChange {
        let Block {
            first,
            last,
            new_last,
        } = block;
        let (start, end, new_end) = if first == last {
            let start = match first {
                0 => (0, 0),
                _ => (first - 1, self.length(first - 1)),
            };
            (start, (first, 0), (new_last, 0))
        } else if first == new_last {
            ((first, 0), (last, 0), (first, 0))
        } else {
            let (old, new) = (&self.lines[first], &after.lines[first]);
            let front = shared(old.chars(), new.chars());
            let (old, new) = (&self.lines[last - 1], &after.lines[new_last - 1]);
            let lengths = (old.chars().count(), new.chars().count());
            // Only where the numbers of lines are the same does it look for what the ends have in common.
            let back = match (last == new_last, first == last - 1) {
                (false, _) => 0,
                (true, same_line) => {
                    let most = lengths.0.min(lengths.1) - if same_line { front } else { 0 };
                    shared(old.chars().rev(), new.chars().rev()).min(most)
                }
            };
            let end = (last - 1, lengths.0 - back);
            (
                (first, front),
                end,
                (new_last - 1, lengths.1 - back).max((first, 0)),
            )
        };
        TextChange {
            range: Some(PositionRange {
                start: self.position(start),
                end: self.position(end),
            }),
            text: after.between(start, new_end),
        }
    }

    fn length(&self, line: usize) -> usize {
        self.lines[line].chars().count()
    }

    /// The character at which a column of a line stands, counted from the start of the text.
    fn index(&self, line: usize, column: usize) -> usize {
        let whole: usize = (0..line.min(self.lines.len()))
            .map(|line| self.length(line) + self.format.ending.len())
            .sum();
        if line >= self.lines.len() {
            return whole
                - if self.format.end_of_line {
                    0
                } else {
                    self.format.ending.len()
                };
        }
        whole + column.min(self.length(line))
    }

    fn column(&self, position: Position) -> usize {
        let Some(line) = self.lines.get(position.line as usize) else {
            return 0;
        };
        let mut left = position.character;
        let fits = |&character: &char| {
            let fits = left > 0;
            left = left.saturating_sub(width(character, self.format.encoding));
            fits
        };
        line.chars().take_while(fits).count()
    }

    fn position(&self, (line, column): (usize, usize)) -> Position {
        let before = self.lines.get(line).map_or("", String::as_str);
        let (_, position) = {
            let all = range_at(before, 0, column, self.format.encoding);
            (all.start, all.end)
        };
        Position {
            line: line as u32,
            character: position.character,
        }
    }

    fn between(&self, start: (usize, usize), end: (usize, usize)) -> String {
        if start.0 == end.0 {
            let line = self.lines.get(start.0).map_or("", String::as_str);
            return line.chars().take(end.1).skip(start.1).collect();
        }
        let mut text: String = self.lines[start.0].chars().skip(start.1).collect();
        for line in start.0 + 1..=end.0 {
            text.push_str(self.format.ending);
            if let Some(whole) = self.lines.get(line) {
                let shown = if line == end.0 { end.1 } else { usize::MAX };
                text.extend(whole.chars().take(shown));
            }
        }
        text
    }
}

fn shared(one: impl Iterator<Item = char>, other: impl Iterator<Item = char>) -> usize {
    one.zip(other)
        .take_while(|(one, other)| one == other)
        .count()
}
