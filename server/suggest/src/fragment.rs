//! Mends the outline of a sketch that does not parse, by its indentation.

use crate::lead::starts_lead;
use crate::marker::{self, Meaning};
use crate::outline::{Kind, Outline};
use crate::rows::indent;

/// Ends symbols where the indentation ends them and nests them by it, if the text did not parse; gives a
/// declaration without a body the marker that stands for its body.
pub(crate) fn mend(outline: &mut Outline, text: &str, meanings: &[Meaning]) {
    let lines: Vec<&str> = text.lines().collect();
    if outline.errors > 0 {
        for symbol in &mut outline.symbols {
            symbol.end = end_by_indent(&lines, symbol.head);
        }
        nest(outline);
    }
    for symbol in &mut outline.symbols {
        symbol.end = symbol.end.min(meanings.len());
        symbol.head = symbol.head.min(symbol.end.saturating_sub(1));
        symbol.lead = symbol.lead.min(symbol.head);
        symbol.lead = lead(&lines, meanings, symbol.lead);
        let bodiless = symbol.kind == Kind::Function
            && !lines[symbol.head..symbol.end]
                .iter()
                .any(|line| line.contains(['{', ';']) || line.trim_end().ends_with(':'));
        if bodiless && matches!(meanings.get(symbol.end), Some(Meaning::Gap(_))) {
            symbol.end += 1;
        }
    }
}

/// The line after the last one that indentation gives to the symbol declared at `head`.
fn end_by_indent(lines: &[&str], head: usize) -> usize {
    let own = indent(lines[head]);
    // The declaration stands below the line that begins its template.
    let is_template = |at: &usize| {
        let text = lines[*at].trim();
        text.starts_with("template") && text.ends_with('>')
    };
    let head = (head..lines.len() - 1)
        .find(|at| !is_template(at))
        .unwrap_or(head);
    let mut end = head + 1;
    for (at, line) in lines.iter().enumerate().skip(head + 1) {
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') && own == 0 && text.starts_with("#if") {
            continue;
        }
        let width = indent(line);
        if width > own {
            end = at + 1;
            continue;
        }
        // A comment to the left of the code around it ends nothing, unless it is a marker.
        if text.starts_with("//") && marker::read(text) == Meaning::Code {
            continue;
        }
        let goes_on = width == own
            && (text.starts_with([')', ']', '{', ':'])
                || text.starts_with("where")
                || text.starts_with("->")
                || text.ends_with(':')
                    && ["else", "elif ", "except", "finally", "case "]
                        .iter()
                        .any(|word| text.starts_with(word)));
        // `>` alone closes the arguments of a type.
        if width == own && (text.starts_with('}') || matches!(text, ">" | ">;")) {
            return at + 1;
        }
        if !goes_on {
            return end;
        }
        end = at + 1;
    }
    end
}

/// Gives each symbol the innermost symbol around it as its parent.
fn nest(outline: &mut Outline) {
    let ends: Vec<(usize, usize)> = outline
        .symbols
        .iter()
        .map(|symbol| (symbol.head, symbol.end))
        .collect();
    for (index, symbol) in outline.symbols.iter_mut().enumerate() {
        let around = (0..index)
            .rev()
            .find(|&other| ends[other].0 < symbol.head && symbol.end <= ends[other].1);
        symbol.parent = around;
    }
}

/// Goes up from the first line of a definition over the markers that stand for some of its lines (a template header,
/// decorators, part of a comment), and over the comments above them. Any other marker above a definition is no part of it.
fn lead(lines: &[&str], meanings: &[Meaning], first: usize) -> usize {
    let mut lead = first;
    loop {
        match lead_over_marker(lines, meanings, lead) {
            above if above == lead => return lead,
            above => lead = above,
        }
    }
}

fn lead_over_marker(lines: &[&str], meanings: &[Meaning], first: usize) -> usize {
    let starts = |at: usize| starts_lead(lines[at].trim());
    let Some(marker) = first.checked_sub(1) else {
        return first;
    };
    let Meaning::Gap(words) = &meanings[marker] else {
        return first;
    };
    let words = words.to_lowercase();
    let named = [
        "template",
        "header",
        "decorator",
        "attribute",
        "annotation",
        "doc comment",
        "docs",
        "derive",
    ]
    .iter()
    .any(|word| words.contains(word));
    let below_comment = marker > 0 && meanings[marker - 1] == Meaning::Code && starts(marker - 1);
    if !named && !below_comment {
        return first;
    }
    let mut lead = marker;
    while lead > 0 && meanings[lead - 1] == Meaning::Code && starts(lead - 1) {
        lead -= 1;
    }
    lead
}
