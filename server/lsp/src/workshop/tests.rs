use fast_apply_apply::Replay;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::*;
use crate::event::Suggested;
use crate::model_source::OnFetched;

struct Echo;

impl ModelSource for Echo {
    fn applier(&self, _: &ModelChoice, _: MissingFlag) -> Applier {
        Applier::with_replay(Replay {
            text: "let a = 1;\n".repeat(100),
            step_chars: 11,
            step: Duration::from_millis(1),
            halfway: None,
        })
    }

    fn fetch(&self, _: &ModelChoice, _: OnFetched<'_>) -> Result<(), String> {
        Ok(())
    }
}

/// Missing until it is fetched by somebody else. Says when it is looked for.
struct Missing(std::sync::mpsc::Sender<()>);

impl ModelSource for Missing {
    fn applier(&self, _: &ModelChoice, missing: MissingFlag) -> Applier {
        let looked = self.0.clone();
        Applier::new(move || {
            missing.store(true, Ordering::Relaxed);
            looked.send(()).ok();
            Err(fast_apply_apply::ApplyError::NoModel(
                "it is missing".to_owned(),
            ))
        })
    }

    fn fetch(&self, _: &ModelChoice, _: OnFetched<'_>) -> Result<(), String> {
        Ok(())
    }
}

#[test]
fn a_missing_model_is_looked_for_again_when_it_is_wanted() {
    let (sender, mut events) = unbounded_channel();
    let (looked, looks) = std::sync::mpsc::channel();
    let workshop = Workshop::new(Arc::new(Missing(looked)), Inbox::new(sender));
    workshop.configure(&UserConfig::default(), &Settings::default());
    next_model(&mut events, ModelPhase::Loading);
    next_model(&mut events, ModelPhase::Missing);
    workshop.warm("let a = 1;\n".to_owned());
    for _ in 0..2 {
        looks
            .recv_timeout(Duration::from_secs(20))
            .expect("it is looked for");
    }
}

fn workshop() -> (Workshop, UnboundedReceiver<Event>) {
    let (sender, mut events) = unbounded_channel();
    let workshop = Workshop::new(Arc::new(Echo), Inbox::new(sender));
    workshop.configure(&UserConfig::default(), &Settings::default());
    next_model(&mut events, ModelPhase::Loading);
    next_model(&mut events, ModelPhase::Ready);
    (workshop, events)
}

#[track_caller]
fn next_model(events: &mut UnboundedReceiver<Event>, phase: ModelPhase) -> ModelState {
    match events.blocking_recv() {
        Some(Event::Model(state)) if state.phase == phase => state,
        other => panic!("expected {phase:?}, but {other:?}"),
    }
}

fn job(cancel: &Arc<AtomicBool>) -> Job {
    Job {
        session: SessionId(1),
        path: "a.rs".to_owned(),
        original: "let a = 1;\n".repeat(100),
        suggested: Suggested {
            text: "let a = 2;\n".to_owned(),
            instruction: None,
        },
        conversation: None,
        mode: Mode::Rewrite,
        strict: false,
        cancel: Arc::clone(cancel),
    }
}

#[test]
fn memory_is_given_back_when_nobody_needs_it() {
    let (workshop, mut events) = workshop();
    let minutes = |minutes: u64| Instant::now() + Duration::from_secs(60 * minutes);
    workshop.unload_if_idle(minutes(29));
    assert!(!workshop.state().unloaded);
    workshop.unload_if_idle(minutes(31));
    let state = next_model(&mut events, ModelPhase::Ready);
    assert!(
        state
            .message
            .is_some_and(|message| message.contains("given back"))
    );
    // Once is enough.
    workshop.unload_if_idle(minutes(62));
    assert!(events.try_recv().is_err());
}

#[test]
fn memory_is_kept_while_somebody_works() {
    let (workshop, mut events) = workshop();
    let cancel = Arc::new(AtomicBool::new(false));
    workshop.work(job(&cancel));
    workshop.unload_if_idle(Instant::now() + Duration::from_secs(3600));
    assert!(!workshop.state().unloaded);
    workshop.stop();
    assert!(cancel.load(Ordering::Relaxed));
    let ended = std::iter::from_fn(|| events.blocking_recv()).find_map(|event| match event {
        Event::Work {
            news: Work::Ended(ending),
            ..
        } => Some(ending),
        _ => None,
    });
    assert!(ended.is_some_and(|ending| ending.text.is_none()));
}
