//! The CPU kernels on the shapes of SmolLM2-135M.
//!
//! ```text
//! cargo bench --workspace --bench kernels
//! ```
//! Throughput is in elements, one element being one operation (a product and a sum are two). Beside
//! what the machine can do at most they stand in `fast-apply bench kernels`.

// The macros of criterion make public functions without documentation.
#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fast_apply_engine::kernels::{
    AttentionScratch, Heads, InstructionSet, KeyValueCache, Machine, Matrix, Precision, Queries,
    Rotations, RowPrecision, Rows,
};

const PRECISIONS: [Precision; 2] = [Precision::F32, Precision::Int8];
const ROW_PRECISIONS: [RowPrecision; 3] =
    [RowPrecision::F32, RowPrecision::Int8, RowPrecision::Int16];
const BATCHES: [usize; 6] = [1, 8, 32, 64, 128, 256];

fn machine() -> Machine {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    Machine::new(InstructionSet::detect(), threads)
}

fn noise(length: usize) -> Vec<f32> {
    (0..length)
        .map(|i| ((i * 7919 % 1000) as f32 - 500.0) / 5000.0)
        .collect()
}

/// The weights that rows are multiplied with.
fn weights_for(rows: RowPrecision) -> Precision {
    match rows {
        RowPrecision::F32 => Precision::F32,
        RowPrecision::Int8 | RowPrecision::Int16 => Precision::Int8,
    }
}

fn rows(machine: &Machine, precision: RowPrecision, count: usize, width: usize) -> Rows {
    let mut rows = Rows::new(precision, count, width);
    for row in 0..count {
        rows.row_mut(row).copy_from_slice(&noise(width));
    }
    machine.seal(&mut rows, count);
    rows
}

/// Several matrices in turn, so that weights come from where they come from in a model.
fn projections(criterion: &mut Criterion) {
    let machine = machine();
    for precision in ROW_PRECISIONS {
        for (outputs, inputs) in [(960, 576), (576, 576), (1536, 576), (576, 1536)] {
            let name = format!("{precision:?} rows {inputs} to {outputs}");
            let mut group = criterion.benchmark_group(name);
            let weights = noise(outputs * inputs);
            let matrices: Vec<Matrix> = (0..30)
                .map(|_| {
                    let mut matrix = Matrix::new(weights_for(precision), outputs, inputs);
                    matrix.set(&machine, 0, &weights);
                    matrix
                })
                .collect();
            for count in BATCHES {
                let from = rows(&machine, precision, count, inputs);
                let mut to = Rows::new(RowPrecision::F32, count, outputs);
                let operations = 2 * matrices.len() * count * outputs * inputs;
                group.throughput(Throughput::Elements(operations as u64));
                group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
                    bencher.iter(|| {
                        for matrix in &matrices {
                            machine.project(&from, count, matrix, &mut to);
                        }
                    });
                });
            }
        }
    }
}

/// The output projection, with the choice of the two best.
fn choices(criterion: &mut Criterion) {
    let machine = machine();
    let (outputs, inputs) = (49152, 576);
    for precision in ROW_PRECISIONS {
        let mut group =
            criterion.benchmark_group(format!("{precision:?} rows, choose of {outputs}"));
        let mut matrix = Matrix::new(weights_for(precision), outputs, inputs);
        matrix.set(&machine, 0, &noise(outputs * inputs));
        for count in BATCHES {
            let from = rows(&machine, precision, count, inputs);
            let mut scratch = Vec::new();
            let operations = 2 * count * outputs * inputs;
            group.throughput(Throughput::Elements(operations as u64));
            group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
                bencher.iter(|| black_box(machine.choose(&from, 0..count, &matrix, &mut scratch)));
            });
        }
    }
}

fn attention(criterion: &mut Criterion) {
    for precision in PRECISIONS {
        attention_in(precision, criterion);
    }
}

fn attention_in(precision: Precision, criterion: &mut Criterion) {
    let machine = machine();
    let heads = Heads {
        queries: 9,
        keys: 3,
        width: 64,
    };
    let (layers, capacity) = (30, 4096 + 256);
    let mut cache = KeyValueCache::new(precision, layers, heads, capacity);
    let rotations = Rotations::new(&[0.1; 32], capacity);
    let mut queries = Queries::new(precision, heads, 256);
    let projected = rows(&machine, RowPrecision::F32, 256, 15 * 64);
    for layer in 0..layers {
        for position in (0..capacity).step_by(256) {
            let to = (&mut cache, layer);
            machine.rotate(&projected, 256, &rotations, position, &mut queries, to);
        }
    }
    let mut to = Rows::new(RowPrecision::F32, 256, 9 * 64);
    let mut scratch = AttentionScratch::default();
    for depth in [2048, 4096] {
        let mut group = criterion.benchmark_group(format!("{precision:?} attention at {depth}"));
        for count in BATCHES {
            let seen: usize = (1..=count).map(|row| depth + row).sum();
            let operations = layers * 4 * 9 * 64 * seen;
            group.throughput(Throughput::Elements(operations as u64));
            group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
                bencher.iter(|| {
                    for layer in 0..layers {
                        let from = (&cache, layer);
                        machine.attend(&queries, count, depth, from, &mut scratch, &mut to);
                    }
                });
            });
        }
    }
}

criterion_group! {
    name = kernels;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(std::time::Duration::from_millis(200))
        .measurement_time(std::time::Duration::from_secs(1));
    targets = projections, choices, attention
}
criterion_main!(kernels);
