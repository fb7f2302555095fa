//! Tests of the public interface: data in, data out.
#![allow(clippy::unwrap_used)]

mod parsing;
mod patching;
