use super::{Draft, Drafter, Source};

/// Drafts from the source in which the longest suffix of the output is found.
///
/// Each source keeps a cursor behind the last token it contributed. After a rejection every source
/// is searched anew at the very next step, with the one token that the model corrected as the
/// freshest evidence: the sketch holds new text and its surroundings, the original holds the rest,
/// so the longer suffix tells which of them the model is copying.
pub struct SuffixMatch {
    sources: Vec<Cursor>,
    /// The source and place of the last draft, to go on without a search while it holds.
    current: Option<usize>,
    seen: usize,
}

struct Cursor {
    source: Source,
    next: usize,
    evidence: usize,
}

impl SuffixMatch {
    /// Drafts from `sources`; earlier ones win ties, and the first is drafted from at the start.
    pub fn new(sources: impl IntoIterator<Item = Source>) -> Self {
        let sources: Vec<_> = sources
            .into_iter()
            .map(|source| Cursor {
                source,
                next: 0,
                evidence: 0,
            })
            .collect();
        let current = (!sources.is_empty()).then_some(0);
        Self {
            sources,
            current,
            seen: 0,
        }
    }

    /// Moves the current cursor over the tokens of `output` not seen before, or drops it at the
    /// first one that differs.
    fn follow(&mut self, output: &[u32]) {
        let Some(current) = self.current else { return };
        let cursor = &mut self.sources[current];
        for token in &output[self.seen..] {
            if cursor.source.tokens().get(cursor.next) != Some(token) {
                self.current = None;
                return;
            }
            cursor.next += 1;
            cursor.evidence += 1;
        }
    }

    fn search(&mut self, output: &[u32]) {
        let mut best = 0;
        for (index, cursor) in self.sources.iter_mut().enumerate() {
            let Some(place) = cursor.source.find(output, cursor.next) else {
                continue;
            };
            if place.evidence > best {
                best = place.evidence;
                self.current = Some(index);
            }
            cursor.next = place.next;
            cursor.evidence = place.evidence;
        }
    }
}

impl Drafter for SuffixMatch {
    fn draft(&mut self, output: &[u32], limit: usize) -> Draft {
        self.follow(output);
        if self.current.is_none() {
            self.search(output);
        }
        self.seen = output.len();
        let Some(current) = self.current else {
            return Draft::default();
        };
        let cursor = &self.sources[current];
        let rest = &cursor.source.tokens()[cursor.next..];
        if rest.is_empty() {
            self.current = None;
        }
        Draft {
            tokens: rest[..rest.len().min(limit)].to_vec(),
            evidence: cursor.evidence,
        }
    }
}
