//! Norms, and functions of one number.

use super::*;

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

/// A function of one number.
#[derive(Clone, Copy, Debug)]
enum Function {
    Exponential,
    PowerOfTwo,
}

/// A function of each of some numbers.
struct Each(Function, Vec<f32>);

impl instruction_set::Kernel for Each {
    type Output = Vec<f32>;

    #[inline(always)]
    fn run<L: lanes::Lanes>(self, lanes: L) -> Vec<f32> {
        let mut results = Vec::new();
        for x in self.1 {
            let x = lanes.splat(x);
            let value = match self.0 {
                Function::Exponential => exponential::exponential(lanes, x),
                Function::PowerOfTwo => exponential::power_of_two(lanes, x),
            };
            results.push(lanes.to_array(value)[3]);
        }
        results
    }
}

/// On every instruction set, within two units in the last place.
fn check(function: Function, inputs: &[f32], exact: impl Fn(f64) -> f64) {
    for set in InstructionSet::available() {
        for (x, y) in inputs.iter().zip(set.run(Each(function, inputs.to_vec()))) {
            let expected = exact(f64::from(*x));
            let error = (f64::from(y) - expected).abs() / expected;
            let name = set.name();
            assert!(error < 2.5e-7, "{name}: {function:?} of {x} = {y}, {error}");
        }
    }
}

#[test]
fn the_exponential_is_good_to_a_unit_or_two() {
    let inputs: Vec<f32> = (-8690..8800).map(|i| i as f32 / 100.0 + 0.000_7).collect();
    check(Function::Exponential, &inputs, f64::exp);
    for set in InstructionSet::available() {
        let edges = vec![0.0, f32::NEG_INFINITY, -200.0, 1000.0];
        let results = set.run(Each(Function::Exponential, edges));
        assert_eq!(results[..3], [1.0, 0.0, 0.0]);
        assert!(results[3].is_finite() && results[3] > 1e38);
    }
}

#[test]
fn powers_of_two_are_good_to_a_unit_or_two() {
    let inputs: Vec<f32> = (0..12_500).map(|i| -i as f32 / 100.0 - 0.000_7).collect();
    check(Function::PowerOfTwo, &inputs, f64::exp2);
    for set in InstructionSet::available() {
        let edges = vec![0.0, -1.0, -125.0, -125.5, -200.0, f32::NEG_INFINITY];
        let results = set.run(Each(Function::PowerOfTwo, edges));
        let smallest = f32::from_bits(2 << 23);
        let expected = [1.0, 0.5, smallest, 0.0, 0.0, 0.0];
        assert_eq!(results, expected, "{}", set.name());
    }
    let whole = [0.0, -1.0, -126.0, -127.0, f32::NEG_INFINITY].map(exponential::whole_power_of_two);
    assert_eq!(whole, [1.0, 0.5, f32::MIN_POSITIVE, 0.0, 0.0]);
}
