//! The conversation with one client, from its first byte to its last.
//!
//! tower-lsp dispatches, but its transport does not carry the messages: it delivers answers of the client ahead of
//! notifications that came before them, stops reading while four handlers wait, panics at answers that nobody waits
//! for, gives up at the first garbage, and goes on after `exit` until the input ends.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tower::Service;
use tower_lsp::jsonrpc::{Error, Id, Request, Response};
use tower_lsp::{ExitedError, LspService};

use crate::event::Command;
use crate::protocol::frame::{self, Frame, FrameReader};
use crate::protocol::ingress::{Ingress, Phase};
use crate::protocol::outbox::Outbox;
use crate::protocol::server::Server;
use crate::protocol::shell::Shell;

/// How long the client may take to read what is left to say.
const FAREWELL: Duration = Duration::from_secs(1);

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Farewell {
    /// With `shutdown` and `exit`, or with `shutdown` and the end of the input.
    Orderly,
    /// In any other way.
    Abrupt,
}

/// Talks to the client until either side is gone, or `stop` comes.
pub(crate) async fn converse(
    input: impl AsyncRead + Unpin,
    output: impl AsyncWrite + Unpin + Send + 'static,
    shell: &Arc<Shell>,
    stop: impl Future<Output = ()>,
) -> Farewell {
    let outbox = Arc::clone(&shell.outbox);
    let mut writer = tokio::spawn(async move { write_all(output, &outbox).await });
    let server = Server {
        shell: Arc::clone(shell),
    };
    let (service, _) = LspService::new(|_| server);
    let mut ingress = Ingress::new(service, Arc::clone(shell));
    let is_heard = tokio::select! {
        read = read_all(input, &mut ingress, &shell.outbox) => {
            if let Err(error) = read {
                tracing::warn!("the editor cannot be heard any more: {error}");
            }
            // Answered after every command before it.
            let last = shell.inbox.command(Command::Status);
            tokio::time::timeout(FAREWELL, last).await.ok();
            true
        }
        written = &mut writer => {
            if let Ok(Err(error)) = written {
                tracing::warn!("the editor does not listen any more: {error}");
            }
            false
        }
        () = stop => true,
    };
    if is_heard {
        shell.outbox.close();
        // A client that does not read is not waited for.
        if tokio::time::timeout(FAREWELL, &mut writer).await.is_err() {
            writer.abort();
        }
    }
    match ingress.phase() {
        Phase::Exited { orderly: true } | Phase::ShutDown => Farewell::Orderly,
        _ => Farewell::Abrupt,
    }
}

/// Takes every message at once, so that the client is never kept from writing.
async fn read_all(
    input: impl AsyncRead + Unpin,
    ingress: &mut Ingress,
    outbox: &Arc<Outbox>,
) -> io::Result<()> {
    let mut frames = FrameReader::new(input);
    while let Some(frame) = frames.next().await? {
        let message = match frame {
            Frame::Message(message) => message,
            Frame::Unreadable(error) => {
                tracing::warn!("a message is not JSON: {error}");
                outbox.respond(Response::from_error(Id::Null, Error::parse_error()));
                continue;
            }
        };
        if message.get("method").is_none() && message.get("id").is_some() {
            outbox.reply(message);
            continue;
        }
        let id = message.get("id").cloned();
        match Request::deserialize(message) {
            Ok(request) => take(ingress, request, outbox).await,
            Err(_) => {
                let id = id.and_then(|id: Value| Id::deserialize(id).ok());
                let error = Error::invalid_request();
                outbox.respond(Response::from_error(id.unwrap_or_default(), error));
            }
        }
        if let Phase::Exited { .. } = ingress.phase() {
            break;
        }
    }
    Ok(())
}

async fn take(ingress: &mut Ingress, request: Request, outbox: &Arc<Outbox>) {
    let ready = std::future::poll_fn(|context| ingress.poll_ready(context)).await;
    if let Err(error) = ready {
        tracing::error!("{error}");
        return;
    }
    let mut answering = ingress.call(request);
    // Nearly all are answered on the spot, and then in order.
    let mut context = Context::from_waker(Waker::noop());
    match answering.as_mut().poll(&mut context) {
        Poll::Ready(answer) => respond(answer, outbox),
        Poll::Pending => {
            let outbox = Arc::clone(outbox);
            tokio::spawn(async move { respond(answering.await, &outbox) });
        }
    }
}

fn respond(answer: Result<Option<Response>, ExitedError>, outbox: &Outbox) {
    match answer {
        Ok(Some(response)) => outbox.respond(response),
        Ok(None) => {}
        Err(error) => tracing::error!("{error}"),
    }
}

async fn write_all(mut output: impl AsyncWrite + Unpin, outbox: &Outbox) -> io::Result<()> {
    while let Some(message) = outbox.next().await {
        frame::write(&mut output, &message).await?;
    }
    Ok(())
}
