//! What the client says, in the order in which it says it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use serde::Deserialize;
use serde_json::Value;
use tower::Service;
use tower_lsp::jsonrpc::{Error, ErrorCode, Id, Request, Response};
use tower_lsp::lsp_types::{ExecuteCommandParams, InitializeParams};
use tower_lsp::{ExitedError, LspService};

use crate::protocol::server::Server;
use crate::protocol::shell::Shell;

/// `RequestFailed` of the protocol: the request was fine, but cannot be met.
const REQUEST_FAILED: i64 = -32803;

/// Sees every message in wire order, before tower-lsp schedules a handler for it.
///
/// tower-lsp's handlers may run in any order; a change of a document must be known before whatever follows it. So
/// notifications and commands are taken here, synchronously, and only what can be answered from a snapshot goes on.
pub(crate) struct Ingress {
    service: LspService<Server>,
    shell: Arc<Shell>,
    phase: Phase,
}

/// How far the conversation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Greeting,
    Running,
    ShutDown,
    /// The client has said `exit`.
    Exited {
        /// Whether it has said `shutdown` before.
        orderly: bool,
    },
}

type Answering = Pin<Box<dyn Future<Output = Result<Option<Response>, ExitedError>> + Send>>;

impl Ingress {
    pub(crate) fn new(service: LspService<Server>, shell: Arc<Shell>) -> Self {
        Self {
            service,
            shell,
            phase: Phase::Greeting,
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    fn execute(&self, id: Id, params: Option<Value>) {
        let outbox = Arc::clone(&self.shell.outbox);
        match ExecuteCommandParams::deserialize(params.unwrap_or_default()) {
            Ok(params) => self.shell.execute(params, move |answer| {
                outbox.respond(Response::from_parts(id, answer.map_err(failed)));
            }),
            Err(error) => {
                let error = Error::invalid_params(error.to_string());
                outbox.respond(Response::from_error(id, error));
            }
        }
    }
}

impl Service<Request> for Ingress {
    type Response = Option<Response>;
    type Error = ExitedError;
    type Future = Answering;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let (method, id, params) = request.into_parts();
        // A few clients write it out where there is nothing; tower-lsp takes it for a parameter.
        let params = params.filter(|params| !params.is_null());
        match (&*method, self.phase, &id) {
            ("initialize", Phase::Greeting, Some(_)) => {
                // What cannot be read is refused by tower-lsp, and the client may try again.
                let read = InitializeParams::deserialize(params.as_ref().unwrap_or(&Value::Null));
                if let Ok(read) = read {
                    self.shell.initialize(&read);
                    self.phase = Phase::Running;
                }
            }
            ("shutdown", Phase::Running, Some(_)) => self.phase = Phase::ShutDown,
            ("exit", ..) => {
                self.phase = Phase::Exited {
                    orderly: self.phase == Phase::ShutDown,
                };
                return Box::pin(async { Ok(None) });
            }
            ("workspace/executeCommand", Phase::Running, Some(id)) => {
                self.execute(id.clone(), params);
                return Box::pin(async { Ok(None) });
            }
            // This one is tower-lsp's: it knows the handlers.
            ("$/cancelRequest", _, None) => {}
            (_, phase, None) => {
                if phase == Phase::Running {
                    self.shell.notified(&method, params.unwrap_or_default());
                }
                return Box::pin(async { Ok(None) });
            }
            _ => {}
        }
        let mut request = Request::build(method);
        if let Some(id) = id {
            request = request.id(id);
        }
        if let Some(params) = params {
            request = request.params(params);
        }
        Box::pin(self.service.call(request.finish()))
    }
}

fn failed(reason: String) -> Error {
    Error {
        code: ErrorCode::ServerError(REQUEST_FAILED),
        message: reason.into(),
        data: None,
    }
}
