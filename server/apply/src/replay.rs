use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fast_apply_engine::decode::Stop;

use crate::judgement::{Judgement, Reading};
use crate::rewrite_engine::{Prediction, Rewrite, RewriteEngine};
use crate::stats::{Stats, StopKind};
use crate::{ApplyError, Event, Options, Request};

/// An engine for tests: writes a given text at a given speed, whatever it is asked.
#[derive(Debug, Clone)]
pub struct Replay {
    /// What to write, with LF line endings.
    pub text: String,
    /// Characters of one step, as if so many were accepted at once; at least 1.
    pub step_chars: usize,
    /// The time one step takes.
    pub step: Duration,
    /// The second half is written when there is a file of this name.
    pub halfway: Option<PathBuf>,
}

impl Replay {
    /// Waits for the second half to be wanted, or for nothing to be wanted any more.
    fn wait_halfway(&self, cancel: &AtomicBool) {
        while let Some(path) = &self.halfway
            && !path.exists()
            && !cancel.load(Ordering::Relaxed)
        {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl RewriteEngine for Replay {
    fn stats(&self, options: &Options) -> Stats {
        Stats {
            mode: options.mode.name(),
            model: Some("replay".to_owned()),
            ..Stats::default()
        }
    }

    fn rewrite(
        &self,
        request: &Request<'_>,
        prediction: Prediction<'_>,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<Rewrite, ApplyError> {
        let start = Instant::now();
        let expected = match prediction {
            Prediction::Check(expected) => Some(expected),
            Prediction::Draft(_) | Prediction::None => None,
        };
        let mut rewrite = Rewrite {
            text: String::new(),
            tokens: Vec::new(),
            stop: Stop::End,
            stats: self.stats(request.options),
        };
        let chars: Vec<char> = self.text.chars().collect();
        let mut forwards = 0;
        let steps = chars.chunks(self.step_chars.max(1));
        let middle = steps.len() / 2;
        for (number, step) in steps.enumerate() {
            thread::sleep(self.step);
            if number == middle {
                self.wait_halfway(&request.cancel);
            }
            if request.cancel.load(Ordering::Relaxed) {
                rewrite.stop = Stop::Cancelled;
                break;
            }
            let piece: String = step.iter().collect();
            rewrite.text.push_str(&piece);
            on_event(Event::Text(&piece));
            forwards += 1;
            if expected.is_some_and(|expected| !expected.starts_with(&rewrite.text)) {
                rewrite.stop = Stop::Differs;
                break;
            }
        }
        rewrite.stats.forwards = Some(forwards);
        rewrite.stats.output_tokens = Some(rewrite.text.chars().count());
        rewrite.stats.total_ms = Some(start.elapsed().as_secs_f64() * 1e3);
        rewrite.stats.stop = match rewrite.stop {
            Stop::Cancelled => Some(StopKind::Cancelled),
            Stop::Differs => None,
            _ => Some(StopKind::End),
        };
        Ok(rewrite)
    }

    /// As if its own text were certain, and every other the less likely the more characters it has
    /// that are not of it.
    fn judge(
        &self,
        request: &Request<'_>,
        texts: &[String],
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<Option<Judgement>, ApplyError> {
        let start = Instant::now();
        let total = texts.len();
        for done in 1..=total {
            thread::sleep(self.step);
            if request.cancel.load(Ordering::Relaxed) {
                return Ok(None);
            }
            on_event(Event::Prompt { done, total });
        }
        let strange = |text: &String| {
            let same = text.bytes().zip(self.text.bytes());
            let start = same.take_while(|(a, b)| a == b).count();
            let same = text.bytes().rev().zip(self.text.bytes().rev());
            let shorter = text.len().min(self.text.len());
            let end = same
                .take(shorter - start)
                .take_while(|(a, b)| a == b)
                .count();
            (text.len().max(self.text.len()) - start - end) as f32
        };
        let of_first = strange(&texts[0]);
        Ok(Some(Judgement {
            readings: texts
                .iter()
                .map(|text| Reading {
                    likelihood: of_first - strange(text),
                    worst: strange(text),
                })
                .collect(),
            stats: Stats {
                total_ms: Some(start.elapsed().as_secs_f64() * 1e3),
                ..self.stats(request.options)
            },
        }))
    }

    fn warm(&self, _original: &str, _cancel: Arc<AtomicBool>) {}

    fn clear_cache(&self) {}
}
