use std::collections::HashMap;

use super::NO_TOKEN;
use crate::copying::TokenBytes;

/// Names of line contents: lines of both texts that are equal but for the whitespace around them
/// have the same.
#[derive(Debug, Default)]
pub(super) struct LineNames {
    names: HashMap<Box<[u8]>, usize>,
}

impl LineNames {
    /// The name of a line that one of the texts has.
    pub(super) fn get(&self, line: &[u8]) -> Option<usize> {
        self.names.get(line.trim_ascii()).copied()
    }

    fn give(&mut self, line: &[u8]) -> usize {
        let next = self.names.len();
        *self.names.entry(line.trim_ascii().into()).or_insert(next)
    }
}

/// One line.
#[derive(Debug)]
pub(super) struct Line {
    /// What it is called, whitespace around it aside.
    pub(super) name: usize,
    pub(super) is_blank: bool,
    /// Whitespace at its start, in bytes.
    pub(super) indentation: usize,
    /// The first byte behind that; zero if it is blank.
    pub(super) first: u8,
    /// Its words as hashes, ascending, each once.
    pub(super) words: Vec<u64>,
    /// Whether it stands for code that is left out.
    pub(super) is_marker: bool,
}

/// A text that an output is copied from.
#[derive(Debug)]
pub(super) struct CopyText {
    /// Those of marker lines are `NO_TOKEN`.
    tokens: Vec<u32>,
    has_newline: Vec<bool>,
    places: HashMap<u32, Vec<usize>>,
    /// The line in which each token's first visible byte stands, or the first behind it.
    line_of: Vec<usize>,
    lines: Vec<Line>,
    /// In which lines each name stands, ascending.
    lines_of: HashMap<usize, Vec<usize>>,
}

impl CopyText {
    /// `markers` tells which lines stand for code that is left out. `end`, if it is given, may be
    /// copied from behind the text.
    pub(super) fn new(
        tokens: &[u32],
        markers: &[bool],
        end: Option<u32>,
        vocabulary: &TokenBytes,
        names: &mut LineNames,
    ) -> Self {
        let bytes_of = |token: u32| {
            vocabulary
                .get(token as usize)
                .map_or(&[][..], |bytes| bytes)
        };
        let text: Vec<u8> = tokens
            .iter()
            .flat_map(|&token| bytes_of(token))
            .copied()
            .collect();
        let line = |(index, line): (usize, &[u8])| {
            let content = line.trim_ascii_start();
            Line {
                name: names.give(line),
                is_blank: content.is_empty(),
                indentation: line.len() - content.len(),
                first: content.first().copied().unwrap_or(0),
                words: words(line),
                is_marker: markers.get(index) == Some(&true),
            }
        };
        let lines: Vec<Line> = text
            .split(|&byte| byte == b'\n')
            .enumerate()
            .map(line)
            .collect();
        let mut line_of = Vec::with_capacity(tokens.len() + 1);
        let (mut offset, mut number) = (0, 0);
        for &token in tokens {
            let rest = &text[offset..];
            let visible = rest.iter().position(|byte| !byte.is_ascii_whitespace());
            let ahead = &rest[..visible.unwrap_or(rest.len())];
            line_of.push(number + count_newlines(ahead));
            let bytes = bytes_of(token);
            number += count_newlines(bytes);
            offset += bytes.len();
        }
        // What ends the line in front of a marker still belongs to that line.
        let ends_line = |token: u32| {
            let bytes = bytes_of(token);
            bytes.contains(&b'\n') && bytes.trim_ascii().is_empty()
        };
        let places = tokens.iter().zip(&line_of);
        let copied =
            places.map(
                |(&token, &line)| match lines[line].is_marker && !ends_line(token) {
                    true => NO_TOKEN,
                    false => token,
                },
            );
        let copied: Vec<u32> = copied.chain(end).collect();
        let mut places: HashMap<u32, Vec<usize>> = HashMap::new();
        for (place, &token) in copied.iter().enumerate() {
            if token != NO_TOKEN {
                places.entry(token).or_default().push(place);
            }
        }
        let mut lines_of: HashMap<usize, Vec<usize>> = HashMap::new();
        for (number, line) in lines.iter().enumerate() {
            lines_of.entry(line.name).or_default().push(number);
        }
        Self {
            has_newline: tokens
                .iter()
                .map(|&token| bytes_of(token).contains(&b'\n'))
                .collect(),
            tokens: copied,
            places,
            line_of,
            lines,
            lines_of,
        }
    }

    /// How many tokens it has, with the one that ends it.
    pub(super) fn length(&self) -> usize {
        self.tokens.len()
    }

    /// The token at a place; `NO_TOKEN` in a marker line and behind the text.
    pub(super) fn token(&self, place: usize) -> u32 {
        self.tokens.get(place).copied().unwrap_or(NO_TOKEN)
    }

    /// Where a token stands, ascending.
    pub(super) fn places_of(&self, token: u32) -> &[usize] {
        self.places.get(&token).map_or(&[], |places| places)
    }

    /// Whether the token at a place has a line break in it.
    pub(super) fn breaks_line(&self, place: usize) -> bool {
        self.has_newline.get(place) == Some(&true)
    }

    /// The number of the line that the token at a place writes, or of the next one if it writes but
    /// whitespace; the number of lines behind the text.
    pub(super) fn line_of(&self, place: usize) -> usize {
        self.line_of.get(place).copied().unwrap_or(self.lines.len())
    }

    pub(super) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The name of the last line with words above a line.
    pub(super) fn visible_line_before(&self, number: usize) -> Option<usize> {
        let above = self.lines[..number].iter().rev();
        let mut above = above.filter(|line| !line.words.is_empty());
        above.next().map(|line| line.name)
    }

    /// How many lines from number `from` on the first one of that name is.
    pub(super) fn ahead(&self, name: usize, from: usize) -> Option<usize> {
        let numbers = self.lines_of.get(&name)?;
        let next = numbers.get(numbers.partition_point(|&number| number < from))?;
        Some(next - from)
    }

    /// How often it has lines of that name.
    pub(super) fn count(&self, name: usize) -> usize {
        self.lines_of.get(&name).map_or(0, Vec::len)
    }
}

fn count_newlines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte == b'\n').count()
}

/// Hashes of the words of a line.
fn words(line: &[u8]) -> Vec<u64> {
    let is_of_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
    let words = line
        .split(|byte| !is_of_word(byte))
        .filter(|word| !word.is_empty());
    let mut words: Vec<u64> = words.map(hash).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// FNV-1a: the same on every machine.
fn hash(word: &[u8]) -> u64 {
    word.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
