//! The real process over real pipes.

mod editor;
mod life_cycle;
#[path = "../program.rs"]
mod program;
#[cfg(unix)]
mod suggest;
