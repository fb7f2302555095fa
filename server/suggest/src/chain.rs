//! The order in which the symbols of a sketch stand in the original: chained where both agree, detached where not.

use std::ops::Range;

use crate::marker::Meaning;
use crate::outline::{Kind, Outline};
use crate::pairing::Pair;
use crate::plan::Plan;

impl Plan<'_> {
    /// Ends a symbol of the sketch at a marker if the lines behind the marker stand elsewhere in the file: the marker
    /// stands for the end of the symbol, too.
    pub(crate) fn cut_off_strangers(&mut self) {
        let mut lines: std::collections::HashMap<&str, Vec<usize>> =
            std::collections::HashMap::new();
        for (at, row) in self.original.rows.iter().enumerate() {
            lines.entry(row.trimmed()).or_default().push(at);
        }
        let paired = self
            .pairing
            .pairs
            .iter()
            .map(|pair| (pair.sketch, Some(pair.original)));
        let symbols: Vec<(usize, Option<usize>)> = paired
            .chain(self.pairing.fresh.iter().map(|index| (*index, None)))
            .collect();
        for (index, original) in symbols {
            if !matches!(
                self.shown_outline.symbols[index].kind,
                Kind::Function | Kind::Case
            ) {
                continue;
            }
            let home = original.map_or(0..0, |original| self.original_rows(original));
            let rows = self.shown_rows(index);
            let gaps: Vec<usize> = rows
                .clone()
                .filter(|row| matches!(self.meaning(*row), Meaning::Gap(_)))
                .collect();
            for (at, &gap) in gaps.iter().enumerate() {
                let end = gaps.get(at + 1).copied().unwrap_or(rows.end);
                let (mut inside, mut outside) = (0, 0);
                for row in (gap + 1..end).filter(|row| !self.shown.rows[*row].is_closer) {
                    match lines.get(self.shown.rows[row].trimmed()) {
                        Some(places) if places.iter().any(|place| home.contains(place)) => {
                            inside += 1
                        }
                        Some(_) => outside += 1,
                        None => {}
                    }
                }
                if outside > inside {
                    self.shown_outline.symbols[index].end = self.shown.rows[gap].line + 1;
                    break;
                }
            }
        }
        // A part of a symbol that was cut off is no part of it any more.
        let ends: Vec<usize> = self
            .shown_outline
            .symbols
            .iter()
            .map(|symbol| symbol.end)
            .collect();
        let inside = |index: usize, outline: &Outline| {
            let symbol = &outline.symbols[index];
            symbol
                .parent
                .is_none_or(|parent| symbol.head < ends[parent])
        };
        let outline = &self.shown_outline;
        self.pairing
            .pairs
            .retain(|pair| inside(pair.sketch, outline));
        self.pairing.fresh.retain(|index| inside(*index, outline));
    }

    /// A marker stands for code that the file has: a symbol with one inside is none that the file lacks, and its rows
    /// are left to the alignment.
    pub(crate) fn admit_no_gaps_in_new_code(&mut self) {
        let mut fresh = std::mem::take(&mut self.pairing.fresh);
        fresh.retain(|index| {
            let rows = self.shown_rows(*index);
            !rows
                .clone()
                .any(|row| matches!(self.meaning(row), Meaning::Gap(_)))
        });
        self.pairing.fresh = fresh;
    }

    /// Parts the pairs of each level into those in the same order in both texts and the others.
    pub(crate) fn chain(&mut self) {
        let mut parents: Vec<Option<usize>> = self
            .pairing
            .pairs
            .iter()
            .map(|pair| self.parent(pair))
            .collect();
        parents.sort_unstable();
        parents.dedup();
        for parent in parents {
            let mut pairs: Vec<Pair> = self
                .pairing
                .pairs
                .iter()
                .filter(|pair| self.parent(pair) == parent)
                .copied()
                .collect();
            pairs.sort_by_key(|pair| self.shown_rows(pair.sketch).start);
            let within = parent
                .and_then(|parent| self.pairing.pairs.iter().find(|pair| pair.sketch == parent));
            let within = within.map_or(0..self.original.len(), |pair| {
                self.original_rows(pair.original)
            });
            let kept = self.longest_chain(&pairs, &within);
            let chained: Vec<Pair> = kept.iter().map(|at| pairs[*at]).collect();
            for (at, &pair) in pairs.iter().enumerate() {
                if kept.contains(&at) {
                    self.chained.push(pair);
                } else if pair.renamed || self.is_moved(pair, &pairs, &chained) {
                    // It is shown in another place: new there, gone here.
                    let rows = self.shown_rows(pair.sketch);
                    self.fresh[rows].fill(true);
                    self.replaced.push(pair.original);
                } else {
                    let rows = self.original_rows(pair.original);
                    self.claimed[rows].fill(true);
                    self.detached.push(pair);
                }
            }
        }
    }

    /// Whether the sketch shows the place where the file has a symbol, without a marker and without the symbol, and all
    /// of it elsewhere. `siblings` are the pairs of its level, `chained` those that keep their places.
    fn is_moved(&self, pair: Pair, siblings: &[Pair], chained: &[Pair]) -> bool {
        let place = self.original_rows(pair.original);
        let above = chained
            .iter()
            .filter(|other| self.original_rows(other.original).end <= place.start)
            .max_by_key(|other| self.original_rows(other.original).end);
        let below = chained
            .iter()
            .filter(|other| self.original_rows(other.original).start >= place.end)
            .min_by_key(|other| self.original_rows(other.original).start);
        let parent = self.parent(&pair);
        let mut pairs = self.pairing.pairs.iter();
        let around = pairs.find(|other| Some(other.sketch) == parent);
        let body = around.map(|around| {
            let (shown, original) = (
                self.shown_rows(around.sketch),
                self.original_rows(around.original),
            );
            let first = self.original_head(*around) + 1;
            ((shown.start, first), (shown.end, original.end - 1))
        });
        let ends = |other: &Pair| {
            let original = self.original_rows(other.original);
            (self.shown_rows(other.sketch).end, original.end)
        };
        let starts = |other: &Pair| {
            let original = self.original_rows(other.original);
            (self.shown_rows(other.sketch).start, original.start)
        };
        let start = above.map(ends).or(body.map(|(start, _)| start));
        let end = below.map(starts).or(body.map(|(_, end)| end));
        let (Some(start), Some(end)) = (start, end) else {
            return false;
        };
        // Were something there that the sketch does not show at all, it would pass over it without a marker.
        let is_shown = |row: usize| {
            let text = self.original.rows[row].trimmed();
            siblings
                .iter()
                .any(|other| self.original_rows(other.original).contains(&row))
                || self.shown.rows.iter().any(|other| other.trimmed() == text)
        };
        let has_marker =
            |mut rows: Range<usize>| rows.any(|row| matches!(self.meaning(row), Meaning::Gap(_)));
        start.0 <= end.0
            && !has_marker(start.0..end.0)
            && !has_marker(self.shown_rows(pair.sketch))
            && (start.1..end.1).all(is_shown)
    }

    pub(crate) fn parent(&self, pair: &Pair) -> Option<usize> {
        self.shown_outline.symbols[pair.sketch].parent
    }

    /// The heaviest sequence of pairs whose rows follow one another in the original.
    pub(crate) fn longest_chain(&self, pairs: &[Pair], within: &Range<usize>) -> Vec<usize> {
        let ranges: Vec<Range<usize>> = pairs
            .iter()
            .map(|pair| self.original_rows(pair.original))
            .collect();
        let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(pairs.len());
        for (at, range) in ranges.iter().enumerate() {
            let inside = range.start >= within.start && range.end <= within.end;
            let own = match (inside, pairs[at].renamed) {
                (false, _) => 0,
                (true, true) => 1,
                (true, false) => 100 + self.shown_rows(pairs[at].sketch).len(),
            };
            let before = (0..at)
                .filter(|&other| inside && best[other].0 > 0 && ranges[other].end <= range.start)
                .max_by_key(|&other| best[other].0);
            best.push((
                own + before.filter(|_| inside).map_or(0, |before| best[before].0),
                before,
            ));
        }
        let mut at = (0..pairs.len())
            .filter(|&at| best[at].0 > 0)
            .max_by_key(|&at| (best[at].0, std::cmp::Reverse(at)));
        let mut kept = Vec::new();
        while let Some(index) = at {
            kept.push(index);
            at = best[index].1;
        }
        kept
    }
}
