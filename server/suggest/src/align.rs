//! Global alignment of a stretch of sketch with a stretch of the original.
//!
//! A stretch too large for one table is cut at a line that both sides have once.

use crate::operation::Op;
use crate::taste::Taste;
use std::collections::HashMap;
use std::ops::Range;

use crate::likeness::Likeness;
use crate::rows::Rows;

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
}

pub(crate) fn row_of(unit: Unit) -> usize {
    match unit {
        Unit::Row(row) => row,
        Unit::Gap { .. } => unreachable!("a gap is never paired or inserted"),
    }
}
