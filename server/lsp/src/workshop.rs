//! Where edits are worked out: one thread for each, and one model that they share.

mod download;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use fast_apply_apply::{Applier, Mode, Options};

use self::download::Download;
use crate::application;
use crate::event::{Event, Job, ModelPhase, ModelState, SessionId, Work};
use crate::inbox::Inbox;
use crate::model_source::{MissingFlag, ModelSource};
use crate::settings::Settings;
use crate::user_config::{ModelChoice, UserConfig};

/// Performs the work of sessions, and keeps the model. Copies are the same workshop; nothing here waits but
/// [`Workshop::stop`].
#[derive(Clone)]
pub(crate) struct Workshop {
    shared: Arc<Shared>,
}

struct Shared {
    source: Arc<dyn ModelSource>,
    inbox: Inbox,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    model: Option<Model>,
    /// Of the model last chosen, so that news of an earlier one can be told.
    generation: u64,
    phase: ModelPhase,
    /// Whether its memory was given back.
    unloaded: bool,
    idle: Option<Duration>,
    last_used: Option<Instant>,
    jobs: HashMap<SessionId, Arc<AtomicBool>>,
    warming: Option<Warming>,
    download: Option<Download>,
}

#[derive(Clone)]
struct Model {
    choice: ModelChoice,
    applier: Arc<Applier>,
    missing: MissingFlag,
}

struct Warming {
    text: String,
    cancel: Arc<AtomicBool>,
}

impl Workshop {
    /// A workshop that sends its news to `inbox`. It has no model before it is configured.
    pub(crate) fn new(source: Arc<dyn ModelSource>, inbox: Inbox) -> Self {
        let state = Mutex::default();
        Self {
            shared: Arc::new(Shared {
                source,
                inbox,
                state,
            }),
        }
    }

    /// Takes settings over. Another model than before is loaded in the background.
    pub(crate) fn configure(&self, config: &UserConfig, settings: &Settings) {
        let choice = config.choice(settings);
        let minutes = u64::from(settings.idle_unload_minutes);
        let mut state = self.state();
        state.idle = (minutes > 0).then(|| Duration::from_secs(60 * minutes));
        let current = state.model.as_ref().map(|model| &model.choice);
        if current == Some(&choice) {
            return;
        }
        let missing = MissingFlag::default();
        let applier = self.shared.source.applier(&choice, missing.clone());
        state.model = Some(Model {
            choice,
            applier: Arc::new(applier),
            missing,
        });
        state.generation += 1;
        drop(state);
        // The merge alone does not wait for a model, and needs none.
        if settings.mode != Mode::Merge {
            self.load();
        }
    }

    /// Loads the model in the background, also where that has failed before.
    pub(crate) fn load(&self) {
        let (generation, model) = {
            let mut state = self.state();
            let Some(model) = state.model.clone() else {
                return;
            };
            state.phase = ModelPhase::Loading;
            state.unloaded = false;
            (state.generation, model)
        };
        let name = model.choice.spec.model.clone();
        self.tell(
            generation,
            ModelState {
                phase: ModelPhase::Loading,
                model: name.clone(),
                ..ModelState::default()
            },
        );
        let workshop = self.clone();
        start("loader", move || {
            let loaded = catch_unwind(AssertUnwindSafe(|| model.applier.load()));
            let state = match loaded {
                Ok(Ok(())) => ready(&model.applier),
                Ok(Err(error)) => ModelState {
                    phase: match model.missing.load(Ordering::Relaxed) {
                        true => ModelPhase::Missing,
                        false => ModelPhase::Failed,
                    },
                    model: name,
                    message: Some(error.to_string()),
                    ..ModelState::default()
                },
                Err(_) => ModelState {
                    phase: ModelPhase::Failed,
                    model: name,
                    message: Some("loading the model has failed; the log says where".to_owned()),
                    ..ModelState::default()
                },
            };
            workshop.tell(generation, state);
        });
    }

    /// Looks again for a model that was missing: the user may have fetched it meanwhile.
    fn look_again(&self) {
        let state = self.state();
        let missing = state.missing_model().cloned();
        let generation = state.generation;
        drop(state);
        if let Some(model) = missing {
            let workshop = self.clone();
            start("loader", move || {
                if let Ok(()) = model.applier.load() {
                    workshop.tell(generation, ready(&model.applier));
                }
            });
        }
    }

    /// Whether the model could be fetched but is not here.
    pub(crate) fn is_missing(&self) -> bool {
        self.state().missing_model().is_some()
    }

    /// Fetches the missing model in the background and loads it. `on_end` hears how that went.
    pub(crate) fn fetch(
        &self,
        mut on_fetched: impl FnMut(u64, Option<u64>) -> ControlFlow<()> + Send + 'static,
        on_end: impl FnOnce(Result<(), String>) + Send + 'static,
    ) {
        let mut state = self.state();
        let Some(model) = state.model.clone() else {
            return;
        };
        let workshop = self.clone();
        let download = Download::start(move |go_on| {
            let fetched = workshop
                .shared
                .source
                .fetch(&model.choice, &mut |done, total| {
                    go_on()?;
                    on_fetched(done, total)
                });
            if fetched.is_ok() {
                workshop.load();
            }
            on_end(fetched);
        });
        state.download = Some(download);
    }

    /// Starts the work on a session.
    pub(crate) fn work(&self, job: Job) {
        self.look_again();
        let applier = {
            let mut state = self.state();
            state.last_used = Some(Instant::now());
            state.jobs.insert(job.session, Arc::clone(&job.cancel));
            // The job comes first, unless it can use what is being got ready.
            state.stop_warming(|text| text != job.original);
            state.model.as_ref().map(|model| Arc::clone(&model.applier))
        };
        let applier = applier.unwrap_or_else(|| Arc::new(application::without_model()));
        let workshop = self.clone();
        start("job", move || {
            let session = job.session;
            let inbox = workshop.shared.inbox.clone();
            let ending = application::run(&applier, job, &mut |news| {
                inbox.send(Event::Work { session, news });
            });
            let mut state = workshop.state();
            state.jobs.remove(&session);
            state.last_used = Some(Instant::now());
            let is_back = state.unloaded && ending.stats.model.is_some();
            state.unloaded &= !is_back;
            let generation = state.generation;
            drop(state);
            if is_back {
                workshop.tell(generation, ready(&applier));
            }
            let news = Work::Ended(ending);
            inbox.send(Event::Work { session, news });
        });
    }

    /// Gets the model ready for a text with LF line endings, rather than for one asked for earlier.
    pub(crate) fn warm(&self, text: String) {
        self.look_again();
        let mut state = self.state();
        let can_load = matches!(state.phase, ModelPhase::Loading | ModelPhase::Ready);
        let Some(model) = state.model.clone().filter(|_| can_load) else {
            return;
        };
        state.last_used = Some(Instant::now());
        state.unloaded = false;
        state.stop_warming(|_| true);
        let cancel = Arc::new(AtomicBool::new(false));
        state.warming = Some(Warming {
            text: text.clone(),
            cancel: Arc::clone(&cancel),
        });
        drop(state);
        start("warmer", move || {
            // Waits where the model is still being loaded.
            if model.applier.load().is_ok() && !cancel.load(Ordering::Relaxed) {
                model.applier.warm(&text, cancel);
            }
        });
    }

    /// Gives the model's memory back if nobody has needed it for as long as the settings say.
    pub(crate) fn unload_if_idle(&self, now: Instant) {
        let mut state = self.state();
        let idle = state.last_used.zip(state.idle);
        let is_idle = idle.is_some_and(|(used, idle)| now.saturating_duration_since(used) >= idle);
        if !is_idle || !state.jobs.is_empty() || state.unloaded || state.phase != ModelPhase::Ready
        {
            return;
        }
        let Some(model) = state.model.clone() else {
            return;
        };
        state.unloaded = true;
        let generation = state.generation;
        drop(state);
        let workshop = self.clone();
        start("unloader", move || {
            let described = ready(&model.applier);
            model.applier.unload();
            let message = "its memory is given back; the next edit loads it again".to_owned();
            workshop.tell(
                generation,
                ModelState {
                    message: Some(message),
                    ..described
                },
            );
        });
    }

    /// Stops everything at the next verify step, and waits for other programs that were started.
    pub(crate) fn stop(&self) {
        let mut state = self.state();
        let download = state.download.take();
        state.stop_warming(|_| true);
        for cancel in state.jobs.values() {
            cancel.store(true, Ordering::Relaxed);
        }
        state.model = None;
        drop(state);
        if let Some(download) = download {
            download.stop();
        }
    }

    /// Keeps and passes on news of the model, unless another was chosen since.
    fn tell(&self, generation: u64, news: ModelState) {
        let mut state = self.state();
        if state.generation != generation {
            return;
        }
        state.phase = news.phase;
        if news.phase == ModelPhase::Ready {
            state.last_used.get_or_insert_with(Instant::now);
        }
        // Under the lock, so that the main loop hears the news in this order.
        self.shared.inbox.send(Event::Model(news));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let state = self.shared.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The model, if it was looked for and could be fetched. One that nobody has wanted yet is not missing.
    fn missing_model(&self) -> Option<&Model> {
        let model = self
            .model
            .as_ref()
            .filter(|_| self.phase == ModelPhase::Missing);
        model.filter(|model| model.missing.load(Ordering::Relaxed))
    }

    fn stop_warming(&mut self, if_text: impl Fn(&str) -> bool) {
        let is_meant = |warming: &mut Warming| if_text(&warming.text);
        if let Some(warming) = self.warming.take_if(is_meant) {
            warming.cancel.store(true, Ordering::Relaxed);
        }
    }
}

/// The state of a model that has been loaded.
fn ready(applier: &Applier) -> ModelState {
    let stats = applier.stats(&Options::default());
    ModelState {
        phase: ModelPhase::Ready,
        model: stats.model,
        device: stats.device.map(str::to_owned),
        kernels: stats.kernels.map(str::to_owned),
        message: None,
    }
}

/// Starts a thread that gives way to the server's own.
fn start(name: &str, work: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().name(name.to_owned());
    let started = thread.spawn(|| {
        give_way();
        work();
    });
    if let Err(error) = started {
        tracing::error!("the system cannot start one more thread: {error}");
    }
}

/// Lowers the priority of this thread, and of those it starts, the engine's among them.
#[cfg(target_os = "linux")]
fn give_way() {
    // Being as important as the others is no reason not to work.
    rustix::process::nice(5).ok();
}

/// Elsewhere priorities are the whole process's, or need more rights.
#[cfg(not(target_os = "linux"))]
fn give_way() {}

#[cfg(test)]
mod tests;
