//! Kernels against plain f64 loops, and bit by bit against themselves in other company.

#![allow(clippy::unwrap_used)]

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

fn exact(row: &[f32], weights: &[f32]) -> f64 {
    row.iter()
        .zip(weights)
        .map(|(a, b)| f64::from(*a) * f64::from(*b))
        .sum()
}

/// All forms of rows.
const ROW_PRECISIONS: [RowPrecision; 3] =
    [RowPrecision::F32, RowPrecision::Int8, RowPrecision::Int16];

/// The weights that rows are multiplied with.
fn weights_for(rows: RowPrecision) -> Precision {
    match rows {
        RowPrecision::F32 => Precision::F32,
        RowPrecision::Int8 | RowPrecision::Int16 => Precision::Int8,
    }
}

/// Of the root of the sum of the squares of the products. f32 loses some units in the last place
/// per sum. 8 bits lose about 0.008 of a typical weight, and as much of a typical element of a row;
/// these are five times that. What 8-bit products are exactly is another test's matter.
fn tolerance(precision: RowPrecision) -> f64 {
    match precision {
        RowPrecision::F32 => 1e-5,
        RowPrecision::Int16 => 4e-2,
        RowPrecision::Int8 => 6e-2,
    }
}

#[test]
fn projections_are_near_the_exact_ones() {
    let mut noise = Noise(1);
    for (outputs, inputs) in [
        (1, 1),
        (47, 20),
        (48, 64),
        (50, 100),
        (192, 576),
        (100, 1536),
    ] {
        let weights = noise.vector(outputs * inputs);
        let rows: Vec<Vec<f32>> = (0..11).map(|_| noise.vector(inputs)).collect();
        let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        for machine in machines() {
            for precision in ROW_PRECISIONS {
                let matrix = matrix(&machine, weights_for(precision), &weights, inputs);
                let from = filled(&machine, precision, &rows);
                let mut to = Rows::new(RowPrecision::F32, rows.len(), outputs);
                machine.project(&from, rows.len(), &matrix, &mut to);
                for (index, row) in rows.iter().enumerate() {
                    for (value, weights) in to.row(index).iter().zip(weights.chunks(inputs)) {
                        let size = row.iter().zip(weights).map(|(a, b)| (a * b).powi(2));
                        let allowed = tolerance(precision) * f64::from(size.sum::<f32>().sqrt());
                        let difference = (f64::from(*value) - exact(row, weights)).abs();
                        assert!(
                            difference <= allowed,
                            "{outputs} x {inputs}, {precision:?}, {}: {difference} > {allowed}",
                            machine.instructions().name()
                        );
                    }
                }
            }
        }
    }
}

/// A block with a single number has the same absolute value everywhere once it is rotated: no sum of
/// products is larger.
#[test]
fn the_largest_sums_do_not_overflow() {
    let inputs = 128;
    let single = |index: usize, value: f32| {
        let mut numbers = vec![0.0; inputs];
        numbers[index] = value;
        numbers
    };
    let weights: Vec<f32> = (0..96)
        .flat_map(|output| single(output, if output % 2 == 0 { 3.0 } else { -3.0 }))
        .collect();
    for machine in machines() {
        for precision in [RowPrecision::Int8, RowPrecision::Int16] {
            let matrix = matrix(&machine, Precision::Int8, &weights, inputs);
            for (index, value) in [(0, 2.0), (1, 2.0), (64, -2.0), (95, -2.0)] {
                let from = filled(&machine, precision, &[&single(index, value)]);
                let mut to = Rows::new(RowPrecision::F32, 1, 96);
                machine.project(&from, 1, &matrix, &mut to);
                for (output, &product) in to.row(0).iter().enumerate() {
                    let right = if output == index { 3.0 * value } else { 0.0 };
                    let right = if output % 2 == 0 { right } else { -right };
                    let name = machine.instructions().name();
                    assert!(
                        (product - right).abs() < 1e-3,
                        "{name}, {precision:?}, {index}, {output}: {product} instead of {right}"
                    );
                }
            }
        }
    }
}

#[test]
fn eight_bit_products_equal_those_of_the_weights_read_back() {
    let mut noise = Noise(2);
    let (outputs, inputs) = (70, 200);
    let weights = noise.vector(outputs * inputs);
    for machine in machines() {
        let matrix = matrix(&machine, Precision::Int8, &weights, inputs);
        let row = noise.vector(inputs);
        let from = filled(&machine, RowPrecision::Int16, &[&row]);
        let mut to = Rows::new(RowPrecision::F32, 1, outputs);
        machine.project(&from, 1, &matrix, &mut to);
        let mut read = vec![0.0; inputs];
        for output in 0..outputs {
            matrix.read(output, &mut read);
            let difference = f64::from(to.row(0)[output]) - exact(&row, &read);
            // What is left is the rounding of the row to 16 bits.
            assert!(difference.abs() < 2e-3, "{difference}");
            let squares = weights[output * inputs..][..inputs]
                .iter()
                .zip(&read)
                .map(|(a, b)| (a - b).powi(2));
            // Rounded in steps of a 127th of a block's largest, which is below 3.5 when rotated.
            let error = (squares.sum::<f32>() / inputs as f32).sqrt();
            assert!(error < 3.5 / 127.0 / 12f32.sqrt(), "{error}");
        }
    }
}

/// Every row alone, and in batches of every size and order, must give the same bits.
#[test]
fn projections_do_not_depend_on_the_batch() {
    let mut noise = Noise(3);
    let (outputs, inputs) = (100, 130);
    let weights = noise.vector(outputs * inputs);
    let gate_weights = noise.vector(outputs * inputs);
    let rows: Vec<Vec<f32>> = (0..130).map(|_| noise.vector(inputs)).collect();
    for machine in machines() {
        for precision in ROW_PRECISIONS {
            let up = matrix(&machine, weights_for(precision), &weights, inputs);
            let gate = matrix(&machine, weights_for(precision), &gate_weights, inputs);
            let results = |order: &[usize]| {
                let chosen: Vec<&[f32]> = order.iter().map(|&row| &rows[row][..]).collect();
                let from = filled(&machine, precision, &chosen);
                let mut projected = Rows::new(RowPrecision::F32, order.len(), outputs);
                let mut gated = Rows::new(precision, order.len(), outputs);
                machine.project(&from, order.len(), &up, &mut projected);
                machine.project_and_add(&from, order.len(), &gate, &mut projected);
                machine.project_gated(&from, order.len(), &gate, &up, &mut gated);
                let choices = machine.choose(&from, 0..order.len(), &up, &mut Vec::new());
                (0..order.len())
                    .map(|i| (projected.row(i).to_vec(), gated.row(i).to_vec(), choices[i]))
                    .collect::<Vec<_>>()
            };
            let alone: Vec<_> = (0..rows.len())
                .map(|row| results(&[row]).remove(0))
                .collect();
            for count in 1..=rows.len() {
                let order: Vec<usize> = (0..count).map(|i| (i * 37 + count) % 130).collect();
                for (row, result) in order.iter().zip(results(&order)) {
                    assert!(result == alone[*row], "row {row} of {count}, {precision:?}");
                }
            }
        }
    }
}

#[test]
fn all_instruction_sets_give_the_same_bits() {
    let mut noise = Noise(4);
    let (outputs, inputs) = (100, 200);
    let up_weights = noise.vector(outputs * inputs);
    let gate_weights = noise.vector(outputs * inputs);
    let rows: Vec<Vec<f32>> = (0..9).map(|_| noise.vector(inputs)).collect();
    let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
    for precision in ROW_PRECISIONS {
        let mut first: Option<Vec<f32>> = None;
        for set in InstructionSet::available().filter(|set| rounds_once(*set)) {
            let machine = Machine::new(set, 1);
            let up = matrix(&machine, weights_for(precision), &up_weights, inputs);
            let gate = matrix(&machine, weights_for(precision), &gate_weights, inputs);
            let from = filled(&machine, precision, &rows);
            let mut to = Rows::new(precision, rows.len(), outputs);
            machine.project_gated(&from, rows.len(), &gate, &up, &mut to);
            let result: Vec<f32> = (0..rows.len())
                .flat_map(|row| to.row(row).to_vec())
                .collect();
            assert!(
                *first.get_or_insert(result.clone()) == result,
                "{}",
                set.name()
            );
        }
    }
}

/// Without fused multiply-add the portable kernels round products, too.
fn rounds_once(set: InstructionSet) -> bool {
    set.name() != "portable" || cfg!(any(target_feature = "fma", target_arch = "aarch64"))
}

#[test]
fn gated_projections_are_near_the_exact_ones() {
    let mut noise = Noise(5);
    let (outputs, inputs) = (60, 64);
    let up = noise.vector(outputs * inputs);
    let gate: Vec<f32> = noise
        .vector(outputs * inputs)
        .iter()
        .map(|w| w * 2.0)
        .collect();
    let row = noise.vector(inputs);
    for machine in machines() {
        let precision = RowPrecision::F32;
        let from = filled(&machine, precision, &[&row]);
        let mut to = Rows::new(precision, 1, outputs);
        let (gate_matrix, up_matrix) = (
            matrix(&machine, Precision::F32, &gate, inputs),
            matrix(&machine, Precision::F32, &up, inputs),
        );
        machine.project_gated(&from, 1, &gate_matrix, &up_matrix, &mut to);
        for (output, value) in to.row(0).iter().enumerate() {
            let g = exact(&row, &gate[output * inputs..][..inputs]);
            let expected = g / (1.0 + (-g).exp()) * exact(&row, &up[output * inputs..][..inputs]);
            let difference = (f64::from(*value) - expected).abs();
            assert!(
                difference < 1e-5 * (1.0 + expected.abs()),
                "{value} {expected}"
            );
        }
    }
}

#[test]
fn the_two_best_are_found_and_ties_go_to_the_lower() {
    let inputs = 64;
    for machine in machines() {
        for outputs in [2, 48, 1000] {
            for precision in ROW_PRECISIONS {
                // Each output's weight is one number, so that equal ones tie exactly.
                let heights = |output: usize| match output {
                    o if o == outputs / 3 || o == outputs - 1 => 3.0,
                    o => -1.0 - (o % 7) as f32,
                };
                let weights: Vec<f32> =
                    (0..outputs * inputs).map(|i| heights(i / inputs)).collect();
                let matrix = matrix(&machine, weights_for(precision), &weights, inputs);
                let up = vec![1.0; inputs];
                let down = vec![-1.0; inputs];
                let from = filled(&machine, precision, &[&up, &down, &up]);
                let choices = machine.choose(&from, 1..3, &matrix, &mut Vec::new());
                assert_eq!(choices[1].token as usize, outputs / 3);
                assert_eq!(choices[1].runner_up as usize, outputs - 1);
                let mut projected = Rows::new(RowPrecision::F32, 3, outputs);
                machine.project(&from, 3, &matrix, &mut projected);
                for (choice, row) in choices.iter().zip(1..) {
                    assert_eq!(*choice, crate::model::Choice::of_logits(projected.row(row)));
                }
            }
        }
    }
}

/// A number that stands out would cost the others of its block their precision.
#[test]
fn outliers_do_not_spoil_eight_bit_rows() {
    let mut noise = Noise(8);
    let (outputs, inputs) = (48, 128);
    let weights = noise.vector(outputs * inputs);
    let mut row = noise.vector(inputs);
    (row[7], row[100]) = (60.0, -45.0);
    for machine in machines() {
        let matrix = matrix(&machine, Precision::Int8, &weights, inputs);
        let from = filled(&machine, RowPrecision::Int8, &[&row]);
        let mut to = Rows::new(RowPrecision::F32, 1, outputs);
        machine.project(&from, 1, &matrix, &mut to);
        let errors = to.row(0).iter().zip(weights.chunks(inputs));
        let squares =
            errors.map(|(value, weights)| (f64::from(*value) - exact(&row, weights)).powi(2));
        let error = (squares.sum::<f64>() / outputs as f64).sqrt();
        // Without the rotation steps of the rows are 60 / 127, which alone gives 1.3.
        assert!(error < 1.0, "{error}");
    }
}

#[test]
fn norms_are_near_the_exact_ones() {
    let mut noise = Noise(6);
    for width in [5, 16, 100, 576] {
        let (row, weights) = (noise.vector(width), noise.vector(width));
        let squares: f64 = row.iter().map(|x| f64::from(*x).powi(2)).sum();
        let scale = 1.0 / (squares / width as f64 + 1e-5).sqrt();
        for machine in machines() {
            let from = filled(&machine, RowPrecision::F32, &[&row]);
            let mut to = Rows::new(RowPrecision::Int8, 1, width);
            machine.normalize(&from, 1, &weights, 1e-5, &mut to);
            for ((value, x), w) in to.row(0).iter().zip(&row).zip(&weights) {
                let expected = f64::from(*x) * scale * f64::from(*w);
                assert!(
                    (f64::from(*value) - expected).abs() < 2e-6,
                    "{value} {expected}"
                );
            }
        }
    }
}

#[test]
fn the_exponential_is_good_to_a_unit_or_two() {
    struct All(Vec<f32>);
    impl instruction_set::Kernel for All {
        type Output = Vec<f32>;
        #[inline(always)]
        fn run<L: lanes::Lanes>(self, lanes: L) -> Vec<f32> {
            let mut results = Vec::new();
            for x in self.0 {
                let value = exponential::exponential(lanes, lanes.splat(x));
                results.push(lanes.to_array(value)[3]);
            }
            results
        }
    }
    let inputs: Vec<f32> = (-8690..8800).map(|i| i as f32 / 100.0 + 0.000_7).collect();
    for set in InstructionSet::available() {
        for (x, y) in inputs.iter().zip(set.run(All(inputs.clone()))) {
            let expected = f64::from(*x).exp();
            let error = (f64::from(y) - expected).abs() / expected;
            assert!(error < 2.5e-7, "{}: exp({x}) = {y}, {error}", set.name());
        }
        let edges = vec![0.0, f32::NEG_INFINITY, -200.0, 1000.0];
        let results = set.run(All(edges));
        assert_eq!(results[..3], [1.0, 0.0, 0.0]);
        assert!(results[3].is_finite() && results[3] > 1e38);
    }
}

#[test]
fn powers_of_two_are_good_to_a_unit_or_two() {
    struct All(Vec<f32>);
    impl instruction_set::Kernel for All {
        type Output = Vec<f32>;
        #[inline(always)]
        fn run<L: lanes::Lanes>(self, lanes: L) -> Vec<f32> {
            let mut results = Vec::new();
            for x in self.0 {
                let value = exponential::power_of_two(lanes, lanes.splat(x));
                results.push(lanes.to_array(value)[0]);
            }
            results
        }
    }
    let inputs: Vec<f32> = (0..12_500).map(|i| -i as f32 / 100.0 - 0.000_7).collect();
    for set in InstructionSet::available() {
        for (x, y) in inputs.iter().zip(set.run(All(inputs.clone()))) {
            let expected = f64::from(*x).exp2();
            let error = (f64::from(y) - expected).abs() / expected;
            assert!(error < 2.5e-7, "{}: 2^{x} = {y}, {error}", set.name());
        }
        let edges = vec![0.0, -1.0, -125.0, -125.5, -200.0, f32::NEG_INFINITY];
        let results = set.run(All(edges));
        let smallest = f32::from_bits(2 << 23);
        assert_eq!(
            results,
            [1.0, 0.5, smallest, 0.0, 0.0, 0.0],
            "{}",
            set.name()
        );
    }
    let whole = [0.0, -1.0, -126.0, -127.0, f32::NEG_INFINITY].map(exponential::whole_power_of_two);
    assert_eq!(whole, [1.0, 0.5, f32::MIN_POSITIVE, 0.0, 0.0]);
}

/// A sequence of projected rows, and what attention should make of them.
struct Sequence {
    heads: Heads,
    rows: Vec<Vec<f32>>,
    frequencies: Vec<f32>,
}

impl Sequence {
    fn new(heads: Heads, length: usize) -> Self {
        let mut noise = Noise(7);
        let width = (heads.queries + 2 * heads.keys) * heads.width;
        Self {
            heads,
            rows: (0..length).map(|_| noise.vector(width)).collect(),
            frequencies: (0..heads.width / 2).map(|i| 0.3 / (1 + i) as f32).collect(),
        }
    }

    fn head(&self, row: usize, head: usize) -> &[f32] {
        &self.rows[row][head * self.heads.width..][..self.heads.width]
    }

    fn rotated(&self, row: usize, head: usize) -> Vec<f64> {
        let half = self.heads.width / 2;
        let from = self.head(row, head);
        let at = |i: usize| f64::from(from[i]);
        (0..2 * half)
            .map(|i| {
                let angle = f64::from(row as f32 * self.frequencies[i % half]);
                let (sine, cosine) = angle.sin_cos();
                match i < half {
                    true => at(i) * cosine - at(i + half) * sine,
                    false => at(i) * cosine + at(i - half) * sine,
                }
            })
            .collect()
    }

    fn expected(&self, row: usize, head: usize) -> Vec<f64> {
        let Heads {
            queries,
            keys,
            width,
        } = self.heads;
        let key_head = head / self.heads.group();
        let query = self.rotated(row, head);
        let scores: Vec<f64> = (0..=row)
            .map(|position| {
                let key = self.rotated(position, queries + key_head);
                let product: f64 = query.iter().zip(key).map(|(a, b)| a * b).sum();
                (product / (width as f64).sqrt()).exp()
            })
            .collect();
        let sum: f64 = scores.iter().sum();
        (0..width)
            .map(|i| {
                let value = |at: usize| f64::from(self.head(at, queries + keys + key_head)[i]);
                scores
                    .iter()
                    .enumerate()
                    .map(|(at, s)| s * value(at))
                    .sum::<f64>()
                    / sum
            })
            .collect()
    }

    /// Feeds the sequence in chunks of the lengths, over and over.
    fn attend(&self, machine: &Machine, precision: Precision, chunks: &[usize]) -> Vec<Vec<f32>> {
        let heads = self.heads;
        let longest = *chunks.iter().max().unwrap();
        let rotations = Rotations::new(&self.frequencies, self.rows.len());
        let mut cache = KeyValueCache::new(precision, 2, heads, self.rows.len());
        let mut queries = Queries::new(precision, heads, longest);
        let mut to = Rows::new(RowPrecision::F32, longest, heads.queries * heads.width);
        let mut scratch = AttentionScratch::default();
        let mut results = Vec::new();
        let mut chunks = chunks.iter().cycle();
        while results.len() < self.rows.len() {
            let position = results.len();
            let count = (*chunks.next().unwrap()).min(self.rows.len() - position);
            let rows: Vec<&[f32]> = self.rows[position..][..count]
                .iter()
                .map(Vec::as_slice)
                .collect();
            let projected = filled(machine, RowPrecision::F32, &rows);
            // Positions to come hold what a draft left there.
            let garbage = vec![vec![9.0; rows[0].len()]; longest];
            let garbage: Vec<&[f32]> = garbage.iter().map(Vec::as_slice).collect();
            let garbage = filled(machine, RowPrecision::F32, &garbage);
            let behind = longest.min(self.rows.len() - position);
            let to_cache = (&mut cache, 1);
            machine.rotate(
                &garbage,
                behind,
                &rotations,
                position,
                &mut queries,
                to_cache,
            );
            let to_cache = (&mut cache, 1);
            machine.rotate(
                &projected,
                count,
                &rotations,
                position,
                &mut queries,
                to_cache,
            );
            machine.attend(
                &queries,
                count,
                position,
                (&cache, 1),
                &mut scratch,
                &mut to,
            );
            results.extend((0..count).map(|row| to.row(row).to_vec()));
        }
        results
    }
}

/// Of values about one wide. In 16 bits, a value, a weight and a key each lose up to 1/4,094 of the
/// largest element beside it.
fn attention_tolerance(precision: Precision) -> f64 {
    match precision {
        Precision::F32 => 5e-6,
        Precision::Int8 => 2e-3,
    }
}

#[test]
fn attention_is_near_the_exact_one() {
    for (queries, keys, width) in [(9, 3, 64), (4, 4, 16), (2, 1, 128), (8, 1, 10)] {
        let heads = Heads {
            queries,
            keys,
            width,
        };
        let sequence = Sequence::new(heads, 600);
        for (machine, precision) in machines_and_precisions() {
            let results = sequence.attend(&machine, precision, &[300, 7, 90]);
            for row in [0, 1, 5, 63, 64, 255, 256, 257, 299, 300, 306, 599] {
                for head in 0..queries {
                    let actual = &results[row][head * width..][..width];
                    for (actual, expected) in actual.iter().zip(sequence.expected(row, head)) {
                        let difference = (f64::from(*actual) - expected).abs();
                        assert!(
                            difference < attention_tolerance(precision),
                            "{precision:?}, row {row}, head {head}: {difference}"
                        );
                    }
                }
            }
        }
    }
}

/// Scores may be far apart, and values of very different sizes: a key that takes nearly all the
/// weight and has nearly no value must not hide the others.
#[test]
fn a_heavy_key_of_little_value_hides_nothing() {
    let heads = Heads {
        queries: 1,
        keys: 1,
        width: 16,
    };
    let mut sequence = Sequence::new(heads, 200);
    sequence.frequencies.fill(0.0);
    for (position, row) in sequence.rows.iter_mut().enumerate() {
        row[..16].fill(2.0);
        row[16..32].fill(if position == 3 { 1.9 } else { 0.2 });
        if position == 3 {
            row[32..].fill(1e-4);
        }
    }
    for (machine, precision) in machines_and_precisions() {
        let results = sequence.attend(&machine, precision, &[200]);
        for row in [3, 10, 199] {
            let largest = sequence.expected(row, 0).into_iter().fold(0.0, f64::max);
            for (actual, expected) in results[row].iter().zip(sequence.expected(row, 0)) {
                let difference = (f64::from(*actual) - expected).abs();
                assert!(
                    difference < attention_tolerance(precision) * largest,
                    "{precision:?}, row {row}: {actual} where {expected} is right"
                );
            }
        }
    }
}

fn machines_and_precisions() -> impl Iterator<Item = (Machine, Precision)> {
    let precisions = [Precision::F32, Precision::Int8];
    precisions
        .into_iter()
        .flat_map(|precision| machines().into_iter().map(move |m| (m, precision)))
}

#[test]
fn attention_does_not_depend_on_the_batch() {
    for (queries, keys, width) in [(9, 3, 64), (4, 2, 32)] {
        let heads = Heads {
            queries,
            keys,
            width,
        };
        let sequence = Sequence::new(heads, 700);
        for precision in [Precision::F32, Precision::Int8] {
            let mut first: Option<Vec<Vec<f32>>> = None;
            for machine in machines() {
                if !rounds_once(machine.instructions()) {
                    first = None;
                }
                let results = sequence.attend(&machine, precision, &[1]);
                if let Some(first) = &first {
                    assert!(*first == results, "{}", machine.instructions().name());
                }
                for chunks in [
                    &[700][..],
                    &[2, 3, 5, 17, 130],
                    &[64, 1, 8, 300],
                    &[255],
                    &[31, 33],
                ] {
                    assert!(
                        sequence.attend(&machine, precision, chunks) == results,
                        "{precision:?}, {chunks:?}"
                    );
                }
                first = Some(results);
            }
        }
    }
}
