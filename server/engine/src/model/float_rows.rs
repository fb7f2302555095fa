use std::borrow::Cow;
use std::ops::Range;

use crate::Error;

/// A tensor of f32 that is read some rows at a time, from any thread.
pub trait FloatRows: Sync {
    /// How many numbers it has in all.
    fn len(&self) -> usize;

    /// Whether it has none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers of some rows of `width` numbers each; they exist.
    fn read(&self, rows: Range<usize>, width: usize) -> Result<Cow<'_, [f32]>, Error>;
}

impl FloatRows for Vec<f32> {
    fn len(&self) -> usize {
        self.len()
    }

    fn read(&self, rows: Range<usize>, width: usize) -> Result<Cow<'_, [f32]>, Error> {
        Ok(Cow::Borrowed(&self[rows.start * width..rows.end * width]))
    }
}
