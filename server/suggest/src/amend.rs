//! Corrections to an alignment that no pair of lines can tell: imports in use, and removals that words order.

use std::ops::Range;

use crate::align::{Op, is_comment};
use crate::edges;
use crate::imports;
use crate::marker::Meaning;
use crate::outline::Kind;
use crate::pairing::{Pair, last_part};
use crate::plan::{Plan, original_of};

/// Keeps imports that the merged text still uses, and takes out what the words order to remove.
pub(crate) fn amend(plan: &mut Plan<'_>, ops: &mut Vec<Op>) {
    edges::amend(plan, ops);
    fill_markers(plan, ops);
    drop_rest_of_heads(plan, ops);
    keep_used_names(plan, ops);
    keep_used_imports(plan, ops);
    drop_superseded_imports(plan, ops);
    keep_unnamed_symbols(plan, ops);
    remove_named(plan, ops);
    remove_ordered_imports(plan, ops);
}

/// Where the sketch shows a declaration's head on one row, the file's further rows of it are not hidden ones: they go.
fn drop_rest_of_heads(plan: &Plan<'_>, ops: &mut [Op]) {
    let depth = |text: &str| -> i32 {
        let depth = |c| i32::from(matches!(c, '(' | '[')) - i32::from(matches!(c, ')' | ']'));
        text.chars().map(depth).sum()
    };
    for pair in &plan.pairing.pairs {
        let head = plan.original_head(*pair);
        let at = ops.iter().position(|op| {
            matches!(*op, Op::Replace { original, sketch, .. }
                if original == head && depth(plan.shown.rows[sketch].text) == 0)
        });
        let mut open = depth(plan.original.rows[head].text);
        let Some(at) = at.filter(|_| open > 0) else {
            continue;
        };
        for op in &mut ops[at + 1..] {
            match *op {
                Op::Keep { original } => {
                    open += depth(plan.original.rows[original].text);
                    *op = Op::Delete { original };
                }
                Op::Gap { .. } => {}
                _ => break,
            }
            if open <= 0 {
                break;
            }
        }
    }
}

/// Likeness from which on a row is taken for another's new form even beside a marker that then stands for nothing.
pub(crate) const CLEARLY_ALIKE: f32 = 0.85;

/// A marker stands for at least one line: where it would stand for none, a row beside it that was taken for the new
/// form of one of the file's is new, and the marker stands for the file's.
fn fill_markers(plan: &Plan<'_>, ops: &mut Vec<Op>) {
    let hidden = |op: Option<&Op>| matches!(op, Some(Op::Keep { .. } | Op::Gap { .. }));
    let doubtful = |op: Option<&Op>| match op {
        Some(Op::Replace {
            sketch,
            original,
            likeness,
        }) if *likeness < CLEARLY_ALIKE
            && !plan.original.rows[*original].is_closer
            && !plan.pairing.pairs.iter().any(|pair| {
                plan.shown_rows(pair.sketch).contains(sketch)
                    && plan
                        .original
                        .row_at_line(plan.original_outline.symbols[pair.original].head)
                        == *original
            }) =>
        {
            Some((*sketch, *original))
        }
        _ => None,
    };
    let mut at = 0;
    while at < ops.len() {
        let empty = matches!(ops[at], Op::Gap { sketch: Some(_) })
            && at > 0
            && at + 1 < ops.len()
            && !hidden(ops.get(at - 1))
            && !hidden(ops.get(at + 1));
        if empty {
            if let Some((sketch, original)) = doubtful(ops.get(at + 1)) {
                ops.splice(
                    at + 1..at + 2,
                    [Op::Keep { original }, Op::Insert { sketch }],
                );
            } else if let Some((sketch, original)) = doubtful(ops.get(at - 1)) {
                let gap = ops[at];
                ops.splice(
                    at - 1..at + 1,
                    [Op::Insert { sketch }, gap, Op::Keep { original }],
                );
            }
        }
        at += 1;
    }
}

/// A row that gives a name to something the hidden rows below still use is not replaced by one that does not, if
/// a marker on one side leaves open what the row stands for.
fn keep_used_names(plan: &Plan<'_>, ops: &mut Vec<Op>) {
    let mut at = 0;
    while at < ops.len() {
        let Op::Replace {
            sketch, original, ..
        } = ops[at]
        else {
            at += 1;
            continue;
        };
        let hidden = |op: Option<&Op>| matches!(op, Some(Op::Keep { .. } | Op::Gap { .. }));
        let above = at > 0 && hidden(ops.get(at - 1));
        let below = hidden(ops.get(at + 1));
        let old = &plan.original.rows[original];
        let new = &plan.shown.rows[sketch];
        let needed = (above || below)
            && given_names(old.text).iter().any(|name| {
                !imports::uses(new.text, name)
                    && ops[at + 1..]
                        .iter()
                        .take_while(|op| {
                            original_of(op)
                                .is_none_or(|row| plan.original.rows[row].indent >= old.indent)
                        })
                        .take(60)
                        .any(|op| match *op {
                            Op::Keep { original } => {
                                imports::uses(plan.original.rows[original].text, name)
                            }
                            _ => false,
                        })
                    && !ops[at + 1..].iter().take(20).any(|op| match *op {
                        Op::Insert { sketch } | Op::Replace { sketch, .. } => {
                            given_names(plan.shown.rows[sketch].text).contains(name)
                        }
                        _ => false,
                    })
            });
        if needed {
            let pair = if below {
                [Op::Insert { sketch }, Op::Keep { original }]
            } else {
                [Op::Keep { original }, Op::Insert { sketch }]
            };
            ops.splice(at..at + 1, pair);
            at += 1;
        }
        at += 1;
    }
}

/// The names that a line gives to values: `let a = ...`, `a, b := ...`, `Type a = ...`.
fn given_names(line: &str) -> Vec<&str> {
    let line = line.trim();
    let at = line.find(" = ").or_else(|| line.find(" := "));
    let Some(at) = at else { return Vec::new() };
    let left = &line[..at];
    if left.contains(['.', '(', '"', '\'']) && !left.starts_with("let ") {
        return Vec::new();
    }
    let left = left.split(':').next().unwrap_or(left);
    left.split(',')
        .filter_map(|part| {
            let name = part
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .rfind(|word| !word.is_empty())?;
            (name.len() > 1 && !name.starts_with(|c: char| c.is_ascii_digit())).then_some(name)
        })
        .collect()
}

/// An import that the sketch shows in a new place is moved there; one whose names nothing uses any more goes if a
/// new import stands beside it.
fn drop_superseded_imports(plan: &mut Plan<'_>, ops: &mut [Op]) {
    let text = |plan: &Plan<'_>, op: &Op| match *op {
        Op::Keep { original } => Some(plan.original.rows[original].text.to_owned()),
        Op::Match { sketch, .. } | Op::Replace { sketch, .. } | Op::Insert { sketch } => {
            Some(plan.shown.rows[sketch].text.to_owned())
        }
        Op::Delete { .. } | Op::Gap { .. } => None,
    };
    let new_row = |op: &Op| match *op {
        Op::Insert { sketch } | Op::Replace { sketch, .. } => Some(sketch),
        _ => None,
    };
    let inserted: Vec<usize> = (0..ops.len())
        .filter(|&at| {
            new_row(&ops[at]).is_some_and(|row| imports::is_import(plan.shown.rows[row].text))
        })
        .collect();
    if inserted.is_empty() {
        return;
    }
    for at in 0..ops.len() {
        let Op::Keep { original } = ops[at] else {
            continue;
        };
        let line = plan.original.rows[original].text;
        if !imports::is_import(line) {
            continue;
        }
        let own = imports::bound_names(line);
        let indent = plan.original.rows[original].indent;
        let moved = inserted
            .iter()
            .filter_map(|&new| new_row(&ops[new]))
            .any(|sketch| {
                let other = plan.shown.rows[sketch].text;
                let names = imports::bound_names(other);
                // An import in another block binds another name.
                if plan.shown.rows[sketch].indent as isize + plan.shifts[sketch] != indent as isize
                {
                    return false;
                }
                other == line || !own.is_empty() && own.iter().all(|name| names.contains(name))
            });
        let stays = |other: &usize| !matches!(ops[*other], Op::Gap { .. } | Op::Delete { .. });
        let neighbours = [(0..at).rev().find(stays), (at + 1..ops.len()).find(stays)];
        let near_new = neighbours
            .iter()
            .flatten()
            .any(|other| inserted.contains(other));
        let unused = near_new && {
            let names = imports::bound_names(line);
            let body = |name: &str| {
                ops.iter()
                    .filter_map(|op| text(plan, op))
                    .any(|line| !imports::is_import(&line) && imports::uses(&line, name))
            };
            let before = |name: &str| {
                plan.original
                    .rows
                    .iter()
                    .any(|row| !imports::is_import(row.text) && imports::uses(row.text, name))
            };
            !names.is_empty() && names.iter().all(|name| before(name) && !body(name))
        };
        let same = unused
            || inserted
                .iter()
                .filter_map(|&new| new_row(&ops[new]))
                .any(|sketch| plan.shown.rows[sketch].text == line);
        if moved || unused {
            // An import that moves passes other imports; one that passes code was rather taken out below it.
            let passes_code = inserted.iter().any(|&new| {
                new_row(&ops[new]).is_some_and(|row| plan.shown.rows[row].text == line)
                    && ops[at.min(new)..at.max(new)]
                        .iter()
                        .any(|op| original_of(op).is_some_and(|row| !plan.original_imports[row]))
            });
            ops[at] = Op::Delete { original };
            if passes_code {
                plan.doubts
                    .push((0.7, "an import is moved past other code".to_owned()));
            }
            plan.doubts.push((
                if same { 0.95 } else { 0.78 },
                format!(
                    "the import on line {} is superseded",
                    plan.original.rows[original].line + 1
                ),
            ));
        }
    }
}

/// A function or class that the sketch passes over without a marker goes only if the words name it or something
/// new stands in its place; it is never lost in silence.
fn keep_unnamed_symbols(plan: &mut Plan<'_>, ops: &mut [Op]) {
    if plan.whole {
        return;
    }
    let mut gone: Vec<usize> = plan.replaced.clone();
    for index in 0..plan.original_outline.symbols.len() {
        let symbol = &plan.original_outline.symbols[index];
        if symbol.parent.is_some_and(|parent| gone.contains(&parent)) {
            gone.push(index);
            continue;
        }
        let in_function = std::iter::successors(symbol.parent, |parent| {
            plan.original_outline.symbols[*parent].parent
        })
        .any(|parent| {
            matches!(
                plan.original_outline.symbols[parent].kind,
                Kind::Function | Kind::Value
            )
        });
        let rows = plan.original_rows(index);
        if in_function
            || symbol.end - symbol.head < 2
            || symbol.kind == Kind::Value
            || plan.replaced.contains(&index)
        {
            continue;
        }
        let Some(first) = ops.iter().position(|op| {
            *op == Op::Delete {
                original: rows.start,
            }
        }) else {
            continue;
        };
        let whole = |op: &Op| {
            original_of(op)
                .is_none_or(|row| !rows.contains(&row) || matches!(op, Op::Delete { .. }))
        };
        if !ops.iter().all(whole) {
            continue;
        }
        let in_run = |op: &&Op| matches!(op, Op::Delete { .. } | Op::Insert { .. });
        let around = ops[first..]
            .iter()
            .take_while(in_run)
            .chain(ops[..first].iter().rev().take_while(in_run));
        let replaced = around.clone().any(|op| matches!(op, Op::Insert { .. }));
        let name = last_part(&symbol.name).to_owned();
        if plan.request.names(&name) {
            gone.push(index);
            continue;
        }
        if replaced {
            gone.push(index);
            plan.doubts.push((
                0.82,
                format!("{name} is not shown and is taken to be replaced"),
            ));
            continue;
        }
        for op in ops.iter_mut() {
            if let Op::Delete { original } = *op
                && rows.contains(&original)
            {
                *op = Op::Keep { original };
            }
        }
        plan.doubts
            .push((0.7, format!("{name} is not shown and is kept")));
    }
}

/// An import that the sketch passes over, or that a new one was taken to replace, stays if the result uses a name that
/// only it binds.
fn keep_used_imports(plan: &mut Plan<'_>, ops: &mut Vec<Op>) {
    let is_import = |original: usize| imports::is_import(plan.original.rows[original].text);
    let deleted: Vec<usize> = (0..ops.len())
        .filter(|&at| matches!(ops[at], Op::Delete { original } | Op::Replace { original, .. } if is_import(original)))
        .collect();
    if deleted.is_empty() {
        return;
    }
    let mut bodies = Vec::new();
    let mut bound = Vec::new();
    for op in ops.iter() {
        let (text, import, comment) = match *op {
            Op::Keep { original } => {
                let row = &plan.original.rows[original];
                (row.text, plan.original_imports[original], is_comment(row))
            }
            Op::Match { sketch, .. } | Op::Replace { sketch, .. } | Op::Insert { sketch } => {
                let row = &plan.shown.rows[sketch];
                (row.text, plan.shown_imports[sketch], is_comment(row))
            }
            Op::Delete { .. } | Op::Gap { .. } => continue,
        };
        if !comment {
            if import { &mut bound } else { &mut bodies }.push(text);
        }
    }
    // From the last one, so that what is put in moves none of the others.
    for at in deleted.into_iter().rev() {
        let (Op::Delete { original } | Op::Replace { original, .. }) = ops[at] else {
            continue;
        };
        let names = imports::bound_names(plan.original.rows[original].text);
        let needs = |name: &&str| {
            !bound.iter().any(|line| imports::uses(line, name))
                && bodies.iter().any(|line| imports::uses(line, name))
        };
        let needed = match ops[at] {
            // A new form of an import has some of its names.
            Op::Replace { .. } => !names.is_empty() && names.iter().all(needs),
            _ => names.iter().any(needs),
        };
        if !needed || names.iter().any(|name| plan.request.removes(name)) {
            continue;
        }
        if let Op::Replace { sketch, .. } = ops[at] {
            let follows = at > 0 && matches!(ops[at - 1], Op::Match { .. } | Op::Replace { .. });
            let (new, old) = (Op::Insert { sketch }, Op::Keep { original });
            ops.splice(at..=at, if follows { [new, old] } else { [old, new] });
        } else {
            ops[at] = Op::Keep { original };
            let line = plan.original.rows[original].line + 1;
            let doubt = format!("line {line} imports a name that is still used");
            plan.doubts.push((0.7, doubt));
        }
    }
}

/// A comment of the sketch that tells what goes.
struct Order<'p> {
    words: &'p str,
    /// The original's symbol inside which the comment stands.
    within: Option<usize>,
}

fn orders<'p>(plan: &'p Plan<'_>) -> Vec<Order<'p>> {
    let lines = plan.sketch.meanings.iter().enumerate();
    let orders = lines.filter_map(|(line, meaning)| {
        let Meaning::Removal(words) = meaning else {
            return None;
        };
        let holds = |pair: &&Pair| {
            let symbol = &plan.shown_outline.symbols[pair.sketch];
            symbol.head < line && line < symbol.end
        };
        let pairs = plan.pairing.pairs.iter().filter(holds);
        let innermost = pairs.max_by_key(|pair| plan.shown_outline.symbols[pair.sketch].head);
        Some(Order {
            words,
            within: innermost.map(|pair| pair.original),
        })
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

/// Takes out imports that the words order to remove, unless something uses them.
fn remove_ordered_imports(plan: &mut Plan<'_>, ops: &mut [Op]) {
    let ordered = plan.request.ordered_out();
    for at in 0..ops.len() {
        let Op::Keep { original } = ops[at] else {
            continue;
        };
        let line = plan.original.rows[original].text;
        let names = imports::bound_names(line);
        let is_ordered =
            |code: &&str| code.contains('.') || code.contains("::") || names.contains(code);
        let used = |name: &&str| {
            ops.iter().any(|op| {
                let text = result_text(plan, op);
                text.is_some_and(|text| !imports::is_import(text) && imports::uses(text, name))
            })
        };
        let [name] = names.as_slice() else { continue };
        // An import of what the words say is gone goes with the last line that uses it.
        let lost = || {
            let mut before = plan
                .original
                .rows
                .iter()
                .filter(|row| !imports::is_import(row.text));
            plan.request.removes(name) && before.any(|row| imports::uses(row.text, name))
        };
        let is_told = ordered
            .iter()
            .any(|code| is_ordered(code) && imports::uses(line, code));
        if (is_told || lost()) && !used(name) {
            ops[at] = Op::Delete { original };
        }
    }
}

/// The row that an operation leaves in the merged text.
fn result_text<'p>(plan: &Plan<'p>, op: &Op) -> Option<&'p str> {
    match *op {
        Op::Keep { original } | Op::Match { original, .. } => {
            Some(plan.original.rows[original].text)
        }
        Op::Insert { sketch } | Op::Replace { sketch, .. } => Some(plan.shown.rows[sketch].text),
        Op::Delete { .. } | Op::Gap { .. } => None,
    }
}

/// Takes out symbols that a removal comment or the request names, and that the sketch does not show.
fn remove_named(plan: &mut Plan<'_>, ops: &mut [Op]) {
    let orders = orders(plan);
    let mut removed: Vec<(Range<usize>, String)> = Vec::new();
    for (index, symbol) in plan.original_outline.symbols.iter().enumerate() {
        let name = last_part(&symbol.name);
        let replaced = plan.replaced.contains(&index);
        let paired = !replaced && plan.pairing.pairs.iter().any(|pair| pair.original == index);
        let several = symbol.end - symbol.head > 1 || symbol.kind == Kind::Type;
        if paired
            || name.len() < 3
            || !matches!(
                symbol.kind,
                Kind::Function | Kind::Type | Kind::Case | Kind::Value
            )
        {
            continue;
        }
        let order = orders
            .iter()
            .find(|order| imports::uses(order.words, name) && is_within(plan, index, order.within));
        let commented = order.is_some();
        let around = order.and_then(|order| order.within);
        let shown = plan.shown.rows.iter().any(|row| {
            plan.sketch.meanings[row.line] == Meaning::Code && imports::uses(row.text, name)
        });
        let ordered =
            several && symbol.kind != Kind::Value && plan.request.orders_removal(name) && !shown;
        let namesakes = (0..plan.original_outline.symbols.len()).filter(|other| {
            last_part(&plan.original_outline.symbols[*other].name) == name
                && is_within(plan, *other, around)
        });
        let unique = namesakes.count() == 1;
        if replaced || (commented || ordered) && unique {
            removed.push((plan.original_rows(index), name.to_owned()));
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
        for op in ops.iter_mut() {
            if let Op::Keep { original } = *op
                && rows.contains(&original)
            {
                *op = Op::Delete { original };
            }
        }
        let mut texts = ops.iter().filter_map(|op| result_text(plan, op));
        let used = texts.any(|text| imports::uses(text, &name));
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
