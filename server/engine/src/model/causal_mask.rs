//! What new positions must not see.

use candle_core::{DType, Device, Tensor};

/// Positions by which the mask grows.
const GROWTH: usize = 2048;

/// Masks for any number of new rows at any position, all of them views of one tensor: a pass then neither computes nor
/// copies one.
///
/// Row `r` of the tensor has minus infinity from column `positions + r + 1` on. The mask of rows at `position` starts
/// `position` columns before `positions`.
pub(super) struct CausalMask {
    band: Tensor,
    rows: usize,
    positions: usize,
}

impl CausalMask {
    /// For at most `rows` rows at a time.
    pub(super) fn new(rows: usize, dtype: DType, device: &Device) -> candle_core::Result<Self> {
        Ok(Self {
            band: Tensor::zeros((rows, 0), dtype, device)?,
            rows,
            positions: 0,
        })
    }

    /// Makes sure that there are masks for rows at the first `positions` positions.
    pub(super) fn reserve(&mut self, positions: usize) -> candle_core::Result<()> {
        if positions <= self.positions {
            return Ok(());
        }
        let (dtype, device) = (self.band.dtype(), self.band.device().clone());
        let positions = positions.next_multiple_of(GROWTH);
        let width = positions + self.rows;
        let mut band = vec![0.0f32; self.rows * width];
        for (row, values) in band.chunks_mut(width).enumerate() {
            values[positions + row + 1..].fill(f32::NEG_INFINITY);
        }
        self.band = Tensor::from_vec(band, (self.rows, width), &device)?.to_dtype(dtype)?;
        self.positions = positions;
        Ok(())
    }

    /// What is added to the scores of `rows` new rows at `position`, `[rows, position + rows]`: minus infinity where a
    /// key lies behind the query.
    pub(super) fn view(&self, position: usize, rows: usize) -> candle_core::Result<Tensor> {
        let visible = position + rows;
        let rows = self.band.narrow(0, 0, rows)?;
        rows.narrow(1, self.positions - position, visible)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_sees_what_is_before_it_and_itself() {
        let mut mask = CausalMask::new(4, DType::F32, &Device::Cpu).expect("there is room");
        for (position, rows) in [(0, 1), (0, 4), (7, 3), (2047, 2), (5000, 4)] {
            mask.reserve(position + rows).expect("there is room");
            let view = mask.view(position, rows).expect("it is reserved");
            let values = view.to_vec2::<f32>().expect("they are floats");
            for (row, values) in values.iter().enumerate() {
                let seen = values.iter().take_while(|value| **value == 0.0).count();
                assert_eq!(seen, position + row + 1);
                assert_eq!(values.len(), position + rows);
                assert!(
                    values[seen..]
                        .iter()
                        .all(|value| *value == f32::NEG_INFINITY)
                );
            }
        }
    }
}
