//! The table of an alignment.
//!
//! Dynamic programming in the manner of Needleman and Wunsch over rows, with one addition: at a marker any
//! number of original rows is passed over for free, because the marker stands for them. Elsewhere an original
//! row that is passed over is deleted, which costs. Pairing a row with its equal, or with a row it probably
//! replaces, earns by how much the row says. Two states keep runs of pairs together.

use crate::align::{Aligner, Stretch, Unit, row_of};
use crate::comment::is_comment;
use crate::operation::Op;

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
    /// The operations on a stretch that earn most.
    pub(crate) fn align_cells(&self, stretch: &Stretch<'_>) -> Vec<Op> {
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
