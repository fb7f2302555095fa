//! The processor's kernels against what the processor can do at most.

use std::hint::black_box;
use std::time::{Duration, Instant};

use fast_apply_engine::kernels::{
    Arithmetic, AttentionScratch, Heads, KeyValueCache, Machine, Matrix, Precision, Queries,
    Rotations, RowPrecision, Rows,
};
use serde::Serialize;

/// Layers of the model whose shapes are measured, SmolLM2-135M: every product and every attention is
/// done for all of them in turn, so that weights and keys come from where they come from in a model.
const LAYERS: usize = 30;
const HIDDEN: usize = 576;
const HEADS: Heads = Heads {
    queries: 9,
    keys: 3,
    width: 64,
};

/// Products that the model consists of: outputs, inputs, and the form of the rows.
const PRODUCTS: [(&str, usize, usize, RowPrecision); 4] = [
    ("queries, keys, values", 960, HIDDEN, RowPrecision::Int8),
    ("attention output", HIDDEN, HIDDEN, RowPrecision::Int8),
    ("gate, up", 3072, HIDDEN, RowPrecision::Int8),
    ("down", HIDDEN, 1536, RowPrecision::Int16),
];
const ROWS: [usize; 6] = [1, 8, 32, 128, 256, 512];
const DEPTHS: [usize; 2] = [2048, 4096];

/// One measurement.
#[derive(Debug, Clone, Serialize)]
pub struct KernelSpeed {
    /// What was computed.
    pub name: String,
    /// Rows at a time.
    pub rows: usize,
    /// Operations a second, a product and a sum being two; for one row bytes of weights a second.
    pub speed: f64,
    /// The most that this machine did in the same unit, measured in the same run.
    pub peak: f64,
}

/// What the machine did at most.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Peaks {
    /// f32 operations a second.
    pub floats: f64,
    /// Operations on bytes a second.
    pub bytes: f64,
    /// Operations on 16-bit numbers a second.
    pub shorts: f64,
    /// Bytes read a second, from as much memory as the weights take.
    pub read: f64,
}

impl Peaks {
    /// The best of `rounds` measurements of each.
    pub fn measure(machine: &Machine, rounds: usize) -> Self {
        let operations = |arithmetic| {
            let best = fastest(rounds, || {
                black_box(machine.peak_operations(arithmetic, 100_000));
            });
            machine.peak_operations(arithmetic, 100_000) as f64 / best.as_secs_f64()
        };
        let memory = vec![1.0f32; 32 << 20];
        let read = fastest(rounds, || {
            black_box(machine.read_through(&memory));
        });
        Self {
            floats: operations(Arithmetic::Floats),
            bytes: operations(Arithmetic::Bytes),
            shorts: operations(Arithmetic::Shorts),
            read: size_of_val(&memory[..]) as f64 / read.as_secs_f64(),
        }
    }
}

/// Measures the 8-bit kernels; medians of `rounds`.
pub fn measure_kernels(machine: &Machine, peaks: &Peaks, rounds: usize) -> Vec<KernelSpeed> {
    let mut speeds = Vec::new();
    for (name, outputs, inputs, form) in PRODUCTS {
        speeds.extend(products(
            machine,
            peaks,
            rounds,
            (name, outputs, inputs, form),
        ));
    }
    for depth in DEPTHS {
        speeds.extend(attention(machine, peaks, rounds, depth));
    }
    speeds
}

fn products(
    machine: &Machine,
    peaks: &Peaks,
    rounds: usize,
    (name, outputs, inputs, form): (&str, usize, usize, RowPrecision),
) -> Vec<KernelSpeed> {
    let weights = noise(outputs * inputs);
    let matrices: Vec<Matrix> = (0..LAYERS)
        .map(|_| {
            let mut matrix = Matrix::new(Precision::Int8, outputs, inputs);
            matrix.set(machine, 0, &weights);
            matrix
        })
        .collect();
    let size: usize = matrices.iter().map(Matrix::size).sum();
    let peak = match form {
        RowPrecision::Int16 => peaks.bytes / 2.0,
        _ => peaks.bytes,
    };
    ROWS.into_iter()
        .map(|count| {
            let from = rows(machine, form, count, inputs);
            let mut to = Rows::new(RowPrecision::F32, count, outputs);
            let time = median(rounds, || {
                for matrix in &matrices {
                    machine.project(&from, count, matrix, &mut to);
                }
            });
            let operations = 2 * LAYERS * count * outputs * inputs;
            let (done, peak) = match count {
                1 => (size, peaks.read),
                _ => (operations, peak),
            };
            KernelSpeed {
                name: format!("{name}, {inputs} to {outputs}"),
                rows: count,
                speed: done as f64 / time.as_secs_f64(),
                peak,
            }
        })
        .collect()
}

fn attention(machine: &Machine, peaks: &Peaks, rounds: usize, depth: usize) -> Vec<KernelSpeed> {
    const BATCH: usize = 512;
    let capacity = depth + BATCH;
    let mut cache = KeyValueCache::new(Precision::Int8, LAYERS, HEADS, capacity);
    let rotations = Rotations::new(&[0.1; 32], capacity);
    let mut queries = Queries::new(Precision::Int8, HEADS, BATCH);
    let projected = rows(machine, RowPrecision::F32, BATCH, 15 * 64);
    for layer in 0..LAYERS {
        for position in (0..capacity).step_by(BATCH) {
            let to = (&mut cache, layer);
            machine.rotate(&projected, BATCH, &rotations, position, &mut queries, to);
        }
    }
    let mut to = Rows::new(RowPrecision::F32, BATCH, HIDDEN);
    let mut scratch = AttentionScratch::default();
    let counts = ROWS.into_iter().filter(|&count| count > 1);
    counts
        .map(|count| {
            let time = median(rounds, || {
                for layer in 0..LAYERS {
                    let from = (&cache, layer);
                    machine.attend(&queries, count, depth, from, &mut scratch, &mut to);
                }
            });
            let seen: usize = (1..=count).map(|row| depth + row).sum();
            let operations = LAYERS * 4 * HIDDEN * seen;
            KernelSpeed {
                name: format!("attention at {depth}"),
                rows: count,
                speed: operations as f64 / time.as_secs_f64(),
                peak: peaks.shorts,
            }
        })
        .collect()
}

fn rows(machine: &Machine, form: RowPrecision, count: usize, width: usize) -> Rows {
    let mut rows = Rows::new(form, count, width);
    for row in 0..count {
        rows.row_mut(row).copy_from_slice(&noise(width));
    }
    machine.seal(&mut rows, count);
    rows
}

fn noise(length: usize) -> Vec<f32> {
    (0..length)
        .map(|i| ((i * 7919 % 1000) as f32 - 500.0) / 5000.0)
        .collect()
}

fn times(rounds: usize, mut run: impl FnMut()) -> Vec<Duration> {
    run();
    let mut times: Vec<Duration> = (0..rounds.max(1))
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort();
    times
}

fn fastest(rounds: usize, run: impl FnMut()) -> Duration {
    times(rounds, run)[0]
}

fn median(rounds: usize, run: impl FnMut()) -> Duration {
    times(rounds, run)[rounds.max(1) / 2]
}
