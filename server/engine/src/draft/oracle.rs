use super::{Draft, Drafter};

/// Knows the true output and drafts the longest run of it that one of the sources holds.
///
/// This is the bound for every drafter that copies one run per step.
pub struct Oracle {
    truth: Vec<u32>,
    /// For each place of the truth, the length of the longest run from there in any source.
    runs: Vec<usize>,
}

impl Oracle {
    /// Measures every run of `truth` in `sources`.
    pub fn new<const N: usize>(truth: Vec<u32>, sources: [Vec<u32>; N]) -> Self {
        let mut runs = vec![0; truth.len() + 1];
        for source in sources {
            // One row of the longest-common-extension table at a time, from the end.
            let mut behind = vec![0_usize; source.len() + 1];
            for place in (0..truth.len()).rev() {
                let mut row = vec![0; source.len() + 1];
                for at in 0..source.len() {
                    if source[at] == truth[place] {
                        row[at] = behind[at + 1] + 1;
                        runs[place] = runs[place].max(row[at]);
                    }
                }
                behind = row;
            }
        }
        Self { truth, runs }
    }
}

impl Drafter for Oracle {
    fn draft(&mut self, output: &[u32], limit: usize) -> Draft {
        let place = output.len().min(self.truth.len());
        let length = self.runs[place].min(limit);
        Draft {
            tokens: self.truth[place..place + length].to_vec(),
            evidence: length,
        }
    }
}
