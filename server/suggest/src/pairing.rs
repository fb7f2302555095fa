//! Which symbol of the original each symbol of a sketch is.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::comment::is_comment;
use crate::imports;
use crate::language::Language;
use crate::outline::{Kind, Outline, Symbol};
use crate::rows::{Row, Rows};
use crate::words::Request;

/// A symbol of the sketch and its namesake in the original.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    pub(crate) sketch: usize,
    pub(crate) original: usize,
    /// Whether another symbol of the original was nearly as likely.
    pub(crate) doubtful: bool,
    /// Whether the names differ: the words say that one takes the place of the other.
    pub(crate) renamed: bool,
}

/// The symbols of a sketch, paired or new.
#[derive(Debug, Default)]
pub(crate) struct Pairing {
    pub(crate) pairs: Vec<Pair>,
    /// Outermost symbols that the original does not have.
    pub(crate) fresh: Vec<usize>,
}

pub(crate) struct Matcher<'a> {
    pub(crate) sketch: &'a Outline,
    pub(crate) original: &'a Outline,
    pub(crate) sketch_rows: &'a Rows<'a>,
    pub(crate) original_rows: &'a Rows<'a>,
    pub(crate) is_gap_line: &'a dyn Fn(usize) -> bool,
    pub(crate) language: Language,
    pub(crate) request: &'a Request,
    /// Names that a comment in the sketch says are removed.
    pub(crate) removed_names: &'a [&'a str],
}

impl Matcher<'_> {
    pub(crate) fn pair(&self) -> Pairing {
        let mut pairing = Pairing::default();
        let mut taken = HashSet::new();
        self.pair_level(None, None, &mut taken, &mut pairing);
        pairing
    }

    fn pair_level(
        &self,
        within: Option<usize>,
        namesake: Option<usize>,
        taken: &mut HashSet<usize>,
        pairing: &mut Pairing,
    ) {
        let shown: Vec<usize> = self.sketch.children(within).collect();
        let level: Vec<usize> = self.original.children(namesake).collect();
        let mut by_name: HashMap<(&str, Kind), Vec<usize>> = HashMap::new();
        for &index in &level {
            let symbol = &self.original.symbols[index];
            by_name
                .entry((symbol.name.as_str(), symbol.kind))
                .or_default()
                .push(index);
        }
        let mut choices: Vec<(f32, usize, usize)> = Vec::new();
        for &index in &shown {
            let symbol = &self.sketch.symbols[index];
            let mut candidates = by_name
                .get(&(symbol.name.as_str(), symbol.kind))
                .cloned()
                .unwrap_or_default();
            if candidates.is_empty() && within.is_none() {
                candidates = self.anywhere(symbol);
                candidates.retain(|candidate| {
                    let original = &self.original.symbols[*candidate];
                    original.parent.is_none()
                        || self.contained(symbol.head + 1..symbol.end, original.head..original.end)
                            >= 0.3
                        || !self.stands_elsewhere(symbol, original)
                });
            }
            candidates.retain(|candidate| !taken.contains(candidate));
            let alone = candidates.len() == 1;
            for candidate in candidates {
                let score = self.score(symbol, &self.original.symbols[candidate], alone);
                if let Some(score) = score {
                    choices.push((score, index, candidate));
                }
            }
        }
        let all = choices.clone();
        choices.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
        let mut done = HashSet::new();
        let mut found = Vec::new();
        for (score, shown, candidate) in choices {
            if done.contains(&shown) || taken.contains(&candidate) {
                continue;
            }
            let rival = all.iter().any(|(other, same, third)| {
                *same == shown
                    && *third != candidate
                    && score - other < 0.1
                    && !taken.contains(third)
            });
            done.insert(shown);
            taken.insert(candidate);
            found.push(Pair {
                sketch: shown,
                original: candidate,
                doubtful: rival,
                renamed: false,
            });
        }
        self.pair_overloads(&shown, &mut done, taken, &mut found);
        let mut fresh: Vec<usize> = shown
            .iter()
            .copied()
            .filter(|index| !done.contains(index))
            .collect();
        fresh.retain(|&index| {
            let Some(old) = self.old_name(index, &level, taken, &shown) else {
                return true;
            };
            taken.insert(old);
            found.push(Pair {
                sketch: index,
                original: old,
                doubtful: false,
                renamed: true,
            });
            false
        });
        for index in fresh {
            let symbol = &self.sketch.symbols[index];
            // A single line is left to the alignment of lines, and so is what the file may well have.
            let several = symbol.end - symbol.head > 1 || self.is_type_with_attributes(symbol);
            if several && !self.is_known(symbol, namesake) {
                pairing.fresh.push(index);
            }
        }
        for pair in found {
            let (a, b) = (
                &self.sketch.symbols[pair.sketch],
                &self.original.symbols[pair.original],
            );
            if a.end - a.head == 1 && b.end - b.head == 1 && a.lead == a.head {
                continue;
            }
            pairing.pairs.push(pair);
            self.pair_level(Some(pair.sketch), Some(pair.original), taken, pairing);
        }
    }

    /// Where a sketch shows as many functions of one name as the file has, those that are not in the file with these
    /// parameters are the file's other ones, in their order.
    fn pair_overloads(
        &self,
        shown: &[usize],
        done: &mut HashSet<usize>,
        taken: &mut HashSet<usize>,
        found: &mut Vec<Pair>,
    ) {
        for &index in shown {
            let symbol = &self.sketch.symbols[index];
            if done.contains(&index) || symbol.kind != Kind::Function {
                continue;
            }
            let same: Vec<usize> = shown
                .iter()
                .copied()
                .filter(|other| self.sketch.symbols[*other].name == symbol.name)
                .collect();
            let known = self.anywhere(symbol);
            if same.len() < 2 || same.len() != known.len() {
                continue;
            }
            let left: Vec<usize> = same
                .into_iter()
                .filter(|index| !done.contains(index))
                .collect();
            let free: Vec<usize> = known
                .into_iter()
                .filter(|index| !taken.contains(index))
                .collect();
            if left.len() != free.len() {
                continue;
            }
            for (sketch, original) in left.into_iter().zip(free) {
                done.insert(sketch);
                taken.insert(original);
                found.push(Pair {
                    sketch,
                    original,
                    doubtful: false,
                    renamed: false,
                });
            }
        }
    }

    /// Symbols of the same name and kind at any depth, for a method shown without its class.
    fn anywhere(&self, symbol: &Symbol) -> Vec<usize> {
        let same = |other: &Symbol| {
            other.kind == symbol.kind
                && (other.name == symbol.name
                    || other.kind == Kind::Function
                        && last_part(&other.name) == last_part(&symbol.name))
        };
        let found: Vec<usize> = (0..self.original.symbols.len())
            .filter(|&index| same(&self.original.symbols[index]))
            .collect();
        // A value of the same name in another scope is another value.
        if symbol.kind == Kind::Value && found.len() > 1 {
            Vec::new()
        } else {
            found
        }
    }

    /// Whether a symbol is a type below attributes, which might be taken for those of another one.
    fn is_type_with_attributes(&self, symbol: &Symbol) -> bool {
        let lead =
            self.sketch_rows.row_at_line(symbol.lead)..self.sketch_rows.row_at_line(symbol.head);
        let mut lead = self.sketch_rows.rows[lead].iter();
        symbol.kind == Kind::Type && lead.any(|row| !is_comment(row))
    }

    /// Whether an unpaired symbol need not be new: the file has several values of its name, or its first line
    /// and most of the others.
    fn is_known(&self, shown: &Symbol, namesake: Option<usize>) -> bool {
        let head = self.sketch_rows.row_at_line(shown.head);
        // What begins as some line of the file does may be a new form of it: a value of one scope among many.
        let begins = |row: &Row<'_>| row.tokens.iter().take(2).copied().collect::<Vec<u32>>();
        let several = shown.kind == Kind::Value
            && self.sketch_rows.rows.get(head).is_some_and(|head| {
                self.original_rows
                    .rows
                    .iter()
                    .any(|row| begins(row) == begins(head))
            });
        let within = namesake.map_or(0..usize::MAX, |namesake| {
            let around = &self.original.symbols[namesake];
            around.head..around.end
        });
        let rows = self.original_rows.row_at_line(within.start)
            ..self.original_rows.row_at_line(within.end);
        let head_stands = self.sketch_rows.rows.get(head).is_some_and(|head| {
            self.original_rows.rows[rows]
                .iter()
                .any(|row| row.trimmed() == head.trimmed())
        });
        several
            || self.stands_unparsed(shown)
            || self.names_what_had_no_name(shown)
            || head_stands && self.contained(shown.head..shown.end, within) >= 0.75
    }

    /// Whether the file has the head of a symbol, or one that differs in one token, where its parser sees no symbol:
    /// inside a macro, or beside a macro it does not know.
    fn stands_unparsed(&self, shown: &Symbol) -> bool {
        let rows = &self.original_rows.rows;
        let Some(head) = self
            .sketch_rows
            .rows
            .get(self.sketch_rows.row_at_line(shown.head))
        else {
            return false;
        };
        let is_alike = |row: &Row<'_>| {
            let pairs = row.tokens.iter().zip(&head.tokens);
            row.tokens.len() == head.tokens.len()
                && row.tokens.len() >= 4
                && pairs.filter(|(a, b)| a != b).count() <= 1
                && imports::uses(row.text, last_part(&shown.name))
        };
        let is_head = |line: usize| self.original.symbols.iter().any(|other| other.head == line);
        rows.iter().any(|row| is_alike(row) && !is_head(row.line))
    }

    /// Whether the body of a symbol stands in the file below a line that names nothing: what was handed on in place has
    /// got a name.
    fn names_what_had_no_name(&self, shown: &Symbol) -> bool {
        let rows =
            self.sketch_rows.row_at_line(shown.head)..self.sketch_rows.row_at_line(shown.end);
        // The last row closes in another way.
        let body = self
            .sketch_rows
            .rows
            .get(rows.start + 1..rows.end.max(1) - 1);
        let Some(body) = body.filter(|body| {
            body.iter().filter(|row| !row.is_closer).count() >= 3
                && body.iter().all(|row| !(self.is_gap_line)(row.line))
        }) else {
            return false;
        };
        let is_head = |line: usize| self.original.symbols.iter().any(|other| other.head == line);
        self.original_rows.rows.windows(body.len() + 1).any(|rows| {
            let same = rows[1..].iter().zip(body);
            same.into_iter().all(|(a, b)| a.trimmed() == b.trimmed()) && !is_head(rows[0].line)
        })
    }

    /// How likely `original` is what `shown` shows. None if they are overloads of one another.
    fn score(&self, shown: &Symbol, original: &Symbol, alone: bool) -> Option<f32> {
        let content = self.contained(shown.lead..shown.end, original.lead..original.end);
        let same_signature = shown.signature == original.signature;
        let overloads = matches!(
            self.language,
            Language::Java | Language::Kotlin | Language::Cpp
        ) && shown.kind == Kind::Function;
        let same_arity = arity(&shown.signature) == arity(&original.signature);
        if !same_signature && (overloads || shown.kind == Kind::Implementation) {
            let kept = self
                .original
                .symbols
                .iter()
                .any(|other| other.name == shown.name && other.signature == shown.signature);
            let is_new =
                shown.kind == Kind::Implementation && self.request.introduces_something_new();
            let plausible = content >= 0.5 && !is_new
                || self.is_of_the_same_trait(shown, original)
                || overloads && (same_arity && content >= 0.15 || alone && content >= 0.3);
            if kept || !plausible {
                return None;
            }
        }
        // What is shown without its class belongs with the others that are.
        let beside = if shown.parent.is_none() && original.parent.is_some() {
            0.5 * self.share_of_siblings(original.parent)
        } else {
            0.0
        };
        let signature = match (same_signature, same_arity) {
            (true, _) => 1.0,
            (false, true) => 0.4,
            (false, false) => 0.0,
        };
        Some(content + signature + beside)
    }

    /// Whether two implementations are the only ones of their trait for their type, whatever arguments it has.
    fn is_of_the_same_trait(&self, shown: &Symbol, original: &Symbol) -> bool {
        let name = |symbol: &Symbol| symbol.signature.split('<').next().map(str::to_owned);
        let alone = |outline: &Outline| {
            let same = |other: &&Symbol| {
                other.kind == Kind::Implementation
                    && other.name == shown.name
                    && name(other) == name(shown)
            };
            outline.symbols.iter().filter(same).count() == 1
        };
        shown.kind == Kind::Implementation
            && !shown.signature.is_empty()
            && name(shown) == name(original)
            && alone(self.sketch)
            && alone(self.original)
    }

    /// The share of the functions at the sketch's outermost level that a symbol of the original has inside.
    fn share_of_siblings(&self, parent: Option<usize>) -> f32 {
        let names: HashSet<&str> = self
            .original
            .children(parent)
            .map(|child| self.original.symbols[child].name.as_str())
            .collect();
        let shown: Vec<&Symbol> = self
            .sketch
            .children(None)
            .map(|index| &self.sketch.symbols[index])
            .filter(|symbol| symbol.kind == Kind::Function)
            .collect();
        let there = shown
            .iter()
            .filter(|symbol| names.contains(symbol.name.as_str()))
            .count();
        there as f32 / shown.len().max(1) as f32
    }

    /// Whether the row right before a symbol of the sketch is shown and stands in the file, but not before `original`:
    /// then a symbol of the same name in another class is another one.
    fn stands_elsewhere(&self, shown: &Symbol, original: &Symbol) -> bool {
        let before =
            |rows: &Rows<'_>, symbol: &Symbol| rows.row_at_line(symbol.lead).checked_sub(1);
        let Some(row) = before(self.sketch_rows, shown)
            .map(|at| &self.sketch_rows.rows[at])
            .filter(|row| !row.is_closer && !(self.is_gap_line)(row.line))
        else {
            return false;
        };
        let old =
            before(self.original_rows, original).map(|at| self.original_rows.rows[at].trimmed());
        old != Some(row.trimmed())
            && !crate::imports::is_import(row.text)
            && self
                .original_rows
                .rows
                .iter()
                .any(|other| other.trimmed() == row.trimmed())
    }

    /// The share of the sketch's lines that the original has in a range, by weight.
    pub(crate) fn contained(&self, shown: Range<usize>, original: Range<usize>) -> f32 {
        let rows = self.original_rows.row_at_line(original.start)
            ..self.original_rows.row_at_line(original.end);
        let known: HashSet<&str> = self.original_rows.rows[rows]
            .iter()
            .map(|row| row.trimmed())
            .collect();
        let rows =
            self.sketch_rows.row_at_line(shown.start)..self.sketch_rows.row_at_line(shown.end);
        let (mut all, mut same) = (0.0, 0.0);
        for row in &self.sketch_rows.rows[rows] {
            if (self.is_gap_line)(row.line) {
                continue;
            }
            all += row.weight();
            if known.contains(row.trimmed()) {
                same += row.weight();
            }
        }
        if all == 0.0 { 0.0 } else { same / all }
    }
}

fn arity(signature: &str) -> usize {
    if signature.len() <= 2 {
        0
    } else {
        signature.matches(',').count() + 1
    }
}

/// `Type.method`, `Type::method` without what is before the last separator.
pub(crate) fn last_part(name: &str) -> &str {
    name.rsplit(['.', ':']).next().unwrap_or(name)
}
