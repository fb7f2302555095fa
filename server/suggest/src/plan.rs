//! From a sketch and an original to a list of operations on rows.

use std::ops::Range;

use crate::align::{Aligner, Op, Stretch, Taste, Unit};
use crate::fragment;
use crate::imports;
use crate::language::Language;
use crate::likeness::Likeness;
use crate::marker::Meaning;
use crate::outline::{Kind, Outline};
use crate::pairing::{Matcher, Pair, Pairing};
use crate::placement;
use crate::renames;
use crate::rows::{Rows, Vocabulary};
use crate::sketch::Sketch;
use crate::words::Request;

/// Everything that is known about a sketch and the file it is for.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) sketch: &'a Sketch,
    pub(crate) shown: Rows<'a>,
    pub(crate) original: Rows<'a>,
    pub(crate) shown_outline: Outline,
    pub(crate) original_outline: Outline,
    pub(crate) pairing: Pairing,
    pub(crate) request: &'a Request,
    pub(crate) likeness: Likeness,
    /// Whether more lines of the file are indented with tabs than with spaces.
    pub(crate) uses_tabs: bool,
    /// Whether the file holds keys and values rather than code.
    pub(crate) is_data: bool,
    /// Whether the sketch is the whole file, without any marker.
    pub(crate) whole: bool,
    /// Sketch rows of symbols that the original does not have.
    pub(crate) fresh: Vec<bool>,
    /// Columns to add to the indentation of each sketch row.
    pub(crate) shifts: Vec<isize>,
    taste: Taste,
    /// Alignments of stretches that are the same with every taste.
    settled: Vec<(Stretches, Vec<Op>)>,
    /// Whether the names that the sketch changes are already changed in the original's tokens.
    renamed: bool,
    words: Vec<bool>,
    /// Rows of the sketch and of the original that belong to imports.
    pub(crate) shown_imports: Vec<bool>,
    pub(crate) original_imports: Vec<bool>,
    sticky: Vec<bool>,
    claimed: Vec<bool>,
    /// Pairs in the order of both texts.
    chained: Vec<Pair>,
    /// Pairs that the sketch shows in another order than the original has them.
    detached: Vec<Pair>,
    /// Symbols of the original that new ones elsewhere take the place of.
    pub(crate) replaced: Vec<usize>,
    /// Why the result may be wrong, each with the factor it leaves of the confidence.
    pub(crate) doubts: Vec<(f32, String)>,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(
        sketch: &'a Sketch,
        original: &'a str,
        language: Option<Language>,
        request: &'a Request,
    ) -> Self {
        let mut vocabulary = Vocabulary::default();
        let original_rows = Rows::new(original, &mut vocabulary);
        let shown = Rows::new(&sketch.text, &mut vocabulary);
        let likeness = Likeness::new(&original_rows, vocabulary.len());
        let (mut shown_outline, original_outline) = match language {
            Some(language) => (
                Outline::of_fragment(&sketch.parseable(language), language),
                Outline::new(original, language),
            ),
            None => (Outline::default(), Outline::default()),
        };
        fragment::mend(&mut shown_outline, &sketch.text, &sketch.meanings);
        let removed_names = removed_names(sketch);
        let is_gap_line = |line: usize| !matches!(sketch.meanings.get(line), Some(Meaning::Code));
        let pairing = match language {
            Some(language) => Matcher {
                sketch: &shown_outline,
                original: &original_outline,
                sketch_rows: &shown,
                original_rows: &original_rows,
                is_gap_line: &is_gap_line,
                language,
                request,
                removed_names: &removed_names,
            }
            .pair(),
            None => Pairing::default(),
        };
        let whole = is_whole(sketch, &shown, &original_rows);
        let mut plan = Self {
            taste: Taste::PLAIN,
            settled: Vec::new(),
            uses_tabs: uses_tabs(&original_rows),
            is_data: matches!(
                language,
                Some(Language::Toml | Language::Yaml | Language::Json)
            ),
            renamed: false,
            words: vocabulary.words(),
            shown_imports: imports::rows(&shown),
            original_imports: imports::rows(&original_rows),
            fresh: vec![false; shown.len()],
            shifts: vec![0; shown.len()],
            sticky: vec![false; original_rows.len()],
            claimed: vec![false; original_rows.len()],
            sketch,
            shown,
            original: original_rows,
            shown_outline,
            original_outline,
            pairing,
            request,
            likeness,
            whole,
            chained: Vec::new(),
            detached: Vec::new(),
            replaced: Vec::new(),
            doubts: Vec::new(),
        };
        plan.cut_off_strangers();
        plan.admit_no_gaps_in_new_code();
        for index in plan.pairing.fresh.clone() {
            let rows = plan.shown_rows(index);
            plan.fresh[rows].fill(true);
        }
        plan.chain();
        plan.stick();
        plan
    }

    /// The operations that turn the original into the merged text, in its order.
    pub(crate) fn operations(&mut self, taste: Taste) -> Vec<Op> {
        self.taste = taste;
        let ops = self.align_all();
        if self.renamed {
            return ops;
        }
        self.renamed = true;
        let renames = renames::find(
            &ops,
            &self.shown,
            &self.original,
            &self.sketch.meanings,
            &self.words,
        );
        if renames.is_empty() {
            return ops;
        }
        self.settled.clear();
        for token in self
            .original
            .rows
            .iter_mut()
            .flat_map(|row| &mut row.tokens)
        {
            *token = renames.get(token).copied().unwrap_or(*token);
        }
        self.align_all()
    }

    fn align_all(&mut self) -> Vec<Op> {
        self.doubts.clear();
        self.shifts.fill(0);
        let mut ops = self.level(None, 0..self.shown.len(), 0..self.original.len());
        for pair in self.detached.clone() {
            let rows = self.original_rows(pair.original);
            let inner = self.symbol(pair);
            let at = ops
                .iter()
                .position(|op| original_of(op) == Some(rows.start));
            let Some(at) = at else { continue };
            ops.retain(|op| !original_of(op).is_some_and(|row| rows.contains(&row)));
            ops.splice(at..at, inner);
        }
        ops
    }

    /// Whether a row of the original stays though the sketch shows what it belongs to without it.
    pub(crate) fn is_sticky(&self, original: usize) -> bool {
        self.sticky[original]
    }

    /// Whether a row of the sketch is indented otherwise than the original's row that it stands for.
    pub(crate) fn moves(&self, sketch: usize, original: usize) -> bool {
        self.shown.rows[sketch].indent as isize + self.shifts[sketch]
            != self.original.rows[original].indent as isize
    }

    pub(crate) fn meaning(&self, row: usize) -> &Meaning {
        &self.sketch.meanings[self.shown.rows[row].line]
    }

    /// The rows of a symbol of the sketch, from its attributes on.
    pub(crate) fn shown_rows(&self, symbol: usize) -> Range<usize> {
        let symbol = &self.shown_outline.symbols[symbol];
        self.shown.row_at_line(symbol.lead)..self.shown.row_at_line(symbol.end)
    }

    /// The rows of a symbol of the original, from its attributes on.
    pub(crate) fn original_rows(&self, symbol: usize) -> Range<usize> {
        let symbol = &self.original_outline.symbols[symbol];
        self.original.row_at_line(symbol.lead)..self.original.row_at_line(symbol.end)
    }

    /// Ends a symbol of the sketch at a marker if the lines behind the marker stand elsewhere in the file: the marker
    /// stands for the end of the symbol, too.
    fn cut_off_strangers(&mut self) {
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
    fn admit_no_gaps_in_new_code(&mut self) {
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
    fn chain(&mut self) {
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
            for (at, pair) in pairs.into_iter().enumerate() {
                if kept.contains(&at) {
                    self.chained.push(pair);
                } else if pair.renamed {
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

    fn parent(&self, pair: &Pair) -> Option<usize> {
        self.shown_outline.symbols[pair.sketch].parent
    }

    /// The heaviest sequence of pairs whose rows follow one another in the original.
    fn longest_chain(&self, pairs: &[Pair], within: &Range<usize>) -> Vec<usize> {
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

    /// Marks comments, attributes and docstrings that the sketch leaves out though it shows what they belong to.
    fn stick(&mut self) {
        for pair in self.pairing.pairs.clone() {
            self.stick_template(pair);
            let shown = &self.shown_outline.symbols[pair.sketch];
            let original = &self.original_outline.symbols[pair.original];
            let shown_lead = self.shown.row_at_line(shown.lead)..self.shown.row_at_line(shown.head);
            let lead =
                self.original.row_at_line(original.lead)..self.original.row_at_line(original.head);
            let comments = shown_lead
                .clone()
                .any(|row| crate::align::is_comment(&self.shown.rows[row]));
            let attributes = shown_lead
                .clone()
                .any(|row| !crate::align::is_comment(&self.shown.rows[row]));
            for row in lead {
                let text = self.original.rows[row].trimmed();
                let shown = if crate::align::is_comment(&self.original.rows[row]) {
                    comments
                } else {
                    attributes
                };
                let word = text.trim_start_matches(|c: char| !c.is_alphanumeric());
                let name = word
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .next()
                    .unwrap_or_default();
                let dropped = if crate::align::is_comment(&self.original.rows[row]) {
                    ["comment", "comments", "docs"]
                        .iter()
                        .any(|word| self.request.removes(word))
                } else {
                    [
                        "annotation",
                        "annotations",
                        "decorator",
                        "decorators",
                        "attribute",
                        "attributes",
                    ]
                    .iter()
                    .any(|word| self.request.removes(word))
                        || self.request.removes(name)
                };
                self.sticky[row] = !shown && !dropped && !self.whole;
            }
            if let Some(rows) = self.docstring(&self.original, original.head, original.end)
                && self.docstring(&self.shown, shown.head, shown.end).is_none()
                && !self.shows_any(pair, rows.clone())
                && !self.whole
                && !self.request.has_any(&[
                    "docstring",
                    "docstrings",
                    "documentation",
                    "comment",
                    "comments",
                ])
            {
                self.sticky[rows].fill(true);
            }
        }
    }

    /// Whether a symbol's shown form has some of these lines of the original.
    fn shows_any(&self, pair: Pair, rows: Range<usize>) -> bool {
        let known: std::collections::HashSet<&str> = self.original.rows[rows]
            .iter()
            .filter(|row| !row.is_closer)
            .map(|row| row.trimmed())
            .collect();
        self.shown.rows[self.shown_rows(pair.sketch)]
            .iter()
            .any(|row| known.contains(row.trimmed()))
    }

    /// The parameters of a template stay if the sketch leaves them out and what it shows still uses one of them.
    fn stick_template(&mut self, pair: Pair) {
        let own = self
            .original
            .row_at_line(self.original_outline.symbols[pair.original].head);
        let head = self.original_head(pair);
        if head != own + 1 {
            return;
        }
        let rows = self.shown_rows(pair.sketch);
        let used = self.original.rows[own]
            .trimmed()
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| {
                !word.is_empty()
                    && !matches!(
                        *word,
                        "template"
                            | "typename"
                            | "class"
                            | "std"
                            | "size_t"
                            | "int"
                            | "bool"
                            | "auto"
                    )
            })
            .any(|name| {
                self.shown.rows[rows.clone()]
                    .iter()
                    .any(|row| imports::uses(row.text, name))
            });
        self.sticky[own] = used && !self.whole;
    }

    /// The rows of a Python docstring behind the head of a definition.
    fn docstring(&self, rows: &Rows<'_>, head: usize, end: usize) -> Option<Range<usize>> {
        let (mut row, end) = (rows.row_at_line(head), rows.row_at_line(end));
        let mut depth = 0i32;
        loop {
            if row >= end {
                return None;
            }
            let text = rows.rows[row].trimmed();
            depth += text
                .chars()
                .map(|c| i32::from(matches!(c, '(' | '[')) - i32::from(matches!(c, ')' | ']')))
                .sum::<i32>();
            row += 1;
            if depth <= 0 {
                if !text.ends_with(':') {
                    return None;
                }
                break;
            }
        }
        let first = rows
            .rows
            .get(row)
            .filter(|_| row < end)?
            .trimmed()
            .trim_start_matches(['r', 'R']);
        let quote = ["\"\"\"", "'''"]
            .into_iter()
            .find(|quote| first.starts_with(quote))?;
        if first.len() >= 6 && first.ends_with(quote) {
            return Some(row..row + 1);
        }
        let close = (row + 1..end).find(|&other| rows.rows[other].trimmed().contains(quote))?;
        Some(row..close + 1)
    }

    /// The operations for the inside of a symbol, or of the file.
    fn level(
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
        ));
        ops
    }

    /// Whether the row before is a marker: it may stand for more than the rest of the symbol it ends.
    fn ends_in_gap(&self, row: usize) -> bool {
        row > 0 && matches!(self.meaning(row - 1), Meaning::Gap(_))
    }

    /// The operations for a symbol that both texts have.
    fn symbol(&mut self, pair: Pair) -> Vec<Op> {
        let (shown, original) = (
            self.shown_rows(pair.sketch),
            self.original_rows(pair.original),
        );
        let head = self
            .shown
            .row_at_line(self.shown_outline.symbols[pair.sketch].head);
        let original_head = self.original_head(pair);
        let shift = self.shift(pair);
        // Of comments right below a marker the sketch shows the last lines only.
        let below_gap = shown.start > 0
            && matches!(self.meaning(shown.start - 1), Meaning::Gap(_))
            && shown.start < head;
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
        );
        ops.extend(self.level(Some(pair), head..shown.end, original_head..original.end));
        ops
    }

    /// The original's first row of a declaration. Where a marker above the sketch's stands for some of its rows,
    /// the row that equals the sketch's first one.
    fn original_head(&self, pair: Pair) -> usize {
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

    /// The columns that the original is indented further than the sketch: inside a symbol that both have, as many
    /// as for that symbol.
    fn shift(&self, pair: Pair) -> isize {
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
        if shift == 0 || least.is_some_and(|least| head.indent > least) {
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

    /// Whether an attribute or a decorator stays though the sketch shows its symbol without it.
    pub(crate) fn keeps_attributes(&self) -> bool {
        self.pairing.pairs.iter().any(|pair| {
            let symbol = &self.original_outline.symbols[pair.original];
            let lead =
                self.original.row_at_line(symbol.lead)..self.original.row_at_line(symbol.head);
            // Who leaves out the comments, too, means nothing by it.
            let is_comment = |row: usize| crate::align::is_comment(&self.original.rows[row]);
            !lead.is_empty() && lead.clone().all(|row| self.sticky[row] && !is_comment(row))
        })
    }

    /// Whether the sketch, which has no marker at its start, begins with new imports in place of the file's first.
    fn starts_with_new_imports(&self, shown: &Range<usize>) -> bool {
        let known = |row: usize| {
            let text = self.shown.rows[row].trimmed();
            (0..self.original.len().min(6))
                .find(|other| self.original.rows[*other].trimmed() == text)
        };
        let new = shown
            .clone()
            .take_while(|row| self.shown_imports[*row] && known(*row).is_none())
            .count();
        if new == 0 || shown.start > 0 || new >= shown.len() {
            return false;
        }
        let first = known(shown.start + new);
        first.is_some_and(|first| first <= new && (0..first).all(|row| self.original_imports[row]))
    }

    /// Whether the sketch, which has no marker at its start, begins with another form of the words that the file
    /// begins with: the docstring or the comment on the whole file.
    fn starts_with_new_words(&self, shown: &Range<usize>) -> bool {
        let (Some(new), Some(old)) = (self.shown.rows.get(shown.start), self.original.rows.first())
        else {
            return false;
        };
        let sort = |row: &crate::rows::Row<'_>| {
            let text = row.trimmed();
            let opens = |marks: &[&str]| marks.iter().any(|open| text.starts_with(open));
            if opens(&["\"\"\"", "'''"]) {
                Some("docstring")
            } else if opens(&["//", "/*", "#!", "# ", "<!--", "--"]) {
                Some("comment")
            } else {
                None
            }
        };
        let place = |row: &crate::rows::Row<'_>| {
            self.original
                .rows
                .iter()
                .position(|other| other.trimmed() == row.trimmed())
        };
        // The first line of the sketch that the file has must stand near its start, too.
        let follows = self.shown.rows[shown.clone()]
            .iter()
            .filter(|row| !row.is_closer)
            .find_map(place);
        shown.start == 0
            && sort(old).is_some()
            && sort(old) == sort(new)
            && place(new).is_none()
            && follows.is_some_and(|row| row < 40)
    }

    /// Whether the sketch shows symbols in another order than the original.
    pub(crate) fn has_detached(&self) -> bool {
        !self.detached.is_empty()
    }

    /// Whether the innermost function around a row of the original is shown from its head to its end, and without a
    /// marker.
    pub(crate) fn is_shown_whole(&self, row: usize) -> bool {
        let around = self
            .pairing
            .pairs
            .iter()
            .filter(|pair| self.original_rows(pair.original).contains(&row))
            .min_by_key(|pair| self.original_rows(pair.original).len());
        around.is_some_and(|pair| {
            let rows = self.shown_rows(pair.sketch);
            let closes = |text: &str| text.starts_with(['}', ')', ']']) || text == "end";
            let (Some(last), Some(old)) = (
                self.shown.rows[rows.clone()].last(),
                self.original.rows[self.original_rows(pair.original)].last(),
            ) else {
                return false;
            };
            let followed =
                rows.end < self.shown.len() && matches!(self.meaning(rows.end), Meaning::Gap(_));
            self.original_outline.symbols[pair.original].kind == Kind::Function
                && !rows
                    .clone()
                    .any(|row| matches!(self.meaning(row), Meaning::Gap(_)))
                && if closes(old.trimmed()) {
                    closes(last.trimmed())
                } else {
                    !followed
                }
        })
    }

    /// Whether a section of keys and values is shown by a few of its lines, and without a marker for the others.
    pub(crate) fn is_shown_in_part(&self, pair: Pair) -> bool {
        if !self.is_data || self.whole {
            return false;
        }
        let (shown, original) = (
            self.shown_rows(pair.sketch),
            self.original_rows(pair.original),
        );
        let known: std::collections::HashSet<&str> = self.shown.rows[shown.clone()]
            .iter()
            .map(|row| row.trimmed())
            .collect();
        let same = self.original.rows[original.clone()]
            .iter()
            .filter(|row| known.contains(row.trimmed()))
            .count();
        same * 10 < original.len() * 6
            && shown.len() < original.len()
            && !shown
                .clone()
                .any(|row| matches!(self.meaning(row), Meaning::Gap(_)))
    }

    /// Whether a class that is mostly shown, and without any marker, keeps a part before the first that is shown or
    /// behind the last.
    pub(crate) fn hides_parts_at_edge(&self, ops: &[Op]) -> bool {
        if self.whole {
            return false;
        }
        let kept: std::collections::HashSet<usize> = ops
            .iter()
            .filter_map(|op| match op {
                Op::Keep { original } => Some(*original),
                _ => None,
            })
            .collect();
        self.pairing.pairs.iter().any(|pair| {
            if !self.is_container(pair.original) {
                return false;
            }
            let children: Vec<Pair> = self
                .chained
                .iter()
                .filter(|child| self.parent(child) == Some(pair.sketch))
                .copied()
                .collect();
            let rows = self.shown_rows(pair.sketch);
            let inside = |row: usize| {
                children
                    .iter()
                    .any(|child| self.shown_rows(child.sketch).contains(&row))
            };
            let marked = rows
                .clone()
                .any(|row| matches!(self.meaning(row), Meaning::Gap(_)) && !inside(row));
            // A marker that ends the last part may stand for what is behind it, too.
            let open_end = rows
                .clone()
                .next_back()
                .into_iter()
                .chain(Some(rows.end).filter(|row| *row < self.shown.len()))
                .any(|row| matches!(self.meaning(row), Meaning::Gap(_)));
            let last = children
                .iter()
                .map(|child| self.original_rows(child.original).end)
                .max()
                .unwrap_or(0);
            let mostly = children.len() * 10 >= self.parts(pair.original) * 6;
            !marked
                && mostly
                && self
                    .original_outline
                    .children(Some(pair.original))
                    .any(|part| {
                        let symbol = &self.original_outline.symbols[part];
                        let rows = self.original_rows(part);
                        symbol.end - symbol.head > 1
                            && rows.clone().all(|row| kept.contains(&row))
                            && !(open_end && rows.start >= last)
                    })
        })
    }

    /// Whether what this level of the sketch does not show is to go, where no marker stands for it.
    ///
    /// It is so where the sketch uses markers on this level, where it shows a body without named parts, and
    /// where it shows most of the named parts. A class shown with two of its ten methods and no marker is lazy.
    fn is_explicit(&self, pair: Option<Pair>, shown: &Range<usize>, children: &[Pair]) -> bool {
        if self.whole {
            return true;
        }
        let inside = |row: usize| {
            children
                .iter()
                .any(|child| self.shown_rows(child.sketch).contains(&row))
                || self.fresh[row]
        };
        let marked = shown
            .clone()
            .any(|row| matches!(self.meaning(row), Meaning::Gap(_)) && !inside(row));
        let Some(pair) = pair else { return marked };
        let holds = self.parts(pair.original);
        marked || !self.is_container(pair.original) || children.len() * 10 >= holds * 6
    }

    /// Whether a symbol of the original has named parts of several lines.
    fn is_container(&self, symbol: usize) -> bool {
        !matches!(
            self.original_outline.symbols[symbol].kind,
            Kind::Function | Kind::Value
        ) && self.parts(symbol) > 0
    }

    fn parts(&self, symbol: usize) -> usize {
        let several = |index: &usize| {
            let symbol = &self.original_outline.symbols[*index];
            symbol.end - symbol.head > 1 && symbol.kind != Kind::Value
        };
        self.original_outline
            .children(Some(symbol))
            .filter(several)
            .count()
    }

    fn stretch(
        &mut self,
        shown: Range<usize>,
        original: Range<usize>,
        shift: isize,
        edges: Edges,
        pair: Option<Pair>,
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
                    units.push(Unit::Row(row));
                }
            }
        }
        if open_end || edges.gap_behind || !edges.explicit && !edges.last {
            units.push(implied);
        }
        if edges.container {
            self.open_container(&mut units, edges);
        }
        let shift = if edges.file {
            self.majority_shift(&units, &original)
        } else {
            shift
        };
        for row in shown {
            self.shifts[row] = shift;
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

    /// Whether the marker behind a function also stands for the end of it: the function is not closed, or its last
    /// line is one that the file has in the midst of it.
    fn is_cut_short(&self, pair: Pair, shown: &Range<usize>) -> bool {
        let marked =
            shown.end < self.shown.len() && matches!(self.meaning(shown.end), Meaning::Gap(_));
        if !marked || shown.is_empty() {
            return false;
        }
        let last = &self.shown.rows[shown.end - 1];
        let head = self
            .shown
            .row_at_line(self.shown_outline.symbols[pair.sketch].head);
        let rows = &self.original.rows[self.original_rows(pair.original)];
        let closes = |text: &str| text.starts_with(['}', ')', ']']) || text == "end";
        if rows.last().is_some_and(|row| closes(row.trimmed())) {
            let deeper = last.trimmed() == "end" && last.indent > self.shown.rows[head].indent;
            return !closes(last.trimmed()) || deeper;
        }
        rows.iter().any(|row| row.trimmed() == last.trimmed())
    }

    /// The indentation shift on which most lines agree that are unique in the original.
    fn majority_shift(&self, units: &[Unit], original: &Range<usize>) -> isize {
        let mut seen = std::collections::HashMap::new();
        for row in original.clone() {
            seen.entry(self.original.rows[row].trimmed())
                .or_insert_with(Vec::new)
                .push(row);
        }
        let mut votes = std::collections::BTreeMap::new();
        for unit in units {
            if let Unit::Row(row) = unit
                && let Some([other]) = seen.get(self.shown.rows[*row].trimmed()).map(Vec::as_slice)
            {
                let shift = self.original.rows[*other].indent as isize
                    - self.shown.rows[*row].indent as isize;
                *votes.entry(shift).or_insert(0usize) += 1;
            }
        }
        // A sketch that is moved as a whole moves its outermost lines, too.
        let rows = units.iter().filter_map(|unit| match unit {
            Unit::Row(row) => Some(&self.shown.rows[*row]),
            Unit::Gap { .. } => None,
        });
        let least = rows.clone().map(|row| row.indent).min();
        let stays = rows.clone().any(|row| {
            Some(row.indent) == least
                && !row.is_closer
                && matches!(seen.get(row.trimmed()).map(Vec::as_slice), Some([other]) if self.original.rows[*other].indent == row.indent)
        });
        if stays {
            return 0;
        }
        let all: usize = votes.values().sum();
        let best = votes
            .into_iter()
            .max_by_key(|(shift, count)| (*count, *shift == 0));
        // Where lines disagree, some of them were indented anew on purpose.
        best.filter(|(_, count)| count * 5 >= all * 4)
            .map_or(0, |(shift, _)| shift)
    }
}

/// What tells the stretches of one plan apart: whether it is the first of its level, its original rows, its first
/// unit and the number of its units.
type Stretches = (bool, Range<usize>, Option<Unit>, usize);

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

pub(crate) fn original_of(op: &Op) -> Option<usize> {
    match op {
        Op::Keep { original }
        | Op::Match { original, .. }
        | Op::Replace { original, .. }
        | Op::Delete { original } => Some(*original),
        Op::Insert { .. } | Op::Gap { .. } => None,
    }
}

fn uses_tabs(rows: &Rows<'_>) -> bool {
    let starting = |blanks: &str| {
        rows.rows
            .iter()
            .filter(|row| row.text.starts_with(blanks))
            .count()
    };
    starting("\t") > starting("  ")
}

/// The words of the comments that order a removal.
fn removed_names(sketch: &Sketch) -> Vec<&str> {
    let words = sketch.meanings.iter().filter_map(|meaning| {
        if let Meaning::Removal(words) = meaning {
            Some(words)
        } else {
            None
        }
    });
    words
        .flat_map(|words| words.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .filter(|word| word.len() >= 3)
        .collect()
}

/// Whether a sketch without markers is meant as the whole file.
fn is_whole(sketch: &Sketch, shown: &Rows<'_>, original: &Rows<'_>) -> bool {
    if sketch.has_gap(0..sketch.meanings.len()) || original.len() == 0 {
        return original.len() == 0;
    }
    let mut counts = std::collections::HashMap::new();
    for row in &shown.rows {
        *counts.entry(row.trimmed()).or_insert(0u32) += 1;
    }
    let (mut all, mut same) = (0.0, 0.0);
    for row in &original.rows {
        all += row.weight();
        if let Some(count) = counts.get_mut(row.trimmed())
            && *count > 0
        {
            *count -= 1;
            same += row.weight();
        }
    }
    let begins = shown
        .rows
        .iter()
        .take(3)
        .any(|row| row.trimmed() == original.rows[0].trimmed());
    let share = same / all;
    share >= 0.85 || begins && share >= 0.6
}
