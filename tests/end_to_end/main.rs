//! `fast-apply` as a process, with the default model, which is fetched if it is not on the machine.
#![cfg(unix)]

mod benches;
mod command;
mod evaluation;
mod graphics_card;
mod interrupt;
mod long_files;
#[cfg(target_os = "linux")]
mod memory;
mod mining;
mod outputs;
#[path = "../program.rs"]
mod program;
mod refusals;
mod statistics;
