//! One server from its start to its end.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::clipboard::{self, ReadClipboard};
use crate::event::{Effect, Event, Gravity, Millis, ModelPhase, ModelState};
use crate::inbox::Inbox;
use crate::logging::SetLevel;
use crate::main_loop::MainLoop;
use crate::model_source::{InstalledModels, ModelSource};
use crate::open_documents::OpenDocuments;
use crate::parent;
use crate::protocol::{Configuration, Farewell, Parts, Shell, converse};
use crate::snapshot::Snapshots;
use crate::socket;
use crate::user_config::UserConfig;
use crate::workshop::Workshop;
use crate::workspace::Workspace;

/// How often idle memory is looked for.
const IDLE_CHECK: Duration = Duration::from_secs(15);

/// What a server is started with.
pub struct ServeOptions {
    /// The user's own configuration.
    pub config: UserConfig,
    /// What was wrong in it; the user is told.
    pub complaints: Vec<String>,
    /// Where models come from.
    pub models: Arc<dyn ModelSource>,
    /// Reads the clipboard.
    pub clipboard: ReadClipboard,
    /// Changes what is logged.
    pub set_log_level: SetLevel,
    /// The directory where `fast-apply suggest` looks for servers; `None` for one that cannot be found.
    pub sockets: Option<PathBuf>,
    /// Ends the server when it ends: a signal.
    pub stop: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The client has said `shutdown` first.
    Orderly,
    /// The client went away, said `exit` without `shutdown`, or something else stopped the server.
    Abrupt,
}

impl Default for ServeOptions {
    /// A server with the installed models, the system's clipboard, and nothing of the user's.
    fn default() -> Self {
        Self {
            config: UserConfig::default(),
            complaints: Vec::new(),
            models: Arc::new(InstalledModels),
            clipboard: Arc::new(clipboard::read),
            set_log_level: Arc::new(|_| {}),
            sockets: None,
            stop: Box::pin(std::future::pending()),
        }
    }
}

impl End {
    /// The exit code that the protocol asks for.
    pub fn exit_code(self) -> i32 {
        match self {
            End::Orderly => 0,
            End::Abrupt => 1,
        }
    }
}

/// Serves one client until it says `exit`, goes away, or the options stop the server. What the client is owed is
/// written, what was made for it is removed, and the model is given up; a thread that is in a verify step may live a
/// little longer.
pub async fn serve(
    input: impl AsyncRead + Unpin,
    output: impl AsyncWrite + Unpin + Send + 'static,
    options: ServeOptions,
) -> End {
    let (sender, events) = unbounded_channel();
    let inbox = Inbox::new(sender);
    let workshop = Workshop::new(options.models, inbox.clone());
    let documents = Arc::new(OpenDocuments::default());
    let workspace = Arc::new(Workspace::default());
    let snapshots = Arc::new(Snapshots::new());
    let shell = Arc::new(Shell::new(Parts {
        inbox,
        workshop: workshop.clone(),
        documents,
        workspace,
        snapshots: Arc::clone(&snapshots),
        configuration: Configuration::new(options.config),
        clipboard: options.clipboard,
        set_log_level: options.set_log_level,
        complaints: options.complaints,
    }));
    let (main_loop, failed) = LoopThread::start(MainLoop::new(snapshots), events, &shell);
    let socket = options
        .sockets
        .map(|directory| tokio::spawn(socket::listen(directory, Arc::clone(&shell))));
    let idle = tokio::spawn({
        let workshop = workshop.clone();
        async move {
            loop {
                tokio::time::sleep(IDLE_CHECK).await;
                workshop.unload_if_idle(std::time::Instant::now());
            }
        }
    });
    let stop = async {
        tokio::select! {
            () = options.stop => tracing::info!("stopped by a signal"),
            () = parent::gone(|| shell.process()) => tracing::warn!("the editor is gone"),
            _ = failed => tracing::error!("the main loop has failed"),
        }
    };
    let farewell = converse(input, output, &shell, stop).await;
    idle.abort();
    main_loop.end().await;
    if let Some(socket) = socket {
        socket.abort();
        // Its file goes with it.
        socket.await.ok();
    }
    workshop.stop();
    shell.editor.clean_up();
    match farewell {
        Farewell::Orderly => End::Orderly,
        Farewell::Abrupt => End::Abrupt,
    }
}

/// The thread of the main loop. It has one of its own, because comparing long texts takes milliseconds in which code
/// actions are answered and messages written.
struct LoopThread {
    thread: JoinHandle<()>,
    /// Ends the loop when it goes.
    quit: oneshot::Sender<()>,
}

impl LoopThread {
    /// Starts the loop. The second value comes to an end with it.
    fn start(
        main_loop: MainLoop,
        events: UnboundedReceiver<Event>,
        shell: &Arc<Shell>,
    ) -> (Self, oneshot::Receiver<()>) {
        let (quit, quitting) = oneshot::channel();
        let (running, ended) = oneshot::channel::<()>();
        let (runtime, shell) = (Handle::current(), Arc::clone(shell));
        let thread = thread::Builder::new().name("main loop".to_owned());
        let started = thread.spawn(move || {
            let _running = running;
            runtime.block_on(async {
                tokio::select! {
                    () = run(main_loop, events, shell) => {}
                    _ = quitting => {}
                }
            });
        });
        let thread = started.expect("the system can start one more thread");
        (Self { thread, quit }, ended)
    }

    /// Waits until the event at hand is dealt with.
    async fn end(self) {
        drop(self.quit);
        // What there is to say about a panic has been said by it.
        tokio::task::spawn_blocking(move || self.thread.join().ok())
            .await
            .ok();
    }
}

/// Feeds the main loop, one event after the other, and does what it says.
async fn run(mut main_loop: MainLoop, mut events: UnboundedReceiver<Event>, shell: Arc<Shell>) {
    let start = Instant::now();
    let mut alarms: BTreeSet<Millis> = BTreeSet::new();
    loop {
        let alarm = alarms.first().map(|&at| start + Duration::from_millis(at));
        let event = tokio::select! {
            event = events.recv() => match event {
                Some(event) => event,
                None => return,
            },
            () = sleep_until(alarm) => Event::Woken,
        };
        if let Event::Model(state) = &event {
            tell_of_model(state, &shell);
        }
        let now = start.elapsed().as_millis() as Millis;
        if let Event::Woken = event {
            alarms = alarms.split_off(&(now + 1));
        }
        for effect in main_loop.handle(event, now) {
            match effect {
                Effect::Answer { request, answer } => shell.inbox.answer(request, answer),
                Effect::Work(job) => {
                    shell.editor.offer_download(&shell.workshop);
                    shell.workshop.work(*job);
                }
                Effect::Warm { text } => {
                    shell.editor.offer_download(&shell.workshop);
                    shell.workshop.warm(text);
                }
                Effect::WakeAt(at) => {
                    alarms.insert(at);
                }
                effect => shell.editor.perform(effect),
            }
        }
    }
}

async fn sleep_until(alarm: Option<Instant>) {
    match alarm {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

fn tell_of_model(state: &ModelState, shell: &Shell) {
    let model = state.model.as_deref().unwrap_or("the default model");
    let message = state.message.as_deref();
    match state.phase {
        ModelPhase::Loading => shell.editor.log(Gravity::Info, &format!("loading {model}")),
        ModelPhase::Ready => {
            let device = state.device.as_deref().unwrap_or("an unknown device");
            let text = match message {
                Some(message) => format!("{model}: {message}"),
                None => format!("{model} is ready on {device}"),
            };
            shell.editor.log(Gravity::Info, &text);
        }
        ModelPhase::Missing => shell
            .editor
            .log(Gravity::Warning, message.unwrap_or_default()),
        ModelPhase::Failed => shell
            .editor
            .show(Gravity::Error, message.unwrap_or_default()),
    }
}
