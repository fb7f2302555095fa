//! Where the workshop gets its models from.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fast_apply_apply::{Applier, ApplyError, Rewriter};
use fast_apply_engine::assets::{
    AssetError, Fetch, Locations, Progress, Registry, ResolvedModel, Store,
};

use crate::user_config::ModelChoice;

/// Set when a model that could be fetched is not on this machine.
pub type MissingFlag = Arc<AtomicBool>;

/// Takes the bytes fetched so far, and all of them if that is known; answers whether to go on.
pub type OnFetched<'a> = &'a mut dyn FnMut(u64, Option<u64>) -> ControlFlow<()>;

/// Gives appliers with a model in them.
pub trait ModelSource: Send + Sync {
    /// An applier that loads this model when it is needed. It never touches the network.
    fn applier(&self, choice: &ModelChoice, missing: MissingFlag) -> Applier;

    /// Fetches the model to this machine.
    ///
    /// # Errors
    /// One sentence that says why it cannot be had.
    fn fetch(&self, choice: &ModelChoice, on_fetched: OnFetched<'_>) -> Result<(), String>;
}

/// The models of the registry and the user's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct InstalledModels;

impl ModelSource for InstalledModels {
    fn applier(&self, choice: &ModelChoice, missing: MissingFlag) -> Applier {
        let choice = choice.clone();
        Applier::new(move || {
            let model = resolve(&choice, Fetch::Offline, &mut |_| ControlFlow::Continue(()));
            let is_missing = matches!(model, Err(AssetError::Missing { .. }));
            missing.store(is_missing, Ordering::Relaxed);
            let model = model.map_err(|error| ApplyError::NoModel(error.to_string()))?;
            Rewriter::load(model, choice.load)
        })
    }

    fn fetch(&self, choice: &ModelChoice, on_fetched: OnFetched<'_>) -> Result<(), String> {
        let mut total = None;
        let resolved = resolve(choice, Fetch::Allowed, &mut |progress| match progress {
            Progress::Waiting => on_fetched(0, None),
            Progress::Step { total: bytes, .. } => {
                total = bytes;
                on_fetched(0, total)
            }
            Progress::Bytes(bytes) => on_fetched(bytes, total),
        });
        resolved.map(drop).map_err(|error| error.to_string())
    }
}

fn resolve(
    choice: &ModelChoice,
    fetch: Fetch,
    progress: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Result<ResolvedModel, AssetError> {
    let store = Store::open(Registry::builtin(), Locations::from_environment()?);
    store.resolve(&choice.spec, fetch, progress)
}
