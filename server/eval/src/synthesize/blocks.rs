//! The block structure of source text, from indentation alone, for any language.

use std::ops::RangeInclusive;

use super::definition::is_definition;

/// Lines with their indentation; none for blank ones.
pub(super) struct Blocks<'a> {
    lines: Vec<&'a str>,
    indents: Vec<Option<usize>>,
}

/// The lines from the first to the last of a header.
pub(super) type Header = RangeInclusive<usize>;

/// Words that continue or close the block above them.
const CLOSERS: &[&str] = &[
    "end", "else", "elif", "except", "finally", "rescue", "ensure", "catch", "when", "where",
];

impl<'a> Blocks<'a> {
    pub(super) fn new(lines: &[&'a str]) -> Blocks<'a> {
        Blocks {
            indents: lines.iter().map(|line| width(line)).collect(),
            lines: lines.to_vec(),
        }
    }

    /// Whether a line is blank.
    pub(super) fn is_blank(&self, index: usize) -> bool {
        self.indents[index].is_none()
    }

    /// The columns before a line's text; 0 for a blank line.
    pub(super) fn indent(&self, index: usize) -> usize {
        self.indents[index].unwrap_or(0)
    }

    /// The headers of the blocks around a line, innermost first.
    pub(super) fn headers(&self, index: usize) -> Vec<Header> {
        let mut found = Vec::new();
        let Some(index) = (index..self.lines.len()).find(|&at| !self.is_blank(at)) else {
            return found;
        };
        let closes = starts_with_closer(self.lines[index].trim());
        let mut level = self.indent(index) + usize::from(closes);
        let mut above = index;
        while level > 0 && above > 0 {
            above -= 1;
            let Some(indent) = self.indents[above].filter(|&indent| indent < level) else {
                continue;
            };
            if self.lines[above].trim_start().starts_with("#if") {
                continue;
            }
            let last = above;
            // A line such as `} else {` belongs to the header further up.
            while above > 0 && starts_with_closer(self.lines[above].trim()) {
                above -= 1;
                while above > 0 && self.indents[above].is_none_or(|other| other > indent) {
                    above -= 1;
                }
                if self.indent(above) < indent {
                    break;
                }
            }
            found.push(above..=last);
            level = self.indent(above);
        }
        found
    }

    /// One past the last line of the block that a header opens, closing line included.
    pub(super) fn end(&self, header: &Header) -> usize {
        let level = self.indent(*header.start());
        let mut last = *header.end();
        for at in header.end() + 1..self.lines.len() {
            let Some(indent) = self.indents[at] else {
                continue;
            };
            let text = self.lines[at].trim();
            if indent > level {
                last = at;
            } else if indent == level && starts_with_closer(text) {
                last = at;
                if is_end(text) {
                    break;
                }
            } else {
                break;
            }
        }
        last + 1
    }

    /// Where the decorators that belong to a header begin, and if wanted the comments above it.
    pub(super) fn lead(&self, first: usize, lead: Lead) -> usize {
        let level = self.indent(first);
        let mut first = first;
        while first > 0 && !self.is_blank(first - 1) && self.indent(first - 1) >= level {
            let text = self.lines[first - 1].trim();
            let is_decorator = ["@", "#[", "template"]
                .iter()
                .any(|sign| text.starts_with(sign));
            let is_comment = ["//", "/*", "*", "#", "[["]
                .iter()
                .any(|sign| text.starts_with(sign));
            let belongs = is_decorator || is_comment && lead == Lead::WithComments;
            if !belongs {
                break;
            }
            first -= 1;
        }
        first
    }

    /// The header of the definition around a line: the nearest or the outermost.
    pub(super) fn definition(&self, index: usize, reach: Reach) -> Option<Header> {
        let spans = self
            .own_header(index)
            .into_iter()
            .chain(self.headers(index));
        let mut definitions = spans.filter(|span| is_definition(self.lines[*span.start()]));
        match reach {
            Reach::Nearest => definitions.next(),
            Reach::Outermost => definitions.next_back(),
        }
    }

    /// The line itself, if it opens a block.
    pub(super) fn own_header(&self, index: usize) -> Option<Header> {
        let own = self.indents[index]?;
        let next = (index + 1..self.lines.len()).find_map(|at| self.indents[at])?;
        (next > own).then_some(index..=index)
    }
}

/// What is taken from above a header.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lead {
    Decorators,
    WithComments,
}

/// Which definition around a line is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Nearest,
    Outermost,
}

/// Whether a line is nothing but the end of a block.
pub(super) fn is_end(text: &str) -> bool {
    let closes = text.trim_start_matches([')', '}', ']']);
    let punctuation = closes.trim_end().trim_matches([';', ',', ')']).is_empty();
    (closes.len() < text.len() && punctuation) || first_word(text) == "end"
}

fn starts_with_closer(text: &str) -> bool {
    [")", "}", "]", "#endif", "#else", "*/"]
        .iter()
        .any(|sign| text.starts_with(sign))
        || text == "{"
        || CLOSERS.contains(&first_word(text))
}

fn first_word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

/// Columns before the text, a tab counting up to the next fourth column; none if there is no text.
fn width(line: &str) -> Option<usize> {
    if line.trim().is_empty() {
        return None;
    }
    let blanks = line.chars().take_while(|c| c.is_whitespace());
    Some(blanks.fold(0, |width, c| match c {
        '\t' => width / 4 * 4 + 4,
        _ => width + 1,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
import os

class Desk:
    # Ends a loan.
    @logged
    def take_back(self, book):
        if book:
            return 1
        else:
            return 2

    def late(self):
        pass
";

    #[test]
    fn headers_ends_and_leads() {
        let lines: Vec<&str> = TEXT.lines().collect();
        let blocks = Blocks::new(&lines);
        assert_eq!(blocks.headers(9), [6..=8, 5..=5, 2..=2]);
        assert_eq!(blocks.definition(9, Reach::Nearest), Some(5..=5));
        assert_eq!(blocks.definition(9, Reach::Outermost), Some(2..=2));
        assert_eq!(blocks.end(&(5..=5)), 10);
        assert_eq!(blocks.end(&(2..=2)), 13);
        assert_eq!(blocks.lead(5, Lead::Decorators), 4);
        assert_eq!(blocks.lead(5, Lead::WithComments), 3);
        assert_eq!(blocks.own_header(3), None);
    }

    #[test]
    fn braces() {
        let lines = [
            "fn a() {",
            "    b(|x| {",
            "        x",
            "    });",
            "}",
            "",
            "fn c() {}",
        ];
        let blocks = Blocks::new(&lines);
        assert_eq!(blocks.end(&(0..=0)), 5);
        assert!(is_end("});") && is_end("end") && !is_end("} else {"));
    }
}
