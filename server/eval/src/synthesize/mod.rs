//! From a pair of texts to the chat reply that could have led from one to the other.
//!
//! A style chooses lines of the new text, obligations add what is needed to tell the edit, and what stays
//! hidden becomes markers. The habits and their frequencies are those of replies that chat models wrote.

mod blocks;
mod definition;
mod dice;
mod markers;
mod obligations;
mod patches;
mod plan;
mod render;
mod styles;
mod wording;

use serde_json::{Map, Value};

use crate::{Case, Pair};
use dice::Dice;
use markers::Markers;
use plan::Plan;
use styles::{STYLES, Style};
use wording::Wording;

/// Draws until an edit can be told; some cannot.
const TRIES: u64 = 8;

/// Sketches longer than this many lines that show nearly all of the file are rarely written.
const LONG_SKETCH: usize = 30;

/// A whole file is only written out up to this many lines.
const SHORT_FILE: usize = 80;

/// The edits for pairs, in their order; a pair whose change no reply can tell has none. The seed decides the
/// replies, each pair's by itself.
pub fn synthesize(pairs: &[Pair], seed: u64) -> Vec<Case> {
    let numbered = pairs.iter().zip(0u64..);
    numbered
        .filter_map(|(pair, number)| {
            let seed = seed
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                .wrapping_add(number);
            let case = (0..TRIES).find_map(|attempt| {
                let mut dice = Dice::new(seed.rotate_left(16).wrapping_add(attempt));
                draw(pair, &mut dice)
            });
            case.map(|case| Case {
                id: format!("{}-{number:05}", pair.repo),
                ..case
            })
        })
        .collect()
}

/// One draw of a style and all that follows from it.
fn draw(pair: &Pair, dice: &mut Dice) -> Option<Case> {
    let mut plan = Plan::new(&pair.before, &pair.after, dice)?;
    let mut style = dice.weighted(STYLES)?;
    let is_no_op = pair.before == pair.after;
    if style == Style::Whole && plan.after.len() > SHORT_FILE || is_no_op && is_patch(style) {
        style = Style::Hunks;
    }
    plan.choose(style, dice);
    let shown = plan.shown.iter().filter(|shown| **shown).count();
    let is_nearly_whole = shown > LONG_SKETCH && shown * 10 > plan.after.len() * 9;
    let is_sketch = style != Style::Whole && !is_patch(style);
    if is_sketch && is_nearly_whole && dice.chance(0.8) {
        return None;
    }
    let markers = Markers::new(&pair.lang, dice);
    let code = match style {
        Style::UnifiedDiff => patches::unified_diff(&pair.path, &pair.before, &pair.after, dice),
        Style::SearchReplace => patches::search_replace(&pair.before, &pair.after, dice)?,
        _ => plan.render(style, &markers, dice),
    };
    if code.trim().is_empty() {
        return None;
    }
    let names = match is_sketch {
        true => plan.shown_names(),
        false => Vec::new(),
    };
    let removals: &[String] = if is_patch(style) { &[] } else { &plan.removals };
    let wording = Wording::new(&pair.instruction, &names, removals, dice);
    let tag = fence_tag(pair, style, dice);
    Some(Case {
        path: pair.path.clone(),
        language: pair.lang.clone(),
        reply: reply(&wording, &tag, &code),
        instruction: wording.instruction,
        before: pair.before.clone(),
        after: pair.after.clone(),
        other: further_keys(pair, style, !removals.is_empty()),
        ..Case::default()
    })
}

fn is_patch(style: Style) -> bool {
    matches!(style, Style::UnifiedDiff | Style::SearchReplace)
}

fn further_keys(pair: &Pair, style: Style, instruction_needed: bool) -> Map<String, Value> {
    let mut keys = Map::new();
    keys.insert("style".to_owned(), style.name().into());
    keys.insert("repo".to_owned(), pair.repo.as_str().into());
    keys.insert("commit".to_owned(), pair.commit.as_str().into());
    keys.insert("licence".to_owned(), pair.licence.clone().into());
    keys.insert("instruction_needed".to_owned(), instruction_needed.into());
    keys
}

/// What stands behind the opening fence: the language, the path or both.
fn fence_tag(pair: &Pair, style: Style, dice: &mut Dice) -> String {
    if style == Style::UnifiedDiff {
        return "diff".to_owned();
    }
    let extension = pair.path.rsplit('.').next().unwrap_or_default();
    let language = match dice.chance(0.3) {
        true => extension,
        false => pair.lang.as_str(),
    };
    match dice.between(0, 19) {
        0 => String::new(),
        1..6 => format!("{language} {}", pair.path),
        6 => format!("{language}:{}", pair.path),
        _ => language.to_owned(),
    }
}

/// Prose, the block, prose. The fence is longer than any in the code.
fn reply(wording: &Wording, tag: &str, code: &str) -> String {
    let ticks = |line: &str| line.trim_start().chars().take_while(|&c| c == '`').count();
    let longest = code.lines().map(ticks).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let block = format!("{fence}{tag}\n{code}{fence}");
    let parts = [wording.opening.as_str(), &block, &wording.closing];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n\n") + "\n"
}

#[cfg(test)]
mod tests;
