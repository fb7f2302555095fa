//! How `fast-apply suggest` reaches the servers of the same user: JSON lines over Unix sockets in a private directory.
//!
//! A suggestion that comes this way only becomes pending; nothing is written before the user says so in the editor.

#[cfg(unix)]
mod client;
#[cfg(unix)]
mod directory;
#[cfg(not(unix))]
mod elsewhere;
#[cfg(unix)]
mod listener;
#[cfg_attr(not(unix), allow(dead_code, reason = "nobody speaks"))]
mod message;

#[cfg(unix)]
pub use client::{ServerIndex, Servers};
#[cfg(unix)]
pub use directory::{directories, directory};
#[cfg(not(unix))]
pub(crate) use elsewhere::listen;
#[cfg(not(unix))]
pub use elsewhere::{ServerIndex, Servers, directories, directory};
#[cfg(unix)]
pub(crate) use listener::listen;
pub use message::{Place, Suggestion};
