//! `fast-apply apply` as a process, with the default model, which is fetched if it is not on the machine.
#![cfg(unix)]

mod command;
mod interrupt;
mod outputs;
mod refusals;
mod statistics;
