//! Diffs and search and replace pairs, applied by content.
//!
//! A hunk is looked for as it stands, then without regard to trailing blanks and blank lines, then at another
//! indentation. It has to fit in exactly one place. Line numbers, which chat models get wrong, only choose
//! among places that fit equally well.

use std::ops::Range;

use crate::format::Format;
use crate::hunk::{Change, Hunk, read_diff, read_pairs};
use crate::merge::{Merge, MergeError, Method, Region, RegionKind};
use crate::reply::Block;
use crate::rows::indent;

/// A place where a hunk fits.
#[derive(Clone, Debug, PartialEq)]
struct Place {
    /// Lines of the file, from the first line found to the last.
    lines: Range<usize>,
    /// Columns that the file is indented further than the hunk.
    shift: isize,
}

/// Applies all hunks of a diff, or all pairs, in order.
pub(crate) fn apply(original: &str, block: &Block) -> Result<Merge, MergeError> {
    let hunks = if block.format == Format::Diff {
        read_diff(&block.text)
    } else {
        read_pairs(&block.text)
    };
    let mut lines: Vec<String> = original.lines().map(str::to_owned).collect();
    let mut merge = Merge {
        alternatives: Vec::new(),
        text: String::new(),
        confidence: 1.0,
        method: Method::Patch,
        regions: Vec::new(),
        doubts: Vec::new(),
    };
    let (mut after, mut offset) = (0usize, 0isize);
    for hunk in hunks.iter().filter(|hunk| {
        hunk.changes
            .iter()
            .any(|change| !matches!(change, Change::Context(_)))
    }) {
        let place = choose(
            &lines,
            hunk,
            Order {
                in_order: block.format == Format::Diff,
                after,
                offset,
            },
            &mut merge,
        )?;
        let new = rewrite(&lines[place.lines.clone()], hunk, place.shift);
        let merged = place.lines.start..place.lines.start + new.len();
        merge.regions.push(Region {
            kind: RegionKind::Replaced,
            original: place.lines.clone(),
            merged: merged.clone(),
            reason: "the text to find is in this place alone".to_owned(),
        });
        offset += new.len() as isize - place.lines.len() as isize;
        lines.splice(place.lines, new);
        after = merged.end;
    }
    if merge.regions.is_empty() {
        return Err(MergeError::Empty);
    }
    merge.text = lines.join("\n");
    if (original.ends_with('\n') || original.is_empty()) && !lines.is_empty() {
        merge.text.push('\n');
    }
    Ok(merge)
}

/// What is known of a hunk's place from the hunks before it.
#[derive(Clone, Copy)]
struct Order {
    in_order: bool,
    /// The line behind the last hunk applied.
    after: usize,
    /// Lines that the hunks before have added.
    offset: isize,
}

fn choose(
    lines: &[String],
    hunk: &Hunk<'_>,
    order: Order,
    merge: &mut Merge,
) -> Result<Place, MergeError> {
    let wanted: Vec<&str> = hunk.old_lines().collect();
    let first = wanted.iter().find(|line| !line.trim().is_empty()).copied();
    let not_found = || MergeError::NotFound {
        line: hunk.line,
        text: first.unwrap_or_default().trim().to_owned(),
    };
    if first.is_none() {
        let empty = lines.iter().all(|line| line.trim().is_empty());
        return if empty {
            Ok(Place {
                lines: 0..lines.len(),
                shift: 0,
            })
        } else {
            Err(not_found())
        };
    }
    let mut places = find(lines, hunk);
    if places.is_empty() {
        return Err(not_found());
    }
    if places.len() > 1 {
        let candidates: Vec<usize> = places.iter().map(|place| place.lines.start + 1).collect();
        narrow(lines, hunk, order, &mut places);
        if places.len() != 1 {
            return Err(MergeError::Ambiguous {
                line: hunk.line,
                candidates,
            });
        }
        merge.confidence *= 0.85;
        merge.method = Method::Alignment;
        merge.doubts.push(format!(
            "the hunk on line {} fits in {} places; its header chooses one",
            hunk.line,
            candidates.len()
        ));
    }
    Ok(places.remove(0))
}

/// Chooses among equal places by the enclosing function that the header names, then by its line number.
fn narrow(lines: &[String], hunk: &Hunk<'_>, order: Order, places: &mut Vec<Place>) {
    if order.in_order && order.after > 0 {
        let behind: Vec<Place> = places
            .iter()
            .filter(|place| place.lines.start >= order.after)
            .cloned()
            .collect();
        if !behind.is_empty() {
            *places = behind;
        }
    }
    let heading = hunk.heading.trim();
    if places.len() > 1 && !heading.is_empty() {
        let headings: Vec<usize> = (0..lines.len())
            .filter(|at| lines[*at].trim().starts_with(heading))
            .collect();
        if let [only] = headings[..] {
            let next = places
                .iter()
                .filter(|place| place.lines.end > only)
                .min_by_key(|place| place.lines.start)
                .cloned();
            if let Some(next) = next {
                *places = vec![next];
            }
        }
    }
    if places.len() > 1
        && let Some(number) = hunk.number
    {
        let number = number as isize - 1 + order.offset;
        let exact: Vec<Place> = places
            .iter()
            .filter(|place| place.lines.start as isize == number)
            .cloned()
            .collect();
        if exact.len() == 1 {
            *places = exact;
        }
    }
}

/// All places where a hunk fits, by the strictest rule under which it fits anywhere.
fn find(lines: &[String], hunk: &Hunk<'_>) -> Vec<Place> {
    let wanted: Vec<&str> = hunk.old_lines().collect();
    let strict: Vec<Place> = (0..(lines.len() + 1).saturating_sub(wanted.len()))
        .filter(|&start| {
            wanted
                .iter()
                .zip(&lines[start..])
                .all(|(wanted, line)| *wanted == line.as_str())
        })
        .map(|start| Place {
            lines: start..start + wanted.len(),
            shift: 0,
        })
        .collect();
    if !strict.is_empty() {
        return strict;
    }
    let rows: Vec<usize> = (0..lines.len())
        .filter(|at| !lines[*at].trim().is_empty())
        .collect();
    let wanted: Vec<&str> = wanted
        .into_iter()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let starts = 0..(rows.len() + 1).saturating_sub(wanted.len());
    let place = |start: usize, shift: isize| Place {
        lines: rows[start]..rows[start + wanted.len() - 1] + 1,
        shift,
    };
    let loose: Vec<Place> = starts
        .clone()
        .filter(|&start| {
            wanted
                .iter()
                .zip(&rows[start..])
                .all(|(wanted, row)| wanted.trim_end() == lines[*row].trim_end())
        })
        .map(|start| place(start, 0))
        .collect();
    if !loose.is_empty() {
        return loose;
    }
    starts
        .filter_map(|start| {
            let shift = indent(&lines[rows[start]]) as isize - indent(wanted[0]) as isize;
            let fits = wanted.iter().zip(&rows[start..]).all(|(wanted, row)| {
                wanted.trim() == lines[*row].trim()
                    && indent(&lines[*row]) as isize - indent(wanted) as isize == shift
            });
            fits.then(|| place(start, shift))
        })
        .collect()
}

/// The new lines of a place: lines that stay keep their bytes.
fn rewrite(lines: &[String], hunk: &Hunk<'_>, shift: isize) -> Vec<String> {
    let mut new = Vec::new();
    let mut rest = lines.iter().peekable();
    for change in &hunk.changes {
        let (old, keeps) = match *change {
            Change::Add(line) => {
                new.push(shifted(line, shift, lines));
                continue;
            }
            Change::Context(line) => (line, true),
            Change::Delete(line) => (line, false),
        };
        if old.trim().is_empty() {
            if let Some(blank) = rest.next_if(|line| line.trim().is_empty())
                && keeps
            {
                new.push(blank.clone());
            }
            continue;
        }
        while let Some(blank) = rest.next_if(|line| line.trim().is_empty()) {
            new.push(blank.clone());
        }
        if let Some(line) = rest.next()
            && keeps
        {
            new.push(line.clone());
        }
    }
    new.extend(rest.cloned());
    new
}

fn shifted(line: &str, shift: isize, lines: &[String]) -> String {
    let body = line.trim_start();
    if shift == 0 || body.is_empty() {
        return line.to_owned();
    }
    let width = (indent(line) as isize + shift).max(0) as usize;
    let tabs = lines.iter().any(|line| line.starts_with('\t'));
    let (tabs, blanks) = if tabs {
        (width / 4, width % 4)
    } else {
        (0, width)
    };
    format!("{}{}{body}", "\t".repeat(tabs), " ".repeat(blanks))
}
