//! Where new code goes that the sketch shows between two markers, away from any line of the file.

use std::ops::Range;

use crate::imports;
use crate::marker::Meaning;
use crate::operation::Op;
use crate::outline::Kind;
use crate::owner;
use crate::pairing::last_part;
use crate::plan::Plan;
use crate::told_place::Place;

/// Moves runs of new rows that have a marker or an open edge on both sides to where words and habit put them.
pub(crate) fn place(plan: &mut Plan<'_>, ops: Vec<Op>) -> Vec<Op> {
    let mut placed: Vec<Op> = Vec::with_capacity(ops.len());
    let mut at = 0;
    while at < ops.len() {
        let hidden = Hidden::read(&ops[at..]);
        let end = at + hidden.length.max(1);
        if hidden.runs.is_empty() {
            placed.extend_from_slice(&ops[at..end]);
        } else {
            hidden.place(plan, &mut placed);
        }
        at = end;
    }
    placed
}

/// Kept rows between two rows that the sketch shows, and the new rows that belong somewhere among them.
struct Hidden {
    /// How many operations it takes up.
    length: usize,
    rows: Vec<usize>,
    runs: Vec<Run>,
}

/// New rows with a gap on either side. The gaps' rows are markers; an open edge has none.
struct Run {
    left: Option<usize>,
    right: Option<usize>,
    inserted: Vec<usize>,
}

impl Hidden {
    /// What is hidden at the start of some operations, up to the first that is neither a gap nor a kept row nor a run.
    fn read(ops: &[Op]) -> Self {
        let mut hidden = Self {
            length: 0,
            rows: Vec::new(),
            runs: Vec::new(),
        };
        let mut left = None;
        while let Some(op) = ops.get(hidden.length) {
            match *op {
                Op::Gap { sketch } => left = Some(sketch),
                Op::Keep { original } => hidden.rows.push(original),
                Op::Insert { .. } => {
                    let inserted = inserted(&ops[hidden.length..]);
                    let behind = ops.get(hidden.length + inserted.len());
                    let (Some(before), Some(Op::Gap { sketch })) = (left, behind) else {
                        break;
                    };
                    hidden.length += inserted.len();
                    hidden.runs.push(Run {
                        left: before,
                        right: *sketch,
                        inserted,
                    });
                    continue;
                }
                Op::Match { .. } | Op::Replace { .. } | Op::Delete { .. } => break,
            }
            hidden.length += 1;
        }
        hidden
    }

    /// Writes the rows with each run where it belongs, wherever the alignment had put it.
    fn place(self, plan: &mut Plan<'_>, placed: &mut Vec<Op>) {
        let keep = |rows: &[usize]| -> Vec<Op> {
            rows.iter().map(|&original| Op::Keep { original }).collect()
        };
        let mut rest = self.rows.as_slice();
        for run in self.runs {
            let target = target(plan, &run.inserted, rest, run.left, run.right);
            let cut = rest.iter().take_while(|row| **row < target).count();
            placed.extend(keep(&rest[..cut]));
            rest = &rest[cut..];
            placed.push(Op::Gap { sketch: run.left });
            let new = run.inserted.iter();
            placed.extend(new.map(|&sketch| Op::Insert { sketch }));
            placed.push(Op::Gap { sketch: run.right });
        }
        placed.extend(keep(rest));
    }
}

/// The rows of the sketch that are new at the start of some operations.
fn inserted(ops: &[Op]) -> Vec<usize> {
    let new = ops.iter().map_while(|op| match *op {
        Op::Insert { sketch } => Some(sketch),
        _ => None,
    });
    new.collect()
}

/// The original row before which the new rows go; one past the last row for the end.
fn target(
    plan: &mut Plan<'_>,
    inserted: &[usize],
    rows: &[usize],
    left: Option<usize>,
    right: Option<usize>,
) -> usize {
    let end = rows.last().map_or(0, |row| row + 1);
    let Some(&first) = rows.first() else {
        return end;
    };
    let window = first..end;
    let texts: Vec<&str> = inserted
        .iter()
        .map(|row| plan.shown.rows[*row].text)
        .collect();
    if texts.iter().all(|text| imports::is_import(text)) {
        // Beside a few imports a new one may rather take the place of one.
        let many = plan
            .original_imports
            .iter()
            .filter(|is_import| **is_import)
            .count()
            >= 3;
        let factor = if many { 0.9 } else { 0.75 };
        plan.doubts
            .push((factor, "an import is placed by habit".to_owned()));
        return import_target(plan, &texts, &window, left, right).unwrap_or(first);
    }
    if let Some(target) = named_in_markers(plan, &window, left, right) {
        plan.doubts.push((
            0.95,
            "new code is placed by the names in a marker".to_owned(),
        ));
        return target;
    }
    let fresh = inserted.iter().any(|row| plan.fresh[*row]);
    let names: Vec<String> = plan
        .original_outline
        .symbols
        .iter()
        .map(|symbol| last_part(&symbol.name).to_owned())
        .collect();
    match plan.request.place(names.iter().map(String::as_str)) {
        Some(Place::After(name)) => {
            let named = symbols_named(plan, &name, &window);
            if let Some((rows, indent)) = named.last().cloned() {
                doubt_place(plan, "after", &name, named.len());
                reindent(plan, inserted, indent);
                return rows.end;
            }
        }
        Some(Place::Before(name)) => {
            let named = symbols_named(plan, &name, &window);
            if let Some((rows, indent)) = named.first().cloned() {
                let together = named.windows(2).all(|two| two[0].0.end == two[1].0.start);
                let count = if together { 1 } else { named.len() };
                doubt_place(plan, "before", &name, count);
                reindent(plan, inserted, indent);
                return rows.start;
            }
        }
        Some(Place::Within(name)) => {
            let named = symbols_named(plan, &name, &window);
            if let Some((rows, indent)) = named.last().cloned() {
                doubt_place(plan, "at the end of", &name, named.len());
                let inside = rows.clone().map(|row| plan.original.rows[row].indent);
                let column = inside.filter(|column| *column > indent).min();
                reindent(plan, inserted, column.unwrap_or(indent));
                return rows.end - usize::from(plan.original.rows[rows.end - 1].closes());
            }
        }
        Some(Place::End) if fresh => {
            plan.doubts.push((
                0.95,
                "new code is placed at the end, as the words say".to_owned(),
            ));
            return end;
        }
        Some(Place::Start) if left.is_none() => return first,
        _ => {}
    }
    if let Some(target) = beside_a_line(plan, &window) {
        plan.doubts.push((
            0.9,
            "new code is placed beside a line, as the words say".to_owned(),
        ));
        return target;
    }
    if left.is_none()
        && right.is_none()
        && first > 0
        && plan.original_imports[first - 1]
        && defines_types(plan, inserted)
    {
        return first;
    }
    if left.is_none() && right.is_some() {
        if !fresh {
            return first;
        }
        let symbol = (0..plan.original_outline.symbols.len())
            .map(|symbol| plan.original_rows(symbol).start)
            .find(|row| window.contains(row));
        plan.doubts
            .push((0.6, "new code has no neighbour in the file".to_owned()));
        return symbol.unwrap_or(first);
    }
    if left.is_none() && owner::follows_method(plan, inserted, first) {
        return first;
    }
    if left.is_none() && stands_below_known(plan, inserted, first) {
        return first;
    }
    if right.is_none() && stands_above_known(plan, inserted, end) {
        return end;
    }
    if left.is_none()
        && right.is_none()
        && let Some((target, column)) = owner::only_class(plan, inserted, &window)
    {
        let doubt = "a new method is placed at the end of the only class";
        plan.doubts.push((0.9, doubt.to_owned()));
        reindent(plan, inserted, column);
        return target;
    }
    if left.is_none() && right.is_none() && follows_shown(plan, inserted, first) {
        plan.doubts
            .push((0.3, "new code has no neighbour in the file".to_owned()));
        return first;
    }
    let factor = match (fresh, left, right) {
        (true, Some(_), None) => 0.95,
        // One of the same name may be meant.
        (true, None, None) if repeats_a_name(plan, inserted) => 0.7,
        (true, None, None) if plan.request.tells_a_place() => 0.7,
        (true, None, None) => 0.8,
        (true, ..) => 0.6,
        (false, ..) => 0.3,
    };
    plan.doubts
        .push((factor, "new code has no neighbour in the file".to_owned()));
    end
}

/// Whether statements stand in the sketch behind the row that the file has above theirs, so that they go on there.
fn follows_shown(plan: &Plan<'_>, inserted: &[usize], first: usize) -> bool {
    let above = inserted.first().and_then(|row| row.checked_sub(1));
    let is_new = |row: &usize| plan.fresh[*row];
    !inserted.iter().any(is_new)
        && above
            .zip(first.checked_sub(1))
            .is_some_and(|(shown, original)| {
                plan.shown.rows[shown].trimmed() == plan.original.rows[original].trimmed()
            })
}

/// Where the words put new code by a whole line of the file, which stands there once.
fn beside_a_line(plan: &Plan<'_>, window: &Range<usize>) -> Option<usize> {
    let lines = window
        .clone()
        .map(|row| plan.original.rows[row].trimmed())
        .filter(|line| plan.request.quotes(line));
    let (line, behind) = match plan.request.place(lines)? {
        Place::After(line) => (line, 1),
        Place::Before(line) => (line, 0),
        Place::Within(_) | Place::Start | Place::End => return None,
    };
    let mut rows = window
        .clone()
        .filter(|row| plan.original.rows[*row].trimmed() == line);
    let row = rows.next()?;
    rows.next().is_none().then_some(row + behind)
}

/// Whether new rows are definitions of types, which stand before what uses them.
fn defines_types(plan: &Plan<'_>, inserted: &[usize]) -> bool {
    let mut symbols = plan
        .pairing
        .fresh
        .iter()
        .filter(|index| inserted.contains(&plan.shown_rows(**index).start))
        .peekable();
    symbols.peek().is_some()
        && symbols.all(|index| {
            let symbol = &plan.shown_outline.symbols[*index];
            let head = plan.shown.rows[plan.shown.row_at_line(symbol.head)].trimmed();
            let mut words = head.split(|c: char| !c.is_alphanumeric());
            symbol.kind == Kind::Type
                && words.any(|word| {
                    matches!(
                        word,
                        "type" | "interface" | "enum" | "struct" | "typedef" | "declare"
                    )
                })
        })
}

/// Whether new rows stand in the sketch right above a symbol that begins at a row of the file.
fn stands_above_known(plan: &Plan<'_>, inserted: &[usize], row: usize) -> bool {
    let below = inserted.last().map(|last| last + 1);
    plan.pairing.pairs.iter().any(|pair| {
        Some(plan.shown_rows(pair.sketch).start) == below
            && plan.original_rows(pair.original).start == row
            && !pair.doubtful
            && !pair.renamed
    })
}

/// Whether new rows stand in the sketch right below a symbol that ends before a row of the file.
fn stands_below_known(plan: &Plan<'_>, inserted: &[usize], row: usize) -> bool {
    let new = inserted.first().copied();
    plan.pairing.pairs.iter().any(|pair| {
        Some(plan.shown_rows(pair.sketch).end) == new
            && plan.original_rows(pair.original).end == row
            && !pair.doubtful
            && !pair.renamed
    })
}

/// Whether new rows hold a symbol of a name that the file has.
fn repeats_a_name(plan: &Plan<'_>, inserted: &[usize]) -> bool {
    plan.pairing.fresh.iter().any(|index| {
        let name = &plan.shown_outline.symbols[*index].name;
        let mut symbols = plan.original_outline.symbols.iter();
        inserted.contains(&plan.shown_rows(*index).start)
            && symbols.any(|symbol| last_part(&symbol.name) == last_part(name))
    })
}

/// Behind the last import of the window; where imports are sorted, at the sorted place.
fn import_target(
    plan: &Plan<'_>,
    texts: &[&str],
    window: &Range<usize>,
    left: Option<usize>,
    right: Option<usize>,
) -> Option<usize> {
    let imports: Vec<usize> = window
        .clone()
        .filter(|row| imports::is_import(plan.original.rows[*row].text))
        .collect();
    // Of the imports right below one another, those most like the new one.
    let new = texts.first()?.trim();
    let likeness = |row: usize| {
        let text = plan.original.rows[row].trimmed();
        text.bytes()
            .zip(new.bytes())
            .take_while(|(a, b)| a == b)
            .count()
    };
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for &row in &imports {
        let word = |row: usize| {
            plan.original.rows[row]
                .trimmed()
                .split(' ')
                .next()
                .unwrap_or_default()
        };
        match groups.last_mut() {
            Some(group)
                if group.last().is_some_and(|last| {
                    last + 1 == row
                        && plan.original.blanks_before(row).is_empty()
                        && word(*last) == word(row)
                }) =>
            {
                group.push(row);
            }
            _ => groups.push(vec![row]),
        }
    }
    if left.is_none() && right.is_none() {
        let group = groups
            .iter()
            .max_by_key(|group| group.iter().map(|row| likeness(*row)).max())?;
        let text = |row: usize| plan.original.rows[row].trimmed();
        let sorted = group.windows(2).all(|pair| text(pair[0]) <= text(pair[1]));
        let target = group.iter().copied().find(|row| sorted && text(*row) > new);
        return Some(target.unwrap_or(group[group.len() - 1] + 1));
    }
    let (first, last) = (*imports.first()?, *imports.last()?);
    if left.is_some() {
        return Some(last + 1);
    }
    let mut sorted = imports
        .windows(2)
        .all(|pair| plan.original.rows[pair[0]].trimmed() <= plan.original.rows[pair[1]].trimmed());
    sorted &= imports.len() > 2;
    if sorted {
        return Some(
            imports
                .iter()
                .copied()
                .find(|row| plan.original.rows[*row].trimmed() > new)
                .unwrap_or(last + 1),
        );
    }
    Some(first)
}

/// Behind the last symbol that the marker before names, or before the first that the marker behind names.
fn named_in_markers(
    plan: &Plan<'_>,
    window: &Range<usize>,
    left: Option<usize>,
    right: Option<usize>,
) -> Option<usize> {
    let words = |row: Option<usize>| match row.map(|row| plan.meaning(row)) {
        Some(Meaning::Gap(words)) => words.clone(),
        _ => String::new(),
    };
    let named = |words: &str| -> Vec<Range<usize>> {
        let symbols = plan.original_outline.symbols.iter().enumerate();
        let list: Vec<&str> = words
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .collect();
        symbols
            .filter(|(_, symbol)| symbol.name.len() >= 3 && list.contains(&last_part(&symbol.name)))
            .map(|(index, _)| plan.original_rows(index))
            .filter(|rows| window.contains(&rows.start))
            .collect()
    };
    let before = named(&words(left)).iter().map(|rows| rows.end).max();
    before.or_else(|| named(&words(right)).iter().map(|rows| rows.start).min())
}

/// The rows of the symbols of that name inside a window, each with the indentation of its head.
fn symbols_named(plan: &Plan<'_>, name: &str, window: &Range<usize>) -> Vec<(Range<usize>, usize)> {
    let symbols = plan.original_outline.symbols.iter().enumerate();
    symbols
        .filter(|(_, symbol)| last_part(&symbol.name) == name && symbol.kind != Kind::Value)
        .map(|(index, symbol)| {
            let head = plan.original.row_at_line(symbol.head);
            (plan.original_rows(index), plan.original.rows[head].indent)
        })
        .filter(|(rows, _)| window.start <= rows.start && rows.end <= window.end)
        .collect()
}

/// Words on a place are clear only if one symbol has the name.
fn doubt_place(plan: &mut Plan<'_>, side: &str, name: &str, symbols: usize) {
    let factor = if symbols > 1 { 0.7 } else { 0.9 };
    let doubt = format!("new code is placed {side} {name}, as the words say");
    plan.doubts.push((factor, doubt));
}

fn reindent(plan: &mut Plan<'_>, inserted: &[usize], indent: usize) {
    let least = inserted
        .iter()
        .map(|row| plan.shown.rows[*row].indent)
        .min()
        .unwrap_or(0);
    for row in inserted {
        if !plan.shown.rows[*row].is_directive() {
            plan.shifts[*row] = indent as isize - least as isize;
        }
    }
}
