//! The arithmetic of a Llama forward pass on the CPU.
//!
//! Everything here is *batch invariant*: a row's result is the same, bit by bit, whatever other
//! rows are computed with it, wherever it stands among them, and on however many threads. Each
//! element is summed in one fixed order, and attention splits keys by their absolute position.
//! Verifying a draft of any length therefore gives exactly what plain decoding gives.
//!
//! This is the only module with unsafe code.
#![allow(unsafe_code)]

mod attention;
mod buffer;
mod byte_product;
mod cache;
mod choose;
mod exponential;
mod float_heads;
mod hadamard;
mod head_form;
mod heap;
mod instruction_set;
mod lanes;
mod linear;
mod matrix;
mod normalize;
mod partial_softmax;
mod peak;
mod pick;
mod pool;
mod queries;
mod rotate;
mod rows;
mod short_heads;
#[cfg(test)]
mod tests;
mod tile;

pub use attention::AttentionScratch;
pub use cache::{Heads, KeyValueCache};
pub use heap::return_freed_memory;
pub use instruction_set::InstructionSet;
pub use matrix::{Matrix, Precision};
pub use peak::Arithmetic;
pub use pool::Pool;
pub use queries::Queries;
pub use rotate::Rotations;
pub use rows::{RowPrecision, Rows};

/// The instructions and the threads that kernels run with.
pub struct Machine {
    instructions: InstructionSet,
    pool: Pool,
}

impl Machine {
    /// A machine with its own threads.
    pub fn new(instructions: InstructionSet, threads: usize) -> Self {
        Self {
            instructions,
            pool: Pool::new(threads),
        }
    }

    /// Which instructions it uses.
    pub fn instructions(&self) -> InstructionSet {
        self.instructions
    }

    /// Its threads.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }
}
