use super::{Draft, Drafter};

/// Prompt lookup: the last n tokens are searched in everything written so far, prompt included.
///
/// Saxena, "Prompt Lookup Decoding" (2023), and llama.cpp's `ngram-simple`: kept to compare with.
pub struct PromptLookup {
    text: Vec<u32>,
    prompt_length: usize,
    shortest: usize,
    longest: usize,
    preference: Preference,
}

enum Preference {
    First,
    Last,
}

impl PromptLookup {
    /// The published rule: 3 tokens, else 2, else 1; the first match.
    pub fn published(prompt: &[u32]) -> Self {
        Self::new(prompt, 1, 3, Preference::First)
    }

    /// llama.cpp's rule: 12 tokens; the last match.
    pub fn ngram_simple(prompt: &[u32]) -> Self {
        Self::new(prompt, 12, 12, Preference::Last)
    }

    fn new(prompt: &[u32], shortest: usize, longest: usize, preference: Preference) -> Self {
        let prompt_length = prompt.len();
        Self {
            text: prompt.to_vec(),
            prompt_length,
            shortest,
            longest,
            preference,
        }
    }

    /// Where the text goes on after an earlier occurrence of its own last `n` tokens.
    fn continuation(&self, n: usize) -> Option<usize> {
        let start = self.text.len().checked_sub(n)?;
        let ending = &self.text[start..];
        let mut places = (0..start).filter(|&at| &self.text[at..at + n] == ending);
        let place = match self.preference {
            Preference::First => places.next(),
            Preference::Last => places.next_back(),
        };
        place.map(|at| at + n)
    }
}

impl Drafter for PromptLookup {
    fn draft(&mut self, output: &[u32], limit: usize) -> Draft {
        let known = self.text.len() - self.prompt_length;
        self.text.extend_from_slice(&output[known..]);
        (self.shortest..=self.longest)
            .rev()
            .find_map(|n| {
                let next = self.continuation(n)?;
                let end = self.text.len().min(next + limit);
                Some(Draft {
                    tokens: self.text[next..end].to_vec(),
                    evidence: n,
                })
            })
            .unwrap_or_default()
    }
}
