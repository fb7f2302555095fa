//! Makes the fences of a chat reply say what the model meant, so that a Markdown parser can read them.
//!
//! CommonMark closes a block at the first bare fence. A model that edits a Markdown file, or code with
//! Markdown in its comments, writes fences inside the block with the same three backticks. Here every outer
//! fence whose block holds inner fences is widened until the inner ones are plain text, and a block that
//! the reply never closes is closed at its end.

use std::borrow::Cow;

use crate::language::Family;

/// A line that opens or closes a fenced block.
#[derive(Clone, Copy)]
struct Fence<'a> {
    line: usize,
    indent: usize,
    mark: char,
    width: usize,
    info: &'a str,
}

impl Fence<'_> {
    fn is_bare(&self) -> bool {
        self.info.is_empty()
    }

    /// Four columns further in, a fence is text to every Markdown parser.
    fn is_code_of(&self, open: &Fence<'_>) -> bool {
        self.indent >= open.indent + 4
    }

    fn can_close(&self, open: &Fence<'_>) -> bool {
        self.is_bare()
            && self.mark == open.mark
            && self.width >= open.width
            && !self.is_code_of(open)
    }
}

/// The reply with outer fences wide enough for what they hold. Line count and all other lines stay.
pub(crate) fn widen(reply: &str) -> Cow<'_, str> {
    let lines: Vec<&str> = reply.split_inclusive('\n').collect();
    let fences: Vec<Fence<'_>> = lines
        .iter()
        .enumerate()
        .filter_map(|(index, line)| read(index, line))
        .collect();
    let mut widened: Vec<(usize, usize, char)> = Vec::new();
    let mut next = 0;
    let mut unclosed = None;
    while let Some(open) = fences.get(next) {
        let Some(close) = closing(&fences, next, &lines) else {
            unclosed = Some(*open);
            break;
        };
        let inner = &fences[next + 1..close];
        if inner.iter().any(|fence| fence.can_close(open)) {
            let width = inner
                .iter()
                .filter(|fence| fence.mark == open.mark)
                .map(|fence| fence.width)
                .max();
            let width = width.unwrap_or(0).max(open.width) + 1;
            widened.push((open.line, width, open.mark));
            widened.push((fences[close].line, width, open.mark));
        }
        next = close + 1;
    }
    if widened.is_empty() && unclosed.is_none() {
        return Cow::Borrowed(reply);
    }
    let mut text = String::with_capacity(reply.len() + 16);
    let mut changes = widened.iter().peekable();
    for (index, line) in lines.iter().enumerate() {
        match changes.next_if(|(line, ..)| *line == index) {
            Some((_, width, mark)) => {
                let start = line.find(*mark).unwrap_or(0);
                text.push_str(&line[..start]);
                text.extend(std::iter::repeat_n(*mark, *width));
                text.push_str(line[start..].trim_start_matches(*mark));
            }
            None => text.push_str(line),
        }
    }
    if let Some(open) = unclosed {
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text.extend(std::iter::repeat_n(open.mark, open.width));
        text.push('\n');
    }
    Cow::Owned(text)
}

/// The index of the fence that closes the block opened at `open`.
fn closing(fences: &[Fence<'_>], open: usize, lines: &[&str]) -> Option<usize> {
    let opener = &fences[open];
    nested(fences, open, lines)
        .or_else(|| (open + 1..fences.len()).find(|&index| fences[index].can_close(opener)))
}

/// The closing fence when a fence with a tag opens an inner block. None when the blocks then do not balance.
fn nested(fences: &[Fence<'_>], open: usize, lines: &[&str]) -> Option<usize> {
    let opener = &fences[open];
    let holds_markdown = tag_family(opener.info) == Some(Family::MARKDOWN);
    let mut inner: Vec<&Fence<'_>> = Vec::new();
    for index in open + 1..fences.len() {
        let fence = &fences[index];
        if fence.is_code_of(opener) {
            continue;
        }
        if let Some(top) = inner.last() {
            if fence.can_close(top) {
                inner.pop();
            } else if !fence.is_bare() {
                inner.push(fence);
            }
            continue;
        }
        if !fence.is_bare() {
            inner.push(fence);
        } else if fence.can_close(opener) {
            if holds_markdown && opens_inside(fences, index, lines) {
                inner.push(fence);
            } else {
                return Some(index);
            }
        }
    }
    None
}

/// Whether a bare fence inside a Markdown block opens an inner block: text follows at once, and up to the
/// next tagged fence an even number of bare fences is left, one of which closes the outer block.
fn opens_inside(fences: &[Fence<'_>], index: usize, lines: &[&str]) -> bool {
    let text_follows = lines
        .get(fences[index].line + 1)
        .is_some_and(|line| !line.trim().is_empty());
    let left = fences[index + 1..]
        .iter()
        .take_while(|fence| fence.is_bare())
        .count();
    text_follows && left >= 2 && left.is_multiple_of(2)
}

pub(crate) fn tag_family(info: &str) -> Option<Family> {
    let tag = info
        .split([' ', '\t', ':', '{', ','])
        .find(|word| !word.is_empty())?;
    Family::from_tag(&tag.to_ascii_lowercase()).or_else(|| Family::from_path(tag))
}

fn read(index: usize, line: &str) -> Option<Fence<'_>> {
    let text = line.trim_end();
    // A list item may hold a fence on its own line or behind its bullet; a quote holds one behind `>`.
    let text = text.trim_start_matches([' ', '\t', '>']);
    let indent = line.len() - line.trim_start_matches([' ', '\t', '>']).len();
    let text = text
        .strip_prefix("- ")
        .or_else(|| text.strip_prefix("* "))
        .unwrap_or(text);
    let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let width = text.chars().take_while(|c| *c == mark).count();
    let info = text[width..].trim();
    (width >= 3 && !(mark == '`' && info.contains('`'))).then_some(Fence {
        line: index,
        indent,
        mark,
        width,
        info,
    })
}
