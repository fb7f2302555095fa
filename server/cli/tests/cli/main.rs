//! The command as a process.
#![cfg(unix)]

mod model;
