//! What new positions must not see.

use candle_core::{DType, Device, Tensor};

use super::tiling::Tiling;

/// The masks of a tile at any position: what lies before its span is seen by every row, so only the span is masked.
///
/// Row `r` of the band, `[rows, 2 * span]`, has minus infinity behind column `span + r`; a tile that starts `offset`
/// positions into its span takes the columns from `span - offset` on.
pub(super) struct CausalMask {
    band: Tensor,
    tiling: Tiling,
}

impl CausalMask {
    pub(super) fn new(tiling: Tiling, dtype: DType, device: &Device) -> candle_core::Result<Self> {
        let Tiling { rows, span } = tiling;
        let mut band = vec![0.0f32; rows * 2 * span];
        for (row, values) in band.chunks_mut(2 * span).enumerate() {
            values[span + row + 1..].fill(f32::NEG_INFINITY);
        }
        let band = Tensor::from_vec(band, (rows, 2 * span), device)?.to_dtype(dtype)?;
        Ok(Self { band, tiling })
    }

    /// What is added to the scores that a tile at `position` gives its span, `[key_heads, group * rows, span]`.
    ///
    /// It is written out for every head once a tile, because adding it in every layer then is a plain sum.
    pub(super) fn of_tile(
        &self,
        position: usize,
        key_heads: usize,
        group: usize,
    ) -> candle_core::Result<Tensor> {
        let Tiling { rows, span } = self.tiling;
        let offset = position % span;
        self.band
            .narrow(1, span - offset, span)?
            .broadcast_as((key_heads, group, rows, span))?
            .contiguous()?
            .reshape((key_heads, group * rows, span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_sees_what_is_before_it_and_itself() {
        let tiling = Tiling { rows: 4, span: 8 };
        let mask = CausalMask::new(tiling, DType::F32, &Device::Cpu).expect("there is room");
        for position in [0, 3, 7, 8, 13] {
            let masked = mask.of_tile(position, 2, 3).expect("it is in the band");
            let heads = masked.to_vec3::<f32>().expect("they are floats");
            assert_eq!((heads.len(), heads[0].len()), (2, 12));
            for (row, values) in heads.iter().flatten().enumerate() {
                let expected: Vec<f32> = (0..8)
                    .map(|column| match column <= position % 8 + row % 4 {
                        true => 0.0,
                        false => f32::NEG_INFINITY,
                    })
                    .collect();
                assert_eq!(*values, expected, "position {position}, row {row}");
            }
        }
    }
}
