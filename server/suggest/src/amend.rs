//! Corrections to an alignment that no pair of lines can tell: imports in use, and removals that words order.

use std::ops::Range;

use crate::align::Op;
use crate::imports;
use crate::marker::Meaning;
use crate::outline::Kind;
use crate::pairing::last_part;
use crate::plan::{Plan, original_of};

/// Keeps imports that the merged text still uses, and takes out what the words order to remove.
pub(crate) fn amend(plan: &mut Plan<'_>, ops: &mut Vec<Op>) {
    keep_used_imports(plan, ops);
    remove_named(plan, ops);
}

/// An import that the sketch passes over stays if the result uses a name that only it binds.
fn keep_used_imports(plan: &mut Plan<'_>, ops: &mut [Op]) {
    let deleted: Vec<usize> = (0..ops.len())
        .filter(|&at| matches!(ops[at], Op::Delete { original } if imports::is_import(plan.original.rows[original].text)))
        .collect();
    if deleted.is_empty() {
        return;
    }
    let mut bodies = Vec::new();
    let mut bound = Vec::new();
    for op in ops.iter() {
        let text = match *op {
            Op::Keep { original } => plan.original.rows[original].text,
            Op::Match { sketch, .. } | Op::Replace { sketch, .. } | Op::Insert { sketch } => {
                plan.shown.rows[sketch].text
            }
            Op::Delete { .. } | Op::Gap { .. } => continue,
        };
        if imports::is_import(text) {
            &mut bound
        } else {
            &mut bodies
        }
        .push(text);
    }
    for at in deleted {
        let Op::Delete { original } = ops[at] else {
            continue;
        };
        let names = imports::bound_names(plan.original.rows[original].text);
        let needed = names.iter().any(|name| {
            !bound.iter().any(|line| imports::uses(line, name))
                && bodies.iter().any(|line| imports::uses(line, name))
        });
        if needed && !names.iter().any(|name| plan.request.removes(name)) {
            ops[at] = Op::Keep { original };
            plan.doubts.push((
                0.9,
                format!(
                    "line {} imports a name that is still used",
                    plan.original.rows[original].line + 1
                ),
            ));
        }
    }
}

/// Takes out symbols that a removal comment or the request names, and that the sketch does not show.
fn remove_named(plan: &mut Plan<'_>, ops: &mut [Op]) {
    let comments: Vec<String> = plan
        .sketch
        .meanings
        .iter()
        .filter_map(|meaning| {
            if let Meaning::Removal(words) = meaning {
                Some(words.clone())
            } else {
                None
            }
        })
        .collect();
    let mut removed: Vec<(Range<usize>, String)> = Vec::new();
    for (index, symbol) in plan.original_outline.symbols.iter().enumerate() {
        let name = last_part(&symbol.name);
        let paired = plan.pairing.pairs.iter().any(|pair| pair.original == index);
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
        let commented = comments.iter().any(|words| imports::uses(words, name));
        let shown = plan.shown.rows.iter().any(|row| {
            plan.sketch.meanings[row.line] == Meaning::Code && imports::uses(row.text, name)
        });
        let ordered =
            several && symbol.kind != Kind::Value && plan.request.orders_removal(name) && !shown;
        let unique = plan
            .original_outline
            .symbols
            .iter()
            .filter(|other| last_part(&other.name) == name)
            .count()
            == 1;
        if (commented || ordered) && unique {
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
        plan.doubts
            .push((0.8, format!("{name} is removed because the words say so")));
    }
}
