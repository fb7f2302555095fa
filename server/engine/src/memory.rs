//! Whether there is memory for a model.

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use crate::Error;
use crate::kernels::Precision;
use crate::model::LlamaConfig;

/// Positions that there must be memory for at the start. Memory for more is only taken when a text is longer.
const POSITIONS: usize = 8192;

/// Refuses a model before anything of it is read, rather than have the system end the process later. Sizes are bytes;
/// where nobody knows how much there is, it is tried.
pub(crate) fn check(needed: u64, available: Option<u64>) -> Result<(), Error> {
    match available {
        Some(available) if available < needed => Err(Error::Memory { needed, available }),
        _ => Ok(()),
    }
}

/// Bytes of a model's weights on the processor, and of the keys and values of a sequence.
pub(crate) fn needed(config: &LlamaConfig, precision: Precision, max_context: usize) -> u64 {
    let (hidden, width) = (config.hidden_size as u64, config.head_dim as u64);
    let (queries, keys) = (config.heads as u64 * width, config.kv_heads as u64 * width);
    let attention = hidden * (2 * queries + 2 * keys);
    let block = attention + 3 * hidden * config.intermediate_size as u64;
    let table = config.vocab_size as u64 * hidden;
    let tables = if config.tied_embeddings { 1 } else { 2 };
    let matrices = config.layers as u64 * block + tables * table;
    let weights = match precision {
        Precision::F32 => 4 * matrices,
        // With a scale of four bytes for each 64.
        Precision::Int8 => matrices + matrices / 16,
    };
    let positions = POSITIONS.min(max_context).min(config.context_length) as u64;
    let sequence = 2 * config.layers as u64 * keys * positions * 4;
    weights + sequence
}

/// Bytes that this process can still get: from the machine, and under the limit of its control group.
pub(crate) fn available() -> Option<u64> {
    let memory = MemoryRefreshKind::nothing().with_ram();
    let system = System::new_with_specifics(RefreshKind::nothing().with_memory(memory)).ok()?;
    let machine = system.available_memory();
    // What a group holds of files is given back when it is needed.
    let group = system
        .cgroup_limits()
        .map(|limits| limits.total_memory.saturating_sub(limits.rss));
    let least = group.map_or(machine, |group| group.min(machine));
    (least > 0).then_some(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Llama 3.1 8B, from its model card: 8.03 billion weights, 32 layers with 8 key heads of 128.
    fn llama_8b() -> LlamaConfig {
        LlamaConfig {
            hidden_size: 4096,
            intermediate_size: 14336,
            vocab_size: 128_256,
            layers: 32,
            heads: 32,
            kv_heads: 8,
            head_dim: 128,
            rms_norm_eps: 1e-5,
            rope_frequencies: vec![1.0; 64],
            context_length: 131_072,
            tied_embeddings: false,
        }
    }

    #[test]
    fn weights_and_a_sequence_are_counted() {
        let gigabytes = |precision, context| needed(&llama_8b(), precision, context) as f64 / 1e9;
        let sequence = 2.0 * 32.0 * 8.0 * 128.0 * 8192.0 * 4.0 / 1e9;
        assert!((gigabytes(Precision::F32, usize::MAX) - (8.03 * 4.0 + sequence)).abs() < 0.1);
        assert!(gigabytes(Precision::F32, 1024) < 8.03 * 4.0 + 0.5);
        assert!(gigabytes(Precision::Int8, 1024) < 12.0);
    }

    #[test]
    fn too_little_is_said_in_one_sentence() {
        let error = check(34_300_000_000, Some(7_940_000_000)).expect_err("it is too little");
        let text = error.to_string();
        assert!(
            text.starts_with("the model needs 34.3 GB of memory and there are 7.9 GB:"),
            "{text}"
        );
        assert!(
            text.contains("smaller model") && text.contains("maxContext"),
            "{text}"
        );
        assert!(check(5, Some(5)).is_ok() && check(5, None).is_ok());
    }

    #[test]
    fn this_machine_has_some() {
        assert!(
            available().is_none_or(|bytes| bytes > 1_000_000),
            "{:?}",
            available()
        );
    }
}
