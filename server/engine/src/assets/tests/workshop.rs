//! A model of the tests' own, where it comes from, and where it goes.

use std::fs;
use std::io::{Cursor, Write as _};
use std::ops::ControlFlow;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::assets::*;

/// A store of a registry with one small model, which comes from a package that the test makes up.
pub(super) struct Workshop {
    pub(super) directory: TempDir,
    pub(super) sha256: Option<String>,
    pub(super) cache: PathBuf,
    pub(super) models: Option<PathBuf>,
}

pub(super) fn small_model() -> Vec<u8> {
    gguf::tests::small_file()
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    match checksum::copy(bytes, std::io::sink(), &mut go_on) {
        Ok((_, sha256)) => sha256,
        Err(_) => panic!("memory can be read"),
    }
}

pub(super) fn go_on(_: Progress<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

impl Workshop {
    pub(super) fn new() -> Workshop {
        let directory = TempDir::new().expect("a temporary directory");
        let cache = directory.path().join("cache");
        Workshop {
            directory,
            sha256: Some(sha256(&small_model())),
            cache,
            models: None,
        }
    }

    /// The store, with shell commands in place of Python.
    pub(super) fn store(&self, python: &str) -> Store {
        let builtin = include_str!("../../../../../model-assets/models.toml");
        let templates = builtin
            .find("[chat_templates.chatml]")
            .expect("it has templates");
        let sha256 = self
            .sha256
            .iter()
            .map(|sha256| format!("sha256 = {sha256:?}"));
        let toml = format!(
            r#"
            default = "small"
            [[models]]
            id = "small"
            name = "Small"
            architecture = "llama"
            licence = "MIT"
            context_length = 8192
            file = "small.gguf"
            size = {}
            {}
            chat_template = "chatml"
            prompt_template = "file-first"
            default_adapter = "smollm2-135m-fast-apply"
            [[models.sources]]
            kind = "python-package"
            package = "small-model"
            version = "1.0"
            member = "small_model/small.gguf"
            {}"#,
            small_model().len(),
            sha256.collect::<String>(),
            &builtin[templates..],
        );
        let registry = Registry::parse(&toml).expect("the registry is sound");

        let script = self.directory.path().join("python3");
        let scripted = "tests/fixtures/scripted-python/python3";
        let scripted = Path::new(env!("CARGO_MANIFEST_DIR")).join(scripted);
        // A test that opens a second store has the link already.
        let _ = symlink(scripted, &script);
        fs::write(self.directory.path().join("commands.sh"), python).expect("a script");
        Store::open(
            registry,
            Locations {
                cache: self.cache.clone(),
                models: self.models.clone(),
                python: script.into_os_string(),
            },
        )
    }

    /// A script that does what the real pip does, with the wheels of the test for an index.
    pub(super) fn real_pip(&self, wheel: &[u8]) -> String {
        let wheels = self.directory.path().join("index");
        fs::create_dir_all(&wheels).expect("a directory");
        fs::write(wheels.join("small_model-1.0-py3-none-any.whl"), wheel).expect("a wheel");
        let environment = "PIP_CONFIG_FILE=/dev/null PIP_NO_INDEX=1";
        format!(
            "{environment} PIP_FIND_LINKS={} exec python3 \"$@\"",
            wheels.display()
        )
    }

    /// A script that delivers `wheel` and does `then`.
    pub(super) fn fake_pip(&self, wheel: &[u8], then: &str) -> String {
        let path = self
            .directory
            .path()
            .join("small_model-1.0-py3-none-any.whl");
        fs::write(&path, wheel).expect("a wheel");
        let find = "while [ \"$1\" != --dest ]; do shift; done";
        format!("{find}; cp {} \"$2\"; {then}", path.display())
    }

    pub(super) fn resolve(&self, python: &str, fetch: Fetch) -> Result<ResolvedModel, AssetError> {
        self.store(python)
            .resolve(&ModelSpec::default(), fetch, &mut go_on)
    }

    /// Checks that fetching fails with `message`, in which DIR is the test's directory, and leaves nothing.
    pub(super) fn check_failure(&self, python: &str, message: &str) {
        let error = self
            .resolve(python, Fetch::Allowed)
            .expect_err("fetching fails");
        assert_eq!(self.anonymous(&error.to_string()), message);
        assert_eq!(self.files_in_cache(), Vec::<String>::new());
    }

    pub(super) fn anonymous(&self, message: &str) -> String {
        message.replace(&self.directory.path().display().to_string(), "DIR")
    }

    /// All files in the cache but the lock.
    pub(super) fn files_in_cache(&self) -> Vec<String> {
        fn walk(directory: &Path, files: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
                if entry.path().is_dir() {
                    walk(&entry.path(), files)
                } else {
                    files.push(entry.path())
                }
            }
        }
        let mut files = Vec::new();
        walk(&self.cache, &mut files);
        let name = |path: PathBuf| {
            path.strip_prefix(&self.cache)
                .expect("inside")
                .display()
                .to_string()
        };
        let mut names: Vec<String> = files.into_iter().map(name).collect();
        names.retain(|name| name != "lock");
        names.sort();
        names
    }
}

pub(super) fn wheel_of(model: &[u8]) -> Vec<u8> {
    let mut wheel = ZipWriter::new(Cursor::new(Vec::new()));
    let files: [(&str, &[u8]); 4] = [
        ("small_model/small.gguf", model),
        (
            "small_model-1.0.dist-info/METADATA",
            b"Metadata-Version: 2.1\nName: small-model\nVersion: 1.0\n",
        ),
        (
            "small_model-1.0.dist-info/WHEEL",
            b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        ),
        ("small_model-1.0.dist-info/RECORD", b""),
    ];
    for (name, content) in files {
        wheel
            .start_file(name, SimpleFileOptions::default())
            .expect("memory can be written");
        wheel.write_all(content).expect("memory can be written");
    }
    wheel.finish().expect("memory can be written").into_inner()
}
