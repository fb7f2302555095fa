//! The requests that tower-lsp dispatches: those that are answered from what is known already.

use std::sync::Arc;

use tower_lsp::jsonrpc::Result;
use tower_lsp::lsp_types::{
    CodeActionParams, CodeActionResponse, CodeLens, CodeLensParams, InitializeParams,
    InitializeResult,
};
use tower_lsp::{LanguageServer, async_trait};

use crate::protocol::shell::Shell;

/// The server as tower-lsp sees it. No handler waits for the client, the main loop or the model.
pub(crate) struct Server {
    pub(crate) shell: Arc<Shell>,
}

#[async_trait]
impl LanguageServer for Server {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        Ok(self.shell.initialize(&params))
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        Ok(self.shell.actions(&params))
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        Ok(self.shell.lenses(&params))
    }
}
