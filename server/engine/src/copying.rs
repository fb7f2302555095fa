//! Copy-constrained decoding: an output is the original with changes of which all lines are known.
//!
//! At each place the model's best token that the rule allows is taken. That is a function of the
//! output so far and of the logits alone, so speculative output still equals plain output.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use crate::Error;
use crate::model::Choice;

/// What each token decodes to; nothing for control tokens.
pub type TokenBytes = [Box<[u8]>];

/// What may be written in a place beside the original's own line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coming {
    /// Nothing.
    #[default]
    Nothing,
    /// Blank lines.
    Blanks,
    /// Blank lines and new lines.
    Lines,
}

/// The original as a pattern: some lines may be left out, and in some places others may come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pattern {
    /// The original's lines, without line ends. They are written as they are.
    pub original: Vec<String>,
    /// Which of them may be left out.
    pub may_go: Vec<bool>,
    /// What may come before each of them, and behind the last.
    pub may_come: Vec<Coming>,
    /// The lines that may come, at any indentation, and how often each; the empty one stands for
    /// blank lines.
    pub new_lines: HashMap<String, usize>,
}

/// Which outputs are allowed.
pub struct CopyRule {
    pattern: Pattern,
    /// Those of the pattern, sorted.
    new_lines: Vec<(Vec<u8>, usize)>,
    vocabulary: Arc<TokenBytes>,
    stop_tokens: Vec<u32>,
}

impl CopyRule {
    /// Allows what `pattern` does, for a model with these tokens.
    pub fn new(pattern: Pattern, vocabulary: Arc<TokenBytes>, stop_tokens: Vec<u32>) -> Self {
        debug_assert_eq!(pattern.may_go.len(), pattern.original.len());
        debug_assert_eq!(pattern.may_come.len(), pattern.original.len() + 1);
        let new_lines = pattern.new_lines.iter();
        let mut new_lines: Vec<(Vec<u8>, usize)> = new_lines
            .map(|(line, &most)| (line.trim().as_bytes().to_vec(), most))
            .collect();
        new_lines.sort_unstable();
        Self {
            pattern,
            new_lines,
            vocabulary,
            stop_tokens,
        }
    }

    /// Adds the places that are reached by leaving lines out.
    fn skip(&self, places: &mut BTreeSet<usize>) {
        let mut from: Vec<usize> = places.iter().copied().collect();
        while let Some(place) = from.pop() {
            if self.pattern.may_go.get(place) == Some(&true) && places.insert(place + 1) {
                from.push(place + 1);
            }
        }
    }

    /// The new lines that start with `content`, `content` itself first, by their index.
    fn new_lines_from(&self, content: &[u8]) -> impl Iterator<Item = (usize, &[u8], usize)> {
        let first = self
            .new_lines
            .partition_point(|(line, _)| &line[..] < content);
        let lines = self.new_lines[first..].iter().enumerate();
        lines
            .take_while(move |(_, (line, _))| line.starts_with(content))
            .map(move |(index, (line, most))| (first + index, &line[..], *most))
    }
}

/// Behind the indentation.
fn content(line: &[u8]) -> &[u8] {
    let indentation = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t'));
    &line[indentation.count()..]
}

/// What must be allowed in a place for a new line to come.
fn needed_for(content: &[u8]) -> Coming {
    match content {
        [] => Coming::Blanks,
        _ => Coming::Lines,
    }
}

/// An output in progress under a rule.
#[derive(Clone)]
pub(crate) struct Copying<'a> {
    rule: &'a CopyRule,
    /// Lines of the original that may follow: all ways to read what was written are followed at once.
    places: BTreeSet<usize>,
    /// The most that may come in one of the places.
    coming: Coming,
    /// How often each new line has come.
    come: Rc<Vec<usize>>,
    /// The line that is being written.
    line: Vec<u8>,
}

impl<'a> Copying<'a> {
    pub(crate) fn new(rule: &'a CopyRule) -> Self {
        let mut copying = Self {
            rule,
            places: BTreeSet::new(),
            coming: Coming::Nothing,
            come: Rc::new(vec![0; rule.new_lines.len()]),
            line: Vec::new(),
        };
        copying.stand_at(BTreeSet::from([0]));
        copying
    }

    fn stand_at(&mut self, mut places: BTreeSet<usize>) {
        self.rule.skip(&mut places);
        let coming = places
            .iter()
            .map(|&place| self.rule.pattern.may_come[place]);
        self.coming = coming.max().unwrap_or_default();
        self.places = places;
    }

    /// The lines of the original that may follow.
    fn expected(&self) -> impl Iterator<Item = (usize, &'a [u8])> {
        let original = &self.rule.pattern.original;
        let places = self.places.iter();
        places.filter_map(|&place| Some((place, original.get(place)?.as_bytes())))
    }

    /// Whether some line starts with what is written of it.
    fn is_beginning(&self) -> bool {
        let mut new_lines = self.rule.new_lines_from(content(&self.line));
        self.expected()
            .any(|(_, line)| line.starts_with(&self.line))
            || new_lines.any(|(index, line, most)| {
                self.coming >= needed_for(line) && self.come[index] < most
            })
    }

    /// The places behind the line that is written, none if it is not whole, and the new line that
    /// it is unless the original has it there.
    fn behind(&self) -> (BTreeSet<usize>, Option<usize>) {
        let content = content(&self.line);
        let original = self.expected().filter(|(_, line)| *line == self.line);
        let mut places: BTreeSet<usize> = original.map(|(place, _)| place + 1).collect();
        let mut new_lines = self.rule.new_lines_from(content);
        let new =
            new_lines.find(|(index, line, most)| *line == content && self.come[*index] < *most);
        let Some((index, ..)) = new else {
            return (places, None);
        };
        let counts = places.is_empty();
        let may_come = &self.rule.pattern.may_come;
        let needs = needed_for(content);
        places.extend(
            self.places
                .iter()
                .filter(|&&place| may_come[place] >= needs),
        );
        (places, counts.then_some(index))
    }

    /// The best allowed choice of a row. `logits` computes the row's, which is only needed if its
    /// two best tokens are not allowed. A choice that overrules the model's has a negative margin.
    ///
    /// If no token is allowed, which takes a vocabulary that cannot spell the lines, the model's
    /// choice stands.
    pub(crate) fn choose(
        &self,
        choice: Choice,
        logits: impl FnOnce() -> Result<Vec<f32>, Error>,
    ) -> Result<Choice, Error> {
        match self.of_two(choice) {
            Some(choice) => Ok(choice),
            None => Ok(self.of_all(choice, &logits()?)),
        }
    }

    /// The same where the logits are known.
    pub(crate) fn choose_of(&self, choice: Choice, logits: &[f32]) -> Choice {
        self.of_two(choice)
            .unwrap_or_else(|| self.of_all(choice, logits))
    }

    /// The better of the two best tokens that is allowed.
    fn of_two(&self, choice: Choice) -> Option<Choice> {
        if self.allows(choice.token) {
            return Some(choice);
        }
        self.allows(choice.runner_up)
            .then(|| instead_of(choice, choice.runner_up, choice.runner_up_logit))
    }

    fn of_all(&self, choice: Choice, logits: &[f32]) -> Choice {
        let mut best: Option<(u32, f32)> = None;
        for (token, &logit) in (0..).zip(logits) {
            if best.is_none_or(|(_, most)| logit > most) && self.allows(token) {
                best = Some((token, logit));
            }
        }
        best.map_or(choice, |(token, logit)| instead_of(choice, token, logit))
    }

    /// Whether a token may follow.
    fn allows(&self, token: u32) -> bool {
        if self.rule.stop_tokens.contains(&token) {
            return self.may_end();
        }
        match self.rule.vocabulary.get(token as usize) {
            Some(bytes) if !bytes.is_empty() => {
                // Most tokens fail at their first byte.
                let mut next = self.clone();
                bytes.iter().all(|&byte| next.follow(byte))
            }
            _ => false,
        }
    }

    /// Whether nothing is left that must come; with or without a last line break.
    fn may_end(&self) -> bool {
        let end = self.rule.pattern.original.len();
        if self.line.is_empty() {
            return self.places.contains(&end);
        }
        if content(&self.line).is_empty() {
            return false;
        }
        let (mut behind, _) = self.behind();
        self.rule.skip(&mut behind);
        behind.contains(&end)
    }

    /// Takes a token that was chosen; whether it is allowed.
    pub(crate) fn advance(&mut self, token: u32) -> bool {
        let bytes = self.rule.vocabulary.get(token as usize);
        let mut allowed = true;
        for &byte in bytes.map_or(&[][..], |bytes| bytes) {
            allowed &= self.follow(byte);
        }
        allowed
    }

    /// Takes a byte; whether it is allowed.
    fn follow(&mut self, byte: u8) -> bool {
        if byte != b'\n' {
            self.line.push(byte);
            return self.is_beginning();
        }
        let (behind, new) = self.behind();
        self.line.clear();
        if behind.is_empty() {
            return false;
        }
        if let Some(new) = new {
            Rc::make_mut(&mut self.come)[new] += 1;
        }
        self.stand_at(behind);
        true
    }
}

/// A token that overrules the model's choice.
fn instead_of(choice: Choice, token: u32, logit: f32) -> Choice {
    Choice {
        token,
        logit,
        runner_up: choice.token,
        runner_up_logit: choice.logit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOP: u32 = 9;

    /// Tokens 0 to 8, and the one that stops.
    const TOKENS: [&str; 10] = [
        "let", " a", ";\n", "\n    ", "le", "t b", "}", "\n", "    }\n", "",
    ];

    /// `let a;` stays, `}` may go, and between them `let b` may come.
    fn rule() -> CopyRule {
        let vocabulary = TOKENS.map(|text| text.as_bytes().into());
        let pattern = Pattern {
            original: vec!["let a;".into(), "    }".into()],
            may_go: vec![false, true],
            may_come: vec![Coming::Nothing, Coming::Lines, Coming::Blanks],
            new_lines: HashMap::from([("let b".into(), 1), (String::new(), 2)]),
        };
        CopyRule::new(pattern, Arc::new(vocabulary), vec![STOP])
    }

    fn allowed(written: &[u32]) -> Vec<u32> {
        let rule = rule();
        let mut copying = Copying::new(&rule);
        for &token in written {
            assert!(copying.allows(token), "{token} of {written:?}");
            copying.advance(token);
        }
        (0..10).filter(|&token| copying.allows(token)).collect()
    }

    #[test]
    fn the_original_is_followed_and_new_lines_come_where_they_may() {
        assert_eq!(allowed(&[]), [0, 4]);
        assert_eq!(allowed(&[0]), [1]);
        assert_eq!(allowed(&[0, 1]), [2]);
        // A new line, an empty one, the original's next, or the end, as that may go.
        assert_eq!(allowed(&[0, 1, 2]), [0, 3, 4, 7, 8, STOP]);
        assert_eq!(allowed(&[0, 1, 2, 0]), [] as [u32; 0]);
        assert_eq!(allowed(&[0, 1, 2, 4, 5]), [3, 7, STOP]);
        // At any indentation, while the original's are as they were.
        assert_eq!(allowed(&[0, 1, 2, 4, 5, 3]), [3, 6, 7]);
        assert_eq!(allowed(&[0, 1, 2, 8]), [3, 7, STOP]);
        // As often as they may.
        assert_eq!(allowed(&[0, 1, 2, 4, 5, 7, 7, 7]), [8, STOP]);
    }

    #[test]
    fn the_best_allowed_token_is_chosen() {
        let rule = rule();
        let copying = Copying::new(&rule);
        let logits = [0.5, 9.0, 8.0, 0.1, 0.7, 7.0, 0.6, 0.0, 0.0, 1.0];
        let choice = copying.choose(Choice::of_logits(&logits), || Ok(logits.to_vec()));
        let choice = choice.expect("there are logits");
        assert_eq!((choice.token, choice.margin()), (4, 0.7 - 9.0));
        let logits = [3.0, 9.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let choice = copying.choose(Choice::of_logits(&logits), || unreachable!());
        assert_eq!(choice.expect("none are needed").token, 0);
    }
}
