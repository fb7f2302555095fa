use std::collections::HashMap;

/// Longer agreement than this says nothing more about where the output stands.
const LONGEST_SUFFIX: usize = 256;

/// A token sequence that can be searched for the end of another.
pub struct Source {
    tokens: Vec<u32>,
    places: HashMap<u32, Vec<usize>>,
}

/// A place in a source where the output seems to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Index of the token that would come next.
    pub next: usize,
    /// How many tokens before `next` agree with the end of the output.
    pub evidence: usize,
}

impl Source {
    /// Indexes `tokens` by id.
    pub fn new(tokens: Vec<u32>) -> Self {
        let mut places: HashMap<u32, Vec<usize>> = HashMap::new();
        for (place, &token) in tokens.iter().enumerate() {
            places.entry(token).or_default().push(place);
        }
        Self { tokens, places }
    }

    /// All tokens.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// The place behind the longest suffix of `output`. Among equals the nearest one at or behind
    /// `expected` is preferred, then the nearest one before it: edits seldom reorder a file.
    pub fn find(&self, output: &[u32], expected: usize) -> Option<Place> {
        let last = output.last()?;
        self.places
            .get(last)?
            .iter()
            .map(|&place| Place {
                next: place + 1,
                evidence: common_suffix(&self.tokens[..=place], output),
            })
            .max_by_key(|place| {
                let behind = place.next > expected;
                let distance = place.next.abs_diff(expected + 1);
                (place.evidence, behind, std::cmp::Reverse(distance))
            })
    }
}

fn common_suffix(left: &[u32], right: &[u32]) -> usize {
    left.iter()
        .rev()
        .zip(right.iter().rev())
        .take(LONGEST_SUFFIX)
        .take_while(|(left, right)| left == right)
        .count()
}
