//! Copy-constrained decoding: every line of an output is one of given lines, at any indentation.
//!
//! At each place the model's best token that the rule allows is taken. That is a function of the
//! output so far and of the logits alone, so speculative output still equals plain output.

use std::sync::Arc;

use crate::Error;
use crate::model::Choice;

/// What each token decodes to; nothing for control tokens.
pub type TokenBytes = [Box<[u8]>];

/// Which lines an output may have.
pub struct CopyRule {
    /// Without their indentation; sorted.
    lines: Vec<Vec<u8>>,
    vocabulary: Arc<TokenBytes>,
    stop_tokens: Vec<u32>,
}

impl CopyRule {
    /// Allows these lines, blank ones, and the end behind any of them.
    pub fn new<'a>(
        lines: impl IntoIterator<Item = &'a str>,
        vocabulary: Arc<TokenBytes>,
        stop_tokens: Vec<u32>,
    ) -> Self {
        let mut lines: Vec<Vec<u8>> = lines
            .into_iter()
            .map(|line| line.trim_start_matches(is_indentation).as_bytes().to_vec())
            .chain([Vec::new()])
            .collect();
        lines.sort_unstable();
        lines.dedup();
        Self {
            lines,
            vocabulary,
            stop_tokens,
        }
    }

    /// The first line that starts with `content`: `content` itself if that is a line.
    fn first_from(&self, content: &[u8]) -> Option<&[u8]> {
        let at = self.lines.partition_point(|line| &line[..] < content);
        let line = self.lines.get(at)?;
        line.starts_with(content).then_some(line)
    }

    /// Appends a byte to the content of a line; whether there is such a line.
    fn follow(&self, content: &mut Vec<u8>, byte: u8) -> bool {
        if byte == b'\n' {
            let is_whole = self.first_from(content) == Some(content);
            content.clear();
            return is_whole;
        }
        if content.is_empty() && is_indentation(char::from(byte)) {
            return true;
        }
        content.push(byte);
        self.first_from(content).is_some()
    }
}

fn is_indentation(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

/// An output in progress under a rule.
#[derive(Clone)]
pub(crate) struct Copying<'a> {
    rule: &'a CopyRule,
    /// The line that is being written, without its indentation.
    content: Vec<u8>,
}

impl<'a> Copying<'a> {
    pub(crate) fn new(rule: &'a CopyRule) -> Self {
        Self {
            rule,
            content: Vec::new(),
        }
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
        let instead = |token, logit| Choice {
            token,
            logit,
            runner_up: choice.token,
            runner_up_logit: choice.logit,
        };
        if self.allows(choice.token) {
            return Ok(choice);
        }
        if self.allows(choice.runner_up) {
            return Ok(instead(choice.runner_up, choice.runner_up_logit));
        }
        let mut best: Option<(u32, f32)> = None;
        for (token, logit) in (0..).zip(logits()?) {
            if best.is_none_or(|(_, most)| logit > most) && self.allows(token) {
                best = Some((token, logit));
            }
        }
        Ok(best.map_or(choice, |(token, logit)| instead(token, logit)))
    }

    /// Whether a token may follow.
    fn allows(&self, token: u32) -> bool {
        if self.rule.stop_tokens.contains(&token) {
            return self.rule.first_from(&self.content) == Some(&self.content);
        }
        match self.rule.vocabulary.get(token as usize) {
            Some(bytes) if !bytes.is_empty() => {
                let mut content = self.content.clone();
                bytes
                    .iter()
                    .all(|&byte| self.rule.follow(&mut content, byte))
            }
            _ => false,
        }
    }

    /// Takes a token that was chosen.
    pub(crate) fn advance(&mut self, token: u32) {
        let bytes = self.rule.vocabulary.get(token as usize);
        for &byte in bytes.map_or(&[][..], |bytes| bytes) {
            self.rule.follow(&mut self.content, byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOP: u32 = 7;

    /// Tokens 0 to 6, and the one that stops.
    fn rule() -> CopyRule {
        let vocabulary: [&str; 8] = ["let", " a", ";\n", "\n    ", "le", "t b", "}", ""];
        let vocabulary = vocabulary.map(|text| text.as_bytes().into());
        CopyRule::new(
            ["    let a;", "}", "let b"],
            Arc::new(vocabulary),
            vec![STOP],
        )
    }

    fn allowed(written: &[u32]) -> Vec<u32> {
        let rule = rule();
        let mut copying = Copying::new(&rule);
        for &token in written {
            assert!(copying.allows(token), "{token} of {written:?}");
            copying.advance(token);
        }
        (0..8).filter(|&token| copying.allows(token)).collect()
    }

    #[test]
    fn lines_are_copied_whole_at_any_indentation() {
        assert_eq!(allowed(&[]), [0, 3, 4, 6, STOP]);
        assert_eq!(allowed(&[0]), [1]);
        assert_eq!(allowed(&[4]), [5]);
        assert_eq!(allowed(&[0, 1]), [2]);
        assert_eq!(allowed(&[4, 5]), [3, STOP]);
        assert_eq!(allowed(&[0, 1, 2]), [0, 3, 4, 6, STOP]);
        assert_eq!(allowed(&[6, 3]), [0, 3, 4, 6, STOP]);
    }

    #[test]
    fn the_best_allowed_token_is_chosen() {
        let rule = rule();
        let copying = Copying::new(&rule);
        let logits = [0.5, 9.0, 8.0, 0.1, 0.7, 7.0, 0.6, 0.0];
        let choice = copying.choose(Choice::of_logits(&logits), || Ok(logits.to_vec()));
        let choice = choice.expect("there are logits");
        assert_eq!((choice.token, choice.margin()), (4, 0.7 - 9.0));
        let logits = [3.0, 9.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let choice = copying.choose(Choice::of_logits(&logits), || unreachable!());
        assert_eq!(choice.expect("none are needed").token, 0);
    }
}
