//! Where one text has drifted from another.

use std::ops::Range;

use ropey::Rope;

use crate::Splice;

/// The regions in which a text `to` differs from the text `from` that it comes from, kept up to date change by change.
///
/// Invariants: the regions are in order, and at least one unchanged character lies between two; each is as small as
/// taking equal characters off its front and its end makes it; outside of them the texts are equal. Offsets are bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    regions: Vec<DriftRegion>,
}

/// One region in which two texts differ. One of the ranges may be empty, never both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriftRegion {
    /// The bytes of the text before.
    pub from: Range<usize>,
    /// The bytes that stand in their place.
    pub to: Range<usize>,
}

impl Drift {
    /// The regions, in order.
    pub fn regions(&self) -> &[DriftRegion] {
        &self.regions
    }

    /// Whether the texts are equal.
    pub fn is_empty(&self) -> bool {
        self.regions.is_empty()
    }

    /// Takes in a change of `to`; both texts are given as they are now, with the change.
    pub fn record(&mut self, splice: &Splice, from: &Rope, to: &Rope) {
        let first = self
            .regions
            .partition_point(|region| region.to.end < splice.range.start);
        let behind = self
            .regions
            .partition_point(|region| region.to.start <= splice.range.end);
        let mut region = DriftRegion {
            from: self.before(first, splice.range.start)..self.before(behind, splice.range.end),
            to: splice.range.clone(),
        };
        if let Some(touched) = self.regions[first..behind].first()
            && touched.to.start <= region.to.start
        {
            region.from.start = touched.from.start;
            region.to.start = touched.to.start;
        }
        if let Some(touched) = self.regions[first..behind].last()
            && touched.to.end >= region.to.end
        {
            region.from.end = touched.from.end;
            region.to.end = touched.to.end;
        }
        region.to.end = region.to.end + splice.inserted - splice.range.len();
        for later in &mut self.regions[behind..] {
            later.to = splice.moved(&later.to);
        }
        trim(&mut region, from, to);
        let kept = !(region.from.is_empty() && region.to.is_empty());
        self.regions.splice(first..behind, kept.then_some(region));
    }

    /// Takes in that `from` was changed so that it has what `to` had already. The regions that touch what was replaced
    /// were that change and go.
    pub fn absorb(&mut self, splice: &Splice) {
        self.regions
            .retain(|region| !touches(&region.from, &splice.range));
        for region in &mut self.regions {
            if region.from.start >= splice.range.end {
                region.from = splice.moved(&region.from);
            }
        }
    }

    /// Takes in that both texts were changed alike, in a place of `from` into which no region reaches.
    pub fn carry(&mut self, splice: &Splice) {
        for region in &mut self.regions {
            if region.from.start >= splice.range.end {
                region.from = splice.moved(&region.from);
                region.to = splice.moved(&region.to);
            }
        }
    }

    /// Whether a region overlaps a range of `from` or lies at its edge.
    pub fn touches(&self, range: &Range<usize>) -> bool {
        self.regions
            .iter()
            .any(|region| touches(&region.from, range))
    }

    /// Where a range of `from` that no region touches is in `to`.
    pub fn find(&self, range: &Range<usize>) -> Option<Range<usize>> {
        (!self.touches(range)).then(|| {
            let before = self
                .regions
                .partition_point(|region| region.from.end < range.start);
            self.after(before, range.start)..self.after(before, range.end)
        })
    }

    /// Where a range of `from` is in `to`, if no region reaches into it. Regions at its edges stay outside; for an
    /// empty range that cannot be told.
    pub fn find_within(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let reaches_in = |region: &&DriftRegion| match region.from.is_empty() {
            true => range.start < region.from.start && region.from.start < range.end,
            false => range.start < region.from.end && region.from.start < range.end,
        };
        if range.is_empty() {
            return self.find(range);
        }
        if self.regions.iter().any(|region| reaches_in(&region)) {
            return None;
        }
        let before = self
            .regions
            .partition_point(|region| region.from.end <= range.start);
        Some(self.after(before, range.start)..self.after(before, range.end))
    }

    /// The smallest range of `from` that holds `range` and every region that touches it, and its place in `to`.
    pub fn hull(&self, range: &Range<usize>) -> DriftRegion {
        let first = self
            .regions
            .partition_point(|region| region.from.end < range.start);
        let behind = self
            .regions
            .partition_point(|region| region.from.start <= range.end);
        let mut hull = DriftRegion {
            from: range.clone(),
            to: self.after(first, range.start)..self.after(behind, range.end),
        };
        if let Some(region) = self.regions[first..behind].first()
            && region.from.start <= hull.from.start
        {
            hull.from.start = region.from.start;
            hull.to.start = region.to.start;
        }
        if let Some(region) = self.regions[first..behind].last()
            && region.from.end >= hull.from.end
        {
            hull.from.end = region.from.end;
            hull.to.end = region.to.end;
        }
        hull
    }

    /// The place in `to` of an offset of `from` behind `before` regions.
    fn after(&self, before: usize, offset: usize) -> usize {
        match self.regions[..before].last() {
            // Inside the last of them there is no place: the caller replaces it.
            Some(region) => (region.to.end + offset).saturating_sub(region.from.end),
            None => offset,
        }
    }

    /// The place in `from` of an offset of `to` behind `before` regions.
    fn before(&self, before: usize, offset: usize) -> usize {
        match self.regions[..before].last() {
            Some(region) => (region.from.end + offset).saturating_sub(region.to.end),
            None => offset,
        }
    }
}

fn touches(region: &Range<usize>, range: &Range<usize>) -> bool {
    region.start <= range.end && range.start <= region.end
}

/// Takes equal characters off the front and the end of a region; never half of a `\r\n`.
fn trim(region: &mut DriftRegion, from: &Rope, to: &Rope) {
    let old = from.byte_slice(region.from.clone()).to_string();
    let new = to.byte_slice(region.to.clone()).to_string();
    let (front, end) = common(&old, &new);
    region.from = region.from.start + front..region.from.end - end;
    region.to = region.to.start + front..region.to.end - end;
}

/// How many bytes two texts share at the front, and, behind that, at the end; never half of a character or of a
/// `\r\n`.
pub fn common(old: &str, new: &str) -> (usize, usize) {
    let mut front = old
        .char_indices()
        .zip(new.chars())
        .find(|((_, one), other)| one != other)
        .map_or(old.len().min(new.len()), |((at, _), _)| at);
    let splits = |text: &str, at: usize| text[..at].ends_with('\r') && text[at..].starts_with('\n');
    if splits(old, front) || splits(new, front) {
        front -= 1;
    }
    let (old, new) = (&old[front..], &new[front..]);
    let mut end: usize = old
        .chars()
        .rev()
        .zip(new.chars().rev())
        .take_while(|(one, other)| one == other)
        .map(|(character, _)| character.len_utf8())
        .sum();
    if splits(old, old.len() - end) || splits(new, new.len() - end) {
        end -= 1;
    }
    (front, end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::splice;

    fn rebuilt(drift: &Drift, from: &Rope, to: &Rope) -> String {
        let (mut text, mut at) = (String::new(), 0);
        for region in drift.regions() {
            text.push_str(&from.byte_slice(at..region.from.start).to_string());
            assert_eq!(text.len(), region.to.start, "regions are where they say");
            text.push_str(&to.byte_slice(region.to.clone()).to_string());
            at = region.from.end;
        }
        text + &from.byte_slice(at..).to_string()
    }

    proptest! {
        #[test]
        fn the_regions_are_the_difference(
            from in "[ab\n]{0,20}",
            changes in prop::collection::vec((0usize..24, 0usize..6, "[abc\n]{0,4}"), 0..8),
        ) {
            let from = Rope::from_str(&from);
            let mut to = from.clone();
            let mut drift = Drift::default();
            for (start, length, text) in changes {
                let start = start.min(to.len_bytes());
                let range = start..(start + length).min(to.len_bytes());
                splice(&mut to, range.clone(), &text);
                drift.record(&Splice { range, inserted: text.len() }, &from, &to);
                prop_assert_eq!(rebuilt(&drift, &from, &to), to.to_string());
                for pair in drift.regions().windows(2) {
                    prop_assert!(pair[0].from.end < pair[1].from.start, "text lies between: {:?}", drift);
                }
            }
            for start in 0..from.len_bytes() {
                let range = start..start + 1;
                let hull = drift.hull(&range);
                prop_assert!(hull.from.start <= range.start && range.end <= hull.from.end);
                if let Some(found) = drift.find_within(&range) {
                    prop_assert_eq!(from.byte_slice(range.clone()), to.byte_slice(found.clone()));
                    if let Some(same) = drift.find(&range) {
                        prop_assert_eq!(same.clone(), found);
                        prop_assert_eq!(hull.to, same);
                    }
                }
            }
        }

        #[test]
        fn what_is_absorbed_is_no_difference(
            from in "[ab\n]{4,20}",
            mine in (0usize..20, 0usize..4, "[xy]{0,4}"),
            theirs in (0usize..20, 0usize..4, "[uv]{1,4}"),
        ) {
            let mut from = Rope::from_str(&from);
            let clip = |(start, length, text): (usize, usize, String), limit: usize| {
                let start = start.min(limit);
                (start..(start + length).min(limit), text)
            };
            let (my_range, my_text) = clip(mine, from.len_bytes());
            let mut drift = Drift::default();
            let mut to = from.clone();
            let (range, text) = clip(theirs, to.len_bytes());
            splice(&mut to, range.clone(), &text);
            drift.record(&Splice { range, inserted: text.len() }, &from, &to);
            if let Some(place) = drift.find_within(&my_range) {
                let (mut from, mut to, mut drift) = (from.clone(), to.clone(), drift.clone());
                splice(&mut to, place, &my_text);
                splice(&mut from, my_range.clone(), &my_text);
                drift.carry(&Splice { range: my_range.clone(), inserted: my_text.len() });
                prop_assert_eq!(rebuilt(&drift, &from, &to), to.to_string());
            }
            if let Some(place) = drift.find(&my_range) {
                splice(&mut to, place.clone(), &my_text);
                drift.record(&Splice { range: place, inserted: my_text.len() }, &from, &to);
                splice(&mut from, my_range.clone(), &my_text);
                drift.absorb(&Splice { range: my_range, inserted: my_text.len() });
                prop_assert_eq!(rebuilt(&drift, &from, &to), to.to_string());
            }
        }
    }
}
