use fast_apply_engine::model::{Llama, LlamaConfig};

/// What some passes cannot do without, padding not counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Work {
    /// Bytes of weights, keys and values that are read.
    pub bytes: f64,
    /// Floating-point operations of the matrix products.
    pub flops: f64,
}

impl Work {
    /// Of one pass of `rows` rows behind `depth` positions, logits of every row included.
    pub fn of_pass(model: &Llama, rows: usize, depth: usize) -> Self {
        let parts = Self::of_parts(model, rows, depth);
        Self {
            bytes: parts.iter().map(|part| part.bytes).sum(),
            flops: parts.iter().map(|part| part.flops).sum(),
        }
    }

    /// The same in three parts: the layers over the rows themselves, what is attended to before them, and the logits.
    pub fn of_parts(model: &Llama, rows: usize, depth: usize) -> [Self; 3] {
        let (config, size) = (model.config(), model.dtype().size_in_bytes());
        Self::of_shape(config, model.weight_bytes(), size, rows, depth)
    }

    fn of_shape(
        config: &LlamaConfig,
        weight_bytes: u64,
        size: usize,
        rows: usize,
        depth: usize,
    ) -> [Self; 3] {
        let (queries, keys) = (
            config.heads * config.head_dim,
            config.kv_heads * config.head_dim,
        );
        let (layers, output) = (config.block_weights(), config.table_weights());
        let share = |numbers: u64| weight_bytes as f64 * numbers as f64 / (layers + output) as f64;
        let attention = |positions: f64| Self {
            bytes: (2 * config.layers * keys * size) as f64 * positions,
            flops: (4 * config.layers * queries * rows) as f64 * positions,
        };
        // A row attends to half of its own pass, on average.
        let own = attention(rows as f64 / 2.0);
        [
            Self {
                bytes: share(layers) + own.bytes,
                flops: 2.0 * rows as f64 * layers as f64 + own.flops,
            },
            attention(depth as f64),
            Self {
                bytes: share(output),
                flops: 2.0 * rows as f64 * output as f64,
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_8b_takes_two_operations_a_weight() {
        let config = LlamaConfig::of_shape("llama-3.1-8b").expect("it is known");
        let at = |rows, depth| Work::of_shape(&config, 15_000_000_000, 2, rows, depth);
        let flops = |parts: [Work; 3]| parts.map(|part| part.flops).iter().sum::<f64>();
        // 8.03 billion parameters, of which 0.53 are the embeddings, which nothing is multiplied with.
        let one = flops(at(1, 0)) / (2.0 * 7.5e9);
        assert!((one - 1.0).abs() < 0.01, "{one}");
        assert!((flops(at(64, 0)) / flops(at(1, 0)) / 64.0 - 1.0).abs() < 0.01);
        // The weights are read once, whatever the rows; of a position, the keys and values in 16 bits.
        let [layers, cache, output] = at(1, 4096);
        assert!((layers.bytes + output.bytes - 15e9).abs() < 1e6);
        assert_eq!(cache.bytes / 4096.0, f64::from(128 << 10));
        assert_eq!(at(64, 4096)[1].bytes, cache.bytes);
    }
}
