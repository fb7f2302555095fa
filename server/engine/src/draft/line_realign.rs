use super::{Draft, Drafter};

/// Drafts the rest of the original; after a rejection waits until a whole line has been written
/// that stands in the rest of the original, and goes on behind it.
///
/// The rule of Cascade's predicted outputs: kept to compare with. Theirs realigns by a Myers
/// difference one step late; this one at once, which flatters it.
pub struct LineRealign {
    original: Vec<u32>,
    line_ends: Vec<u32>,
    next: usize,
    in_step: bool,
    seen: usize,
}

impl LineRealign {
    /// Drafts from `original`; `line_ends` are the tokens that end a line, sorted.
    pub fn new(original: Vec<u32>, line_ends: Vec<u32>) -> Self {
        Self {
            original,
            line_ends,
            next: 0,
            in_step: true,
            seen: 0,
        }
    }

    fn ends_line(&self, token: u32) -> bool {
        self.line_ends.binary_search(&token).is_ok()
    }

    /// The last complete line of `output`, if its last token completes one.
    fn finished_line<'a>(&self, output: &'a [u32]) -> Option<&'a [u32]> {
        let (&last, before) = output.split_last()?;
        if !self.ends_line(last) {
            return None;
        }
        let start = before
            .iter()
            .rposition(|&token| self.ends_line(token))
            .map_or(0, |at| at + 1);
        Some(&output[start..])
    }

    fn realign(&mut self, output: &[u32]) {
        let Some(line) = self.finished_line(output) else {
            return;
        };
        let begins = |at: usize| at == 0 || self.ends_line(self.original[at - 1]);
        let found = (self.next..=self.original.len().saturating_sub(line.len()))
            .find(|&at| begins(at) && self.original[at..].starts_with(line));
        if let Some(at) = found {
            self.next = at + line.len();
            self.in_step = true;
        }
    }
}

impl Drafter for LineRealign {
    fn draft(&mut self, output: &[u32], limit: usize) -> Draft {
        for end in self.seen + 1..=output.len() {
            let token = output[end - 1];
            if self.in_step && self.original.get(self.next) == Some(&token) {
                self.next += 1;
            } else {
                self.in_step = false;
                self.realign(&output[..end]);
            }
        }
        self.seen = output.len();
        if !self.in_step {
            return Draft::default();
        }
        let rest = &self.original[self.next.min(self.original.len())..];
        Draft {
            tokens: rest[..rest.len().min(limit)].to_vec(),
            evidence: 1,
        }
    }
}
