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

mod application;
pub mod clipboard;
pub mod event;
mod final_break;
mod flight;
mod inbox;
pub mod logging;
pub mod main_loop;
pub mod model_source;
mod open_documents;
mod parent;
pub mod path;
mod protocol;
mod serve;
mod session;
pub mod settings;
pub mod snapshot;
pub mod socket;
pub mod standard_streams;
mod strays;
mod target;
pub mod user_config;
mod workshop;
mod workspace;

pub use serve::{End, ServeOptions, serve};
