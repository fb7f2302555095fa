//! The model-free merge of a suggestion into a file.

use std::ops::Range;

use crate::amend;
use crate::assemble;
use crate::doubt;
use crate::format::Format;
use crate::language::Language;
use crate::operation::Op;
use crate::plan::Plan;
use crate::readings;
use crate::reply::Block;
use crate::selection::Suggestion;
use crate::sketch::Sketch;
use crate::spacing::BlankLines;
use crate::syntax;
use crate::taste::Taste;
use crate::words::Request;

/// What a file became, and how sure that is.
#[derive(Clone, Debug, PartialEq)]
pub struct Merge {
    /// The merged text.
    pub text: String,
    /// How likely the text is what was meant, between 0 and 1; compare with [`CONFIDENT`].
    pub confidence: f32,
    /// How it came about.
    pub method: Method,
    /// What became of the lines that the suggestion speaks of, in order. With several blocks, of the last one.
    pub regions: Vec<Region>,
    /// Why the result may be wrong, a sentence each.
    pub doubts: Vec<String>,
    /// Whole texts that the suggestion could mean as well, the best first, which is `text`; at most
    /// [`MOST_ALTERNATIVES`]. Empty where it can mean one thing only.
    pub alternatives: Vec<String>,
}

/// The confidence from which on a merge may be used without asking anybody; see [measuring](crate#measuring).
pub const CONFIDENT: f32 = 0.8;

/// Most texts among which a doubtful merge gives the choice.
pub const MOST_ALTERNATIVES: usize = 8;

/// How a merge came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// By aligning sketches with the file.
    Alignment,
    /// Only by diffs or search and replace pairs, each of which applies in exactly one place: no model is needed.
    Patch,
}

/// A stretch of lines and what became of it. Line ranges are zero-based and half open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// What became of it.
    pub kind: RegionKind,
    /// Lines of the text before; empty for an insertion.
    pub original: Range<usize>,
    /// Lines of the merged text; empty for a removal.
    pub merged: Range<usize>,
    /// Why, in a few words.
    pub reason: String,
}

/// What became of a stretch of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionKind {
    /// The suggestion shows it unchanged.
    Matched,
    /// It is new.
    Inserted,
    /// It was changed in its place.
    Replaced,
    /// It is gone.
    Removed,
    /// It changes, and the [alternatives](Merge::alternatives) differ in how.
    Ambiguous,
}

/// What is known besides the file and the suggestion.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// The file's language, if its structure is understood.
    pub language: Option<Language>,
    /// What the user asked for, if known. The suggestion's own prose is used in any case.
    pub instruction: &'a str,
}

/// Why a suggestion cannot be applied without a model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// There is no block for the file.
    #[error("the suggestion has no code for this file")]
    Empty,
    /// A block says what to find, and the file does not have it.
    #[error("the file has no text like line {line} of the suggestion: {text}")]
    NotFound {
        /// One-based line of the block.
        line: usize,
        /// The first line that is looked for.
        text: String,
    },
    /// What a block says to find is in the file more than once.
    #[error("line {line} of the suggestion fits in several places: lines {}", places(.candidates))]
    Ambiguous {
        /// One-based line of the block.
        line: usize,
        /// One-based lines of the file.
        candidates: Vec<usize>,
    },
}

fn places(candidates: &[usize]) -> String {
    candidates
        .iter()
        .map(usize::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Merges a suggestion into a file.
///
/// `original` has `\n` line endings. Blocks are applied in order, each to the result of those before it.
///
/// # Errors
///
/// When there is no block, or when a diff or a search and replace pair does not fit in exactly one place.
/// A sketch always gives a result; a doubtful one has a low confidence.
pub fn merge(
    original: &str,
    suggestion: &Suggestion,
    context: &Context<'_>,
) -> Result<Merge, MergeError> {
    if suggestion.blocks.is_empty() {
        return Err(MergeError::Empty);
    }
    let request = Request::of_suggestion(suggestion, context);
    let blocks = &suggestion.blocks;
    let merge_block = |text: &str, block: &Block| match block.format {
        Format::Code => Ok(merge_sketch(
            text,
            &block.text,
            context.language,
            &request.of(block, blocks.len()),
        )),
        Format::Diff | Format::SearchReplace => crate::patch::apply(text, block),
    };
    let mut merged = Merge {
        text: original.to_owned(),
        confidence: 1.0,
        method: Method::Patch,
        regions: Vec::new(),
        doubts: Vec::new(),
        alternatives: Vec::new(),
    };
    // Other readings of a block, and the blocks that are still to be applied to them.
    let mut forks: Vec<(String, &[Block])> = Vec::new();
    for (index, block) in blocks.iter().enumerate() {
        let next = merge_block(&merged.text, block)?;
        merged.confidence *= next.confidence;
        merged.doubts.extend(next.doubts);
        merged.text = next.text;
        merged.regions = next.regions;
        let others = next.alternatives.into_iter().skip(1);
        forks.extend(others.map(|text| (text, &blocks[index + 1..])));
        if next.method == Method::Alignment {
            merged.method = Method::Alignment;
        }
    }
    if merged.method == Method::Alignment {
        for (factor, doubt) in doubt::of_the_whole(&merged.text, original, &request) {
            merged.confidence *= factor;
            merged.doubts.push(doubt);
        }
    }
    let mut texts = vec![merged.text.clone()];
    let is_open = |(_, rest): &(String, &[Block])| rest.is_empty() || merged.confidence < CONFIDENT;
    for (fork, rest) in forks.into_iter().filter(is_open) {
        let continued = rest.iter().try_fold(fork, |text, block| {
            merge_block(&text, block).map(|next| next.text)
        });
        if let Ok(text) = continued
            && !texts.contains(&text)
            && texts.len() < MOST_ALTERNATIVES
        {
            texts.push(text);
        }
    }
    if texts.len() > 1 {
        merged.alternatives = texts;
    }
    Ok(merged)
}

/// Whether the last line of a sketch is the beginning of a line of the file, which does not have it whole.
fn ends_within_a_line(block: &str, original: &str) -> bool {
    let last = block
        .trim_end()
        .lines()
        .next_back()
        .unwrap_or_default()
        .trim();
    let begins = |line: &str| line.len() > last.len() && line.starts_with(last);
    last.len() >= 4
        && original.lines().all(|line| line.trim() != last)
        && original.lines().any(|line| begins(line.trim()))
}

/// Merges one sketch.
///
/// The alignment has a few settings for what the sketch leaves open. The plain one is used unless its result
/// has more syntax errors than the file; the others tell how much hangs on the choice.
pub(crate) fn merge_sketch(
    original: &str,
    block: &str,
    language: Option<Language>,
    request: &Request,
) -> Merge {
    let sketch = Sketch::new(block, original);
    let mut plan = Plan::new(&sketch, original, language, request);
    let before = syntax::errors_besides(plan.original_outline.errors, original, language);
    let mut best = Attempt::new(&mut plan, Taste::PLAIN, original);
    best.errors = syntax::errors(&best.merge.text, language);
    let mut others: Vec<Attempt> = Vec::new();
    for taste in [Taste::CLOSING, Taste::BOLD, Taste::CAREFUL, Taste::TIMID] {
        if taste == Taste::TIMID && best.errors <= before {
            continue;
        }
        let mut other = Attempt::new(&mut plan, taste, original);
        if other.merge.text == best.merge.text
            || others
                .iter()
                .any(|known| known.merge.text == other.merge.text)
        {
            continue;
        }
        other.errors = syntax::errors(&other.merge.text, language);
        others.push(other);
        let last = others.len() - 1;
        if best.errors > before && others[last].errors < best.errors {
            std::mem::swap(&mut best, &mut others[last]);
        }
    }
    let rivals: Vec<&Attempt> = others
        .iter()
        .filter(|other| other.merge.text != best.merge.text && other.errors <= best.errors)
        .collect();
    if !rivals.is_empty() {
        let worse = rivals.iter().all(|rival| rival.lost > best.lost);
        let (factor, doubt) = if best.lost == 0 {
            (
                0.85,
                "the sketch tells only by its place that a line is new",
            )
        } else {
            let doubt = "the sketch does not tell whether a line is new or replaces another";
            match (worse, rivals.len()) {
                (true, _) => (0.79, doubt),
                (false, 1) => (0.75, doubt),
                (false, _) => (0.6, doubt),
            }
        };
        best.merge.confidence *= factor;
        best.merge.doubts.push(doubt.to_owned());
    }
    if best.errors > before {
        // What is missing behind the end of a reply that was cut off is not meant to go.
        let cut_off = ends_within_a_line(block, original);
        best.merge.confidence *= if cut_off { 0.25 } else { 0.5 };
        best.merge
            .doubts
            .push("the result has more syntax errors than the file".to_owned());
    }
    let rivals = rivals.iter().map(|rival| rival.merge.text.clone());
    let mut texts: Vec<String> = std::iter::once(best.merge.text.clone())
        .chain(rivals)
        .collect();
    if best.merge.confidence < CONFIDENT {
        add_readings(&mut texts, &mut plan, &best, original, language);
    }
    for other in &texts[1..] {
        mark_ambiguous(&mut best.merge, other);
    }
    if texts.len() > 1 {
        best.merge.alternatives = texts;
    }
    best.merge
}

/// Adds the texts that come of taking one decision the other way, where they are no worse code.
fn add_readings(
    texts: &mut Vec<String>,
    plan: &mut Plan<'_>,
    best: &Attempt,
    original: &str,
    language: Option<Language>,
) {
    // What the plan knows of the rows is that of the last attempt.
    let mut ops = plan.operations(best.taste);
    amend::amend(plan, &mut ops);
    let others = readings::readings(plan, &ops)
        .into_iter()
        .map(|reading| (reading, BlankLines::Usual));
    for (reading, blanks) in std::iter::once((ops.clone(), BlankLines::Other)).chain(others) {
        if texts.len() == MOST_ALTERNATIVES {
            return;
        }
        let (text, _) = assembled(plan, &reading, blanks, original);
        if !texts.contains(&text)
            && text != original
            && syntax::errors(&text, language) <= best.errors
        {
            texts.push(text);
        }
    }
}

/// The text of the operations, which ends as the original does.
fn assembled(
    plan: &Plan<'_>,
    ops: &[Op],
    blanks: BlankLines,
    original: &str,
) -> (String, Vec<Region>) {
    let (mut text, regions) = assemble::assemble(plan, ops, blanks);
    if !original.is_empty() && !original.ends_with('\n') && text.ends_with('\n') {
        text.pop();
    }
    (text, regions)
}

/// Marks the regions of a merge that another reading of the sketch would have otherwise.
fn mark_ambiguous(merge: &mut Merge, other: &str) {
    let (lines, others): (Vec<&str>, Vec<&str>) =
        (merge.text.lines().collect(), other.lines().collect());
    let head = lines
        .iter()
        .zip(&others)
        .take_while(|(a, b)| a == b)
        .count();
    let tail = lines
        .iter()
        .rev()
        .zip(others.iter().rev())
        .take(lines.len().min(others.len()) - head)
        .take_while(|(a, b)| a == b)
        .count();
    let differing = head..lines.len() - tail;
    // Where lines differ that the merge leaves alone, the change nearest to them is in doubt.
    let distance = |region: &Region| {
        let gap_above = differing.start.saturating_sub(region.merged.end);
        gap_above.max(region.merged.start.saturating_sub(differing.end))
    };
    let changes = |region: &&mut Region| region.kind != RegionKind::Matched;
    let nearest = merge
        .regions
        .iter()
        .filter(|region| region.kind != RegionKind::Matched)
        .map(distance)
        .min();
    for region in merge.regions.iter_mut().filter(changes) {
        if Some(distance(region)) == nearest {
            region.kind = RegionKind::Ambiguous;
            region.reason = "the sketch can be read in another way".to_owned();
        }
    }
}

/// The result with one setting of the alignment.
struct Attempt {
    merge: Merge,
    taste: Taste,
    errors: usize,
    /// Original rows that go or are replaced.
    lost: usize,
}

impl Attempt {
    fn new(plan: &mut Plan<'_>, taste: Taste, original: &str) -> Self {
        let mut ops = plan.operations(taste);
        amend::amend(plan, &mut ops);
        let lost = ops
            .iter()
            .filter(|op| matches!(op, Op::Delete { .. } | Op::Replace { .. }))
            .count();
        let (text, regions) = assembled(plan, &ops, BlankLines::Usual, original);
        doubt::weigh(plan, &ops);
        let confidence = plan.doubts.iter().map(|(factor, _)| factor).product();
        let doubts = plan
            .doubts
            .iter()
            .map(|(_, reason)| reason.clone())
            .collect();
        Self {
            merge: Merge {
                text,
                confidence,
                method: Method::Alignment,
                regions,
                doubts,
                alternatives: Vec::new(),
            },
            taste,
            errors: 0,
            lost,
        }
    }
}
