//! Tests of the public interface: data in, data out.
#![allow(clippy::unwrap_used)]

mod blocks;
mod chat;
mod functions;
mod guarding;
mod imports;
mod members;
mod orders;
mod parsing;
mod patching;
mod places;
mod properties;
mod several_blocks;
mod sketch;
mod small_files;
