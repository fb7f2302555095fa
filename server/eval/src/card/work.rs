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
        let size = model.dtype().size_in_bytes();
        Self::of_shape(model.config(), model.weight_bytes(), size, rows, depth)
    }

    fn of_shape(
        config: &LlamaConfig,
        weight_bytes: u64,
        size: usize,
        rows: usize,
        depth: usize,
    ) -> Self {
        let (queries, keys) = (
            config.heads * config.head_dim,
            config.kv_heads * config.head_dim,
        );
        let block = config.hidden_size * (2 * queries + 2 * keys + 3 * config.intermediate_size);
        let matrices = config.layers * block + config.vocab_size * config.hidden_size;
        // A row attends to what stands before the pass and, on average, to half of the pass.
        let attended = config.layers * queries * (2 * depth + rows);
        Self {
            bytes: weight_bytes as f64 + (2 * config.layers * keys * (depth + rows) * size) as f64,
            flops: rows as f64 * (2 * matrices + 2 * attended) as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_8b_takes_two_operations_a_weight() {
        let config = LlamaConfig::of_shape("llama-3.1-8b").expect("it is known");
        let at = |rows, depth| Work::of_shape(&config, 16_000_000_000, 2, rows, depth);
        // 8.03 billion parameters, of which 0.53 are the embeddings, which nothing is multiplied with.
        let flops = at(1, 0).flops / (2.0 * 7.5e9);
        assert!((flops - 1.0).abs() < 0.01, "{flops}");
        assert!((at(64, 0).flops / at(1, 0).flops / 64.0 - 1.0).abs() < 0.01);
        let of_position = (at(1, 4096).bytes - at(1, 0).bytes) / 4096.0;
        assert_eq!(of_position, f64::from(128 << 10));
    }
}
