//! How many columns the original is indented further than the sketch.

use std::collections::HashMap;
use std::ops::Range;

use crate::align::Unit;
use crate::marker::Meaning;
use crate::operation::Op;
use crate::pairing::Pair;
use crate::plan::Plan;
use crate::rows::Rows;

impl Plan<'_> {
    /// Whether a row of the sketch is indented otherwise than the original's row that it stands for.
    pub(crate) fn moves(&self, sketch: usize, original: usize) -> bool {
        let row = &self.shown.rows[sketch];
        !row.is_directive()
            && row.indent as isize + self.shifts[sketch]
                != self.original.rows[original].indent as isize
    }

    /// The columns that the original is indented further than the sketch: inside a symbol that both have, as many
    /// as for that symbol.
    pub(crate) fn shift(&self, pair: Pair) -> isize {
        let around = self.parent(&pair).and_then(|parent| {
            self.pairing
                .pairs
                .iter()
                .find(|other| other.sketch == parent)
        });
        if let Some(around) = around {
            return self.shift(*around);
        }
        let head = self
            .shown
            .row_at_line(self.shown_outline.symbols[pair.sketch].head);
        let other = self.original_head(pair);
        let (Some(head), Some(other)) = (self.shown.rows.get(head), self.original.rows.get(other))
        else {
            return 0;
        };
        let shift = other.indent as isize - head.indent as isize;
        // Only a sketch that starts further left as a whole is moved.
        let least = (0..self.shown.len())
            .filter(|row| *self.meaning(*row) == Meaning::Code)
            .map(|row| self.shown.rows[row].indent)
            .min();
        let inside = least.is_some_and(|least| head.indent > least);
        if shift == 0 || inside && !self.moves_as_a_whole(shift) {
            return 0;
        }
        // The head alone may have been indented anew.
        let known: std::collections::HashSet<(&str, usize)> = self.original.rows
            [self.original_rows(pair.original)]
        .iter()
        .map(|row| (row.trimmed(), row.indent))
        .collect();
        let shown = &self.shown.rows[self.shown_rows(pair.sketch)];
        let agreeing = |shift: isize| {
            let moved = |row: &&crate::rows::Row<'_>| {
                known.contains(&(row.trimmed(), (row.indent as isize + shift).max(0) as usize))
            };
            shown.iter().filter(moved).count()
        };
        if agreeing(0) > agreeing(shift) {
            0
        } else {
            shift
        }
    }

    /// Whether all lines that both texts have once are indented that many columns further in the original.
    fn moves_as_a_whole(&self, shift: isize) -> bool {
        let (shown, original) = (lone_lines(&self.shown), lone_lines(&self.original));
        let mut common = shown.iter().filter_map(|(text, indent)| {
            let other = (*original.get(text)?)?;
            Some(other as isize - (*indent)? as isize)
        });
        common.all(|other| other == shift)
    }

    /// The indentation shift on which most lines agree that are unique in the original. None if there is no such line.
    pub(crate) fn majority_shift(&self, units: &[Unit], original: &Range<usize>) -> Option<isize> {
        let mut seen = std::collections::HashMap::new();
        for row in original.clone() {
            seen.entry(self.original.rows[row].trimmed())
                .or_insert_with(Vec::new)
                .push(row);
        }
        // A sketch that is moved as a whole moves its outermost lines, too.
        let rows = units.iter().filter_map(|unit| match unit {
            Unit::Row(row) => Some(&self.shown.rows[*row]).filter(|row| !row.is_directive()),
            Unit::Gap { .. } => None,
        });
        let least = rows.map(|row| row.indent).min();
        let mut votes = std::collections::BTreeMap::new();
        let mut outermost = std::collections::BTreeSet::new();
        for unit in units {
            if let Unit::Row(row) = unit
                && !self.fresh[*row]
                && !self.shown.rows[*row].is_directive()
                && let Some([other]) = seen.get(self.shown.rows[*row].trimmed()).map(Vec::as_slice)
            {
                let shift = self.original.rows[*other].indent as isize
                    - self.shown.rows[*row].indent as isize;
                *votes.entry(shift).or_insert(0usize) += 1;
                let row = &self.shown.rows[*row];
                if Some(row.indent) == least && !row.is_closer {
                    outermost.insert(shift);
                }
            }
        }
        if outermost.contains(&0) {
            return Some(0);
        }
        let all: usize = votes.values().sum();
        // What is wrapped inside of it stands further in still.
        if let Some(&shift) = outermost.first().filter(|_| outermost.len() == 1)
            && shift > 0
            && votes[&shift] * 2 >= all
        {
            return Some(shift);
        }
        let best = votes
            .into_iter()
            .max_by_key(|(shift, count)| (*count, *shift == 0));
        // Where lines disagree, some of them were indented anew on purpose. Nothing stands left of the first column.
        let fits = |shift: isize| least.is_none_or(|least| least as isize + shift >= 0);
        best.map(|(shift, count)| {
            if count * 5 >= all * 4 && fits(shift) {
                shift
            } else {
                0
            }
        })
    }

    /// The shift with which a sketch that wraps new rows around a line of the file stands on that line's column. Only
    /// where it would stand no further inside than the line that opens its block, and that line stays unshown: then
    /// the new rows do not take its place.
    pub(crate) fn shift_of_wrapping(&self, ops: &[Op], shift: isize) -> Option<isize> {
        let marked = ops
            .iter()
            .any(|op| matches!(op, Op::Gap { sketch: Some(_) }));
        let rows = ops.iter().filter_map(|op| match *op {
            Op::Match { sketch, .. } | Op::Replace { sketch, .. } | Op::Insert { sketch } => {
                Some(sketch)
            }
            Op::Keep { .. } | Op::Delete { .. } | Op::Gap { .. } => None,
        });
        let least = rows.clone().map(|row| self.shown.rows[row].indent).min()?;
        let first = rows.min()?;
        let (sketch, original) = ops.iter().find_map(|op| match *op {
            Op::Match { sketch, original } => Some((sketch, original)),
            _ => None,
        })?;
        let wraps = ops.contains(&Op::Insert { sketch: first })
            && self.shown.rows[first].indent == least
            && self.shown.rows[sketch].indent > least;
        if marked || !wraps {
            return None;
        }
        let column = self.original.rows[original].indent;
        let mut above = (0..original).rev();
        let opener = above.find(|row| self.original.rows[*row].indent < column)?;
        let outer = self.original.rows[opener].indent as isize;
        let stays = ops.contains(&Op::Keep { original: opener });
        (stays && least as isize + shift <= outer).then_some(column as isize - least as isize)
    }

    /// The shift of a sketch on the first column that shows no line of the file: that of the line it replaces, if it
    /// replaces one only.
    pub(crate) fn shift_of_replacing(&self, ops: &[Op], shift: isize) -> Option<isize> {
        let mut replaced = ops.iter().filter_map(|op| match *op {
            Op::Replace {
                sketch, original, ..
            } => Some((sketch, original)),
            _ => None,
        });
        let (sketch, original) = replaced.next()?;
        let others = ops
            .iter()
            .any(|op| matches!(op, Op::Match { .. } | Op::Insert { .. }));
        let row = &self.shown.rows[sketch];
        let column = self.original.rows[original].indent as isize;
        let alone = replaced.next().is_none() && !others && !row.is_directive();
        (alone && row.indent == 0 && shift == 0 && column > 0).then_some(column)
    }

    /// The shift of new rows between symbols of one level: that of a symbol beside them that stands on their column.
    pub(crate) fn shift_beside(&self, units: &[Unit], beside: &[Option<Pair>]) -> isize {
        let rows = units.iter().filter_map(|unit| match unit {
            Unit::Row(row) => Some(&self.shown.rows[*row]),
            Unit::Gap { .. } => None,
        });
        let least = rows.map(|row| row.indent).min();
        let stands_there = |pair: &&Pair| {
            let rows = self.shown_rows(pair.sketch);
            Some(self.shown.rows[rows.start].indent) == least
        };
        let pair = beside.iter().flatten().find(stands_there);
        pair.map_or(0, |pair| self.shift(*pair))
    }
}

/// The indentation of each line; none where it stands more than once.
fn lone_lines<'r>(rows: &'r Rows<'_>) -> HashMap<&'r str, Option<usize>> {
    let mut lines = HashMap::new();
    for row in &rows.rows {
        let indent = lines.entry(row.trimmed());
        indent
            .and_modify(|indent| *indent = None)
            .or_insert(Some(row.indent));
    }
    lines
}
