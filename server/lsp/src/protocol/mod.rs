//! The Language Server Protocol: the only module that knows tower-lsp.
//!
//! ```text
//! bytes --frame--> connection --ingress (wire order)--> shell --Event--> main loop
//!                      |                \--tower-lsp--> server (answers from snapshots)
//! bytes <--frame-- outbox <------------------ editor <------Effect------ main loop
//! ```

mod action;
mod capabilities;
mod command;
mod complaints;
mod configuration;
mod connection;
mod convert;
mod editor;
mod frame;
mod ingress;
mod outbox;
mod progress_bar;
mod report;
mod server;
mod shell;

pub(crate) use configuration::Configuration;
pub(crate) use connection::{Farewell, converse};
pub(crate) use shell::{Parts, Shell};
