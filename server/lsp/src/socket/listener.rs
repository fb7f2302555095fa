//! The server's end.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use crate::event::{Command, Gravity, NewSuggestion, Suggested, Uri};
use crate::open_documents::file_uri;
use crate::protocol::Shell;
use crate::socket::directory::prepare;
use crate::socket::message::{LIMIT, Place, Request, Response, Suggestion};

/// How long a caller may take for a line.
const PATIENCE: Duration = Duration::from_secs(10);

/// Answers `fast-apply suggest` until it is dropped, and takes the socket's file away then.
pub(crate) async fn listen(directory: PathBuf, shell: Arc<Shell>) {
    let (listener, _file) = match bind(&directory) {
        Ok(bound) => bound,
        Err(error) => {
            tracing::warn!("`fast-apply suggest` cannot reach this server: {error}");
            return;
        }
    };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let shell = Arc::clone(&shell);
                tokio::spawn(async move {
                    if let Err(error) = converse(stream, &shell).await {
                        tracing::info!("a caller on the socket: {error}");
                    }
                });
            }
            Err(error) => {
                tracing::warn!("nobody can call on the socket for now: {error}");
                tokio::time::sleep(PATIENCE).await;
            }
        }
    }
}

/// Removes the file when the server goes.
struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}

fn bind(directory: &Path) -> io::Result<(UnixListener, SocketFile)> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    prepare(directory)?;
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = directory.join(format!("{}-{number}.sock", std::process::id()));
    // A process of this number that is gone may have left one.
    fs::remove_file(&path).ok();
    let listener = UnixListener::bind(&path)?;
    let file = SocketFile(path);
    fs::set_permissions(&file.0, fs::Permissions::from_mode(0o600))?;
    Ok((listener, file))
}

async fn converse(stream: UnixStream, shell: &Arc<Shell>) -> io::Result<()> {
    if stream.peer_cred()?.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let (input, mut output) = stream.into_split();
    let mut input = BufReader::new(input);
    loop {
        let mut line = Vec::new();
        let mut limited = (&mut input).take(LIMIT + 1);
        let read = limited.read_until(b'\n', &mut line);
        if tokio::time::timeout(PATIENCE, read).await?? == 0 {
            return Ok(());
        }
        let is_whole = line.len() as u64 <= LIMIT;
        let response = match serde_json::from_slice(&line) {
            _ if !is_whole => Response::Refused("the suggestion is larger than 8 MiB".to_owned()),
            Ok(Request::Find(path)) => find(path, shell).await,
            Ok(Request::Suggest(suggestion)) => suggest(suggestion, shell).await,
            Err(error) => Response::Refused(format!("the server does not understand: {error}")),
        };
        let mut line = serde_json::to_vec(&response)?;
        line.push(b'\n');
        output.write_all(&line).await?;
        if !is_whole {
            return Ok(());
        }
    }
}

async fn find(path: String, shell: &Arc<Shell>) -> Response {
    let shell = Arc::clone(shell);
    let place = tokio::task::spawn_blocking(move || place_of(Path::new(&path), &shell)).await;
    match place {
        Ok(Ok(place)) => Response::Found(place),
        Ok(Err(reason)) => Response::Refused(reason),
        Err(error) => Response::Refused(error.to_string()),
    }
}

/// Where this server has a file. Asks the file system.
fn place_of(path: &Path, shell: &Shell) -> Result<Place, String> {
    let resolved = path.canonicalize().ok().filter(|_| path.is_absolute());
    let means = |open: &Path| match path.is_absolute() {
        true => open == path || resolved.is_some() && open.canonicalize().ok() == resolved,
        false => open.ends_with(path),
    };
    let mut open: Vec<(Uri, PathBuf)> = shell.documents.files();
    open.retain(|(_, file)| means(file));
    match &open[..] {
        [(uri, file)] => {
            return Ok(Place {
                is_open: true,
                depth: file.components().count(),
                uri: uri.to_string(),
            });
        }
        [] => {}
        [(_, first), (_, second), ..] => {
            let (path, first, second) = (path.display(), first.display(), second.display());
            return Err(format!("{path} can be {first} or {second}"));
        }
    }
    // Joining leaves an absolute path as it is.
    let folders = match path.is_absolute() {
        true => vec![PathBuf::new()],
        false => shell.workspace.folders(),
    };
    let mut reason = format!("{} is not in the workspace", path.display());
    for folder in folders {
        let file = folder.join(path);
        match shell.workspace.folder_of(&file) {
            Ok(folder) => {
                let uri = file_uri(&file).ok_or_else(|| reason.clone())?;
                return Ok(Place {
                    is_open: false,
                    depth: folder.components().count(),
                    uri: uri.to_string(),
                });
            }
            Err(why) => reason = why,
        }
    }
    Err(reason)
}

async fn suggest(suggestion: Suggestion, shell: &Arc<Shell>) -> Response {
    let uri = Uri::from(suggestion.uri.as_str());
    let uri = match shell.documents.get(&uri) {
        Some((uri, _)) => uri,
        None => match shell.check_unopened(&uri).await {
            Ok(()) => uri,
            Err(reason) => return Response::Refused(reason),
        },
    };
    let command = Command::Suggest(NewSuggestion {
        uri: Uri::clone(&uri),
        suggestion: Suggested {
            text: suggestion.text,
            instruction: suggestion.instruction,
        },
        conversation: suggestion.conversation,
    });
    match shell.inbox.command(command).await {
        Ok(Ok(_)) => {}
        Ok(Err(reason)) => return Response::Refused(reason),
        Err(_) => return Response::Refused("the server is shutting down".to_owned()),
    }
    if suggestion.apply {
        ask_to_apply(uri, shell);
    }
    Response::Accepted
}

/// Asks the user, in the editor, whether to apply what is pending.
fn ask_to_apply(uri: Uri, shell: &Arc<Shell>) {
    let name = uri.rsplit('/').next().unwrap_or_default();
    let question = format!("Apply the suggested edit to {name}?");
    let asking = Arc::clone(shell);
    let runtime = tokio::runtime::Handle::current();
    shell
        .editor
        .ask(&question, &["Apply", "Later"], move |title| {
            if title != "Apply" {
                return;
            }
            let answer = asking.inbox.command(Command::Apply {
                uri,
                version: None,
                suggestion: None,
                range: None,
            });
            runtime.spawn(async move {
                if let Ok(Err(reason)) = answer.await {
                    asking.editor.show(Gravity::Error, &reason);
                }
            });
        });
}
