//! Builds the adapters under `model-assets/adapters` into the crate.

use std::{
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

const FILES: [&str; 2] = ["adapter_config.json", "adapter_model.safetensors"];
/// An adapter may have this, too.
const COPY_HEAD: &str = "copy_head.safetensors";

fn main() -> io::Result<()> {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let adapters = manifest.join("../../model-assets/adapters");
    println!("cargo::rerun-if-changed={}", adapters.display());

    let output = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("adapters.rs");
    let mut source = fs::File::create(output)?;
    writeln!(source, "&[")?;
    for directory in adapter_directories(&adapters)? {
        let id = directory.file_name().unwrap_or_default();
        let [config, weights] = FILES.map(|file| directory.join(file));
        writeln!(source, "    BuiltIn {{ id: {id:?},")?;
        writeln!(source, "        config: include_bytes!({config:?}),")?;
        writeln!(source, "        weights: include_bytes!({weights:?}),")?;
        let copy_head = directory.join(COPY_HEAD);
        match copy_head.is_file() {
            true => writeln!(
                source,
                "        copy_head: Some(include_bytes!({copy_head:?})) }},"
            )?,
            false => writeln!(source, "        copy_head: None }},")?,
        }
    }
    writeln!(source, "]")
}

/// The directories of complete adapters, by name; none where the project has no adapters yet.
fn adapter_directories(adapters: &Path) -> io::Result<Vec<PathBuf>> {
    if !adapters.exists() {
        return Ok(Vec::new());
    }
    let mut directories = Vec::new();
    for entry in adapters.canonicalize()?.read_dir()? {
        let directory = entry?.path();
        if directory.is_dir() && FILES.iter().all(|file| directory.join(file).is_file()) {
            directories.push(directory);
        }
    }
    directories.sort();
    Ok(directories)
}
