//! The two best tokens of each row and some given ones, found on the device.

use candle_core::{D, DType, Tensor};

use super::language_model::{CandidateLogits, Choice};
use crate::copy_head::{CANDIDATES, NO_TOKEN};

/// The choices of logits `[rows, vocab_size]`, f32; four numbers per row come to the host.
///
/// Token ids travel as f32, which is exact up to 2^24. Of equal logits a graphics card may take another than the first,
/// but always the same one of the same row.
pub(super) fn top_two(logits: &Tensor) -> candle_core::Result<Vec<Choice>> {
    let best = logits.argmax_keepdim(D::Minus1)?;
    let nothing = Tensor::full(f32::NEG_INFINITY, best.shape(), logits.device())?;
    let others = logits.scatter(&best, &nothing, D::Minus1)?;
    let second = others.argmax_keepdim(D::Minus1)?;
    let columns = [
        best.to_dtype(DType::F32)?,
        logits.gather(&best, D::Minus1)?,
        second.to_dtype(DType::F32)?,
        logits.gather(&second, D::Minus1)?,
    ];
    let rows = Tensor::cat(&columns, D::Minus1)?.to_vec2::<f32>()?;
    Ok(rows
        .iter()
        .map(|row| Choice {
            token: row[0] as u32,
            logit: row[1],
            runner_up: row[2] as u32,
            runner_up_logit: row[3],
        })
        .collect())
}

/// The logits asked for of each row; those of `NO_TOKEN` mean nothing.
pub(super) fn gathered(
    logits: &Tensor,
    asked: &[[u32; CANDIDATES]],
) -> candle_core::Result<Vec<CandidateLogits>> {
    let ids = asked.as_flattened().iter();
    let ids: Vec<u32> = ids
        .map(|&token| if token == NO_TOKEN { 0 } else { token })
        .collect();
    let ids = Tensor::from_vec(ids, (asked.len(), CANDIDATES), logits.device())?;
    let rows = logits.gather(&ids, D::Minus1)?.to_vec2::<f32>()?;
    Ok(rows
        .iter()
        .map(|row| std::array::from_fn(|place| row[place]))
        .collect())
}

#[cfg(test)]
mod tests {
    use candle_core::Device;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_what_a_scan_finds(
            rows in prop::collection::vec(prop::collection::vec(-3i8..3, 40), 1..5),
        ) {
            // Few values, so that many are equal.
            let rows: Vec<Vec<f32>> = rows.iter().map(|row| row.iter().copied().map(f32::from).collect()).collect();
            let logits = Tensor::new(rows.clone(), &Device::Cpu).expect("they are a matrix");
            let expected: Vec<Choice> = rows.iter().map(|row| Choice::of_logits(row)).collect();
            prop_assert_eq!(top_two(&logits).expect("it is f32"), expected);
            let asked = vec![[3, NO_TOKEN, 39]; rows.len()];
            let given = gathered(&logits, &asked).expect("it is f32");
            for (row, given) in rows.iter().zip(given) {
                prop_assert_eq!((given[0], given[2]), (row[3], row[39]));
            }
        }
    }
}
