//! What comments of the sketch and the words of the request order to take out.

use std::ops::Range;

use crate::imports;
use crate::marker::Meaning;
use crate::operation::{Op, original_of};
use crate::order;
use crate::outline::{Kind, Symbol};
use crate::pairing::{Pair, last_part};
use crate::plan::{Plan, result_text};
use crate::rows::Row;

/// A comment of the sketch that tells what goes.
struct Order<'p> {
    words: &'p str,
    /// The original's symbol inside which the comment stands.
    within: Option<usize>,
}

fn orders<'p>(plan: &'p Plan<'_>) -> Vec<Order<'p>> {
    let lines = plan.sketch.meanings.iter().enumerate();
    let told =
        lines.flat_map(|(line, meaning)| order::words(meaning).map(move |words| (line, words)));
    let orders = told.map(|(line, words)| {
        let holds = |pair: &&Pair| {
            let symbol = &plan.shown_outline.symbols[pair.sketch];
            symbol.head < line && line < symbol.end
        };
        let pairs = plan.pairing.pairs.iter().filter(holds);
        let innermost = pairs.max_by_key(|pair| plan.shown_outline.symbols[pair.sketch].head);
        Order {
            words,
            within: innermost.map(|pair| pair.original),
        }
    });
    orders.collect()
}

/// Whether a symbol of the original is inside another one, or anywhere if there is none.
fn is_within(plan: &Plan<'_>, symbol: usize, around: Option<usize>) -> bool {
    let parent = |symbol: &usize| plan.original_outline.symbols[*symbol].parent;
    around.is_none()
        || std::iter::successors(Some(symbol), parent)
            .skip(1)
            .any(|parent| Some(parent) == around)
}

/// What the words call a symbol. A Rust implementation of a trait has no name, but its head.
fn called(symbol: &Symbol) -> String {
    match symbol.kind {
        Kind::Implementation => format!("impl {} for {}", symbol.signature, symbol.name),
        _ => last_part(&symbol.name).to_owned(),
    }
}

/// The fewest characters of a line that a comment can be seen to show.
const SHORTEST_SHOWN: usize = 8;

/// Takes out lines that a removal comment shows, `// (removed import java.util.List;)`, or that the request has go, each
/// with the block that it opens.
pub(crate) fn remove_shown(plan: &mut Plan<'_>, ops: &mut [Op]) {
    let bare = |row: usize| {
        plan.original.rows[row]
            .trimmed()
            .trim_end_matches([';', ','])
    };
    let mut gone: Vec<usize> = Vec::new();
    let mut add = |is_shown: &dyn Fn(&usize) -> bool| {
        let rows: Vec<usize> = (0..plan.original.len()).filter(is_shown).collect();
        if let [row] = rows.as_slice() {
            gone.extend(*row..block_end(plan, *row));
        }
    };
    for code in plan.request.ordered_out() {
        add(&|row| bare(*row) == code.trim_end_matches([';', ',']));
    }
    for order in orders(plan) {
        add(&|row| {
            let text = bare(*row);
            let behind = order.words.split_once(text).map(|(_, behind)| behind);
            let is_more = |c: char| c.is_alphanumeric() || "_.(".contains(c);
            text.len() >= SHORTEST_SHOWN
                && behind.is_some_and(|behind| !behind.starts_with(is_more))
        });
    }
    take_out(plan, ops, |row| gone.contains(&row));
}

/// One past the last row of the block that a row opens; the row behind it if it opens none.
fn block_end(plan: &Plan<'_>, head: usize) -> usize {
    let column = plan.original.rows[head].indent;
    let belongs = |row: &&Row<'_>| {
        let opens = row.trimmed() == "{";
        row.indent > column || row.indent == column && (opens || row.closes())
    };
    head + 1
        + plan.original.rows[head + 1..]
            .iter()
            .take_while(belongs)
            .count()
}

/// Takes out kept rows because words say so.
fn take_out(plan: &mut Plan<'_>, ops: &mut [Op], is_ordered: impl Fn(usize) -> bool) {
    for op in ops {
        if let Op::Keep { original } = *op
            && is_ordered(original)
        {
            plan.ordered_out[original] = true;
            *op = Op::Delete { original };
        }
    }
}

/// Takes out symbols that a removal comment or the request names, and that the sketch does not show.
pub(crate) fn remove_named(plan: &mut Plan<'_>, ops: &mut [Op]) {
    let orders = orders(plan);
    let mut removed: Vec<(Range<usize>, String)> = Vec::new();
    for (index, symbol) in plan.original_outline.symbols.iter().enumerate() {
        let name = called(symbol);
        let implements = symbol.kind == Kind::Implementation && !symbol.signature.is_empty();
        let replaced = plan.replaced.contains(&index);
        let paired = !replaced && plan.pairing.pairs.iter().any(|pair| pair.original == index);
        let several = symbol.end - symbol.head > 1 || symbol.kind == Kind::Type;
        if paired
            || name.len() < 3
            || !implements
                && !matches!(
                    symbol.kind,
                    Kind::Function | Kind::Type | Kind::Case | Kind::Value
                )
        {
            continue;
        }
        let is_named = |words: &str| match implements {
            true => words.contains(&name),
            false => order::names(words, &name),
        };
        let order = orders
            .iter()
            .find(|order| is_named(order.words) && is_within(plan, index, order.within));
        let commented = order.is_some();
        let around = order.and_then(|order| order.within);
        let shown = plan.shown.rows.iter().any(|row| {
            plan.sketch.meanings[row.line] == Meaning::Code && imports::uses(row.text, &name)
        });
        let ordered = !shown
            && (several && symbol.kind != Kind::Value && plan.request.orders_removal(&name)
                || plan.request.lists_removal(&name));
        let namesakes = (0..plan.original_outline.symbols.len()).filter(|other| {
            called(&plan.original_outline.symbols[*other]) == name
                && is_within(plan, *other, around)
        });
        let unique = namesakes.count() == 1;
        if replaced || (commented || ordered) && unique {
            removed.push((plan.original_rows(index), name));
        }
    }
    for (rows, name) in removed {
        let all_kept = ops
            .iter()
            .filter(|op| original_of(op).is_some_and(|row| rows.contains(&row)))
            .all(|op| matches!(op, Op::Keep { .. }));
        if !all_kept {
            continue;
        }
        take_out(plan, ops, |row| rows.contains(&row));
        let mut texts = ops.iter().filter_map(|op| result_text(plan, op));
        // A string that has the name's letters is no use of it.
        let quoted = format!("\"{name}\"");
        let used = texts.any(|text| imports::uses(&text.replace(&quoted, ""), &name));
        // What is imported in its place is another of that name.
        let imported = (0..plan.shown.len())
            .any(|row| plan.shown_imports[row] && imports::uses(plan.shown.rows[row].text, &name));
        let mut others = (0..plan.original_outline.symbols.len())
            .filter(|other| last_part(&plan.original_outline.symbols[*other].name) == name);
        let another = others.any(|other| plan.original_rows(other) != rows);
        plan.doubts.push(match used && !imported && !another {
            true => (0.75, format!("{name} is removed and still used")),
            false => (0.95, format!("{name} is removed because the words say so")),
        });
    }
}
