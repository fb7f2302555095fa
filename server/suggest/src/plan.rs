//! From a sketch and an original to a list of operations on rows.

use std::ops::Range;

use crate::comment::is_comment;
use crate::fragment;
use crate::home;
use crate::imports;
use crate::language::Language;
use crate::level::Stretches;
use crate::likeness::Likeness;
use crate::marker::Meaning;
use crate::operation::{Op, original_of};
use crate::order;
use crate::outline::{Kind, Outline, Symbol};
use crate::pairing::{Matcher, Pair, Pairing};
use crate::renames;
use crate::rows::{Row, Rows, Vocabulary};
use crate::sketch::Sketch;
use crate::taste::Taste;
use crate::words::Request;

/// Everything that is known about a sketch and the file it is for.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) sketch: &'a Sketch,
    pub(crate) shown: Rows<'a>,
    pub(crate) original: Rows<'a>,
    pub(crate) shown_outline: Outline,
    pub(crate) original_outline: Outline,
    pub(crate) pairing: Pairing,
    pub(crate) request: &'a Request,
    pub(crate) likeness: Likeness,
    /// Whether more lines of the file are indented with tabs than with spaces.
    pub(crate) uses_tabs: bool,
    pub(crate) language: Option<Language>,
    /// Whether the file holds keys and values rather than code.
    pub(crate) is_data: bool,
    /// Whether the sketch is the whole file, without any marker.
    pub(crate) whole: bool,
    /// Sketch rows of symbols that the original does not have.
    pub(crate) fresh: Vec<bool>,
    /// Columns to add to the indentation of each sketch row.
    pub(crate) shifts: Vec<isize>,
    pub(crate) taste: Taste,
    /// Alignments of stretches that are the same with every taste.
    pub(crate) settled: Vec<(Stretches, Vec<Op>)>,
    /// Whether the names that the sketch changes are already changed in the original's tokens.
    pub(crate) renamed: bool,
    pub(crate) words: Vec<bool>,
    /// Rows of the sketch and of the original that belong to imports.
    pub(crate) shown_imports: Vec<bool>,
    pub(crate) original_imports: Vec<bool>,
    pub(crate) sticky: Vec<bool>,
    pub(crate) claimed: Vec<bool>,
    /// Pairs in the order of both texts.
    pub(crate) chained: Vec<Pair>,
    /// Pairs that the sketch shows in another order than the original has them.
    pub(crate) detached: Vec<Pair>,
    /// Symbols of the original that new ones elsewhere take the place of.
    pub(crate) replaced: Vec<usize>,
    /// Original rows that go because words say so.
    pub(crate) ordered_out: Vec<bool>,
    /// The original rows among which the sketch belongs.
    pub(crate) home: Range<usize>,
    /// Why the result may be wrong, each with the factor it leaves of the confidence.
    pub(crate) doubts: Vec<(f32, String)>,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(
        sketch: &'a Sketch,
        original: &'a str,
        language: Option<Language>,
        request: &'a Request,
    ) -> Self {
        let mut vocabulary = Vocabulary::default();
        let original_rows = Rows::new(original, &mut vocabulary);
        let shown = Rows::new(&sketch.text, &mut vocabulary);
        let likeness = Likeness::new(&original_rows, vocabulary.len());
        let (mut shown_outline, original_outline) = match language {
            Some(language) => (sketch.outline(language), Outline::new(original, language)),
            None => (Outline::default(), Outline::default()),
        };
        fragment::mend(&mut shown_outline, &sketch.text, &sketch.meanings);
        let removed_names = removed_names(sketch);
        let is_gap_line = |line: usize| !matches!(sketch.meanings.get(line), Some(Meaning::Code));
        let pairing = match language {
            Some(language) => Matcher {
                sketch: &shown_outline,
                original: &original_outline,
                sketch_rows: &shown,
                original_rows: &original_rows,
                is_gap_line: &is_gap_line,
                language,
                request,
                removed_names: &removed_names,
            }
            .pair(),
            None => Pairing::default(),
        };
        let whole = is_whole(sketch, &shown, &original_rows);
        let mut plan = Self {
            taste: Taste::PLAIN,
            settled: Vec::new(),
            uses_tabs: uses_tabs(&original_rows),
            language,
            is_data: matches!(
                language,
                Some(Language::Toml | Language::Yaml | Language::Json)
            ),
            renamed: false,
            words: vocabulary.words(),
            shown_imports: imports::rows(&shown),
            original_imports: imports::rows(&original_rows),
            fresh: vec![false; shown.len()],
            shifts: vec![0; shown.len()],
            sticky: vec![false; original_rows.len()],
            claimed: vec![false; original_rows.len()],
            sketch,
            shown,
            original: original_rows,
            shown_outline,
            original_outline,
            pairing,
            request,
            likeness,
            whole,
            chained: Vec::new(),
            detached: Vec::new(),
            replaced: Vec::new(),
            ordered_out: Vec::new(),
            home: 0..0,
            doubts: Vec::new(),
        };
        plan.cut_off_strangers();
        plan.admit_no_gaps_in_new_code();
        for index in plan.pairing.fresh.clone() {
            let rows = plan.shown_rows(index);
            plan.fresh[rows].fill(true);
        }
        plan.home = home::rows(&plan);
        plan.chain();
        plan.stick();
        plan
    }

    /// The operations that turn the original into the merged text, in its order.
    pub(crate) fn operations(&mut self, taste: Taste) -> Vec<Op> {
        self.taste = taste;
        let ops = self.align_all();
        if self.renamed {
            return ops;
        }
        self.renamed = true;
        let renames = renames::find(
            &ops,
            &self.shown,
            &self.original,
            &self.sketch.meanings,
            &self.words,
        );
        if renames.is_empty() {
            return ops;
        }
        self.settled.clear();
        for token in self
            .original
            .rows
            .iter_mut()
            .flat_map(|row| &mut row.tokens)
        {
            *token = renames.get(token).copied().unwrap_or(*token);
        }
        self.align_all()
    }

    fn align_all(&mut self) -> Vec<Op> {
        self.doubts.clear();
        self.shifts.fill(0);
        self.ordered_out = vec![false; self.original.len()];
        let home = self.home.clone();
        let keep = |original: usize| Op::Keep { original };
        let mut ops: Vec<Op> = (0..home.start).map(keep).collect();
        ops.extend(self.level(None, 0..self.shown.len(), home.clone()));
        ops.extend((home.end..self.original.len()).map(keep));
        // What is kept from the alignment of the others is for its own.
        let (claimed, detached) = (self.claimed.clone(), std::mem::take(&mut self.detached));
        for &pair in &detached {
            let rows = self.original_rows(pair.original);
            self.claimed[rows.clone()].fill(false);
            let inner = self.symbol(pair);
            let at = ops
                .iter()
                .position(|op| original_of(op) == Some(rows.start));
            let Some(at) = at else { continue };
            ops.retain(|op| !original_of(op).is_some_and(|row| rows.contains(&row)));
            ops.splice(at..at, inner);
        }
        (self.claimed, self.detached) = (claimed, detached);
        ops
    }

    pub(crate) fn meaning(&self, row: usize) -> &Meaning {
        &self.sketch.meanings[self.shown.rows[row].line]
    }

    /// The rows of a symbol of the sketch, from its attributes on.
    pub(crate) fn shown_rows(&self, symbol: usize) -> Range<usize> {
        let symbol = &self.shown_outline.symbols[symbol];
        self.shown.row_at_line(symbol.lead)..self.shown.row_at_line(symbol.end)
    }

    /// The function or type of the original that begins at a row.
    pub(crate) fn part_at(&self, original: usize) -> Option<(usize, &Symbol)> {
        let line = self.original.rows[original].line;
        let mut symbols = self.original_outline.symbols.iter().enumerate();
        symbols.find(|(_, symbol)| {
            symbol.head == line && !matches!(symbol.kind, Kind::Value | Kind::Case)
        })
    }

    /// The rows of a symbol of the original, from its attributes on.
    pub(crate) fn original_rows(&self, symbol: usize) -> Range<usize> {
        let symbol = &self.original_outline.symbols[symbol];
        self.original.row_at_line(symbol.lead)..self.original.row_at_line(symbol.end)
    }

    /// Whether a new row of the sketch is of a constant or a variable: those stand close together.
    pub(crate) fn is_value(&self, row: usize) -> bool {
        self.pairing.fresh.iter().any(|index| {
            self.shown_outline.symbols[*index].kind == Kind::Value
                && self.shown_rows(*index).contains(&row)
        })
    }

    /// Whether an operation leaves a row of the file unshown, or takes it out from among such rows by order.
    pub(crate) fn is_hidden(&self, op: &Op) -> bool {
        match *op {
            Op::Keep { .. } | Op::Gap { .. } => true,
            Op::Delete { original } => self.ordered_out[original],
            _ => false,
        }
    }

    /// Whether the sketch shows symbols in another order than the original.
    pub(crate) fn has_detached(&self) -> bool {
        !self.detached.is_empty()
    }
}

/// The row that an operation leaves in the merged text.
pub(crate) fn result_text<'p>(plan: &Plan<'p>, op: &Op) -> Option<&'p str> {
    match *op {
        Op::Keep { original } | Op::Match { original, .. } => {
            Some(plan.original.rows[original].text)
        }
        Op::Insert { sketch } | Op::Replace { sketch, .. } => Some(plan.shown.rows[sketch].text),
        Op::Delete { .. } | Op::Gap { .. } => None,
    }
}

fn uses_tabs(rows: &Rows<'_>) -> bool {
    let starting = |blanks: &str| {
        rows.rows
            .iter()
            .filter(|row| row.text.starts_with(blanks))
            .count()
    };
    starting("\t") > starting("  ")
}

/// The words of the comments that order a removal.
fn removed_names(sketch: &Sketch) -> Vec<&str> {
    let words = sketch.meanings.iter().flat_map(order::words);
    words
        .flat_map(|words| words.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .filter(|word| word.len() >= 3)
        .collect()
}

/// Whether a sketch without markers is meant as the whole file.
fn is_whole(sketch: &Sketch, shown: &Rows<'_>, original: &Rows<'_>) -> bool {
    if sketch.has_gap(0..sketch.meanings.len()) || original.len() == 0 {
        return original.len() == 0;
    }
    let mut counts = std::collections::HashMap::new();
    for row in &shown.rows {
        *counts.entry(row.trimmed()).or_insert(0u32) += 1;
    }
    let (mut all, mut same) = (0.0, 0.0);
    for row in &original.rows {
        all += row.weight();
        if let Some(count) = counts.get_mut(row.trimmed())
            && *count > 0
        {
            *count -= 1;
            same += row.weight();
        }
    }
    let begins = shown
        .rows
        .iter()
        .take(3)
        .any(|row| row.trimmed() == original.rows[0].trimmed());
    // One that begins below imports and comments leaves those out; code above would be missed.
    let first = shown.rows.first().map(Row::trimmed);
    let at = original
        .rows
        .iter()
        .position(|row| Some(row.trimmed()) == first);
    let imports = imports::rows(original);
    let is_header = |row: usize| {
        let text = original.rows[row].trimmed();
        imports[row]
            || is_comment(&original.rows[row])
            || text.starts_with("package ")
            || text.starts_with('#')
    };
    let inside = || at.is_some_and(|at| (0..at).all(is_header));
    let share = same / all;
    // A file is not shown indented as a whole.
    let margin = |rows: &Rows<'_>| rows.rows.iter().map(|row| row.indent).min();
    if margin(shown) > margin(original) {
        return false;
    }
    begins && share >= 0.6 || share >= 0.85 && !inside()
}
