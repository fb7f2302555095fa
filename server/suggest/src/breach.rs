//! Where a finished text goes beyond a suggestion's reach.

use std::collections::HashMap;

use crate::reach::{Coming, Reach};

/// A difference that a suggestion does not cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Breach {
    /// One-based line of the result.
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl Reach {
    /// The first place where a result is not the original with changes within reach.
    ///
    /// The original is read as a pattern in which some lines are optional and some places take new lines; all
    /// ways to read the result by it are followed at once.
    pub(crate) fn breach(&self, original: &str, result: &str) -> Option<Breach> {
        let old: Vec<&str> = original.lines().collect();
        let new: Vec<&str> = result.lines().collect();
        let mut states = vec![false; old.len() + 1];
        states[0] = true;
        // Positions beyond `furthest` were never reached: they need not be looked at.
        let (mut nearest, mut furthest) = (0, self.skip(&mut states, 0));
        for (at, line) in new.iter().enumerate() {
            let needs = match line.trim() {
                "" => Some(Coming::Blanks),
                text => self.new_lines.contains(text).then_some(Coming::Lines),
            };
            let mut next = vec![false; 0];
            next.resize(old.len() + 1, false);
            let mut reached = None;
            for position in nearest..=furthest {
                if !states[position] {
                    continue;
                }
                if needs.is_some_and(|needs| self.may_come[position] >= needs) {
                    next[position] = true;
                    reached = Some((
                        reached.map_or(position, |(first, _): (usize, usize)| first.min(position)),
                        position,
                    ));
                }
                if old.get(position) == Some(line) {
                    next[position + 1] = true;
                    reached = Some((
                        reached.map_or(position + 1, |(first, _)| first.min(position + 1)),
                        position + 1,
                    ));
                }
            }
            let Some((first, last)) = reached else {
                let expected = (nearest..=furthest)
                    .rev()
                    .find(|position| states[*position])
                    .and_then(|position| old.get(position).map(|line| (position, line)));
                let what = match expected {
                    Some((position, line)) => format!(
                        "line {} of the file is expected here: {}",
                        position + 1,
                        line.trim()
                    ),
                    None => "the file ends here".to_owned(),
                };
                return Some(Breach { line: at + 1, what });
            };
            states = next;
            nearest = first;
            furthest = self.skip_from(&mut states, first, last);
        }
        if states[old.len()] {
            return self.too_many(&new);
        }
        let position = (0..old.len())
            .rev()
            .find(|position| states[*position])
            .unwrap_or(0);
        Some(Breach {
            line: new.len() + 1,
            what: format!(
                "line {} of the file is missing: {}",
                position + 1,
                old[position].trim()
            ),
        })
    }

    /// A line that occurs more often than in the original and in any merge, or another number of blank lines.
    fn too_many(&self, new: &[&str]) -> Option<Breach> {
        // With several blocks, or with a diff, there is no merge of all to count in.
        let (least, most_blanks) = self.blanks?;
        let mut counts: HashMap<&str, usize> = HashMap::new();
        let mut blanks = 0;
        for (at, line) in new.iter().enumerate() {
            let line = line.trim();
            if line.is_empty() {
                blanks += 1;
                continue;
            }
            let count = counts.entry(line).or_default();
            *count += 1;
            if *count > self.most.get(line).copied().unwrap_or(0) {
                return Some(Breach {
                    line: at + 1,
                    what: format!("it stands there once too often: {line}"),
                });
            }
        }
        let wrong = blanks < least || blanks > most_blanks;
        wrong.then(|| Breach {
            line: new.len(),
            what: format!("the file has {blanks} blank lines where {least} are expected"),
        })
    }

    fn skip(&self, states: &mut [bool], from: usize) -> usize {
        self.skip_from(states, from, from)
    }

    /// Passes over lines that may go; gives the furthest position reached.
    fn skip_from(&self, states: &mut [bool], first: usize, last: usize) -> usize {
        let mut furthest = last;
        let mut position = first;
        while position <= furthest && position < self.may_go.len() {
            if states[position] && self.may_go[position] {
                states[position + 1] = true;
                furthest = furthest.max(position + 1);
            }
            position += 1;
        }
        furthest
    }
}
