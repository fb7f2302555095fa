//! A block of code made ready to be aligned: rows, markers told from code.

use std::collections::HashMap;
use std::ops::Range;

use crate::brackets::{self, Brackets};
use crate::comment::comment_words;
use crate::elision;
use crate::language::Language;
use crate::marker::{self, KnownLines, Meaning};
use crate::outline::Outline;

/// A sketch whose one-line blocks (`fn a() { ... }`) are spread over lines.
#[derive(Debug)]
pub(crate) struct Sketch {
    /// The code, one marker a line.
    pub(crate) text: String,
    /// What each line of `text` means.
    pub(crate) meanings: Vec<Meaning>,
    /// Lines cut short of which the file does not tell what they stand for.
    pub(crate) cut_short: Vec<String>,
}

impl Sketch {
    pub(crate) fn new(block: &str, original: &str) -> Self {
        let known: std::collections::HashSet<&str> = original.lines().map(str::trim).collect();
        let file: Vec<&str> = original.lines().collect();
        let mut lines: Vec<String> = Vec::new();
        let mut cut_short = Vec::new();
        let places = places(&file);
        // The file's line that the last line shown so far is, if it is there once.
        let mut anchor = None;
        for line in without_docstring_quotes(block) {
            let line = if known.contains(line.trim()) {
                line
            } else {
                without_arrow(line)
            };
            anchor = places.get(line.trim()).copied().flatten().or(anchor);
            let indent: String = line.chars().take_while(|c| c.is_whitespace()).collect();
            if known.contains(line.trim()) {
                lines.push(line.to_owned());
            } else if let Some((head, inner, tail)) = marker::inline_gap(line)
                .filter(|(head, ..)| !head.ends_with("({") || known.contains(head.trim()))
                // What looks like code in a comment is only spoken of.
                .filter(|_| comment_words(line).is_none())
            {
                lines.push(head.to_owned());
                lines.push(format!("{indent}    {inner}"));
                lines.push(format!("{indent}{tail}"));
            } else if let Some(head) = python_stub(line, original) {
                lines.push(head.to_owned());
                lines.push(format!("{indent}    ..."));
            } else if let Some(statement) = elision::expand(line, &file, anchor) {
                lines.extend(statement);
            } else {
                if elision::is_known(line, &file) {
                    cut_short.push(line.trim().to_owned());
                }
                lines.push(line.to_owned());
            }
        }
        let views: Vec<&str> = lines.iter().map(String::as_str).collect();
        let meanings = marker::classify(&views, &KnownLines::new(original), original);
        let mut text = lines.join("\n");
        text.push('\n');
        Self {
            text,
            meanings,
            cut_short,
        }
    }

    pub(crate) fn has_gap(&self, lines: Range<usize>) -> bool {
        self.meanings[lines]
            .iter()
            .any(|meaning| matches!(meaning, Meaning::Gap(_)))
    }

    /// The named parts of the sketch.
    pub(crate) fn outline(&self, language: Language) -> Outline {
        let (text, ends) = self.parseable(language);
        let open = Outline::of_fragment(&text, language);
        if open.errors == 0 || ends.is_empty() {
            return open;
        }
        let closed = Outline::of_fragment(&format!("{text}{ends}\n"), language);
        match closed.errors {
            0 => closed,
            _ => open,
        }
    }

    /// The text for a parser: a marker that is no comment, or that a body cannot do without, becomes a statement
    /// or a blank line. Lines keep their numbers. And what closes the bodies that the sketch leaves open.
    fn parseable(&self, language: Language) -> (String, String) {
        let lines: Vec<&str> = self.text.lines().collect();
        let margin = lines
            .iter()
            .zip(&self.meanings)
            .filter(|(line, meaning)| !line.trim().is_empty() && **meaning == Meaning::Code)
            .map(|(line, _)| line.len() - line.trim_start_matches(' ').len())
            .min()
            .unwrap_or(0);
        let mut depth = 0;
        let mut open = Brackets::default();
        let mut text = String::with_capacity(self.text.len());
        for (at, (line, meaning)) in lines.iter().zip(&self.meanings).enumerate() {
            let blanks = line.len() - line.trim_start_matches(' ').len();
            let line = &line[margin.min(blanks)..];
            if *meaning == Meaning::Code {
                open.pass(line);
                depth += brackets::depth(line);
                text.push_str(line);
            } else if language.grammar().is_none() {
                // What is read by its layout needs no more of a marker than its place.
                text.push_str(&line[..line.len() - line.trim_start().len()]);
                text.push_str("...");
            } else if language == Language::Python && depth <= 0 {
                text.push_str(&python_filler(&lines, &self.meanings, at, margin));
            } else if language != Language::Python {
                let mut behind = lines[at + 1..].iter().zip(&self.meanings[at + 1..]);
                let next = behind.find(|(line, meaning)| {
                    **meaning == Meaning::Code && brackets::has_place(line)
                });
                if let Some((next, _)) = next {
                    text.push_str(&open.before(next, margin));
                }
            }
            text.push('\n');
        }
        (text, open.ends_of_bodies())
    }
}

/// A line of code without a comment that points at it, which is for the reader of the reply: `import sys  # <-- new`.
fn without_arrow(line: &str) -> &str {
    let is_for_the_reader = |comment: &str| {
        let points = ["<-", "←", "👈"]
            .iter()
            .any(|arrow| comment.starts_with(arrow));
        let mut words = comment
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty());
        let first = words.next().unwrap_or_default().to_lowercase();
        points
            && matches!(
                first.as_str(),
                "" | "add"
                    | "added"
                    | "new"
                    | "change"
                    | "changed"
                    | "updated"
                    | "fixed"
                    | "here"
                    | "this"
            )
    };
    let code = ["//", "#"].into_iter().find_map(|sign| {
        let (code, comment) = line.rsplit_once(sign)?;
        (is_for_the_reader(comment.trim_start()) && !code.trim().is_empty())
            .then(|| code.trim_end())
    });
    code.unwrap_or(line)
}

/// The lines of a block. The quotes around a marker that stands for a docstring go: the file may have its quotes in
/// other places.
fn without_docstring_quotes(block: &str) -> Vec<&str> {
    let lines: Vec<&str> = block.lines().collect();
    let quotes = |at: usize| lines.get(at).is_some_and(|line| line.trim() == "\"\"\"");
    let quoted = |at: usize| {
        let marker = lines
            .get(at)
            .is_some_and(|line| matches!(marker::read(line.trim()), Meaning::Gap(_)));
        marker && quotes(at.wrapping_sub(1)) && quotes(at + 1)
    };
    let goes = |at: usize| quotes(at) && (quoted(at + 1) || quoted(at.wrapping_sub(1)));
    let kept = (0..lines.len()).filter(|at| !goes(*at));
    kept.map(|at| lines[at]).collect()
}

/// Where each line that says something stands; none where it stands more than once.
fn places<'l>(lines: &[&'l str]) -> HashMap<&'l str, Option<usize>> {
    let mut places = HashMap::new();
    for (at, line) in lines.iter().enumerate() {
        if line.trim().len() > 3 {
            places
                .entry(line.trim())
                .and_modify(|place| *place = None)
                .or_insert(Some(at));
        }
    }
    places
}

/// The head of `def name(...): ...` when the file has that function with a longer body.
fn python_stub<'a>(line: &'a str, original: &str) -> Option<&'a str> {
    let head = line.trim_end().strip_suffix("...")?.trim_end();
    let name = head
        .trim_start()
        .trim_start_matches("async ")
        .strip_prefix("def ")
        .or_else(|| head.trim_start().strip_prefix("class "))?;
    let name = name.split(['(', ':']).next()?;
    let known =
        original.contains(&format!("def {name}(")) || original.contains(&format!("class {name}"));
    // The file may have one whose whole body it is.
    let lines: Vec<&str> = original.lines().map(str::trim).collect();
    let stub = lines.iter().enumerate().any(|(at, line)| {
        line.contains(&format!("def {name}("))
            && (line.ends_with(": ...") || lines.get(at + 1).is_some_and(|next| *next == "..."))
    });
    let known = known && !stub;
    (head.ends_with(':') && known).then_some(head)
}

/// The first line of a header that ends at a line: the one that opens the brackets which that line closes.
fn first_of_header(lines: &[&str], last: usize) -> usize {
    let mut open = 0;
    let begins = (0..=last).rev().find(|at| {
        open += brackets::depth(lines[*at]);
        open >= 0
    });
    begins.unwrap_or(last)
}

/// A statement in place of a marker, indented so that the lines around it still parse: deeper than a header
/// before it, no deeper than any other line before it, and a header itself if the next line is deeper.
fn python_filler(lines: &[&str], meanings: &[Meaning], at: usize, margin: usize) -> String {
    let is_code = |at: &usize| meanings[*at] == Meaning::Code && !lines[*at].trim().is_empty();
    let width = |at: usize| crate::rows::indent(lines[at]).saturating_sub(margin);
    let own = width(at);
    let before = (0..at).rev().find(is_code);
    let after = (at + 1..lines.len()).find(is_code).map(width);
    let width = match before {
        Some(before) if lines[before].trim_end().ends_with(':') => {
            own.max(width(first_of_header(lines, before)) + 1)
        }
        Some(before) => own.min(width(before)),
        None => own,
    };
    let opens = after.is_some_and(|after| after > width);
    format!(
        "{}{}",
        " ".repeat(width),
        if opens { "if 1:" } else { "pass" }
    )
}
