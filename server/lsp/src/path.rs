//! Paths of documents.

use percent_encoding::percent_decode_str;
use url::Url;

/// The path that a document's URI names, as people write it. For schemes without paths it is what follows the scheme.
pub fn path_of(uri: &str) -> String {
    let path = match Url::parse(uri) {
        Ok(url) => url.path().to_owned(),
        Err(_) => uri.to_owned(),
    };
    percent_decode_str(&path).decode_utf8_lossy().into_owned()
}
