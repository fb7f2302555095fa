//! Where the new text goes.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::Args;
use fast_apply_text::{DiffLineKind, UnifiedDiff};

use crate::failure::Failure;

#[derive(Args)]
#[group(multiple = false)]
pub(crate) struct DestinationArguments {
    /// Write the new text to the file itself.
    #[arg(long)]
    in_place: bool,
    /// Print a unified diff instead of the new text.
    #[arg(long)]
    diff: bool,
    /// Write the new text to another file.
    #[arg(long, value_name = "PATH")]
    output: Option<PathBuf>,
}

/// Where the new text goes.
pub(crate) enum Destination {
    /// Standard output, whole.
    Stdout,
    /// Standard output, as a diff.
    Diff,
    /// A file.
    File(PathBuf),
}

impl DestinationArguments {
    /// Makes sure that the destination can be written, before any work is done.
    pub(crate) fn open(&self, file: &Path) -> Result<Destination, Failure> {
        let path = match (&self.output, self.in_place, self.diff) {
            (_, _, true) => return Ok(Destination::Diff),
            (Some(output), _, _) => output.clone(),
            // The file behind a link is written, the link stays.
            (None, true, _) => {
                fs::canonicalize(file).with_context(|| format!("cannot find {}", file.display()))?
            }
            (None, false, _) => return Ok(Destination::Stdout),
        };
        let cannot = || format!("cannot write {}", path.display());
        if path.exists() {
            OpenOptions::new()
                .append(true)
                .open(&path)
                .with_context(cannot)?;
        } else {
            tempfile::tempfile_in(directory_of(&path)).with_context(cannot)?;
        }
        Ok(Destination::File(path))
    }
}

impl Destination {
    /// Writes `text`, the new version of `file`, whose text was `original`.
    pub(crate) fn write(self, file: &Path, original: &str, text: &str) -> Result<(), Failure> {
        match self {
            Self::Stdout => {
                let mut stdout = std::io::stdout().lock();
                stdout.write_all(text.as_bytes())?;
                stdout.flush()?;
            }
            Self::Diff => {
                let mut stdout = anstream::stdout().lock();
                print_diff(&mut stdout, &file.to_string_lossy(), original, text)?;
            }
            Self::File(path) => {
                let is_same_file = fs::canonicalize(file).is_ok_and(|file| file == path);
                if is_same_file && fs::read(&path).ok().as_deref() != Some(original.as_bytes()) {
                    return Err(Failure::from(anyhow!(
                        "{} was changed by someone else meanwhile; nothing was written",
                        path.display()
                    )));
                }
                replace(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
            }
        }
        Ok(())
    }
}

/// Replaces a file's contents at once: a crash or a full disk leaves the old file.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let mut temporary = tempfile::NamedTempFile::new_in(directory_of(path))?;
    temporary.write_all(text.as_bytes())?;
    temporary.as_file().sync_all()?;
    if let Ok(metadata) = fs::metadata(path) {
        fs::set_permissions(temporary.path(), metadata.permissions())?;
    }
    temporary.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn directory_of(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Prints a unified diff, coloured where the stream takes colours.
pub(crate) fn print_diff(
    stream: &mut impl Write,
    name: &str,
    original: &str,
    text: &str,
) -> std::io::Result<()> {
    let diff = UnifiedDiff::new(name.trim_start_matches('/'), original, text);
    for line in diff.lines() {
        let style = style(line.kind);
        writeln!(stream, "{style}{line}{style:#}")?;
    }
    stream.flush()
}

fn style(kind: DiffLineKind) -> anstyle::Style {
    let colour = |colour: anstyle::AnsiColor| colour.on_default();
    match kind {
        DiffLineKind::Added => colour(anstyle::AnsiColor::Green),
        DiffLineKind::Removed => colour(anstyle::AnsiColor::Red),
        _ => anstyle::Style::new(),
    }
}
