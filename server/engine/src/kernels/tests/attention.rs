//! Attention over the cache.

use super::*;

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
