//! The words that come with a suggestion, by names and sentences.

use crate::merge::Context;
use crate::reply::Block;
use crate::selection::Suggestion;

/// The words that come with a suggestion: the user's request and the model's prose.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) text: String,
    /// The same in ASCII lower case: places in one are places in the other.
    pub(crate) lower: String,
    /// Of several blocks, what introduces this one: it goes before all other words on where something goes.
    pub(crate) introduction: Option<Box<Request>>,
}

impl Request {
    pub(crate) fn new(words: &str) -> Self {
        Self {
            text: words.to_owned(),
            lower: words.to_ascii_lowercase(),
            introduction: None,
        }
    }

    /// The user's words and those of the reply.
    pub(crate) fn of_suggestion(suggestion: &Suggestion, context: &Context<'_>) -> Self {
        Self::new(&format!(
            "{}\n\n{}",
            context.instruction, suggestion.instruction
        ))
    }

    /// The words for one of so many blocks.
    pub(crate) fn of(&self, block: &Block, blocks: usize) -> Self {
        let introduction = (blocks > 1).then(|| Box::new(Self::new(&block.introduction)));
        Self {
            introduction,
            ..self.clone()
        }
    }

    /// Whether the name stands in the words as a word of its own.
    pub(crate) fn names(&self, name: &str) -> bool {
        !self.positions(name).is_empty()
    }

    /// Whether the words show this code, between backticks.
    pub(crate) fn quotes(&self, code: &str) -> bool {
        self.text.contains(&format!("`{code}`"))
    }

    /// The code between backticks, and where its first backtick stands.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut at = 0;
        self.text
            .split('`')
            .enumerate()
            .filter_map(move |(index, part)| {
                let open = at;
                at += part.len() + 1;
                let is_closed = at <= self.text.len();
                (index % 2 == 1 && is_closed).then(|| (open - 1, part))
            })
    }

    /// Whether what introduces this block of several says that it is new.
    pub(crate) fn introduces_something_new(&self) -> bool {
        let introduction = self.introduction.as_ref();
        introduction.is_some_and(|words| words.has_any(&["new", "add", "added", "adds"]))
    }

    /// Whether any of the words is in the text.
    pub(crate) fn has_any(&self, words: &[&str]) -> bool {
        has_word(&self.lower, words)
    }

    /// Where the name stands as a word of its own, in bytes.
    pub(crate) fn positions(&self, name: &str) -> Vec<usize> {
        let in_word = |c: char| c.is_alphanumeric() || c == '_';
        if name.is_empty() {
            return Vec::new();
        }
        self.text
            .match_indices(name)
            .filter(|(at, _)| {
                !self.text[..*at].chars().next_back().is_some_and(in_word)
                    && !self.text[at + name.len()..]
                        .chars()
                        .next()
                        .is_some_and(in_word)
            })
            .map(|(at, _)| at)
            .collect()
    }

    pub(crate) fn last_sentence(&self) -> &str {
        let end = self.text.trim_end().len();
        let (_, start) = self.sentence_from(end);
        self.text.get(start..end).unwrap_or_default()
    }

    /// The sentence around a byte position, in lower case.
    pub(crate) fn sentence(&self, at: usize) -> &str {
        self.sentence_from(at).0
    }

    /// The sentence around a byte position, in lower case, and where it begins.
    pub(crate) fn sentence_from(&self, at: usize) -> (&str, usize) {
        let ends = [". ", ".\n", "\n", "; ", "? ", "! "];
        let start = ends
            .iter()
            .filter_map(|end| self.lower[..at].rfind(end).map(|found| found + end.len()))
            .max()
            .unwrap_or(0);
        let end = ends
            .iter()
            .filter_map(|end| self.lower[at..].find(end))
            .min()
            .map_or(self.lower.len(), |found| at + found);
        (&self.lower[start..end], start)
    }
}

/// Whether words stand in a text as words of their own.
pub(crate) fn has_phrase(text: &str, words: &str) -> bool {
    text.match_indices(words).any(|(at, _)| {
        !text[..at].ends_with(char::is_alphanumeric)
            && !text[at + words.len()..].starts_with(char::is_alphanumeric)
    })
}

/// Whether any of the words is in the text.
pub(crate) fn has_word(text: &str, words: &[&str]) -> bool {
    text.split(|c: char| !c.is_alphanumeric())
        .any(|word| words.contains(&word))
}
