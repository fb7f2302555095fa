//! The real process over real pipes.

mod code_actions;
mod editor;
mod life_cycle;
#[path = "../program.rs"]
mod program;
mod real_model;
mod session;
#[cfg(unix)]
mod suggest;
