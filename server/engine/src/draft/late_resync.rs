use super::{Draft, Drafter};

/// Tokens that have to agree before the original is trusted again.
const AGREEMENT: usize = 7;

/// Drafts the rest of the original; after a rejection waits until the last seven tokens occur in
/// what remains of it.
///
/// The reuse rule of EfficientEdit (arXiv 2506.02780) without its draft model: kept to compare with.
pub struct LateResync {
    original: Vec<u32>,
    /// Index of the next token, while in step.
    next: usize,
    in_step: bool,
    seen: usize,
}

impl LateResync {
    /// Drafts from `original`.
    pub fn new(original: Vec<u32>) -> Self {
        Self {
            original,
            next: 0,
            in_step: true,
            seen: 0,
        }
    }
}

impl Drafter for LateResync {
    fn draft(&mut self, output: &[u32], limit: usize) -> Draft {
        for token in &output[self.seen..] {
            self.in_step = self.in_step && self.original.get(self.next) == Some(token);
            self.next += usize::from(self.in_step);
        }
        self.seen = output.len();
        if !self.in_step && output.len() >= AGREEMENT {
            let ending = &output[output.len() - AGREEMENT..];
            let rest = &self.original[self.next.min(self.original.len())..];
            if let Some(at) = rest.windows(AGREEMENT).position(|window| window == ending) {
                self.next += at + AGREEMENT;
                self.in_step = true;
            }
        }
        if !self.in_step {
            return Draft::default();
        }
        let rest = &self.original[self.next.min(self.original.len())..];
        Draft {
            tokens: rest[..rest.len().min(limit)].to_vec(),
            evidence: AGREEMENT,
        }
    }
}
