//! Which documents are open, known at once and in wire order.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use url::Url;

use crate::event::Uri;

/// The names and versions of the open documents. The main loop, which has their texts, may be a few messages behind.
#[derive(Debug, Default)]
pub(crate) struct OpenDocuments {
    /// By the URI in its normal form, as one and the same URI can be written in several ways.
    documents: Mutex<HashMap<String, (Uri, i32)>>,
}

impl OpenDocuments {
    /// A document was opened, or has another version now.
    pub(crate) fn set(&self, uri: &Uri, version: i32) {
        let document = (Uri::clone(uri), version);
        self.documents().insert(normal(uri), document);
    }

    /// A document was closed.
    pub(crate) fn remove(&self, uri: &str) {
        self.documents().remove(&normal(uri));
    }

    /// The name and the version of a document, whichever way its URI is written.
    pub(crate) fn get(&self, uri: &str) -> Option<(Uri, i32)> {
        self.documents().get(&normal(uri)).cloned()
    }

    /// All that are files, with their paths.
    #[cfg(unix)]
    pub(crate) fn files(&self) -> Vec<(Uri, PathBuf)> {
        let documents = self.documents();
        let files = documents
            .iter()
            .map(|(url, (uri, _))| Some((Uri::clone(uri), file_path(url)?)));
        files.flatten().collect()
    }

    fn documents(&self) -> MutexGuard<'_, HashMap<String, (Uri, i32)>> {
        self.documents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The file that a URI names, if it names one.
pub(crate) fn file_path(uri: &str) -> Option<PathBuf> {
    let url = Url::parse(uri).ok()?;
    match url.scheme() {
        "file" => url.to_file_path().ok(),
        _ => None,
    }
}

/// The URI of a file; `None` if its path is not absolute.
pub(crate) fn file_uri(path: &Path) -> Option<Uri> {
    Some(Url::from_file_path(path).ok()?.as_str().into())
}

fn normal(uri: &str) -> String {
    Url::parse(uri).map_or_else(|_| uri.to_owned(), String::from)
}
