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

/// All timed passes.
#[derive(Debug, Clone, Serialize)]
pub struct CardPasses {
    /// By depth and rows.
    pub verify: Vec<PassTime>,
    /// From each depth to the next.
    pub prefill: Vec<PrefillTime>,
}

impl CardPasses {
    /// Times what the plan names; what does not fit the context is left out.
    pub fn measure(model: &mut Llama, plan: &PassPlan, roofline: &Roofline) -> Result<Self, Error> {
        let mut measured = Self {
            verify: Vec::new(),
            prefill: Vec::new(),
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
                let mut seconds = Vec::new();
                for _ in 0..plan.rounds.max(1) {
                    let start = Instant::now();
                    model.forward(&plan.filling[depth..depth + rows], 0..rows)?;
                    seconds.push(start.elapsed().as_secs_f64());
                    model.truncate(depth);
                }
                seconds.sort_by(f64::total_cmp);
                measured.verify.push(PassTime {
                    depth,
                    rows,
                    seconds: seconds[seconds.len() / 2],
                    roofline: roofline.seconds(Work::of_pass(model, rows, depth)),
                });
            }
        }
        model.truncate(0);
        Ok(measured)
    }
}
