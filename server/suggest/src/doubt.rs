//! Why a merge may be wrong.

use std::collections::HashMap;
use std::ops::Range;

use crate::align::Op;
use crate::language::Language;
use crate::outline::{Kind, Outline};
use crate::plan::Plan;

/// Adds what makes this result doubtful to the plan's doubts.
pub(crate) fn weigh(plan: &mut Plan<'_>, ops: &[Op], text: &str, original: &str) {
    let mut doubts: Vec<(f32, String)> = Vec::new();
    for pair in &plan.pairing.pairs {
        if pair.doubtful {
            let name = &plan.shown_outline.symbols[pair.sketch].name;
            doubts.push((0.5, format!("the file has several {name} that the sketch could mean")));
        }
    }
    if text == original {
        doubts.push((0.5, "nothing changes".to_owned()));
    }
    likely_renames(plan, &mut doubts);
    if !plan.whole {
        for piece in pieces(ops) {
            weigh_piece(plan, &piece, &mut doubts);
        }
    }
    plan.doubts.extend(doubts);
}

/// A new symbol much like one that the sketch does not show may be its new form; the words can say that it is new.
fn likely_renames(plan: &Plan<'_>, doubts: &mut Vec<(f32, String)>) {
    if plan.request.has_any(&["add", "adds", "added", "adding", "new", "another", "cover", "covers", "test", "tests", "introduce", "introduces", "introduced", "create", "write"]) {
        return;
    }
    for &index in &plan.pairing.fresh {
        let fresh = &plan.shown_outline.symbols[index];
        let rows = plan.shown_rows(index);
        let alike = plan.original_outline.symbols.iter().enumerate().any(|(other, symbol)| {
            let paired = plan.pairing.pairs.iter().any(|pair| pair.original == other);
            if paired || symbol.kind != fresh.kind || symbol.kind == Kind::Value || symbol.end - symbol.head < 2 {
                return false;
            }
            let known: std::collections::HashSet<&str> =
                plan.original.rows[plan.original_rows(other)].iter().filter(|row| !row.is_closer).map(|row| row.trimmed()).collect();
            let informative: Vec<&str> = plan.shown.rows[rows.clone()].iter().filter(|row| !row.is_closer).map(|row| row.trimmed()).collect();
            informative.iter().filter(|row| known.contains(*row)).count() * 2 >= informative.len()
        });
        if alike {
            doubts.push((0.7, format!("{} is much like a part of the file that is not shown", fresh.name)));
        }
    }
}

/// The operations between two markers, and the original rows that the markers on either side stand for.
struct Piece<'o> {
    ops: &'o [Op],
    before: Range<usize>,
    after: Range<usize>,
}

/// Cuts the operations at kept rows behind a gap.
fn pieces(ops: &[Op]) -> Vec<Piece<'_>> {
    let hidden = |op: &Op| matches!(op, Op::Gap { .. } | Op::Keep { .. });
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let mut at = 0;
    let mut before = 0..0;
    while at < ops.len() {
        let gap = ops[at..].iter().take_while(|op| hidden(op)).count();
        let rows: Vec<usize> = ops[at..at + gap].iter().filter_map(crate::plan::original_of).collect();
        let range = rows.first().map_or(0..0, |first| *first..rows[rows.len() - 1] + 1);
        if let Some(last) = pieces.last_mut() {
            last.after = range.clone();
        }
        if gap > 0 || at == 0 {
            before = range;
        }
        at += gap;
        let shown = ops[at..].iter().take_while(|op| !hidden(op)).count();
        if shown > 0 {
            pieces.push(Piece { ops: &ops[at..at + shown], before: before.clone(), after: 0..0 });
        }
        at += shown;
    }
    pieces
}

fn weigh_piece(plan: &Plan<'_>, piece: &Piece<'_>, doubts: &mut Vec<(f32, String)>) {
    let matched: Vec<(usize, usize)> = piece
        .ops
        .iter()
        .filter_map(|op| if let Op::Match { sketch, original } = *op { Some((sketch, original)) } else { None })
        .collect();
    let changes = piece.ops.iter().any(|op| !matches!(op, Op::Match { .. }));
    if !changes || matched.is_empty() {
        return;
    }
    let mut hidden: HashMap<(&str, usize), usize> = HashMap::new();
    for row in piece.before.clone().chain(piece.after.clone()) {
        let row = &plan.original.rows[row];
        *hidden.entry((row.trimmed(), row.indent)).or_default() += 1;
    }
    let key = |original: usize| (plan.original.rows[original].trimmed(), plan.original.rows[original].indent);
    let unique = matched.iter().any(|(_, original)| !plan.original.rows[*original].is_closer && !hidden.contains_key(&key(*original)));
    let line = plan.original.rows[matched[0].1].line + 1;
    if !unique {
        doubts.push((0.5, format!("what the sketch shows around line {line} stands in the hidden part, too")));
        return;
    }
    // If the row next to a marker stands a second time behind the marker, what lies between may have been cut out.
    let twice = |original: usize, hidden: Range<usize>, reach: usize| {
        let rows: Vec<usize> = hidden.filter(|row| row.abs_diff(original) <= reach).collect();
        rows.iter().any(|row| key(*row) == key(original))
    };
    let reach = |original: usize| if plan.original.rows[original].is_closer { 12 } else { 80 };
    let first = matched[0].1;
    let last = matched[matched.len() - 1].1;
    let starts = matches!(piece.ops.first(), Some(Op::Match { .. })) && twice(first, piece.before.clone(), reach(first));
    let ends = matches!(piece.ops.last(), Some(Op::Match { .. })) && twice(last, piece.after.clone(), reach(last));
    if starts || ends {
        doubts.push((0.78, format!("a line next to a marker around line {line} stands behind the marker, too")));
    }
}

/// Errors of syntax: those of the grammar, and brackets and preprocessor conditions that do not balance.
pub(crate) fn errors(text: &str, language: Option<Language>) -> usize {
    let parsed = language.map_or(0, |language| Outline::new(text, language).errors);
    let (mut round, mut square, mut curly, mut conditions) = (0i64, 0i64, 0i64, 0i64);
    let preprocessed = matches!(language, Some(Language::C | Language::Cpp));
    for line in text.lines() {
        for byte in line.bytes() {
            match byte {
                b'(' => round += 1,
                b')' => round -= 1,
                b'[' => square += 1,
                b']' => square -= 1,
                b'{' => curly += 1,
                b'}' => curly -= 1,
                _ => {}
            }
        }
        if preprocessed && let Some(directive) = line.trim_start().strip_prefix('#') {
            let directive = directive.trim_start();
            conditions += i64::from(directive.starts_with("if")) - i64::from(directive.starts_with("endif"));
        }
    }
    parsed + (round.abs() + square.abs() + curly.abs() + conditions.abs()) as usize
}
