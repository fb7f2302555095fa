//! Lazy sketches made from pairs of texts: what a chat model might have answered for a known change.

use similar::{DiffOp, TextDiff};

/// How much of the new text a sketch shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Style {
    /// Changed lines with a few lines around them.
    Hunks,
    /// The same below the headers of the blocks around them.
    Outline,
    /// The whole blocks at the left margin that hold changes.
    Blocks,
}

/// A sketch of `after` for somebody who has `before`. None if nothing changes.
///
/// Changes that no sketch can tell are left out: of trailing blanks, and cuts at either end of the file.
///
/// `seed` varies the number of context lines and the markers' wording.
pub(crate) fn sketch(
    before: &str,
    after: &str,
    path: &str,
    style: Style,
    seed: u64,
) -> Option<String> {
    let lines: Vec<&str> = after.lines().collect();
    let mut shown = vec![false; lines.len()];
    let diff = TextDiff::from_lines(before, after);
    let mut changed = false;
    let trailing = |text: &str| text.lines().any(|line| line != line.trim_end());
    if trailing(before) && restyles(before, after)
        || trailing(before) != trailing(after)
        || before[before.trim_end().len()..] != after[after.trim_end().len()..]
        || cuts_an_end(diff.ops(), before)
    {
        return None;
    }
    for (index, op) in diff.ops().iter().enumerate() {
        if matches!(op, DiffOp::Equal { .. }) {
            continue;
        }
        changed = true;
        let range = op.new_range();
        shown[range.clone()].fill(true);
        let context = 1 + (seed as usize + index) % 3;
        show_context(&lines, &mut shown, range.start, range.end, context);
        match style {
            Style::Hunks => {}
            Style::Outline => show_headers(&lines, &mut shown, range.start),
            Style::Blocks => show_block(&lines, &mut shown, range.start, range.end),
        }
    }
    if !changed {
        return None;
    }
    Some(write(&lines, &shown, path, seed))
}

/// Whether some line changes in nothing but its trailing blanks.
fn restyles(before: &str, after: &str) -> bool {
    let known: std::collections::HashSet<&str> = before.lines().collect();
    let bare: std::collections::HashSet<&str> = before.lines().map(str::trim_end).collect();
    after
        .lines()
        .any(|line| !known.contains(line) && bare.contains(line.trim_end()))
}

/// Whether lines go at the start or the end of the text and none come, wherever among equal lines the diff puts it.
fn cuts_an_end(ops: &[DiffOp], before: &str) -> bool {
    let old: Vec<&str> = before.trim_end().lines().collect();
    let same = |first: usize, second: usize, count: usize| {
        (0..count).all(|offset| old.get(first + offset) == old.get(second + offset))
    };
    ops.iter().enumerate().any(|(at, op)| {
        let DiffOp::Delete {
            old_index, old_len, ..
        } = *op
        else {
            return false;
        };
        let end = old_index + old_len;
        let tail = old.len().saturating_sub(end);
        let last = ops[at + 1..]
            .iter()
            .all(|op| matches!(op, DiffOp::Equal { .. }));
        let first = ops[..at]
            .iter()
            .all(|op| matches!(op, DiffOp::Equal { .. }));
        last && same(old_index, end, tail)
            || first && old_index <= old_len && same(0, old_len, old_index)
    })
}

/// Shows `count` lines with words on either side, and everything up to them.
fn show_context(lines: &[&str], shown: &mut [bool], start: usize, end: usize, count: usize) {
    let says = |line: &str| line.chars().filter(|c| c.is_alphanumeric()).count() >= 3;
    let mut left = count;
    for at in (0..start).rev() {
        if left == 0 {
            break;
        }
        shown[at] = true;
        left -= usize::from(says(lines[at]));
    }
    let mut left = count;
    for at in end..lines.len() {
        if left == 0 {
            break;
        }
        shown[at] = true;
        left -= usize::from(says(lines[at]));
    }
}

/// Shows the first line of each block around a line.
fn show_headers(lines: &[&str], shown: &mut [bool], at: usize) {
    let mut width = lines.get(at).map_or(0, |line| indent(line));
    for above in (0..at).rev() {
        let line = lines[above];
        if !line.trim().is_empty() && indent(line) < width && line.trim_end().ends_with(['{', ':'])
        {
            width = indent(line);
            shown[above] = true;
        }
        if width == 0 {
            break;
        }
    }
}

/// Shows everything from the line at the left margin above to the one below.
fn show_block(lines: &[&str], shown: &mut [bool], start: usize, end: usize) {
    let margin = |line: &str| !line.trim().is_empty() && indent(line) == 0;
    let first = (0..start.min(lines.len()))
        .rev()
        .find(|at| margin(lines[*at]))
        .unwrap_or(0);
    let last = (end..lines.len())
        .find(|at| margin(lines[*at]) && !lines[*at].starts_with(['}', ')', ']']))
        .unwrap_or(lines.len());
    let last = (first..last)
        .rev()
        .find(|at| !lines[*at].trim().is_empty())
        .map_or(last, |at| at + 1);
    shown[first..last.max(first)].fill(true);
}

fn write(lines: &[&str], shown: &[bool], path: &str, seed: u64) -> String {
    let mut sketch = String::new();
    let mut at = 0;
    while at < lines.len() {
        if shown[at] {
            sketch.push_str(lines[at]);
            sketch.push('\n');
            at += 1;
            continue;
        }
        let end = (at..lines.len())
            .find(|at| shown[*at])
            .unwrap_or(lines.len());
        if lines[at..end].iter().any(|line| !line.trim().is_empty()) {
            let blank = |at: Option<&&str>| at.is_some_and(|line| line.trim().is_empty());
            let next = lines[end..].iter().find(|line| !line.trim().is_empty());
            let width = next.map_or(0, |line| indent(line)).max(
                lines[at..end]
                    .iter()
                    .filter(|line| !line.trim().is_empty())
                    .map(|line| indent(line))
                    .min()
                    .unwrap_or(0),
            );
            if blank(lines.get(at)) && !sketch.is_empty() {
                sketch.push('\n');
            }
            sketch.push_str(&" ".repeat(width));
            sketch.push_str(&marker(path, seed + at as u64));
            sketch.push('\n');
            if blank(lines.get(end - 1)) && end < lines.len() {
                sketch.push('\n');
            }
        } else {
            for line in &lines[at..end] {
                sketch.push_str(line);
                sketch.push('\n');
            }
        }
        at = end;
    }
    sketch
}

fn marker(path: &str, seed: u64) -> String {
    let words = [
        "... existing code ...",
        "...",
        "... rest unchanged ...",
        "(unchanged)",
        "... other code stays the same ...",
    ][seed as usize % 5];
    match path.rsplit('.').next().unwrap_or_default() {
        "py" | "rb" | "sh" | "yml" | "yaml" | "toml" => format!("# {words}"),
        "vue" | "html" | "md" => format!("<!-- {words} -->"),
        "css" => format!("/* {words} */"),
        _ => format!("// {words}"),
    }
}

fn indent(line: &str) -> usize {
    line.chars()
        .take_while(|c| c.is_whitespace())
        .map(|c| if c == '\t' { 4 } else { 1 })
        .sum()
}
