//! Whether there is memory for a model.

use sysinfo::{MemoryRefreshKind, ProcessRefreshKind, ProcessesToUpdate, System};

use crate::Error;
use crate::kernels::Precision;
use crate::model::{LlamaConfig, Weights};

/// Positions that there must be memory for at the start. Memory for more is only taken when a text is longer.
const USUAL_POSITIONS: usize = 4096;

/// What a model takes on the processor, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Demand {
    /// While it is read, with keys and values of a sequence of the usual length.
    memory: u64,
    /// The same with keys and values of the longest sequence, which only get addresses at the start.
    addresses: u64,
}

/// What this process can still get, in bytes; `None` where nobody knows, or sets a limit.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    memory: Option<u64>,
    addresses: Option<u64>,
}

impl Demand {
    /// What a model will take, by the shape of it.
    pub(crate) fn of(weights: &Weights, precision: Precision, max_context: usize) -> Self {
        Self::of_shape(weights.config(), precision, max_context).and(weights.bytes_while_read())
    }

    fn of_shape(config: &LlamaConfig, precision: Precision, max_context: usize) -> Self {
        let tables = if config.tied_embeddings { 1 } else { 2 };
        let numbers = config.block_weights() + tables * config.table_weights();
        let (weights, of_key) = match precision {
            Precision::F32 => (4 * numbers, 4),
            // A scale of four bytes goes with each 64.
            Precision::Int8 => (numbers + numbers / 16, 2),
        };
        let context = config.context_length.min(max_context);
        let keys = (config.layers * config.kv_heads * config.head_dim) as u64;
        let sequence = |positions: usize| 2 * keys * of_key * positions as u64;
        Self {
            memory: weights + sequence(context.min(USUAL_POSITIONS)),
            addresses: weights + sequence(context),
        }
    }

    fn and(self, more: u64) -> Self {
        Self {
            memory: self.memory + more,
            addresses: self.addresses + more,
        }
    }

    /// Refuses a model before anything of it is read, rather than have the system end the process later. Where nobody
    /// knows how much there is, it is tried.
    pub(crate) fn check(self, room: Room) -> Result<(), Error> {
        let fits = |needed: u64, available: Option<u64>| match available {
            Some(available) if available < needed => Err(Error::Memory { needed, available }),
            _ => Ok(()),
        };
        fits(self.memory, room.memory)?;
        fits(self.addresses, room.addresses)
    }
}

impl Room {
    /// What the machine has left, and the limits that are set for this process and its control group.
    pub(crate) fn now() -> Self {
        let Ok(mut system) = System::new() else {
            return Self::default();
        };
        system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
        // Where the system does not tell, it says that there is none at all.
        let machine = Some(system.available_memory()).filter(|&bytes| bytes > 0);
        let process = sysinfo::get_current_pid().ok().and_then(|id| {
            let process = ProcessRefreshKind::nothing().with_memory().without_tasks();
            system.refresh_processes_specifics(ProcessesToUpdate::Some(&[id]), false, process);
            system.process(id)
        });
        // What the group holds of files is given back when it is needed.
        let group = process
            .and_then(|process| process.cgroup_limits())
            .map(|limits| limits.total_memory.saturating_sub(limits.rss));
        let taken = process.map_or(0, |process| process.virtual_memory());
        Self {
            memory: machine.into_iter().chain(group).min(),
            addresses: address_limit().map(|limit| limit.saturating_sub(taken)),
        }
    }
}

/// The limit that `ulimit -v` sets, in bytes.
#[cfg(unix)]
fn address_limit() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::As).current
}

#[cfg(not(unix))]
fn address_limit() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_and_a_sequence_are_counted() {
        // 8.03 billion weights, 32 layers with 8 key heads of 128, by its model card.
        let config = LlamaConfig::of_shape("llama-3.1-8b").expect("it is known");
        let demand = |precision, context| Demand::of_shape(&config, precision, context);
        let is_about = |bytes: u64, gigabytes: f64| (bytes as f64 / 1e9 - gigabytes).abs() < 0.05;
        let floats = demand(Precision::F32, usize::MAX);
        let of_position = 2.0 * 32.0 * 8.0 * 128.0 * 4.0 / 1e9;
        assert!(is_about(floats.memory, 8.03 * 4.0 + 4096.0 * of_position));
        assert!(is_about(
            floats.addresses,
            8.03 * 4.0 + 131_072.0 * of_position
        ));
        let short = demand(Precision::Int8, 1024);
        assert!(is_about(
            short.memory,
            8.03 * 17.0 / 16.0 + 512.0 * of_position
        ));
        assert_eq!(short.memory, short.addresses);
    }

    #[test]
    fn too_little_is_said_in_one_sentence() {
        let demand = Demand {
            memory: 34_300_000_000,
            addresses: 50_000_000_000,
        };
        let room = |memory, addresses| Room { memory, addresses };
        let said = |room| {
            demand
                .check(room)
                .expect_err("it is too little")
                .to_string()
        };
        assert_eq!(
            said(room(Some(7_940_000_000), None)),
            "the model needs 34.3 GB of memory and 7.9 GB are available: end other programs, or choose a smaller \
             model, 8-bit weights (dtype q8) or a shorter context (maxContext)"
        );
        let text = said(room(Some(34_300_000_000), Some(49_999_000_000)));
        assert!(text.starts_with("the model needs 50.0 GB"), "{text}");
        assert!(demand.check(room(None, None)).is_ok());
        let enough = room(Some(34_300_000_000), Some(50_000_000_000));
        assert!(demand.check(enough).is_ok());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine_has_some() {
        let memory = Room::now().memory.expect("Linux tells");
        assert!(memory > 1_000_000, "{memory}");
    }
}
