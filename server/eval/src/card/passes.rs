use std::time::Instant;

use fast_apply_engine::Error;
use fast_apply_engine::model::{LanguageModel, Llama};
use serde::Serialize;

use super::roofline::Roofline;
use super::work::Work;

/// Which passes are timed.
#[derive(Debug, Clone)]
pub struct PassPlan {
    /// Rounds of every measurement.
    pub rounds: usize,
    /// Positions in the cache, ascending.
    pub depths: Vec<usize>,
    /// Rows that are verified at once.
    pub rows: Vec<usize>,
    /// Tokens that fill the cache, at least as many as the deepest depth and the most rows.
    pub filling: Vec<u32>,
}

/// What a verify step takes, choices on the host included.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct PassTime {
    /// Positions before it.
    pub depth: usize,
    /// Its rows.
    pub rows: usize,
    /// Seconds, the median of all rounds.
    pub seconds: f64,
    /// The seconds that the device's own speed allows.
    pub roofline: f64,
}

/// What the tokens of a prompt take.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct PrefillTime {
    /// Positions before them.
    pub depth: usize,
    /// Their number.
    pub tokens: usize,
    /// Seconds.
    pub seconds: f64,
    /// The seconds that the device's own speed allows.
    pub roofline: f64,
}

/// What a part of the widest tile takes.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct PartTime {
    /// The part.
    pub name: &'static str,
    /// Seconds, as the difference of passes with it and without.
    pub seconds: f64,
    /// The seconds that the device's own speed allows.
    pub roofline: f64,
}

/// All timed passes.
#[derive(Debug, Clone, Serialize)]
pub struct CardPasses {
    /// By depth and rows.
    pub verify: Vec<PassTime>,
    /// From each depth to the next.
    pub prefill: Vec<PrefillTime>,
    /// One tile at the deepest depth, in parts: where the time goes.
    pub parts: Vec<PartTime>,
}

impl CardPasses {
    /// Times what the plan names; what does not fit the context is left out.
    pub fn measure(model: &mut Llama, plan: &PassPlan, roofline: &Roofline) -> Result<Self, Error> {
        let mut measured = Self {
            verify: Vec::new(),
            prefill: Vec::new(),
            parts: Vec::new(),
        };
        let most = plan.rows.iter().copied().max().unwrap_or_default();
        let fits = |depth: &usize| depth + most <= model.context_length();
        let depths: Vec<usize> = plan.depths.iter().copied().filter(fits).collect();
        model.truncate(0);
        // The first pass of all loads code.
        model.forward(&plan.filling[..1], 0..1)?;
        model.truncate(0);
        for depth in depths {
            let before = model.position();
            if depth > before {
                let start = Instant::now();
                model.forward(&plan.filling[before..depth], 0..0)?;
                model.device().synchronize()?;
                measured.prefill.push(PrefillTime {
                    depth: before,
                    tokens: depth - before,
                    seconds: start.elapsed().as_secs_f64(),
                    roofline: roofline.seconds(Work::of_pass(model, depth - before, before)),
                });
            }
            for &rows in &plan.rows {
                measured.verify.push(PassTime {
                    depth,
                    rows,
                    seconds: plan.time(model, rows, rows)?,
                    roofline: roofline.seconds(Work::of_pass(model, rows, depth)),
                });
            }
        }
        measured.parts = plan.parts(model, roofline)?;
        Ok(measured)
    }
}

impl PassPlan {
    /// Seconds of a pass at the model's position, the median of all rounds; the first `chosen` rows get their choices.
    fn time(&self, model: &mut Llama, rows: usize, chosen: usize) -> Result<f64, Error> {
        let depth = model.position();
        let mut seconds = Vec::new();
        for _ in 0..self.rounds.max(1) {
            let start = Instant::now();
            model.forward(&self.filling[depth..depth + rows], 0..chosen)?;
            model.device().synchronize()?;
            seconds.push(start.elapsed().as_secs_f64());
            model.truncate(depth);
        }
        seconds.sort_by(f64::total_cmp);
        Ok(seconds[seconds.len() / 2])
    }

    /// The parts of one tile at the model's position, which is given up.
    fn parts(&self, model: &mut Llama, roofline: &Roofline) -> Result<Vec<PartTime>, Error> {
        let depth = model.position();
        // Of the same length wherever it is, so that only one thing differs.
        let rows = model.rows_at_once().min(self.filling.len() - depth);
        let deep = self.time(model, rows, 0)?;
        model.truncate(0);
        let shallow = self.time(model, rows, 0)?;
        let chosen = self.time(model, rows, rows)?;
        let names = [
            "the layers over its rows",
            "attention to the cache",
            "logits and choices",
        ];
        let seconds = [shallow, deep - shallow, chosen - shallow];
        let work = Work::of_parts(model, rows, depth);
        let parts = names.into_iter().zip(seconds).zip(work);
        Ok(parts
            .map(|((name, seconds), work)| PartTime {
                name,
                seconds,
                roofline: roofline.seconds(work),
            })
            .collect())
    }
}
