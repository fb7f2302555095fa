//! The engine against references made outside of it; `tests/reference` holds the scripts.

#![allow(clippy::unwrap_used)]

mod lossless;
mod model;
mod tiny_copy;

use std::path::PathBuf;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}
