//! The language server: applies suggested edits to open documents, streaming, and never corrupts a buffer.
//!
//! ```text
//! editor --> protocol (wire order) --Event--> main_loop --Effect--> protocol --> editor
//!                                               |  ^         \--> workshop (one thread per job, one engine)
//!                                            session           \--> clock
//! ```
//!
//! [`main_loop`] owns every document and every [`session`]; it is pure, so a list of [`event`]s is a full replay.
//! [`protocol`] is the only module that knows tower-lsp.

pub mod event;
mod flight;
pub mod main_loop;
pub mod path;
mod session;
pub mod settings;
pub mod snapshot;
mod target;
