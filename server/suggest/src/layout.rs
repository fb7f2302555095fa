//! The outline of a text in a language without a grammar, read from its layout.
//!
//! A line that declares something by its words or its shape starts a symbol; the lines indented deeper belong to it,
//! and so does the closing line at its own indentation. Sections of Markdown, TOML and INI end where the next
//! begins. People and formatters lay such files out with care, so that little is missed; what is missed is left to
//! the alignment of rows.

use crate::declaration::{Declaration, declare, section_level};
use crate::language::Language;
use crate::lead::starts_lead;
use crate::outline::{Outline, Symbol};
use crate::rows::indent;

/// Reads the outline of a text.
pub(crate) fn outline(text: &str, language: Language) -> Outline {
    let lines: Vec<&str> = text.lines().collect();
    let mut outline = Outline::default();
    let mut fenced = false;
    for (at, line) in lines.iter().enumerate() {
        let trimmed = line.trim();
        if language == Language::Markdown && trimmed.starts_with("```") {
            fenced = !fenced;
        }
        if trimmed.is_empty() || fenced {
            continue;
        }
        let Some(Declaration { kind, name }) = declare(language, &lines, at) else {
            continue;
        };
        let end = match section_level(language, trimmed) {
            Some(level) => section_end(language, &lines, at, level),
            None => block_end(language, &lines, at),
        };
        if end == at + 1 {
            continue;
        }
        let parent = (0..outline.symbols.len()).rev().find(|&other| {
            let around: &Symbol = &outline.symbols[other];
            around.head < at && end <= around.end
        });
        let first = first_line(language, &lines, at);
        outline.symbols.push(Symbol {
            kind,
            name,
            signature: String::new(),
            lead: lead(language, &lines, first),
            head: first,
            end,
            parent,
        });
    }
    outline.error_lines = unclosed(&lines, language);
    outline.errors = outline.error_lines.len();
    outline
}

/// One past the last line of a section: where the next of its level or a higher one begins, without the comments
/// above that.
fn section_end(language: Language, lines: &[&str], head: usize, level: usize) -> usize {
    let mut fenced = false;
    let next = (head + 1..lines.len()).find(|&at| {
        let text = lines[at].trim();
        if language == Language::Markdown && text.starts_with("```") {
            fenced = !fenced;
        }
        !fenced && section_level(language, text).is_some_and(|other| other <= level)
    });
    let mut end = next.map_or(lines.len(), |next| lead(language, lines, next));
    while end > head + 1 && lines[end - 1].trim().is_empty() {
        end -= 1;
    }
    end
}

/// One past the last line of a block, by its indentation and its closing line.
fn block_end(language: Language, lines: &[&str], head: usize) -> usize {
    let own = indent(lines[head]);
    let ends_with_semicolon = language == Language::Sql;
    let mut end = head + 1;
    let mut last = lines[head].trim_end();
    if ends_with_semicolon && last.ends_with(';') {
        return end;
    }
    for (at, line) in lines.iter().enumerate().skip(head + 1) {
        let text = line.trim();
        if text.is_empty() {
            continue;
        }
        let width = indent(line);
        if ends_with_semicolon {
            end = at + 1;
            if width <= own && text.ends_with(';') {
                return end;
            }
            continue;
        }
        // The list that is a value in YAML may stand at the indentation of its key.
        let item = language == Language::Yaml
            && width == own
            && text.starts_with("- ")
            && !lines[head].trim_start().starts_with("- ");
        if width > own || item {
            (end, last) = (at + 1, text);
            continue;
        }
        if width < own {
            return end;
        }
        let opens = text.starts_with('{') && !last.ends_with(['{', '}']);
        if opens || goes_on(language, text) {
            (end, last) = (at + 1, text);
            continue;
        }
        return if closes(text) { at + 1 } else { end };
    }
    end
}

/// Whether a line at the indentation of a block's head closes the block.
fn closes(text: &str) -> bool {
    let word = text
        .split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default();
    word == "end" || text.starts_with(['}', ')', ']'])
}

/// Whether a line at the indentation of a block's head neither closes it nor stands behind it.
fn goes_on(language: Language, text: &str) -> bool {
    if text.starts_with(['}', ')', ']']) && text.ends_with('{') {
        return true;
    }
    match language {
        Language::Ruby | Language::Elixir => ["rescue", "ensure", "else", "after", "catch"]
            .iter()
            .any(|word| text.split([' ', ',']).next() == Some(word)),
        _ => false,
    }
}

/// The first line of a declaration that ends at `at`: selectors of CSS stand one a line.
fn first_line(language: Language, lines: &[&str], at: usize) -> usize {
    let mut first = at;
    while language == Language::Css && first > 0 && lines[first - 1].trim_end().ends_with(',') {
        first -= 1;
    }
    first
}

/// Goes up over the comments and attributes directly above a line.
fn lead(language: Language, lines: &[&str], start: usize) -> usize {
    if language == Language::Markdown {
        return start;
    }
    let belongs = |line: &str| match language {
        Language::Css => line.starts_with("/*") || line.ends_with("*/") || line.starts_with("//"),
        _ => starts_lead(line) && !line.starts_with("#!"),
    };
    let mut lead = start;
    while lead > 0 && belongs(lines[lead - 1].trim()) {
        lead -= 1;
    }
    lead
}

/// The lines where Ruby's and Elixir's blocks do not fit their `end`: one without a block, or a block without one.
fn unclosed(lines: &[&str], language: Language) -> Vec<usize> {
    if !matches!(language, Language::Ruby | Language::Elixir) {
        return Vec::new();
    }
    let mut wrong = Vec::new();
    let mut open: Vec<(usize, usize)> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let width = indent(line);
        while let Some(&(_, head)) = open.last().filter(|(other, _)| *other > width) {
            wrong.push(head);
            open.pop();
        }
        let first = text
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .next()
            .unwrap_or_default();
        if first == "end" {
            match open.last() {
                Some(&(other, _)) if other == width => {
                    open.pop();
                }
                _ => wrong.push(at),
            }
        } else if opens_block(text, first) {
            if let Some(&(_, head)) = open.last().filter(|(other, _)| *other == width) {
                wrong.push(head);
                open.pop();
            }
            open.push((width, at));
        }
    }
    wrong.extend(open.into_iter().map(|(_, head)| head));
    wrong
}

fn opens_block(text: &str, first: &str) -> bool {
    let keyword = matches!(
        first,
        "class" | "module" | "def" | "if" | "unless" | "case" | "while" | "until" | "begin"
    );
    let in_line = text.ends_with(" end") || text.contains("; end") || text.contains(" then ");
    let endless = first == "def" && text.contains(" = ");
    let bar = text.ends_with('|') && text.contains(" do |");
    (keyword && !endless && !text.ends_with(", do:") || text.ends_with(" do") || bar) && !in_line
}
