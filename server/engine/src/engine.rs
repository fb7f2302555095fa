//! The resident model on a thread of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::Error;
use crate::copy_head::CopyHead;
use crate::copying::CopyRule;
use crate::decode::{Decoder, Generation, Progress, Task};
use crate::draft::{DraftKind, DraftLength, Sources};
use crate::kernels::return_freed_memory;
use crate::model::LanguageModel;
use crate::score::{Candidate, Scores};

/// A model that can move to the engine thread.
pub type BoxedModel = Box<dyn LanguageModel + Send>;

/// Takes the events of one request, on the engine thread; it must not block.
pub type EventSink = Box<dyn FnMut(Event) + Send>;

/// A handle to the engine thread. The thread ends, and the model's memory is freed, when the last
/// handle is dropped.
#[derive(Clone)]
pub struct Engine {
    requests: Sender<Request>,
}

/// One rewrite.
pub struct RewriteRequest {
    /// The sources to draft from, the whole prompt among them.
    pub sources: Sources,
    /// How to draft.
    pub draft: DraftKind,
    /// How much to draft.
    pub draft_length: DraftLength,
    /// The tokens that end an answer.
    pub stop_tokens: Vec<u32>,
    /// The longest output.
    pub max_output: usize,
    /// What has a say in every choice beside the model's logits; none: nothing.
    pub copy_head: Option<CopyHead>,
    /// Which lines the output may have; none: any.
    pub rule: Option<CopyRule>,
    /// Accept these tokens whatever the model chooses: for measuring speed on true edits.
    pub forced: Option<Vec<u32>>,
    /// Stop at the first token that differs from these.
    pub expected: Option<Vec<u32>>,
    /// Set to stop at the next verify step.
    pub cancel: Arc<AtomicBool>,
}

/// Texts to be scored behind one prompt.
pub struct ScoreRequest {
    /// The whole prompt; not empty.
    pub prompt: Vec<u32>,
    /// What could stand behind it.
    pub candidates: Vec<Candidate>,
    /// What greedy decoding could write; none: anything.
    pub rule: Option<CopyRule>,
    /// Set to stop at the next pass.
    pub cancel: Arc<AtomicBool>,
}

/// Takes the events of one scoring, on the engine thread; it must not block.
pub type ScoreSink = Box<dyn FnMut(ScoreEvent) + Send>;

/// What comes back of a scoring.
#[derive(Debug)]
pub enum ScoreEvent {
    /// So many tokens are in the cache or scored.
    Progress {
        /// Tokens done.
        done: usize,
        /// Tokens in all.
        total: usize,
    },
    /// The scores, or none if it was cancelled; nothing follows.
    Finished(Option<Scores>),
    /// The request failed; nothing follows.
    Failed(Error),
}

/// What comes back of a rewrite.
#[derive(Debug)]
pub enum Event {
    /// So many of the prompt's tokens are in the cache.
    Prefill {
        /// Tokens done.
        done: usize,
        /// Tokens in all.
        total: usize,
    },
    /// These tokens follow the output so far.
    Accepted(Vec<u32>),
    /// The request is done; nothing follows.
    Finished(Box<Generation>),
    /// The request failed; nothing follows.
    Failed(Error),
}

enum Request {
    Rewrite(Box<RewriteRequest>, EventSink),
    Score(Box<ScoreRequest>, ScoreSink),
    Warm(Vec<u32>, Arc<AtomicBool>),
    ClearCache,
}

impl Engine {
    /// Starts the thread and loads the model on it. Once it is loaded, `loaded` gets the positions
    /// its context holds; a model that fails to load ends the thread.
    pub fn start(
        load: impl Fn() -> Result<BoxedModel, Error> + Send + 'static,
        loaded: impl FnOnce(Result<usize, Error>) + Send + 'static,
    ) -> Self {
        let (requests, inbox) = channel();
        thread::Builder::new()
            .name("engine".into())
            .spawn(move || {
                match load().and_then(Decoder::new) {
                    Ok(decoder) => {
                        // What reading it took.
                        return_freed_memory();
                        loaded(Ok(decoder.model().context_length()));
                        serve(&inbox, decoder, &load);
                    }
                    Err(error) => loaded(Err(error)),
                }
                return_freed_memory();
            })
            .expect("the system can start one more thread");
        Self { requests }
    }

    /// Queues a rewrite. Its events arrive at `sink`, the last one being `Finished` or `Failed`.
    pub fn rewrite(&self, request: RewriteRequest, sink: EventSink) {
        if let Err(unsent) = self
            .requests
            .send(Request::Rewrite(Box::new(request), sink))
            && let Request::Rewrite(_, mut sink) = unsent.0
        {
            sink(Event::Failed(Error::EngineStopped));
        }
    }

    /// Queues a scoring. Its events arrive at `sink`, the last one being `Finished` or `Failed`.
    pub fn score(&self, request: ScoreRequest, sink: ScoreSink) {
        if let Err(unsent) = self.requests.send(Request::Score(Box::new(request), sink))
            && let Request::Score(_, mut sink) = unsent.0
        {
            sink(ScoreEvent::Failed(Error::EngineStopped));
        }
    }

    /// Queues the feeding of a prompt's prefix.
    pub fn warm(&self, prefix: Vec<u32>, cancel: Arc<AtomicBool>) {
        // A stopped engine has nothing to warm; the rewrite that follows reports it.
        self.requests.send(Request::Warm(prefix, cancel)).ok();
    }
    /// Forgets what the cache holds, as if the model had just been loaded.
    pub fn clear_cache(&self) {
        self.requests.send(Request::ClearCache).ok();
    }
}

fn serve(
    inbox: &Receiver<Request>,
    mut decoder: Decoder<BoxedModel>,
    load: &dyn Fn() -> Result<BoxedModel, Error>,
) {
    while let Ok(mut request) = inbox.recv() {
        let result = catch_unwind(AssertUnwindSafe(|| match &mut request {
            Request::Rewrite(request, sink) => {
                let generation = rewrite(&mut decoder, request, sink)?;
                Ok(Done::Rewrite(Box::new(generation)))
            }
            Request::Score(request, sink) => score(&mut decoder, request, sink).map(Done::Score),
            // A prefix that cannot be fed fails again, and is reported, in the rewrite.
            Request::Warm(prefix, cancel) => decoder.warm(prefix, cancel).map(|()| Done::Silent),
            Request::ClearCache => {
                decoder.clear();
                Ok(Done::Silent)
            }
        }));
        let result = result.unwrap_or(Err(Error::EnginePanicked));
        if let Err(Error::EnginePanicked) = result {
            // The cache may be half written: only a fresh model can be trusted. There may be no memory for both.
            drop(decoder);
            decoder = match load().and_then(Decoder::new) {
                Ok(fresh) => fresh,
                Err(_) => return,
            };
        }
        match (request, result) {
            (Request::Rewrite(_, mut sink), Ok(Done::Rewrite(generation))) => {
                sink(Event::Finished(generation));
            }
            (Request::Rewrite(_, mut sink), Err(error)) => sink(Event::Failed(error)),
            (Request::Score(_, mut sink), Ok(Done::Score(scores))) => {
                sink(ScoreEvent::Finished(scores));
            }
            (Request::Score(_, mut sink), Err(error)) => sink(ScoreEvent::Failed(error)),
            _ => {}
        }
    }
}

/// What came of a request.
enum Done {
    Rewrite(Box<Generation>),
    Score(Option<Scores>),
    Silent,
}

fn rewrite(
    decoder: &mut Decoder<BoxedModel>,
    request: &RewriteRequest,
    sink: &mut EventSink,
) -> Result<Generation, Error> {
    let task = Task {
        prompt: &request.sources.prompt,
        stop_tokens: &request.stop_tokens,
        max_output: request.max_output,
        drafter: request.draft.drafter(&request.sources),
        draft_length: request.draft_length,
        copy_head: request.copy_head.as_ref(),
        rule: request.rule.as_ref(),
        forced: request.forced.as_deref(),
        expected: request.expected.as_deref(),
        cancel: &request.cancel,
    };
    decoder.run(task, &mut |progress| {
        sink(match progress {
            Progress::Prefill { done, total } => Event::Prefill { done, total },
            Progress::Accepted(tokens) => Event::Accepted(tokens.to_vec()),
        });
    })
}

fn score(
    decoder: &mut Decoder<BoxedModel>,
    request: &ScoreRequest,
    sink: &mut ScoreSink,
) -> Result<Option<Scores>, Error> {
    let ScoreRequest {
        prompt,
        candidates,
        rule,
        cancel,
    } = request;
    let mut on_progress = |done, total| sink(ScoreEvent::Progress { done, total });
    decoder.score(prompt, candidates, rule.as_ref(), cancel, &mut on_progress)
}

#[cfg(test)]
mod tests {
    use std::ops::Range;
    use std::sync::atomic::Ordering;
    use std::time::Duration;

    use super::*;
    use crate::model::Choice;

    /// Chooses one token for ever. Fails once each time it is told to.
    struct Fragile {
        breaks: Arc<AtomicBool>,
        position: usize,
    }

    impl LanguageModel for Fragile {
        fn forward(&mut self, tokens: &[u32], rows: Range<usize>) -> Result<Vec<Choice>, Error> {
            assert!(!self.breaks.swap(false, Ordering::Relaxed), "it breaks");
            self.position += tokens.len();
            Ok(rows.map(|_| Choice::of_logits(&[0.0, 1.0])).collect())
        }

        fn logits(&mut self, _: &[u32], rows: Range<usize>) -> Result<Vec<Vec<f32>>, Error> {
            Ok(rows.map(|_| vec![0.0, 1.0]).collect())
        }

        fn position(&self) -> usize {
            self.position
        }

        fn truncate(&mut self, position: usize) {
            self.position = position;
        }

        fn context_length(&self) -> usize {
            1024
        }
    }

    #[test]
    fn a_panic_ends_one_request_and_the_next_has_a_fresh_model() {
        let breaks = Arc::new(AtomicBool::new(false));
        let (sender, loaded) = channel();
        let (model_breaks, (counter, loads)) = (Arc::clone(&breaks), channel());
        let load = move || -> Result<BoxedModel, Error> {
            counter.send(()).expect("the test listens");
            let breaks = Arc::clone(&model_breaks);
            Ok(Box::new(Fragile {
                breaks,
                position: 0,
            }))
        };
        let engine = Engine::start(load, move |result| sender.send(result).expect("it listens"));
        let deadline = Duration::from_secs(60);
        let positions = loaded.recv_timeout(deadline).expect("it loads");
        assert_eq!(positions.expect("it can be loaded"), 1024);

        let last_event = || {
            let (sender, events) = channel();
            let request = RewriteRequest {
                sources: Sources {
                    prompt: vec![0; 4],
                    ..Sources::default()
                },
                draft: DraftKind::None,
                draft_length: DraftLength::Auto,
                stop_tokens: vec![0],
                max_output: 3,
                copy_head: None,
                rule: None,
                forced: None,
                expected: None,
                cancel: Arc::default(),
            };
            engine.rewrite(
                request,
                Box::new(move |event| sender.send(event).unwrap_or(())),
            );
            std::iter::from_fn(|| events.recv_timeout(deadline).ok()).last()
        };
        breaks.store(true, Ordering::Relaxed);
        let event = last_event();
        assert!(
            matches!(event, Some(Event::Failed(Error::EnginePanicked))),
            "{event:?}"
        );
        let event = last_event();
        assert!(
            matches!(&event, Some(Event::Finished(written)) if written.tokens == [1, 1, 1]),
            "{event:?}"
        );
        assert_eq!(loads.try_iter().count(), 2);
    }
}
