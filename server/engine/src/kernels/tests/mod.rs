//! Kernels against plain f64 loops, and bit by bit against themselves in other company.

#![allow(clippy::unwrap_used)]

mod attention;
mod elementwise;
mod products;

use super::*;

/// Numbers that look random, roughly normal, about one wide.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        let mut sum = 0.0;
        for _ in 0..4 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            sum += (self.0 >> 40) as f32 / (1 << 24) as f32 - 0.5;
        }
        sum * 1.7
    }

    fn vector(&mut self, length: usize) -> Vec<f32> {
        (0..length).map(|_| self.next()).collect()
    }
}

fn machines() -> Vec<Machine> {
    InstructionSet::available()
        .flat_map(|set| [1, 3].map(|threads| Machine::new(set, threads)))
        .collect()
}

fn filled(machine: &Machine, precision: RowPrecision, rows: &[&[f32]]) -> Rows {
    let mut filled = Rows::new(precision, rows.len(), rows[0].len());
    for (index, row) in rows.iter().enumerate() {
        filled.row_mut(index).copy_from_slice(row);
    }
    machine.seal(&mut filled, rows.len());
    filled
}

fn matrix(machine: &Machine, precision: Precision, weights: &[f32], inputs: usize) -> Matrix {
    let mut matrix = Matrix::new(precision, weights.len() / inputs, inputs);
    matrix.set(machine, 0, weights);
    matrix
}

/// Without fused multiply-add the portable kernels round products, too.
fn rounds_once(set: InstructionSet) -> bool {
    set.name() != "portable" || cfg!(any(target_feature = "fma", target_arch = "aarch64"))
}
