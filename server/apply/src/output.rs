//! The text of an output while its tokens arrive.

use std::time::{Duration, Instant};

/// Bytes decoded so far, given out in whole characters, and when they first differed from the
/// original.
pub(crate) struct Output<'a> {
    original: &'a str,
    bytes: Vec<u8>,
    given: usize,
    start: Instant,
    first_hunk: Option<Duration>,
}

impl<'a> Output<'a> {
    pub(crate) fn new(original: &'a str, start: Instant) -> Self {
        Self {
            original,
            bytes: Vec::new(),
            given: 0,
            start,
            first_hunk: None,
        }
    }

    /// Adds bytes and returns the text that became complete.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> &str {
        self.bytes.extend_from_slice(bytes);
        if self.first_hunk.is_none() && self.has_changed_line() {
            self.first_hunk = Some(self.start.elapsed());
        }
        let rest = &self.bytes[self.given..];
        let complete = match std::str::from_utf8(rest) {
            Ok(text) => text.len(),
            // An unfinished character at the end waits for its other bytes; any other damage is the
            // model's, and is replaced when the whole output is read.
            Err(error) => error.valid_up_to(),
        };
        let from = self.given;
        self.given += complete;
        std::str::from_utf8(&self.bytes[from..self.given]).unwrap_or_default()
    }

    /// When the first line that is not the original's was complete.
    pub(crate) fn first_hunk(&self) -> Option<Duration> {
        self.first_hunk
    }

    /// The whole text. Bytes that are no UTF-8 become replacement characters.
    pub(crate) fn into_text(self) -> String {
        match String::from_utf8(self.bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }
    }

    fn has_changed_line(&self) -> bool {
        let same = self
            .bytes
            .iter()
            .zip(self.original.as_bytes())
            .take_while(|(new, old)| new == old)
            .count();
        self.bytes[same..].contains(&b'\n')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_given_out_whole() {
        let mut output = Output::new("", Instant::now());
        let bytes = "aé😀".as_bytes();
        let given: Vec<String> = bytes
            .iter()
            .map(|&byte| output.push(&[byte]).to_owned())
            .collect();
        assert_eq!(given, ["a", "", "é", "", "", "", "😀"]);
        assert_eq!(output.into_text(), "aé😀");
    }

    #[test]
    fn the_first_hunk_is_the_first_changed_line() {
        let mut output = Output::new("one\ntwo\nthree\n", Instant::now());
        output.push(b"one\ntw");
        output.push(b"ice");
        assert_eq!(output.first_hunk(), None);
        output.push(b"\n");
        assert!(output.first_hunk().is_some());
    }
}
