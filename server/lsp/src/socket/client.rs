//! The caller's end.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::socket::directory::sockets;
use crate::socket::message::{LIMIT, Place, Request, Response, Suggestion};

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The servers of this user that run now.
#[derive(Debug)]
pub struct Servers {
    connections: Vec<BufReader<UnixStream>>,
}

impl Servers {
    /// Calls every server that has a socket in these directories. Sockets that nobody listens at are removed.
    ///
    /// # Errors
    /// A directory is there but is not this user's alone.
    pub fn connect(directories: &[PathBuf]) -> io::Result<Self> {
        let mut connections = Vec::new();
        for directory in directories {
            let found = match sockets(directory) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                found => found?,
            };
            connections.extend(found.iter().filter_map(|path| call(path)));
        }
        Ok(Self { connections })
    }

    /// Whether none runs.
    pub fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    /// The server that has the file, by its absolute path or by the end of one: the one that has it open, else the one
    /// with the innermost workspace folder around it.
    ///
    /// # Errors
    /// None has it; one sentence says why.
    pub fn find(&mut self, path: &str) -> Result<(ServerIndex, Place), String> {
        let mut best: Option<(ServerIndex, Place)> = None;
        let mut reason = format!("no editor has {path}");
        for (index, connection) in self.connections.iter_mut().enumerate() {
            match ask(connection, &Request::Find(path.to_owned())) {
                Ok(Response::Found(place)) => {
                    let is_nearer = best
                        .as_ref()
                        .is_none_or(|(_, best)| best.nearness() < place.nearness());
                    if is_nearer {
                        best = Some((ServerIndex(index), place));
                    }
                }
                Ok(Response::Refused(why)) => reason = why,
                Ok(Response::Accepted) => reason = "the server answers something else".to_owned(),
                Err(error) => reason = error.to_string(),
            }
        }
        best.ok_or(reason)
    }

    /// Hands a suggestion to a server.
    ///
    /// # Errors
    /// It does not take it; one sentence says why.
    pub fn suggest(&mut self, server: ServerIndex, suggestion: Suggestion) -> Result<(), String> {
        match ask(
            &mut self.connections[server.0],
            &Request::Suggest(suggestion),
        ) {
            Ok(Response::Accepted) => Ok(()),
            Ok(Response::Refused(reason)) => Err(reason),
            Ok(Response::Found(_)) => Err("the server answers something else".to_owned()),
            Err(error) => Err(format!("the server does not answer: {error}")),
        }
    }
}

/// One of the servers found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerIndex(usize);

fn call(path: &Path) -> Option<BufReader<UnixStream>> {
    match UnixStream::connect(path) {
        Ok(stream) => {
            let timeouts = stream
                .set_read_timeout(Some(PATIENCE))
                .and_then(|()| stream.set_write_timeout(Some(PATIENCE)));
            timeouts.ok().map(|()| BufReader::new(stream))
        }
        Err(error) => {
            // Its server was killed before it could take it away.
            if error.kind() == io::ErrorKind::ConnectionRefused {
                fs::remove_file(path).ok();
            }
            None
        }
    }
}

fn ask(connection: &mut BufReader<UnixStream>, request: &Request) -> io::Result<Response> {
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    if line.len() as u64 > LIMIT {
        let reason = "the suggestion is larger than 8 MiB";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    connection.get_mut().write_all(&line)?;
    let mut answer = String::new();
    connection.read_line(&mut answer)?;
    match answer.is_empty() {
        true => Err(io::ErrorKind::UnexpectedEof.into()),
        false => Ok(serde_json::from_str(&answer)?),
    }
}
