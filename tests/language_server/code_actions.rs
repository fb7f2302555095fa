//! How long code actions take while a rewrite runs on all cores.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::editor::{Editor, Home};

/// The time between two requests.
const PAUSE: Duration = Duration::from_millis(2);

/// Times of requests for code actions, each sent when the one before was answered.
pub(crate) struct Latencies {
    sorted: Vec<Duration>,
}

impl Latencies {
    /// Of `count` requests to a server with the default model, all while it writes; it is started anew if it ends before.
    pub(crate) fn while_the_model_writes(text: &str, reply: &str, count: usize) -> Self {
        let home = Home::with_models_of_this_user();
        let initialize = json!({
            "capabilities": {},
            // One edit when all is written, so that nothing but the model works until then.
            "initializationOptions": { "mode": "rewrite", "granularity": "whole" },
        });
        let mut editor = Editor::start(&home, initialize);
        while editor.status()["state"] != "ready" {
            std::thread::yield_now();
        }
        let uri = home.uri("one/text.rs");
        let document = json!({ "uri": uri, "languageId": "rust", "version": 1, "text": text });
        editor.notify("textDocument/didOpen", json!({ "textDocument": document }));
        let start = json!({ "line": 0, "character": 0 });
        let asked = json!({
            "textDocument": { "uri": uri },
            "range": { "start": start, "end": start },
            "context": { "diagnostics": [] },
        });
        let mut sorted = Vec::with_capacity(count);
        while sorted.len() < count {
            let arguments = json!([{ "uri": uri, "suggestion": { "text": reply } }]);
            let params = json!({ "command": "fastApply.apply", "arguments": arguments });
            editor.request("workspace/executeCommand", params);
            loop {
                let before = Instant::now();
                let answer = editor.request("textDocument/codeAction", asked.clone());
                let took = before.elapsed();
                let offered = answer["result"].as_array().cloned().unwrap_or_default();
                let is_writing = offered
                    .iter()
                    .any(|action| action["title"] == "Cancel suggested edit");
                if !is_writing || sorted.len() == count {
                    break;
                }
                sorted.push(took);
                // As editors ask: back to back, requests would only show how fast a server is that is awake.
                std::thread::sleep(PAUSE);
            }
            let params = json!({ "command": "fastApply.cancel", "arguments": [{ "uri": uri }] });
            editor.request("workspace/executeCommand", params);
        }
        sorted.sort();
        Self { sorted }
    }

    /// The time that this share of the requests did not exceed.
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        let place = (self.sorted.len() as f64 * share) as usize;
        self.sorted[place.min(self.sorted.len() - 1)]
    }
}
