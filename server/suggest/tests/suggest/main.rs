//! Tests of the public interface: data in, data out.
#![allow(clippy::unwrap_used)]

mod blocks;
mod chat;
mod functions;
mod guarding;
mod imports;
mod orders;
mod parsing;
mod patching;
mod places;
mod properties;
mod sketch;
mod small_files;
