//! Doubts about the rows between two markers: where they belong, and whether all that goes is meant to go.

use std::collections::HashMap;
use std::ops::Range;

use crate::operation::Op;
use crate::outline::Kind;
use crate::pairing::last_part;
use crate::plan::Plan;

/// The operations between two markers, and the original rows that the markers on either side stand for.
pub(crate) struct Piece<'o> {
    ops: &'o [Op],
    before: Range<usize>,
    after: Range<usize>,
}

/// The piece with what is hidden around it cut to the innermost symbol that both texts show and that holds the piece, or
/// to the part of the file that the words name: its rows cannot belong anywhere else.
pub(crate) fn narrowed<'o>(plan: &Plan<'_>, mut piece: Piece<'o>) -> Piece<'o> {
    let rows: Vec<usize> = piece
        .ops
        .iter()
        .filter_map(crate::operation::original_of)
        .collect();
    let (Some(&first), Some(&last)) = (rows.first(), rows.last()) else {
        return piece;
    };
    let around = plan
        .pairing
        .pairs
        .iter()
        .filter(|pair| !pair.doubtful)
        .map(|pair| plan.original_rows(pair.original))
        .filter(|range| range.contains(&first) && range.contains(&last))
        .min_by_key(|range| range.len());
    let range = around.unwrap_or(plan.home.clone());
    let cut = |hidden: &Range<usize>| {
        let start = hidden.start.max(range.start);
        start..hidden.end.min(range.end).max(start)
    };
    piece.before = cut(&piece.before);
    piece.after = cut(&piece.after);
    piece
}

/// Cuts the operations at kept rows behind a gap.
pub(crate) fn pieces(ops: &[Op]) -> Vec<Piece<'_>> {
    let hidden = |op: &Op| matches!(op, Op::Gap { .. } | Op::Keep { .. });
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let mut at = 0;
    let mut before = 0..0;
    while at < ops.len() {
        let gap = ops[at..].iter().take_while(|op| hidden(op)).count();
        let rows: Vec<usize> = ops[at..at + gap]
            .iter()
            .filter_map(crate::operation::original_of)
            .collect();
        let range = rows
            .first()
            .map_or(0..0, |first| *first..rows[rows.len() - 1] + 1);
        if let Some(last) = pieces.last_mut() {
            last.after = range.clone();
        }
        if gap > 0 || at == 0 {
            before = range;
        }
        at += gap;
        let shown = ops[at..].iter().take_while(|op| !hidden(op)).count();
        if shown > 0 {
            pieces.push(Piece {
                ops: &ops[at..at + shown],
                before: before.clone(),
                after: 0..0,
            });
        }
        at += shown;
    }
    pieces
}

pub(crate) fn weigh_piece(plan: &Plan<'_>, piece: &Piece<'_>, doubts: &mut Vec<(f32, String)>) {
    let matched: Vec<(usize, usize)> = piece
        .ops
        .iter()
        .filter_map(|op| {
            if let Op::Match { sketch, original } = *op {
                Some((sketch, original))
            } else {
                None
            }
        })
        .collect();
    weigh_deletions(plan, piece, doubts);
    if let Some(name) = overwritten_at_end(plan, piece) {
        doubts.push((
            0.6,
            format!("{name} goes where the sketch may end above it"),
        ));
    }
    weigh_copies(plan, piece, doubts);
    // Closing brackets that are shown and stay say nothing.
    let silent = piece.ops.iter().all(
        |op| matches!(*op, Op::Match { original, .. } if plan.original.rows[original].is_closer),
    );
    if matched.is_empty() || silent {
        return;
    }
    let mut hidden: HashMap<(&str, usize), usize> = HashMap::new();
    for row in piece.before.clone().chain(piece.after.clone()) {
        let row = &plan.original.rows[row];
        *hidden.entry((row.trimmed(), row.indent)).or_default() += 1;
    }
    // A paired symbol's first and last rows have their place by its name.
    let anchored = |original: usize| {
        plan.pairing.pairs.iter().any(|pair| {
            let rows = plan.original_rows(pair.original);
            let head = plan
                .original
                .row_at_line(plan.original_outline.symbols[pair.original].head);
            original == rows.start || original == head || original + 1 == rows.end
        })
    };
    let key = |original: usize| {
        (
            plan.original.rows[original].trimmed(),
            plan.original.rows[original].indent,
        )
    };
    let unique = matched.iter().any(|(_, original)| {
        anchored(*original)
            || !plan.original.rows[*original].is_closer && !hidden.contains_key(&key(*original))
    });
    let line = plan.original.rows[matched[0].1].line + 1;
    if !unique {
        doubts.push((
            0.5,
            format!("what the sketch shows around line {line} stands in the hidden part, too"),
        ));
        return;
    }
    weigh_context(plan, piece, &anchored, doubts);
}

/// The rows of a piece that are shown before its first change, or behind its last one, may stand in the file a
/// second time: then the change may belong there.
fn weigh_context(
    plan: &Plan<'_>,
    piece: &Piece<'_>,
    anchored: &dyn Fn(usize) -> bool,
    doubts: &mut Vec<(f32, String)>,
) {
    let key = |row: usize| {
        let row = &plan.original.rows[row];
        (row.trimmed(), row.indent)
    };
    // A line that has its place by a name ends what could stand elsewhere.
    let originals = |ops: &mut dyn Iterator<Item = &Op>| -> Vec<usize> {
        ops.map_while(|op| match *op {
            Op::Match { original, .. } if !anchored(original) => Some(original),
            _ => None,
        })
        .collect()
    };
    let lead = originals(&mut piece.ops.iter());
    let mut tail = originals(&mut piece.ops.iter().rev());
    tail.reverse();
    let spanned: Vec<usize> = piece
        .ops
        .iter()
        .filter_map(crate::operation::original_of)
        .collect();
    let Some(span) = spanned
        .first()
        .map(|first| *first..spanned[spanned.len() - 1] + 1)
    else {
        return;
    };
    let quiet = piece.ops.iter().all(|op| matches!(op, Op::Match { .. }));
    let deletes = piece.ops.iter().any(|op| matches!(op, Op::Delete { .. }));
    let pure = piece
        .ops
        .iter()
        .all(|op| matches!(op, Op::Match { .. } | Op::Insert { .. }));
    for (context, hidden) in [(&lead, piece.before.clone()), (&tail, piece.after.clone())] {
        let (Some(&first), Some(&last)) = (context.first(), context.last()) else {
            continue;
        };
        let edge = if hidden == piece.before { first } else { last };
        let says = context
            .iter()
            .any(|row| !plan.original.rows[*row].is_closer);
        let reach = if says { 80 } else { 12 };
        let fits = |at: usize| {
            at.abs_diff(first) <= reach
                && at != first
                && context.iter().enumerate().all(|(offset, row)| {
                    at + offset < plan.original.len() && key(at + offset) == key(*row)
                })
        };
        let outside = hidden
            .clone()
            .filter(|at| fits(*at) && hidden.contains(&(at + context.len() - 1)))
            .map(|at| at.abs_diff(first))
            .min();
        let inside = says
            && !quiet
            && span
                .clone()
                .any(|at| fits(at) && at + context.len() <= span.end);
        let line = plan.original.rows[first].line + 1;
        // Brackets whose blocks the piece shows from their first line on close those.
        let closes_shown = !says
            && context.iter().all(|&closer| {
                let opener = opener(plan, closer);
                opener.is_some_and(|opener| {
                    let shown =
                        |op: &Op| matches!(*op, Op::Match { original, .. } if original == opener);
                    piece.ops.iter().any(shown) && !hidden.clone().any(|at| key(at) == key(opener))
                })
            });
        if closes_shown {
            continue;
        }
        if let Some(distance) = outside {
            // The farther the other place, the more lines would have to go unmentioned.
            let far = distance >= if pure { 10 } else { 30 };
            // Nobody ends what is shown at one bracket and means another, if no line is gained by it.
            let ends = !says && !pure && context == &tail && !deletes;
            doubts.push((
                if far || ends { 0.9 } else { 0.82 },
                format!("lines beside a change around line {line} stand behind the marker, too"),
            ));
        } else if inside {
            doubts.push((
                0.75,
                format!("lines beside a change around line {line} stand inside it, too"),
            ));
        } else if hidden.clone().any(|at| {
            key(at) == key(edge)
                && at.abs_diff(edge)
                    <= if plan.original.rows[edge].is_closer {
                        12
                    } else {
                        80
                    }
        }) {
            doubts.push((
                0.95,
                format!("one line next to a marker around line {line} stands behind it, too"),
            ));
        }
    }
}

/// The row of the original that opens the block which a row closes: the next one above on its column.
fn opener(plan: &Plan<'_>, closer: usize) -> Option<usize> {
    let row = &plan.original.rows[closer];
    let opens = |at: &usize| plan.original.rows[*at].indent <= row.indent;
    let above = (0..closer).rev().find(opens)?;
    let opener = &plan.original.rows[above];
    (row.closes() && opener.indent == row.indent && !opener.is_closer).then_some(above)
}

/// Many lines go and hardly any come in their place, or what goes looks like what stays: a marker may have been
/// forgotten.
fn weigh_deletions(plan: &Plan<'_>, piece: &Piece<'_>, doubts: &mut Vec<(f32, String)>) {
    let text = |row: usize| plan.original.rows[row].trimmed();
    let matched: Vec<&str> = piece
        .ops
        .iter()
        .filter_map(|op| match *op {
            Op::Match { original, .. } => Some(text(original)),
            _ => None,
        })
        .collect();
    let changed = piece
        .ops
        .iter()
        .any(|op| matches!(op, Op::Insert { .. } | Op::Replace { .. }));
    // Without a grammar nothing tells a function that is left out from one that is taken out.
    let many = if plan.original_outline.symbols.is_empty() {
        2
    } else {
        4
    };
    // What the words say is removed is no surprise.
    let removed: Vec<Range<usize>> = (0..plan.original_outline.symbols.len())
        .filter(|index| {
            let name = &plan.original_outline.symbols[*index].name;
            plan.request.orders_removal(crate::pairing::last_part(name))
        })
        .map(|index| plan.original_rows(index))
        .collect();
    let ordered = |row: usize| removed.iter().any(|range| range.contains(&row));
    for run in piece.ops.split(|op| matches!(op, Op::Match { .. })) {
        let deleted: Vec<&str> = run
            .iter()
            .filter_map(|op| match *op {
                Op::Delete { original }
                    if !plan.original.rows[original].is_closer && !ordered(original) =>
                {
                    Some(text(original))
                }
                _ => None,
            })
            .collect();
        let shown = run
            .iter()
            .filter(|op| matches!(op, Op::Insert { .. } | Op::Replace { .. }))
            .count();
        let inside = run
            .iter()
            .find_map(crate::operation::original_of)
            .is_some_and(|row| plan.is_shown_whole(row));
        let many = if inside { many.max(3 * shown) } else { many };
        if deleted.len() > many && deleted.len() > shown {
            doubts.push((
                if plan.original_outline.symbols.is_empty() {
                    0.75
                } else if deleted.len() >= 10 {
                    0.82
                } else {
                    0.85
                },
                format!(
                    "{} lines go that the sketch passes over without a marker",
                    deleted.len()
                ),
            ));
        } else if shown == 0 && deleted.iter().any(|row| matched.contains(row)) {
            doubts.push((
                if changed { 0.9 } else { 0.85 },
                "a line that goes equals one that stays".to_owned(),
            ));
        }
    }
}

/// A function or type whose head goes for a line that does not have its name, and behind whose end the piece shows
/// nothing that the file has: the new lines may stand above it.
fn overwritten_at_end<'p>(plan: &'p Plan<'_>, piece: &Piece<'_>) -> Option<&'p str> {
    let last_match = piece.ops.iter().rev().find_map(|op| match *op {
        Op::Match { original, .. } => Some(original),
        _ => None,
    })?;
    let shown = |name: &str| {
        let mut rows = plan.shown.rows.iter();
        rows.any(|row| crate::imports::uses(row.text, name))
    };
    let symbols = plan.original_outline.symbols.iter().enumerate();
    let mut overwritten = symbols.filter(|(index, symbol)| {
        let name = last_part(&symbol.name);
        let head = plan.original.row_at_line(symbol.head);
        let goes = piece.ops.iter().any(|op| {
            matches!(*op, Op::Delete { original } | Op::Replace { original, .. } if original == head)
        });
        goes && symbol.kind != Kind::Value
            && symbol.end - symbol.head > 2
            && last_match < plan.original_rows(*index).end
            && !plan.pairing.pairs.iter().any(|pair| pair.original == *index)
            && !plan.replaced.contains(index)
            && !plan.request.names(name)
            && !shown(name)
    });
    overwritten
        .next()
        .map(|(_, symbol)| last_part(&symbol.name))
}

/// New lines that stand side by side in the hidden part of the file may be those lines.
fn weigh_copies(plan: &Plan<'_>, piece: &Piece<'_>, doubts: &mut Vec<(f32, String)>) {
    let mut neighbours = std::collections::HashSet::new();
    for hidden in [piece.before.clone(), piece.after.clone()] {
        for rows in plan.original.rows[hidden].windows(2) {
            if !rows[0].is_closer && !rows[1].is_closer {
                neighbours.insert((rows[0].trimmed(), rows[1].trimmed()));
            }
        }
    }
    let copied = piece.ops.windows(2).any(|ops| match *ops {
        [Op::Insert { sketch: first }, Op::Insert { sketch: second }] if !plan.fresh[first] => {
            neighbours.contains(&(
                plan.shown.rows[first].trimmed(),
                plan.shown.rows[second].trimmed(),
            ))
        }
        _ => false,
    });
    let near: std::collections::HashSet<&str> = piece
        .before
        .clone()
        .rev()
        .take(6)
        .chain(piece.after.clone().take(6))
        .filter(|row| !plan.original.rows[*row].is_closer)
        .map(|row| plan.original.rows[row].trimmed())
        .collect();
    let repeated = piece.ops.iter().any(|op| matches!(*op, Op::Insert { sketch } if !plan.fresh[sketch] && near.contains(plan.shown.rows[sketch].trimmed())));
    // A row beside a marker that the piece is thought to change, but that the file has nearby, may be context.
    let old: std::collections::HashSet<&str> = piece
        .ops
        .iter()
        .filter_map(|op| match *op {
            Op::Replace { original, .. } | Op::Delete { original } => Some(original),
            _ => None,
        })
        .chain(piece.before.clone())
        .chain(piece.after.clone())
        .filter(|row| !plan.original.rows[*row].is_closer)
        .map(|row| plan.original.rows[row].trimmed())
        .collect();
    let context = [piece.ops.first(), piece.ops.last()]
        .into_iter()
        .flatten()
        .any(|op| match *op {
            Op::Replace {
                sketch, original, ..
            } => {
                let text = plan.shown.rows[sketch].trimmed();
                text != plan.original.rows[original].trimmed() && old.contains(text)
            }
            Op::Insert { sketch } => {
                !plan.fresh[sketch] && old.contains(plan.shown.rows[sketch].trimmed())
            }
            _ => false,
        });
    if copied || context {
        doubts.push((
            0.7,
            "new lines stand in the hidden part of the file, too".to_owned(),
        ));
    } else if repeated {
        doubts.push((0.85, "a new line repeats one close by".to_owned()));
    }
}
