//! Standard input and output, for a server.
//!
//! Tokio's own hand every read and write to a thread that may wait. Where the model computes on all cores, each
//! hand-over can cost a time slice, and there are two in every answer. Pipes and sockets, which is what editors give,
//! are waited for by the thread that also works.

use tokio::io::{AsyncRead, AsyncWrite};

/// Standard input. Inside a runtime only, and only once.
pub fn input() -> Box<dyn AsyncRead + Send + Unpin> {
    #[cfg(unix)]
    if let Ok(input) = unix::input() {
        return input;
    }
    Box::new(tokio::io::stdin())
}

/// Standard output. Inside a runtime only, and only once.
pub fn output() -> Box<dyn AsyncWrite + Send + Unpin> {
    #[cfg(unix)]
    if let Ok(output) = unix::output() {
        return output;
    }
    Box::new(tokio::io::stdout())
}

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io;
    use std::os::fd::{AsFd, OwnedFd};
    use std::os::unix::fs::FileTypeExt as _;

    use tokio::io::{AsyncRead, AsyncWrite};
    use tokio::net::UnixStream;
    use tokio::net::unix::pipe;

    pub(super) fn input() -> io::Result<Box<dyn AsyncRead + Send + Unpin>> {
        Ok(match Stream::of(&io::stdin())? {
            Stream::Pipe(end) => Box::new(pipe::Receiver::from_owned_fd(end)?),
            Stream::Socket(socket) => Box::new(connected(socket)?),
        })
    }

    pub(super) fn output() -> io::Result<Box<dyn AsyncWrite + Send + Unpin>> {
        Ok(match Stream::of(&io::stdout())? {
            Stream::Pipe(end) => Box::new(pipe::Sender::from_owned_fd(end)?),
            Stream::Socket(socket) => Box::new(connected(socket)?),
        })
    }

    /// What can be waited for without a thread. A terminal could, but is shared with other programs.
    enum Stream {
        Pipe(OwnedFd),
        /// What Node.js gives.
        Socket(OwnedFd),
    }

    impl Stream {
        fn of(standard: &impl AsFd) -> io::Result<Self> {
            let file = File::from(standard.as_fd().try_clone_to_owned()?);
            let kind = file.metadata()?.file_type();
            if kind.is_fifo() {
                return Ok(Self::Pipe(file.into()));
            }
            if kind.is_socket() {
                return Ok(Self::Socket(file.into()));
            }
            Err(io::ErrorKind::Unsupported.into())
        }
    }

    fn connected(socket: OwnedFd) -> io::Result<UnixStream> {
        let socket = std::os::unix::net::UnixStream::from(socket);
        socket.set_nonblocking(true)?;
        UnixStream::from_std(socket)
    }
}
