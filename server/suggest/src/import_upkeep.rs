//! Corrections to an alignment at imports: what is still used stays, what was superseded or is ordered out goes.

use crate::comment::is_comment;
use crate::imports;
use crate::marker::Meaning;
use crate::operation::{Op, original_of};
use crate::plan::{Plan, result_text};
use crate::statement::statement_rows;

/// An import that the sketch shows in a new place is moved there; one whose names nothing uses any more goes if a
/// new import stands beside it.
pub(crate) fn drop_superseded_imports(plan: &mut Plan<'_>, ops: &mut [Op]) {
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
        // The first row of an import of several is none by itself.
        let rows = statement_rows(plan.original.rows[original..].iter());
        if !imports::is_import(line) || rows != Some(1) {
            continue;
        }
        let own = imports::bound_names(line);
        let indent = plan.original.rows[original].indent;
        let moved = inserted
            .iter()
            .filter_map(|&new| new_row(&ops[new]))
            .any(|sketch| {
                let other = plan.shown.rows[sketch].text;
                let statement = shown_statement(plan, sketch);
                let names = imports::bound_names(&statement);
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
                    .filter_map(|op| result_text(plan, op))
                    .any(|line| !imports::is_import(line) && imports::uses(line, name))
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
                if same || moved { 0.95 } else { 0.78 },
                format!(
                    "the import on line {} is superseded",
                    plan.original.rows[original].line + 1
                ),
            ));
        }
    }
}

/// The import that begins at a row of the sketch, on one line.
fn shown_statement(plan: &Plan<'_>, sketch: usize) -> String {
    let rows = &plan.shown.rows[sketch..];
    let count = statement_rows(rows.iter()).unwrap_or(1);
    let rows: Vec<&str> = rows[..count].iter().map(|row| row.trimmed()).collect();
    rows.join(" ")
}

/// An import that the sketch passes over, or that a new one was taken to replace, stays if the result uses a name that
/// only it binds.
pub(crate) fn keep_used_imports(plan: &mut Plan<'_>, ops: &mut Vec<Op>) {
    let is_import = |original: usize| imports::is_import(plan.original.rows[original].text);
    let deleted: Vec<usize> = (0..ops.len())
        .filter(|&at| matches!(ops[at], Op::Delete { original } | Op::Replace { original, .. } if is_import(original)))
        .collect();
    if deleted.is_empty() {
        return;
    }
    let mut bodies = Vec::new();
    let mut comments = Vec::new();
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
        match (import, comment) {
            (true, _) => bound.push(text),
            (false, true) => comments.push(text),
            (false, false) => bodies.push(text),
        }
    }
    // From the last one, so that what is put in moves none of the others.
    for at in deleted.into_iter().rev() {
        let (Op::Delete { original } | Op::Replace { original, .. }) = ops[at] else {
            continue;
        };
        let names = imports::bound_names(plan.original.rows[original].text);
        // Comments that link to it are all that some imports are for.
        let only_linked = |name: &str| {
            let rows = plan.original.rows.iter().zip(&plan.original_imports);
            let mut code = rows.filter(|(row, import)| !**import && !is_comment(row));
            !code.any(|(row, _)| imports::uses(row.text, name))
                && comments.iter().any(|line| imports::uses(line, name))
        };
        let needs = |name: &&str| {
            !bound.iter().any(|line| imports::uses(line, name))
                && (bodies.iter().any(|line| imports::refers(line, name)) || only_linked(name))
        };
        let needed = match ops[at] {
            // A new form of an import has some of its names.
            Op::Replace { .. } => {
                let mut plain = names.iter().filter(|name| !name.contains('.')).peekable();
                plain.peek().is_some() && plain.all(needs)
            }
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

/// An import that the sketch does not show, though it shows what stands beside it, goes with the last line that uses
/// its names: no marker stands for it.
pub(crate) fn drop_lost_imports(plan: &Plan<'_>, ops: &mut [Op]) {
    for at in 0..ops.len() {
        let Op::Keep { original } = ops[at] else {
            continue;
        };
        let rows = &plan.original.rows[original..];
        let count = match imports::is_import(rows[0].text) {
            true => statement_rows(rows.iter()).unwrap_or(0),
            false => 0,
        };
        let statement: Vec<&str> = rows[..count].iter().map(|row| row.trimmed()).collect();
        let statement = statement.join(" ");
        let names = imports::bound_names(&statement);
        let hidden = (0..count).all(|row| {
            let original = original + row;
            ops.get(at + row) == Some(&Op::Keep { original })
        });
        if names.is_empty() || !hidden || !is_unmarked(plan, ops, at) {
            continue;
        }
        let before = |name: &str| {
            let mut rows = plan.original.rows.iter().zip(&plan.original_imports);
            rows.any(|(row, import)| !import && imports::uses(row.text, name))
        };
        let now = |name: &str| {
            let mut ops = ops.iter().filter(|op| !is_of_import(plan, op));
            ops.any(|op| result_text(plan, op).is_some_and(|text| imports::refers(text, name)))
        };
        if names.iter().all(|name| before(name) && !now(name)) {
            for (row, op) in ops[at..at + count].iter_mut().enumerate() {
                *op = Op::Delete {
                    original: original + row,
                };
            }
        }
    }
}

/// Whether the row that an operation leaves is of an import.
fn is_of_import(plan: &Plan<'_>, op: &Op) -> bool {
    match *op {
        Op::Keep { original } | Op::Match { original, .. } => plan.original_imports[original],
        Op::Insert { sketch } | Op::Replace { sketch, .. } => plan.shown_imports[sketch],
        Op::Delete { .. } | Op::Gap { .. } => false,
    }
}

/// Whether the sketch shows a row of the import's paragraph, and none of its markers can stand for the import.
fn is_unmarked(plan: &Plan<'_>, ops: &[Op], at: usize) -> bool {
    let is_hidden_import = |op: &&Op| match **op {
        Op::Keep { original } | Op::Delete { original } => plan.original_imports[original],
        Op::Gap { sketch } => sketch.is_none(),
        _ => false,
    };
    // The sketch begins with an import below it, and the file has nothing but imports above.
    let below = ops[at..].iter().take_while(is_hidden_import).count();
    let begins = matches!(ops.get(at + below), Some(Op::Match { sketch: 0, original }) if plan.original_imports[*original]);
    if begins && ops[..at].iter().all(|op| is_hidden_import(&op)) {
        return true;
    }
    let goes_on = |op: &&Op| match **op {
        Op::Keep { original } | Op::Delete { original } => {
            plan.original_imports[original] && plan.original.blanks_before(original).is_empty()
        }
        Op::Gap { .. } => true,
        _ => false,
    };
    let hidden = ops[..=at].iter().rev().take_while(goes_on).count();
    let above = at
        .checked_sub(hidden)
        .and_then(|above| ops.get(above))
        .copied();
    let Some(Op::Match { sketch, original }) = above else {
        return false;
    };
    // The paragraph of the sketch ends without a marker.
    let mut paragraph =
        (sketch + 1..plan.shown.len()).take_while(|row| plan.shown.blanks_before(*row).is_empty());
    plan.original_imports[original] && paragraph.all(|row| *plan.meaning(row) == Meaning::Code)
}

/// Takes out imports that the words order to remove, unless something uses them.
pub(crate) fn remove_ordered_imports(plan: &mut Plan<'_>, ops: &mut [Op]) {
    let request = plan.request;
    let ordered = request.ordered_out();
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
                text.is_some_and(|text| !imports::is_import(text) && imports::refers(text, name))
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
            plan.ordered_out[original] = true;
            ops[at] = Op::Delete { original };
        }
    }
}
