use std::path::{Path, PathBuf};

use fast_apply_lsp::ServeOptions;
use fast_apply_lsp::socket::{Place, ServerIndex, Servers, Suggestion};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::editor::{Editor, without_models};
use crate::sessions::{HOUSE, REPLY};

/// Two workspaces, one inside the other, and a directory for sockets.
struct Ground {
    root: TempDir,
}

impl Ground {
    fn new() -> Self {
        let ground = Self {
            root: TempDir::new().unwrap(),
        };
        std::fs::create_dir_all(ground.path("outer/inner")).unwrap();
        for file in ["outer/house.rs", "outer/inner/house.rs", "outer/barn.rs"] {
            std::fs::write(ground.path(file), HOUSE).unwrap();
        }
        ground
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn uri(&self, name: &str) -> String {
        format!("file://{}", self.path(name).display())
    }

    async fn server(&self, folder: &str) -> Editor {
        let options = ServeOptions {
            sockets: Some(self.path("run")),
            ..without_models()
        };
        let folders = json!([{ "uri": self.uri(folder), "name": folder }]);
        let initialize = json!({ "capabilities": {}, "workspaceFolders": folders });
        let sockets = || std::fs::read_dir(self.path("run")).map_or(0, Iterator::count);
        let before = sockets();
        let mut editor = Editor::start(options, initialize).await;
        while sockets() == before {
            editor.execute("fastApply.status", json!({})).await;
        }
        editor
    }

    /// Calls all servers.
    async fn find(&self, path: &str) -> (Servers, Result<(ServerIndex, Place), String>) {
        let (directory, path) = (self.path("run"), path.to_owned());
        let found = tokio::task::spawn_blocking(move || {
            let mut servers = Servers::connect(&[directory]).unwrap();
            let found = servers.find(&path);
            (servers, found)
        });
        found.await.unwrap()
    }

    async fn suggest(&self, path: &Path, apply: bool) -> Result<(), String> {
        let (mut servers, found) = self.find(path.to_str().unwrap()).await;
        let (server, place) = found?;
        let suggestion = Suggestion {
            uri: place.uri,
            text: REPLY.to_owned(),
            instruction: None,
            conversation: None,
            apply,
        };
        let suggested = tokio::task::spawn_blocking(move || servers.suggest(server, suggestion));
        suggested.await.unwrap()
    }
}

async fn pending(editor: &mut Editor) -> Vec<String> {
    let status = editor.execute("fastApply.status", json!({})).await;
    let pending = status["result"]["pending"].as_array().unwrap();
    pending
        .iter()
        .map(|it| it["uri"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_server_with_the_file_open_answers_else_the_innermost_workspace() {
    let ground = Ground::new();
    let mut outer = ground.server("outer").await;
    let mut inner = ground.server("outer/inner").await;

    ground
        .suggest(&ground.path("outer/inner/house.rs"), false)
        .await
        .unwrap();
    assert_eq!(
        pending(&mut inner).await,
        [ground.uri("outer/inner/house.rs")]
    );
    ground
        .suggest(&ground.path("outer/barn.rs"), false)
        .await
        .unwrap();
    assert_eq!(pending(&mut outer).await, [ground.uri("outer/barn.rs")]);

    let uri = ground.uri("outer/inner/house.rs");
    outer.open(&uri, 1, HOUSE).await;
    outer.execute("fastApply.status", json!({})).await;
    ground
        .suggest(&ground.path("outer/inner/house.rs"), false)
        .await
        .unwrap();
    assert!(pending(&mut outer).await.contains(&uri));

    // By the end of its path.
    let (_, found) = ground.find("inner/house.rs").await;
    assert_eq!(found.unwrap().1.uri, uri);
    let (_, found) = ground.find("../../etc/passwd").await;
    assert!(found.is_err());
    let elsewhere = ground.path("house.rs");
    std::fs::write(&elsewhere, HOUSE).unwrap();
    let refused = ground.suggest(&elsewhere, false).await.unwrap_err();
    assert!(refused.contains("outside the workspace"), "{refused}");
    outer.leave().await;
    inner.leave().await;
    let left = std::fs::read_dir(ground.path("run")).unwrap().count();
    assert_eq!(left, 0, "sockets are taken away");
}

#[tokio::test]
async fn the_user_decides_in_the_editor_whether_to_apply() {
    let ground = Ground::new();
    let mut editor = ground.server("outer").await;
    let uri = ground.uri("outer/house.rs");
    editor.open(&uri, 1, HOUSE).await;
    let path = ground.path("outer/house.rs");
    for title in ["Later", "Apply"] {
        ground.suggest(&path, true).await.unwrap();
        let is_ours = |params: &Value| params["message"].as_str().unwrap().contains("house.rs");
        let question = editor
            .expect_where("window/showMessageRequest", is_ours)
            .await;
        let before = editor.leftovers().await;
        assert!(
            before
                .iter()
                .all(|message| message["method"] != "workspace/applyEdit")
        );
        editor.reply(&question, json!({ "title": title })).await;
    }
    let edit = editor.expect("workspace/applyEdit").await;
    let document = &edit["params"]["edit"]["documentChanges"][0]["textDocument"];
    assert_eq!(document["uri"], uri);
}

#[tokio::test]
async fn stale_sockets_are_removed_and_large_messages_refused() {
    let ground = Ground::new();
    let mut editor = ground.server("outer").await;
    let stale = ground.path("run/1-0.sock");
    drop(std::os::unix::net::UnixListener::bind(&stale).unwrap());
    let path = ground.path("outer/house.rs");
    ground.suggest(&path, false).await.unwrap();
    assert!(!stale.exists());

    let (mut servers, found) = ground.find(path.to_str().unwrap()).await;
    let (server, place) = found.unwrap();
    let suggestion = Suggestion {
        uri: place.uri,
        text: "x".repeat(8 << 20),
        instruction: None,
        conversation: None,
        apply: false,
    };
    let refused = tokio::task::spawn_blocking(move || servers.suggest(server, suggestion));
    let refused = refused.await.unwrap().unwrap_err();
    assert!(refused.contains("8 MiB"), "{refused}");
    assert_eq!(pending(&mut editor).await.len(), 1);
}
