//! Tests of the public interface: data in, data out.
#![allow(clippy::unwrap_used)]

mod blocks;
mod chat;
mod guarding;
mod parsing;
mod patching;
mod properties;
mod small_files;
