//! What a model takes of a device's memory, known before anything is allocated.

use candle_core::DType;
use candle_core::quantized::GgmlDType;

use super::config::LlamaConfig;
use super::tiling::Tiling;
use crate::Error;

/// How the matrices of linear layers are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightFormat {
    /// In the type that the model computes with.
    Floats,
    /// In quantised blocks.
    Blocks(GgmlDType),
}

/// Bytes that libraries take for themselves: code for the device, and work space of the matrix products.
const LIBRARIES: u64 = 512 << 20;

/// Copies of the scores that attention holds at a time: in two parts, joined, and as weights.
const COPIES_OF_SCORES: u64 = 3;

/// Bytes on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Footprint {
    /// All weights.
    pub weights: u64,
    /// What the widest step takes beside attention's scores, whatever the context, and what libraries take.
    pub step: u64,
    /// Of one position of the context: keys, values and rotations, and a column of the scores.
    pub position: u64,
    tiling: Tiling,
}

impl Footprint {
    /// Of a model that computes with `dtype`.
    pub fn new(config: &LlamaConfig, format: WeightFormat, dtype: DType, tiling: Tiling) -> Self {
        let size = dtype.size_in_bytes() as u64;
        let [hidden, inner, layers, heads, key_heads, width, rows, span] = [
            config.hidden_size,
            config.intermediate_size,
            config.layers,
            config.heads,
            config.kv_heads,
            config.head_dim,
            tiling.rows,
            tiling.span,
        ]
        .map(|number| number as u64);
        let table = config.table_weights();
        let (queries, keys) = (heads * width, key_heads * width);
        let linear = |elements: u64| match format {
            WeightFormat::Floats => elements * size,
            WeightFormat::Blocks(blocks) => {
                elements / blocks.block_size() as u64 * blocks.type_size() as u64
            }
        };
        let head = match config.tied_embeddings {
            true => 0,
            false => linear(table),
        };
        let norms = (2 * layers + 1) * hidden * size;
        // The residual stream, the attention's rows and the feed-forward's, each with what it is made from; the logits
        // in both types, and the copies in which the two best are found; the mask, and the scores of the span.
        let rows_of = |row: u64| rows * row * size;
        let step = rows_of(4 * hidden + 4 * (queries + 2 * keys) + 4 * inner)
            + rows * config.vocab_size as u64 * (size + 4 * 4)
            + 3 * heads * rows_of(span);
        Self {
            weights: linear(config.block_weights()) + head + table * size + norms,
            step: step + LIBRARIES,
            position: 2 * layers * keys * size
                + width * size
                + COPIES_OF_SCORES * heads * rows_of(1),
            tiling,
        }
    }

    /// Bytes for sequences of `context` positions.
    pub fn bytes(&self, context: usize) -> u64 {
        self.weights + self.step + self.position * self.tiling.capacity(context) as u64
    }

    /// The longest context that fits into `free` bytes, in whole spans; none if not even the weights do.
    pub fn longest(&self, free: u64) -> usize {
        let left = free.saturating_sub(self.weights + self.step) / self.position;
        let positions = (left as usize).saturating_sub(self.tiling.rows);
        positions / self.tiling.span * self.tiling.span
    }

    /// Fails if a context does not fit into the free bytes; where nobody knows how many there are, it is tried.
    pub fn check(&self, context: usize, free: Option<u64>) -> Result<(), Error> {
        match free {
            Some(free) if self.bytes(context) > free => Err(Error::CardMemory {
                needed: self.bytes(context),
                context,
                free,
                longest: self.longest(free),
            }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TILING: Tiling = Tiling {
        rows: 256,
        span: 1024,
    };

    fn footprint(name: &str, format: WeightFormat) -> Footprint {
        let config = LlamaConfig::of_shape(name).expect("it is known");
        Footprint::new(&config, format, DType::BF16, TILING)
    }

    #[test]
    fn keys_and_values_of_8b_are_128_kib_a_position() {
        let footprint = footprint("llama-3.1-8b", WeightFormat::Floats);
        let scores = 3 * 32 * 256 * 2;
        assert_eq!(footprint.position, (128 << 10) + scores + 128 * 2);
    }

    #[test]
    fn blocks_of_four_bits_take_nine_sixteenths_of_a_byte() {
        let blocks = footprint("llama-3.3-70b", WeightFormat::Blocks(GgmlDType::Q4_0));
        let billions = blocks.weights as f64 / 1e9;
        // 69.5 of the 70.6 billion are in linear layers; the table of embeddings stays in 16 bits.
        assert!(
            (billions - (69.5 * 0.5625 + 1.05 * 2.0)).abs() < 0.1,
            "{billions}"
        );
    }

    #[test]
    fn what_is_said_to_fit_does() {
        for name in ["llama-3.2-1b", "llama-3.2-3b", "llama-3.1-8b"] {
            let footprint = footprint(name, WeightFormat::Floats);
            for gigabytes in [8, 12, 16, 24, 48, 141] {
                let free = gigabytes * 1_000_000_000;
                let longest = footprint.longest(free);
                if longest > 0 {
                    assert!(footprint.check(longest, Some(free)).is_ok());
                }
                assert!(footprint.check(longest + TILING.span, Some(free)).is_err());
            }
        }
    }

    /// 16.1 GB of weights, 176 KiB for each of 131,328 positions, and 1.2 GB for the step.
    #[test]
    fn too_little_is_said_in_one_sentence_with_the_way_out() {
        let footprint = footprint("llama-3.1-8b", WeightFormat::Floats);
        let said = |free: u64| {
            let refused = footprint.check(131_072, Some(free));
            refused.expect_err("it is too little").to_string()
        };
        assert_eq!(
            said(24_000_000_000),
            "the model needs 41.0 GB of the graphics card's memory for a context of 131072 tokens and 24.0 GB are \
             free: choose a context of at most 36864 tokens (maxContext)"
        );
        assert_eq!(
            said(8_000_000_000),
            "the model needs 41.0 GB of the graphics card's memory for a context of 131072 tokens and 8.0 GB are \
             free: choose a smaller model, or the processor (device cpu)"
        );
        assert!(footprint.check(131_072, None).is_ok());
    }
}
