//! From a chat model's reply to suggestions for files.
