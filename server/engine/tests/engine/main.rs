//! The engine against references made outside of it; `tests/reference` holds the scripts.

#![allow(clippy::unwrap_used)]

mod default_model;
mod lossless;
mod model;
mod scores;
mod tiny_copy;
mod tokenizer;

use std::ops::ControlFlow;
use std::path::PathBuf;

use fast_apply_engine::assets::{Fetch, Locations, ModelSpec, Registry, ResolvedModel, Store};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

/// The default model without an adapter, fetched as a user's first run would.
fn default_model() -> ResolvedModel {
    let store = Store::open(Registry::builtin(), Locations::from_environment().unwrap());
    let spec = ModelSpec {
        model: None,
        adapter: Some("none".into()),
    };
    store
        .resolve(&spec, Fetch::Allowed, &mut |_| ControlFlow::Continue(()))
        .unwrap()
}
