//! Models from the Hugging Face hub. Its own cache, `HF_HOME`, `HF_ENDPOINT` and `HF_TOKEN` are honoured.

use std::{
    env,
    fs::File,
    io::ErrorKind,
    net::{TcpStream, ToSocketAddrs},
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::Duration,
};

use hf_hub::{
    Cache, Repo, RepoType,
    api::sync::{ApiBuilder, ApiError, ApiRepo},
};

use super::{AssetError, Model, Progress, cache::Staging, progress::Report, safetensors};

const ENDPOINT: &str = "https://huggingface.co";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A repository of the hub.
pub(super) struct HuggingFace<'s> {
    pub(super) repository: &'s str,
    pub(super) revision: Option<&'s str>,
}

impl HuggingFace<'_> {
    /// The directory of safetensors in the hub's own cache, if it is whole.
    pub(super) fn cached_directory(&self) -> Option<PathBuf> {
        let configuration = Cache::from_env()
            .repo(self.repo())
            .get(safetensors::CONFIGURATION[0])?;
        let directory = configuration.parent()?;
        safetensors::inspect(directory).ok()?;
        Some(directory.to_owned())
    }

    /// Fetches the files of a directory of safetensors into the hub's own cache.
    pub(super) fn fetch_directory(&self, progress: Report<'_>) -> Result<PathBuf, AssetError> {
        let api = self.connect()?;
        let mut directory = PathBuf::new();
        for file in safetensors::CONFIGURATION {
            directory = self.fetch_file(&api, file, progress)?;
        }
        // For the chat template. Older models have no such file.
        let _ = self.fetch_file(&api, "tokenizer_config.json", progress);
        if let Err(error) = self.fetch_file(&api, safetensors::INDEX, progress)
            && !matches!(&error, AssetError::Source { reason, .. } if reason.ends_with("404"))
        {
            return Err(error);
        }
        let damaged = |error: safetensors::SafetensorsError| AssetError::Source {
            what: self.repository.to_owned(),
            reason: format!("its copy {error}"),
        };
        for file in safetensors::weight_files(&directory).map_err(damaged)? {
            self.fetch_file(&api, &file, progress)?;
        }
        safetensors::inspect(&directory).map_err(damaged)?;
        Ok(directory)
    }

    /// Fetches one GGUF file and installs it into the cache.
    pub(super) fn fetch_gguf(
        &self,
        model: &Model,
        file: &str,
        staging: &Staging<'_>,
        progress: Report<'_>,
    ) -> Result<PathBuf, AssetError> {
        let directory = self.fetch_file(&self.connect()?, file, progress)?;
        let path = directory.join(file);
        let source = File::open(&path).map_err(|error| AssetError::reading(&path, error))?;
        staging.install(model, self.repository, source, progress)
    }

    fn repo(&self) -> Repo {
        let name = self.repository.to_owned();
        match self.revision {
            Some(revision) => Repo::with_revision(name, RepoType::Model, revision.to_owned()),
            None => Repo::new(name, RepoType::Model),
        }
    }

    fn connect(&self) -> Result<ApiRepo, AssetError> {
        let mut builder = ApiBuilder::from_env().with_progress(false);
        if let Ok(token) = env::var("HF_TOKEN") {
            builder = builder.with_token(Some(token));
        }
        let api = builder.build().map_err(|error| self.failure(error))?;
        if !endpoint_answers() {
            return Err(AssetError::NoNetwork {
                what: self.repository.to_owned(),
            });
        }
        Ok(api.repo(self.repo()))
    }

    /// Gets one file, from the hub's cache where it is there, and gives its directory.
    fn fetch_file(
        &self,
        api: &ApiRepo,
        file: &str,
        progress: Report<'_>,
    ) -> Result<PathBuf, AssetError> {
        let directory = |path: PathBuf| path.parent().unwrap_or(Path::new("")).to_owned();
        if let Some(path) = Cache::from_env().repo(self.repo()).get(file) {
            return Ok(directory(path));
        }
        let mut stopped = false;
        let listener = Listener {
            progress,
            stopped: &mut stopped,
            done: 0,
        };
        match api.download_with_progress(file, listener) {
            Ok(_) if stopped => Err(AssetError::Cancelled),
            Ok(path) => Ok(directory(path)),
            Err(error) => Err(self.failure(error)),
        }
    }

    fn failure(&self, error: ApiError) -> AssetError {
        let reason = match &error {
            ApiError::IoError(source) if source.kind() == ErrorKind::StorageFull => format!(
                "there is no room left in {}; free some space, or set HF_HOME to a directory with room",
                Cache::from_env().path().display()
            ),
            ApiError::IoError(source) => {
                format!("the connection was lost ({source}); try again, what has arrived is kept")
            }
            ApiError::RequestError(_)
                if ["401", "403"]
                    .iter()
                    .any(|code| error.to_string().ends_with(code)) =>
            {
                format!(
                    "{error}; accept its licence on its page and set HF_TOKEN to a token of yours"
                )
            }
            _ => error.to_string(),
        };
        AssetError::Source {
            what: self.repository.to_owned(),
            reason,
        }
    }
}

/// Whether the hub accepts connections. The client itself would wait for as long as the system does.
fn endpoint_answers() -> bool {
    let proxies = [
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
    ];
    if proxies.iter().any(|name| env::var_os(name).is_some()) {
        return true;
    }
    let endpoint = env::var("HF_ENDPOINT").unwrap_or_else(|_| ENDPOINT.to_owned());
    let (scheme, rest) = endpoint.split_once("://").unwrap_or(("https", &endpoint));
    let host = rest.split('/').next().unwrap_or(rest);
    let default_port = if scheme == "http" { 80 } else { 443 };
    let address = if host.contains(':') {
        host.to_owned()
    } else {
        format!("{host}:{default_port}")
    };
    let Ok(addresses) = address.to_socket_addrs() else {
        return false;
    };
    addresses
        .into_iter()
        .any(|address| TcpStream::connect_timeout(&address, CONNECT_TIMEOUT).is_ok())
}

/// Passes the client's reports on. The client cannot be stopped in the middle of a file, only behind it.
struct Listener<'l> {
    progress: Report<'l>,
    stopped: &'l mut bool,
    done: u64,
}

impl Listener<'_> {
    fn pass_on(&mut self, progress: Progress<'_>) {
        *self.stopped |= (self.progress)(progress) == ControlFlow::Break(());
    }
}

impl hf_hub::api::Progress for Listener<'_> {
    fn init(&mut self, size: usize, filename: &str) {
        let name = format!("downloading {filename}");
        self.pass_on(Progress::Step {
            name: &name,
            total: Some(size as u64),
        });
    }

    fn update(&mut self, size: usize) {
        self.done += size as u64;
        self.pass_on(Progress::Bytes(self.done));
    }

    fn finish(&mut self) {}
}
