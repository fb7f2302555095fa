//! `fast-apply lsp`: the language server that editors start.

use clap::Args;
use fast_apply_engine::DeviceChoice;
use fast_apply_engine::assets::Locations;
use fast_apply_lsp::user_config::{CommandLine, UserConfig};
use fast_apply_lsp::{End, ServeOptions, logging, serve, socket, standard_streams};

use crate::failure::Failure;
use crate::graphics_card;

#[derive(Args)]
pub(crate) struct LspArguments {
    /// Speak over standard input and output, which is what happens in any case.
    #[arg(long)]
    stdio: bool,
    /// A model by id, a GGUF file, or a Hugging Face directory; goes before the editor's settings.
    #[arg(long, value_name = "ID|PATH", env = "FAST_APPLY_MODEL")]
    model: Option<String>,
    /// A LoRA adapter by id, a PEFT directory, or `none`; by default the model's own.
    #[arg(long, value_name = "ID|PATH|none", env = "FAST_APPLY_ADAPTER")]
    adapter: Option<String>,
    /// Where the model runs: auto, cpu, cuda or metal; goes before the editor's settings.
    #[arg(long, env = "FAST_APPLY_DEVICE")]
    device: Option<DeviceChoice>,
}

/// Serves until the editor is gone. Never returns: a thread that waits for input cannot be ended otherwise.
pub(crate) fn run(arguments: LspArguments) -> Result<(), Failure> {
    if matches!(
        arguments.device,
        None | Some(DeviceChoice::Auto | DeviceChoice::Cuda)
    ) {
        graphics_card::hand_over();
    }
    let command_line = CommandLine {
        model: arguments.model,
        adapter: arguments.adapter,
        device: arguments.device,
    };
    let path = UserConfig::default_path();
    let (config, mut complaints) = UserConfig::read(path.as_deref(), command_line);
    let cache = Locations::from_environment().ok();
    let cache = cache.as_ref().map(|locations| locations.cache.as_path());
    let (set_log_level, started) = logging::start(cache, &config.settings.log_level);
    if let Err(error) = started {
        complaints.push(format!("the log file cannot be written: {error}"));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let serving = runtime.spawn(async {
        let options = ServeOptions {
            config,
            complaints,
            set_log_level,
            sockets: socket::directory(),
            stop: Box::pin(stopped()),
            ..ServeOptions::default()
        };
        serve(
            standard_streams::input(),
            standard_streams::output(),
            options,
        )
        .await
    });
    // On this thread it would have to be woken by the one that waits for the input.
    let end = runtime.block_on(serving).unwrap_or(End::Abrupt);
    std::process::exit(end.exit_code())
}

/// Ends when the system wants the process to end.
#[cfg(unix)]
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};

    let kinds = [
        SignalKind::terminate(),
        SignalKind::interrupt(),
        SignalKind::hangup(),
    ];
    let [terminate, interrupt, hangup] = kinds.map(|kind| async move {
        match signal(kind) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            // The system then ends the process by itself.
            Err(_) => std::future::pending().await,
        }
    });
    tokio::select! {
        () = terminate => {}
        () = interrupt => {}
        () = hangup => {}
    }
}

/// Ends when the user wants the process to end.
#[cfg(not(unix))]
async fn stopped() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
