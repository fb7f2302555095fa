//! Products of rows with matrices.

use super::*;

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
