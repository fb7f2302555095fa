//! Global alignment of a stretch of sketch with a stretch of the original.
//!
//! Dynamic programming in the manner of Needleman and Wunsch over rows, with one addition: at a marker any
//! number of original rows is passed over for free, because the marker stands for them. Elsewhere an original
//! row that is passed over is deleted, which costs. Pairing a row with its equal, or with a row it probably
//! replaces, earns by how much the row says. Two states keep runs of pairs together.

use std::collections::HashMap;
use std::ops::Range;

use crate::likeness::Likeness;
use crate::rows::{Row, Rows};

/// What an alignment does with the rows, in the order of the result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Op {
    /// The original row stays; the sketch does not show it.
    Keep { original: usize },
    /// Both have the row.
    Match { sketch: usize, original: usize },
    /// The sketch's row takes the place of the original's.
    Replace {
        sketch: usize,
        original: usize,
        likeness: f32,
    },
    /// The row is new.
    Insert { sketch: usize },
    /// The original row goes.
    Delete { original: usize },
    /// A marker, by its sketch row, or an edge where the sketch says nothing.
    Gap { sketch: Option<usize> },
}

/// One element of a stretch of sketch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unit {
    Row(usize),
    /// Passing over original rows costs `price`, whatever their number.
    Gap {
        sketch: Option<usize>,
        price: f32,
    },
}

/// Two stretches to align.
pub(crate) struct Stretch<'a> {
    pub(crate) units: Vec<Unit>,
    pub(crate) original: Range<usize>,
    /// Columns to add to the sketch's indentation to get the original's.
    pub(crate) shift: isize,
    /// Original rows that stay even if the sketch passes over them.
    pub(crate) sticky: &'a [bool],
    /// Sketch rows of symbols that the original does not have: they match nothing.
    pub(crate) fresh: &'a [bool],
    /// Original rows that belong elsewhere: they match nothing and stay.
    pub(crate) claimed: &'a [bool],
    /// A sketch row and an original row that are the same line whatever they say.
    pub(crate) forced: Option<(usize, usize)>,
}

/// Cells above which a stretch is first cut at lines that are unique on both sides.
const MOST_CELLS: usize = 3_000_000;

pub(crate) struct Aligner<'a> {
    pub(crate) sketch: &'a Rows<'a>,
    pub(crate) original: &'a Rows<'a>,
    pub(crate) likeness: &'a Likeness,
    pub(crate) taste: Taste,
}

/// What to prefer where the sketch does not tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Taste {
    /// Added to the likeness that a row needs to take the place of another.
    pub(crate) caution: f32,
    /// What a new row without letters costs. A high price keeps brackets balanced.
    pub(crate) closer: f32,
}

impl Taste {
    pub(crate) const PLAIN: Self = Self {
        caution: 0.0,
        closer: 0.05,
    };
    pub(crate) const CLOSING: Self = Self {
        caution: 0.0,
        closer: 0.6,
    };
    pub(crate) const BOLD: Self = Self {
        caution: -0.15,
        closer: 0.2,
    };
    /// Nothing takes the place of anything but its equal or nearly so.
    pub(crate) const TIMID: Self = Self {
        caution: 0.4,
        closer: 0.05,
    };
    pub(crate) const CAREFUL: Self = Self {
        caution: 0.15,
        closer: 0.05,
    };
}

#[derive(Clone, Copy)]
struct Cell {
    score: f32,
    from: From,
}

/// How a cell was reached: the step, and the state before it.
#[derive(Clone, Copy, PartialEq)]
enum From {
    Nowhere,
    Pair {
        likeness: f32,
        run: bool,
    },
    Group {
        rows: u16,
        originals: u16,
        likeness: f32,
        run: bool,
    },
    Insert {
        run: bool,
    },
    Delete {
        run: bool,
    },
    Gap {
        back: u32,
        run: bool,
    },
}

const UNREACHED: Cell = Cell {
    score: f32::NEG_INFINITY,
    from: From::Nowhere,
};

impl Aligner<'_> {
    pub(crate) fn align(&self, stretch: &Stretch<'_>) -> Vec<Op> {
        let cells = (stretch.units.len() + 1) * (stretch.original.len() + 1);
        if cells > MOST_CELLS
            && let Some((unit, row)) = self.middle_anchor(stretch)
        {
            let part = |units: &[Unit], original: Range<usize>| Stretch {
                units: units.to_vec(),
                original,
                ..*stretch
            };
            let mut ops = self.align(&part(&stretch.units[..unit], stretch.original.start..row));
            ops.extend(self.align(&part(&stretch.units[unit..], row..stretch.original.end)));
            return ops;
        }
        if cells > 8 * MOST_CELLS {
            return self.replace_all(stretch);
        }
        self.align_cells(stretch)
    }

    /// A stretch too large and without any unique line: what is not a marker's replaces everything.
    fn replace_all(&self, stretch: &Stretch<'_>) -> Vec<Op> {
        let keeps = stretch
            .units
            .iter()
            .any(|unit| matches!(unit, Unit::Gap { .. }));
        let mut ops: Vec<Op> = stretch
            .units
            .iter()
            .map(|unit| match unit {
                Unit::Row(sketch) => Op::Insert { sketch: *sketch },
                Unit::Gap { sketch, .. } => Op::Gap { sketch: *sketch },
            })
            .collect();
        ops.extend(stretch.original.clone().map(|original| {
            if keeps {
                Op::Keep { original }
            } else {
                Op::Delete { original }
            }
        }));
        ops
    }

    /// The pair of equal rows, unique in both stretches, nearest to the middle of the sketch's.
    fn middle_anchor(&self, stretch: &Stretch<'_>) -> Option<(usize, usize)> {
        let mut counts: HashMap<&str, (u32, u32, usize, usize)> = HashMap::new();
        for (at, unit) in stretch.units.iter().enumerate() {
            if let Unit::Row(row) = unit
                && !stretch.fresh[*row]
            {
                let entry = counts.entry(self.sketch.rows[*row].trimmed()).or_default();
                entry.0 += 1;
                entry.2 = at;
            }
        }
        for row in stretch.original.clone() {
            if let Some(entry) = counts.get_mut(self.original.rows[row].trimmed()) {
                entry.1 += 1;
                entry.3 = row;
            }
        }
        let middle = stretch.units.len() / 2;
        counts
            .values()
            .filter(|(a, b, unit, row)| {
                *a == 1 && *b == 1 && *unit > 0 && *row > stretch.original.start
            })
            .map(|(_, _, unit, row)| (*unit, *row))
            .min_by_key(|(unit, _)| unit.abs_diff(middle))
    }

    fn align_cells(&self, stretch: &Stretch<'_>) -> Vec<Op> {
        let units = &stretch.units;
        let rows = &self.original.rows[stretch.original.clone()];
        let (n, m) = (units.len(), rows.len());
        let width = m + 1;
        let pairs = self.pairs(stretch);
        let groups = self.groups(stretch);
        // cells[state]: state 0 after any step, state 1 after a pair.
        let mut cells = [
            vec![UNREACHED; (n + 1) * width],
            vec![UNREACHED; (n + 1) * width],
        ];
        cells[0][0].score = 0.0;
        let delete: Vec<f32> = (stretch.original.clone())
            .map(|row| self.delete_cost(stretch, row))
            .collect();
        for i in 0..=n {
            let base = i * width;
            for j in 0..m {
                let (best, run) = better(&cells, base + j);
                let opens = !matches!(cells[usize::from(run)][base + j].from, From::Delete { .. });
                let price = delete[j] + if opens && delete[j] > 0.0 { 0.2 } else { 0.0 };
                offer(
                    &mut cells[0][base + j + 1],
                    best - price,
                    From::Delete { run },
                );
            }
            if i == n {
                break;
            }
            let next = base + width;
            match units[i] {
                Unit::Gap { price, .. } => {
                    let mut best = (f32::NEG_INFINITY, 0, false);
                    for j in 0..=m {
                        let (score, run) = better(&cells, base + j);
                        // A marker that stands for nothing is unlikely.
                        offer(
                            &mut cells[0][next + j],
                            score - if price > 0.0 { 0.0 } else { 0.1 },
                            From::Gap {
                                back: j as u32,
                                run,
                            },
                        );
                        if best.0.is_finite() {
                            offer(
                                &mut cells[0][next + j],
                                best.0 - price,
                                From::Gap {
                                    back: best.1,
                                    run: best.2,
                                },
                            );
                        }
                        if score > best.0 {
                            best = (score, j as u32, run);
                        }
                    }
                }
                Unit::Row(row) => {
                    let cost = if self.sketch.rows[row].is_closer && !stretch.fresh[row] {
                        self.taste.closer
                    } else {
                        0.1
                    };
                    for j in 0..=m {
                        let (score, run) = better(&cells, base + j);
                        if score.is_finite() {
                            offer(&mut cells[0][next + j], score - cost, From::Insert { run });
                        }
                    }
                    for &(j, gain, likeness) in &pairs[i] {
                        let other = cells[0][base + j].score;
                        let running = cells[1][base + j].score + 0.15;
                        let (score, run) = if running > other {
                            (running, true)
                        } else {
                            (other, false)
                        };
                        offer(
                            &mut cells[1][next + j + 1],
                            score + gain,
                            From::Pair { likeness, run },
                        );
                    }
                    for group in &groups[i] {
                        let (score, run) = better(&cells, base + group.at);
                        let to = (i + group.rows) * width + group.at + group.originals;
                        let from = From::Group {
                            rows: group.rows as u16,
                            originals: group.originals as u16,
                            likeness: group.likeness,
                            run,
                        };
                        offer(&mut cells[1][to], score + group.gain, from);
                    }
                }
            }
        }
        self.trace(stretch, &cells, width)
    }

    fn trace(&self, stretch: &Stretch<'_>, cells: &[Vec<Cell>; 2], width: usize) -> Vec<Op> {
        let (mut i, mut j) = (stretch.units.len(), stretch.original.len());
        let start = stretch.original.start;
        let mut state = usize::from(better(cells, i * width + j).1);
        let mut ops = Vec::with_capacity(i + j);
        while i > 0 || j > 0 {
            let run = match cells[state][i * width + j].from {
                From::Nowhere => break,
                From::Pair { likeness, run } => {
                    (i, j) = (i - 1, j - 1);
                    let (sketch, original) = (row_of(stretch.units[i]), start + j);
                    ops.push(match likeness >= 1.0 {
                        true => Op::Match { sketch, original },
                        false => Op::Replace {
                            sketch,
                            original,
                            likeness,
                        },
                    });
                    run
                }
                From::Group {
                    rows,
                    originals,
                    likeness,
                    run,
                } => {
                    (i, j) = (i - rows as usize, j - originals as usize);
                    for original in (1..originals as usize).rev() {
                        ops.push(Op::Delete {
                            original: start + j + original,
                        });
                    }
                    for row in (1..rows as usize).rev() {
                        ops.push(Op::Insert {
                            sketch: row_of(stretch.units[i + row]),
                        });
                    }
                    ops.push(Op::Replace {
                        sketch: row_of(stretch.units[i]),
                        original: start + j,
                        likeness,
                    });
                    run
                }
                From::Insert { run } => {
                    i -= 1;
                    ops.push(Op::Insert {
                        sketch: row_of(stretch.units[i]),
                    });
                    run
                }
                From::Delete { run } => {
                    j -= 1;
                    let original = start + j;
                    let stays = stretch.sticky[original] || stretch.claimed[original];
                    ops.push(if stays {
                        Op::Keep { original }
                    } else {
                        Op::Delete { original }
                    });
                    run
                }
                From::Gap { back, run } => {
                    i -= 1;
                    while j > back as usize {
                        j -= 1;
                        ops.push(Op::Keep {
                            original: start + j,
                        });
                    }
                    if let Unit::Gap { sketch, .. } = stretch.units[i] {
                        ops.push(Op::Gap { sketch });
                    }
                    run
                }
            };
            state = usize::from(run);
        }
        ops.reverse();
        ops
    }

    fn delete_cost(&self, stretch: &Stretch<'_>, row: usize) -> f32 {
        if stretch.sticky[row] || stretch.claimed[row] {
            return 0.0;
        }
        if self.original.rows[row].is_closer || is_comment(&self.original.rows[row]) {
            0.05
        } else {
            0.15
        }
    }
}

/// The number of rows of the statement that starts here, by its brackets. None if a block opens inside it or it
/// does not end.
pub(crate) fn statement_rows<'r, 'a: 'r>(rows: impl Iterator<Item = &'r Row<'a>>) -> Option<usize> {
    let mut depth = 0i32;
    let mut lists_in_braces = false;
    for (count, row) in rows.enumerate() {
        let text = row.trimmed();
        if count == 0 {
            let word = text
                .strip_prefix("pub ")
                .unwrap_or(text)
                .split_whitespace()
                .next()
                .unwrap_or_default();
            lists_in_braces = matches!(word, "use" | "import" | "export" | "from");
        }
        if count > 60 {
            return None;
        }
        for c in text.chars() {
            match c {
                '(' | '[' => depth += 1,
                ')' | ']' => depth -= 1,
                '{' if lists_in_braces => depth += 1,
                '}' if lists_in_braces => depth -= 1,
                _ => {}
            }
        }
        if depth <= 0 {
            return Some(count + 1);
        }
        if text.ends_with('{') && !lists_in_braces {
            return None;
        }
    }
    None
}

pub(crate) fn is_comment(row: &Row<'_>) -> bool {
    let text = row.trimmed();
    ["//", "/*", "*", "# ", "<!--", "--", "\"\"\""]
        .iter()
        .any(|open| text.starts_with(open))
        || text == "#"
        || text.starts_with("#>")
        || text.starts_with("#:")
}

/// A condition of the preprocessor: one can only become another one.
pub(crate) fn is_condition(row: &Row<'_>) -> bool {
    row.trimmed()
        .strip_prefix('#')
        .is_some_and(|rest| rest.trim_start().starts_with("if"))
}

pub(crate) fn row_of(unit: Unit) -> usize {
    match unit {
        Unit::Row(row) => row,
        Unit::Gap { .. } => unreachable!("a gap is never paired or inserted"),
    }
}

fn better(cells: &[Vec<Cell>; 2], at: usize) -> (f32, bool) {
    if cells[1][at].score > cells[0][at].score {
        (cells[1][at].score, true)
    } else {
        (cells[0][at].score, false)
    }
}

fn offer(cell: &mut Cell, score: f32, from: From) {
    if score > cell.score {
        *cell = Cell { score, from };
    }
}
