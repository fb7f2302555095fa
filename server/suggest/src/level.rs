//! The operations for one level of nesting: stretches of rows between the symbols that both texts show.

use std::ops::Range;

use crate::align::{Aligner, Stretch, Unit};
use crate::marker::Meaning;
use crate::operation::Op;
use crate::pairing::Pair;
use crate::placement;
use crate::plan::Plan;

/// Likeness from which on the first row of a comment is a new form of one in its midst.
const LEAST_ALIKE: f32 = 0.5;

impl Plan<'_> {
    /// The operations for the inside of a symbol, or of the file.
    pub(crate) fn level(
        &mut self,
        pair: Option<Pair>,
        shown: Range<usize>,
        original: Range<usize>,
    ) -> Vec<Op> {
        let parent = pair.map(|pair| pair.sketch);
        let children: Vec<Pair> = self
            .chained
            .iter()
            .filter(|child| self.parent(child) == parent)
            .copied()
            .collect();
        let explicit = self.is_explicit(pair, &shown, &children);
        let shift = pair.map_or(0, |pair| self.shift(pair));
        let container = pair.is_some_and(|pair| self.is_container(pair.original)) && !self.whole;
        let mut ops = Vec::new();
        let (mut at_shown, mut at_original) = (shown.start, original.start);
        for (index, child) in children.iter().enumerate() {
            let (rows, others) = (
                self.shown_rows(child.sketch),
                self.original_rows(child.original),
            );
            let edges = Edges {
                first: index == 0,
                last: false,
                file: pair.is_none(),
                explicit,
                container,
                gap_before: index > 0 && self.ends_in_gap(at_shown),
                gap_behind: false,
            };
            ops.extend(self.stretch(
                at_shown..rows.start.max(at_shown),
                at_original..others.start.max(at_original),
                shift,
                edges,
                pair,
                [
                    Some(*child),
                    index.checked_sub(1).map(|above| children[above]),
                ],
            ));
            ops.extend(self.symbol(*child));
            (at_shown, at_original) = (rows.end, others.end.max(at_original));
        }
        let edges = Edges {
            first: children.is_empty(),
            last: true,
            file: pair.is_none(),
            explicit,
            container,
            gap_before: !children.is_empty() && self.ends_in_gap(at_shown),
            gap_behind: pair
                .is_some_and(|pair| self.is_cut_short(pair, &shown) || self.is_shown_in_part(pair)),
        };
        ops.extend(self.stretch(
            at_shown..shown.end.max(at_shown),
            at_original..original.end.max(at_original),
            shift,
            edges,
            pair,
            [children.last().copied(), None],
        ));
        ops
    }

    /// Whether the row before is a marker: it may stand for more than the rest of the symbol it ends.
    fn ends_in_gap(&self, row: usize) -> bool {
        row > 0 && matches!(self.meaning(row - 1), Meaning::Gap(_))
    }

    /// The operations for a symbol that both texts have.
    pub(crate) fn symbol(&mut self, pair: Pair) -> Vec<Op> {
        let (shown, original) = (
            self.shown_rows(pair.sketch),
            self.original_rows(pair.original),
        );
        let head = self
            .shown
            .row_at_line(self.shown_outline.symbols[pair.sketch].head);
        let original_head = self.original_head(pair);
        let shift = self.shift(pair);
        // Of comments and attributes right below a marker, or at the sketch's first line, it shows the last lines only.
        let below_gap = match shown.start.checked_sub(1) {
            _ if shown.start == head => false,
            Some(above) => matches!(self.meaning(above), Meaning::Gap(_)),
            None => self.begins_inside(shown.start..head, original.start..original_head),
        };
        let edges = Edges {
            first: false,
            last: false,
            file: false,
            explicit: true,
            container: false,
            gap_before: below_gap,
            gap_behind: false,
        };
        let mut ops = self.stretch(
            shown.start..head,
            original.start..original_head,
            shift,
            edges,
            None,
            [None, None],
        );
        ops.extend(self.level(Some(pair), head..shown.end, original_head..original.end));
        ops
    }

    /// Whether rows of the sketch begin in the midst of some of the original: their first one, or a form of it, stands
    /// there.
    fn begins_inside(&self, shown: Range<usize>, original: Range<usize>) -> bool {
        let place = |row: usize| {
            let text = self.shown.rows[row].trimmed();
            self.original.rows[original.clone()]
                .iter()
                .position(|row| row.trimmed() == text)
        };
        let known = shown.clone().find_map(|row| Some((row, place(row)?)));
        let Some((row, at)) = known else { return false };
        let Some(first) = at.checked_sub(row - shown.start).filter(|first| *first > 0) else {
            return false;
        };
        let (new, old) = (
            &self.shown.rows[shown.start],
            &self.original.rows[original.start + first],
        );
        row == shown.start || self.likeness.of(&new.tokens, &old.tokens) >= LEAST_ALIKE
    }

    /// The original's first row of a declaration. Where a marker above the sketch's stands for some of its rows,
    /// the row that equals the sketch's first one.
    pub(crate) fn original_head(&self, pair: Pair) -> usize {
        let (shown, original) = (
            &self.shown_outline.symbols[pair.sketch],
            &self.original_outline.symbols[pair.original],
        );
        let mut head = self.original.row_at_line(original.head);
        let is_template = |row: &crate::rows::Row<'_>| row.trimmed().starts_with("template");
        if is_template(&self.original.rows[head])
            && !is_template(&self.shown.rows[self.shown.row_at_line(shown.head)])
            && self.original.rows[head].trimmed().ends_with('>')
            && head + 1 < self.original_rows(pair.original).end
        {
            head += 1;
        }
        if !self.sketch.has_gap(shown.lead..shown.head) {
            return head;
        }
        let first = self.shown.rows[self.shown.row_at_line(shown.head)].trimmed();
        let end = self.original.row_at_line(original.end).min(head + 12);
        (head..end)
            .find(|row| self.original.rows[*row].trimmed() == first)
            .unwrap_or(head)
    }

    fn stretch(
        &mut self,
        shown: Range<usize>,
        original: Range<usize>,
        shift: isize,
        edges: Edges,
        pair: Option<Pair>,
        beside: [Option<Pair>; 2],
    ) -> Vec<Op> {
        let open_start = edges.first
            && edges.file
            && !self.whole
            && !self.starts_with_new_imports(&shown)
            && !self.starts_with_new_words(&shown);
        let open_end = edges.last && edges.file && !self.whole;
        let implied = Unit::Gap {
            sketch: None,
            price: 0.0,
        };
        let mut units = Vec::with_capacity(shown.len() + 2);
        if open_start || edges.gap_before || !edges.explicit && !edges.first {
            units.push(implied);
        }
        let jumps = edges.file && !edges.explicit && !self.whole;
        let detached: Vec<Range<usize>> = self
            .detached
            .iter()
            .map(|pair| self.shown_rows(pair.sketch))
            .collect();
        for row in shown.clone() {
            if detached.iter().any(|rows| rows.contains(&row)) {
                continue;
            }
            match self.meaning(row) {
                Meaning::Gap(_) if self.fresh[row] => self
                    .doubts
                    .push((0.5, "a marker stands inside new code".to_owned())),
                Meaning::Gap(_) => units.push(Unit::Gap {
                    sketch: Some(row),
                    price: 0.0,
                }),
                Meaning::Removal(_) => {}
                Meaning::Code => {
                    let inside_new = self.fresh[row] && row > 0 && self.fresh[row - 1];
                    if jumps
                        && row > shown.start
                        && !inside_new
                        && !self.shown.blanks_before(row).is_empty()
                    {
                        units.push(Unit::Gap {
                            sketch: None,
                            price: 1.2,
                        });
                    }
                    if row > shown.start && self.is_seam(row) {
                        units.push(implied);
                    }
                    units.push(Unit::Row(row));
                }
            }
        }
        // What stands right above a symbol, without a blank line, stands there in the file, too.
        let touches = !units.is_empty() && self.touches(shown.end);
        if open_end || edges.gap_behind || !edges.explicit && !edges.last && !touches {
            units.push(implied);
        }
        if edges.container {
            self.open_container(&mut units, edges);
        }
        let shift = if edges.file {
            let voted = self.majority_shift(&units, &original);
            voted.unwrap_or_else(|| self.shift_beside(&units, &beside))
        } else {
            shift
        };
        for row in shown {
            let stays = self.shown.rows[row].is_directive();
            self.shifts[row] = if stays { 0 } else { shift };
        }
        let forced = pair.filter(|_| edges.first).map(|pair| {
            let head = self
                .shown
                .row_at_line(self.shown_outline.symbols[pair.sketch].head);
            (head, self.original_head(pair))
        });
        let aligner = Aligner {
            sketch: &self.shown,
            original: &self.original,
            likeness: &self.likeness,
            taste: self.taste,
        };
        let mut stretch = Stretch {
            units,
            original,
            shift,
            sticky: &self.sticky,
            fresh: &self.fresh,
            claimed: &self.claimed,
            forced,
        };
        // Where every row has its equal, no taste changes anything.
        let place = (
            edges.first,
            stretch.original.clone(),
            stretch.units.first().copied(),
            stretch.units.len(),
        );
        if let Some((_, ops)) = self.settled.iter().find(|(known, _)| *known == place) {
            let ops = ops.clone();
            return placement::place(self, ops);
        }
        let mut ops = aligner.align(&stretch);
        // The lines that chose the indentation may not be those that were aligned.
        let agreeing = |ops: &[Op], shift: isize| {
            let agrees = |op: &&Op| matches!(**op, Op::Match { sketch, original } if self.shown.rows[sketch].indent as isize + shift == self.original.rows[original].indent as isize);
            ops.iter().filter(agrees).count()
        };
        if edges.file && shift != 0 && agreeing(&ops, 0) > agreeing(&ops, shift) {
            for unit in &stretch.units {
                if let Unit::Row(row) = unit {
                    self.shifts[*row] = 0;
                }
            }
            stretch.shift = 0;
            ops = aligner.align(&stretch);
        }
        if edges.file
            && let Some(shift) = self
                .shift_of_wrapping(&ops, stretch.shift)
                .or_else(|| self.shift_of_replacing(&ops, stretch.shift))
        {
            for unit in &stretch.units {
                if let Unit::Row(row) = unit {
                    self.shifts[*row] = shift;
                }
            }
            stretch.shift = shift;
            ops = aligner.align(&stretch);
        }
        let settled = ops.iter().all(|op| match *op {
            Op::Match { .. } | Op::Keep { .. } | Op::Gap { .. } => true,
            Op::Insert { sketch } => self.fresh[sketch],
            Op::Replace { .. } | Op::Delete { .. } => false,
        });
        if settled {
            self.settled.push((place, ops.clone()));
        }
        placement::place(self, ops)
    }

    /// Whether a row of the sketch is code and so is the one right above it, without a blank line between.
    fn touches(&self, row: usize) -> bool {
        row > 0
            && row < self.shown.len()
            && self.shown.blanks_before(row).is_empty()
            && *self.meaning(row - 1) == Meaning::Code
    }

    /// Whether a row of the sketch cannot follow on the one above it in any file: it stands further inside, behind
    /// a blank line, and the one above closes a block.
    fn is_seam(&self, row: usize) -> bool {
        let (above, row_here) = (&self.shown.rows[row - 1], &self.shown.rows[row]);
        *self.meaning(row - 1) == Meaning::Code
            && above.is_closer
            && !above.trimmed().starts_with('#')
            && above.indent < row_here.indent
            && !self.shown.blanks_before(row).is_empty()
    }

    /// What a class holds before the first part that is shown, and behind the last one, stays: showing a part
    /// does not say that it is the first or the last.
    fn open_container(&self, units: &mut Vec<Unit>, edges: Edges) {
        let implied = Unit::Gap {
            sketch: None,
            price: 0.0,
        };
        let marked = units.iter().any(|unit| matches!(unit, Unit::Gap { .. }));
        if marked {
            return;
        }
        if edges.first && !edges.last {
            let header_only = units.last().is_some_and(|unit| match unit {
                Unit::Row(row) => self.shown.rows[*row].trimmed().ends_with(['{', ':']),
                Unit::Gap { .. } => false,
            });
            if header_only {
                units.push(implied);
            }
        } else if edges.last && !edges.first {
            let closers = units.iter().rev().take_while(|unit| matches!(unit, Unit::Row(row) if self.shown.rows[*row].is_closer && !self.fresh[*row])).count();
            units.insert(units.len() - closers, implied);
        }
    }
}

/// What tells the stretches of one plan apart: whether it is the first of its level, its original rows, its first
/// unit and the number of its units.
pub(crate) type Stretches = (bool, Range<usize>, Option<Unit>, usize);

/// Where a stretch lies in its level.
#[derive(Clone, Copy)]
struct Edges {
    first: bool,
    last: bool,
    file: bool,
    explicit: bool,
    /// The level is a class or the like whose parts have names.
    container: bool,
    /// A marker outside the stretch stands for its first rows, too.
    gap_before: bool,
    /// A marker outside the stretch stands for its last rows, too.
    gap_behind: bool,
}
