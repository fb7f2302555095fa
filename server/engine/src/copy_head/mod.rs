//! The copy head: what an output that is copied from two texts goes on with.
//!
//! Nearly every token of a rewrite continues a copy, of the original or of the sketch, and nearly
//! every error of a small model is a copy that goes astray: its attention looks back a few tokens,
//! and those stand in several places. Where the output stands in both texts is known exactly. The
//! head is a small network that sees this, and says for the next token of each copy how likely it
//! comes; greedy decoding then takes the best of `logit + WEIGHT * log(likelihood)`. It is trained
//! without the model (`fit_copy_head` in `model-assets/training`) and belongs to an adapter.
//!
//! After See et al., "Get To The Point: Summarization with Pointer-Generator Networks" (2017), but
//! with places from matching instead of attention, and a product of the two opinions instead of a
//! mixture. Its opinion is a function of the prompt and of the output so far, so drafts change
//! nothing.

mod candidates;
mod copies;
mod features;
mod network;
mod suffix;
mod text;

use std::sync::Arc;

pub use candidates::{CANDIDATES, Candidates, NO_TOKEN};
pub use copies::{Copies, CopySources};
pub use features::FEATURES;
pub use network::Network;

/// A network and the texts of one rewrite.
#[derive(Clone)]
pub struct CopyHead {
    /// The network.
    pub network: Arc<Network>,
    /// The texts.
    pub sources: Arc<CopySources>,
}

/// What a copy head expects of an output in progress.
pub(crate) struct Expectation<'a> {
    network: &'a Network,
    copies: Copies,
}

impl<'a> Expectation<'a> {
    /// That of an empty output.
    pub(crate) fn new(head: &'a CopyHead) -> Self {
        Self {
            network: &head.network,
            copies: Copies::new(Arc::clone(&head.sources)),
        }
    }

    /// Takes the output's next token.
    pub(crate) fn advance(&mut self, token: u32) {
        self.copies.advance(token);
    }

    /// What comes behind the output, and behind each token of a draft.
    pub(crate) fn along(&self, draft: &[u32]) -> Vec<Candidates> {
        let mut copies = self.copies.clone();
        let mut expected = vec![copies.candidates(self.network)];
        for &token in draft {
            copies.advance(token);
            expected.push(copies.candidates(self.network));
        }
        expected
    }
}
