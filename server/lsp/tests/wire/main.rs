//! A scripted editor at the other end of real frames.
#![allow(clippy::unwrap_used)]

mod actions;
mod commands;
mod editor;
mod encodings;
mod layers;
mod life_cycle;
mod models;
mod sessions;
mod settings;
#[cfg(unix)]
mod suggestions;
mod traffic;
