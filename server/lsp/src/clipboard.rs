//! What the user has copied.

use std::sync::Arc;

/// Reads the clipboard; a test has one of its own.
pub type ReadClipboard = Arc<dyn Fn() -> Result<String, String> + Send + Sync>;

/// Reads the text on the clipboard. May take seconds, as another program is asked for it; not for the server's threads.
///
/// # Errors
/// One sentence that says why there is none.
pub fn read() -> Result<String, String> {
    let text = arboard::Clipboard::new().and_then(|mut clipboard| clipboard.get_text());
    match text {
        Ok(text) if text.trim().is_empty() => Err("the clipboard is empty".to_owned()),
        Ok(text) => Ok(text),
        Err(arboard::Error::ContentNotAvailable) => {
            Err("the clipboard holds no text: copy the chat model's answer first".to_owned())
        }
        Err(error) => Err(format!("the clipboard cannot be read: {error}")),
    }
}
