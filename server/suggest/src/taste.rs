//! What an alignment prefers where the sketch does not tell.

/// How readily rows take the place of others, and what brackets of their own cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Taste {
    /// Added to the likeness that a row needs to take the place of another.
    pub(crate) caution: f32,
    /// What a new row without letters costs. A high price keeps brackets balanced.
    pub(crate) closer: f32,
}

impl Taste {
    pub(crate) const PLAIN: Self = Self {
        caution: 0.0,
        closer: 0.05,
    };
    pub(crate) const CLOSING: Self = Self {
        caution: 0.0,
        closer: 0.6,
    };
    pub(crate) const BOLD: Self = Self {
        caution: -0.15,
        closer: 0.2,
    };
    /// Nothing takes the place of anything but its equal or nearly so.
    pub(crate) const TIMID: Self = Self {
        caution: 0.4,
        closer: 0.05,
    };
    pub(crate) const CAREFUL: Self = Self {
        caution: 0.15,
        closer: 0.05,
    };
}
