//! Counts words in a text.

use std::collections::HashMap;

/// How often each word occurs.
#[derive(Debug, Default)]
pub struct WordCounts {
    counts: HashMap<String, usize>,
}

impl WordCounts {
    /// Adds the words of a text.
    pub fn add(&mut self, text: &str) {
        for word in text.split_whitespace() {
            *self.counts.entry(word.to_lowercase()).or_default() += 1;
        }
    }

    /// How often a word has occurred.
    pub fn of(&self, word: &str) -> usize {
        self.counts.get(word).copied().unwrap_or_default()
    }
}
