//! Checks of a finished rewrite, whoever wrote it.

use std::collections::{HashMap, HashSet};

use crate::format::Format;
use crate::imports;
use crate::marker::{self, Meaning};
use crate::merge::{Context, merge_sketch};
use crate::outline::{Outline, Symbol};
use crate::reach::Reach;
use crate::selection::Suggestion;
use crate::sketch::Sketch;
use crate::words::Request;

/// What one guard found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardReport {
    /// `marker_left`, `out_of_reach`, `lost_code`, `sketch_missing`, `syntax`, `truncated` or `tag_leaked`.
    pub name: &'static str,
    /// Whether the result may be used as far as this guard can tell.
    pub passed: bool,
    /// What is wrong, with line numbers of the result unless it says otherwise; empty if nothing is.
    pub detail: String,
}

/// How the text came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The model ended its answer, or no model wrote it.
    Complete,
    /// The model was cut off at its output limit.
    CutOff,
}

/// Checks a rewrite of `original` by a suggestion. All guards report, always in the same order.
pub fn check(
    original: &str,
    suggestion: &Suggestion,
    result: &str,
    ending: Ending,
    context: &Context<'_>,
) -> Vec<GuardReport> {
    let request = Request::of_suggestion(suggestion, context);
    let reach = Reach::new(original, &suggestion.blocks, context.language, &request);
    let out_of_reach = match &reach {
        Ok(reach) => reach
            .breach(original, result)
            .map(|breach| format!("line {}: {}", breach.line, breach.what)),
        Err(error) => Some(error.to_string()),
    };
    let final_line = (!original.is_empty() && original.ends_with('\n') != result.ends_with('\n'))
        .then(|| "the line break at the end of the file has changed".to_owned());
    let lost = match &reach {
        Ok(reach) => lost_code(original, result, context, &request, reach),
        Err(_) => None,
    };
    [
        ("marker_left", marker_left(original, suggestion, result)),
        ("out_of_reach", out_of_reach.or(final_line)),
        ("lost_code", lost),
        (
            "sketch_missing",
            sketch_missing(original, suggestion, result, context, &request),
        ),
        ("syntax", syntax(original, suggestion, result, context)),
        (
            "truncated",
            (ending == Ending::CutOff).then(|| "the answer reached its length limit".to_owned()),
        ),
        ("tag_leaked", tag_leaked(original, suggestion, result)),
    ]
    .into_iter()
    .map(|(name, problem)| GuardReport {
        name,
        passed: problem.is_none(),
        detail: problem.unwrap_or_default(),
    })
    .collect()
}

/// A line that stands for code is left in the result, more often than file and suggestion have it as text.
fn marker_left(original: &str, suggestion: &Suggestion, result: &str) -> Option<String> {
    let mut allowed: HashMap<&str, usize> = HashMap::new();
    for line in original.lines().map(str::trim) {
        *allowed.entry(line).or_default() += 1;
    }
    let sketches: Vec<Sketch> = code_blocks(suggestion)
        .map(|text| Sketch::new(text, original))
        .collect();
    for (line, meaning) in sketches
        .iter()
        .flat_map(|sketch| sketch.text.lines().zip(&sketch.meanings))
    {
        if *meaning == Meaning::Code {
            *allowed.entry(line.trim()).or_default() += 1;
        }
    }
    for (at, line) in result.lines().enumerate() {
        let line = line.trim();
        if marker::read(line) == Meaning::Code && marker::inline_gap(line).is_none() {
            continue;
        }
        match allowed.get_mut(line) {
            Some(count) if *count > 0 => *count -= 1,
            _ => return Some(format!("line {}: {line}", at + 1)),
        }
    }
    None
}

/// An import, function or class of the file is gone, and the suggestion does not take it out.
fn lost_code(
    original: &str,
    result: &str,
    context: &Context<'_>,
    request: &Request,
    reach: &Reach,
) -> Option<String> {
    let bound: Vec<&str> = result
        .lines()
        .filter(|line| imports::is_import(line))
        .collect();
    let lost_import = original.lines().enumerate().find(|(at, line)| {
        let names = imports::bound_names(line);
        let gone = !names.is_empty()
            && !names
                .iter()
                .any(|name| bound.iter().any(|line| imports::uses(line, name)));
        let elsewhere = |name: &&str| result.lines().any(|line| imports::uses(line, name));
        gone && !reach.may_go(std::iter::once(*at))
            && !names
                .iter()
                .all(|name| request.removes(name) && !elsewhere(name))
    });
    if let Some((at, line)) = lost_import {
        return Some(format!(
            "the import on line {} of the file: {}",
            at + 1,
            line.trim()
        ));
    }
    let language = context.language?;
    let (before, after) = (
        Outline::new(original, language),
        Outline::new(result, language),
    );
    let mut counts: HashMap<(&str, _), usize> = HashMap::new();
    for symbol in &after.symbols {
        *counts
            .entry((symbol.name.as_str(), symbol.kind))
            .or_default() += 1;
    }
    // Which of several of one name are gone nobody can tell: as many may be missing as may go.
    let may_go = |symbol: &&Symbol| {
        reach.may_go(std::iter::once(symbol.head)) || reach.may_go(symbol.head..symbol.end)
    };
    let parts = before.symbols.iter();
    let parts = parts.filter(|symbol| symbol.end - symbol.head > 1);
    for symbol in parts.clone().filter(|symbol| may_go(symbol)) {
        *counts
            .entry((symbol.name.as_str(), symbol.kind))
            .or_default() += 1;
    }
    for symbol in parts {
        match counts.get_mut(&(symbol.name.as_str(), symbol.kind)) {
            Some(count) if *count > 0 => *count -= 1,
            _ => {
                let line = symbol.head + 1;
                return Some(format!("{} from line {line} of the file", symbol.name));
            }
        }
    }
    None
}

/// A line of the suggestion is missing in the result, or stands before one that it follows in the suggestion.
fn sketch_missing(
    original: &str,
    suggestion: &Suggestion,
    result: &str,
    context: &Context<'_>,
    request: &Request,
) -> Option<String> {
    let lines: Vec<&str> = result
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    for (index, block) in suggestion.blocks.iter().enumerate() {
        // What one block shows, a later one may change again.
        let last = index + 1 == suggestion.blocks.len();
        let pieces: Vec<Vec<String>> = match block.format {
            Format::Code => {
                let request = request.of(block, suggestion.blocks.len());
                code_pieces(&block.text, original, context, &request)
            }
            Format::Diff => vec![
                block
                    .text
                    .lines()
                    .filter(|line| line.starts_with('+') && !line.starts_with("+++"))
                    .map(|line| line[1..].trim().to_owned())
                    .collect(),
            ],
            Format::SearchReplace => Vec::new(),
        };
        for piece in pieces {
            let mut counts: HashMap<&str, usize> = HashMap::new();
            for line in &lines {
                *counts.entry(line).or_default() += 1;
            }
            for line in piece.iter().filter(|line| !line.is_empty()) {
                match counts.get_mut(line.as_str()) {
                    Some(count) if *count > 0 => *count -= 1,
                    _ if last => {
                        return Some(format!("a line of the suggestion is missing: {line}"));
                    }
                    _ => {}
                }
            }
            if last && let Some(line) = out_of_order(&piece, &lines) {
                return Some(format!(
                    "lines of the suggestion are in another order from: {line}"
                ));
            }
        }
    }
    None
}

/// The first line of a piece that does not follow the lines before it anywhere in the result.
fn out_of_order<'p>(piece: &'p [String], lines: &[&str]) -> Option<&'p str> {
    let mut rest = lines.iter();
    piece
        .iter()
        .filter(|line| !line.is_empty())
        .find(|line| !rest.any(|other| other == line))
        .map(String::as_str)
}

/// The code of a sketch in pieces whose lines keep their order: one piece, unless the merge itself reorders it; then
/// cut at markers and at blank lines before the left margin, where parts may be moved.
fn code_pieces(
    text: &str,
    original: &str,
    context: &Context<'_>,
    request: &Request,
) -> Vec<Vec<String>> {
    let sketch = Sketch::new(text, original);
    let mut pieces = vec![Vec::new()];
    let mut blank = false;
    for (line, meaning) in sketch.text.lines().zip(&sketch.meanings) {
        if line.trim().is_empty() {
            blank = true;
            continue;
        }
        let margin = blank && !line.starts_with([' ', '\t']);
        blank = false;
        if *meaning != Meaning::Code || margin {
            pieces.push(Vec::new());
        }
        if *meaning == Meaning::Code {
            pieces
                .last_mut()
                .expect("pieces is never empty")
                .push(line.trim().to_owned());
        }
    }
    let whole: Vec<String> = pieces.concat();
    let merged = merge_sketch(original, text, context.language, request);
    let lines: Vec<&str> = merged.text.lines().map(str::trim).collect();
    if out_of_order(&whole, &lines).is_none() {
        vec![whole]
    } else {
        pieces
    }
}

/// More syntax errors than before. Those on the suggestion's own new lines are its own: grammars have limits, too.
fn syntax(
    original: &str,
    suggestion: &Suggestion,
    result: &str,
    context: &Context<'_>,
) -> Option<String> {
    let language = context.language?;
    let before = Outline::new(original, language).errors;
    let lines: Vec<&str> = result.lines().map(str::trim).collect();
    let shown: HashSet<&str> = code_blocks(suggestion)
        .flat_map(str::lines)
        .map(str::trim)
        .collect();
    let known: HashSet<&str> = original.lines().map(str::trim).collect();
    let own = |line: &&usize| {
        lines
            .get(**line)
            .is_some_and(|line| shown.contains(line) && !known.contains(line))
    };
    let errors = Outline::new(result, language).error_lines;
    let after = errors.len() - errors.iter().filter(own).count();
    (after > before).then(|| format!("{after} syntax errors, before {before}"))
}

/// Strings of prompts and chat templates, and fences, that neither the file nor the suggestion has.
fn tag_leaked(original: &str, suggestion: &Suggestion, result: &str) -> Option<String> {
    let tags = [
        "<code>",
        "</code>",
        "<update>",
        "</update>",
        "<updated-code>",
        "</updated-code>",
        "<instruction>",
        "</instruction>",
        "<conversation>",
        "</conversation>",
        "<|im_start|>",
        "<|im_end|>",
        "<|eot_id|>",
        "<|start_header_id|>",
        "<|end_header_id|>",
        "<|begin_of_text|>",
        "<|end_of_text|>",
        "<|endoftext|>",
        "</s>",
        "```",
    ];
    let shown = suggestion.text();
    let count = |text: &str, tag: &str| text.matches(tag).count();
    let leaked = tags
        .iter()
        .find(|tag| count(result, tag) > count(original, tag) + count(&shown, tag))?;
    Some(format!("the text holds {leaked}"))
}

fn code_blocks(suggestion: &Suggestion) -> impl Iterator<Item = &str> {
    suggestion
        .blocks
        .iter()
        .filter(|block| block.format == Format::Code)
        .map(|block| block.text.as_str())
}
