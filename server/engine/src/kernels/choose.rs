//! The two best outputs of each row, without keeping the outputs.

use std::ops::Range;

use super::Machine;
use super::buffer::Shared;
use super::lanes::{LANES, Lanes};
use super::matrix::{Matrix, multiply};
use super::rows::Rows;
use super::tile::Sink;
use crate::model::Choice;

/// Panels of one task.
const PANELS_OF_TASK: usize = 8;

/// What every row starts with.
const NOTHING: Choice = Choice {
    token: 0,
    logit: f32::NEG_INFINITY,
    runner_up: 0,
    runner_up_logit: f32::NEG_INFINITY,
};

impl Machine {
    /// Picks the two largest of the products of each row in `range` with the outputs of `matrix`.
    ///
    /// `tasks` is scratch memory that is kept between calls.
    pub fn choose(
        &self,
        rows: &Rows,
        range: Range<usize>,
        matrix: &Matrix,
        tasks: &mut Vec<Choice>,
    ) -> Vec<Choice> {
        let count = range.len();
        let panels = matrix.panels();
        let parts = panels.div_ceil(PANELS_OF_TASK);
        tasks.clear();
        tasks.resize(parts * count, NOTHING);
        let best = Shared::new(tasks);
        self.pool.run(parts, &|part| {
            // SAFETY: the rows of each part are its own.
            let best = unsafe { std::slice::from_raw_parts_mut(best.at(part * count), count) };
            let mut sink = Best {
                choices: best,
                first_row: range.start,
                outputs: matrix.outputs(),
            };
            for panel in part * PANELS_OF_TASK..((part + 1) * PANELS_OF_TASK).min(panels) {
                // SAFETY: the sink has a choice for every row of the range.
                unsafe {
                    multiply(
                        self.instructions,
                        rows,
                        range.clone(),
                        matrix,
                        panel,
                        &mut sink,
                    );
                }
            }
        });
        (0..count)
            .map(|row| {
                let mut choice = NOTHING;
                for part in tasks[row..].iter().step_by(count) {
                    offer(&mut choice, part.token, part.logit);
                    offer(&mut choice, part.runner_up, part.runner_up_logit);
                }
                choice
            })
            .collect()
    }
}

/// Takes a token that comes behind all tokens of the same logit that were offered before.
#[inline(always)]
fn offer(choice: &mut Choice, token: u32, logit: f32) {
    if logit > choice.logit {
        choice.runner_up = choice.token;
        choice.runner_up_logit = choice.logit;
        choice.token = token;
        choice.logit = logit;
    } else if logit > choice.runner_up_logit {
        choice.runner_up = token;
        choice.runner_up_logit = logit;
    }
}

struct Best<'a> {
    choices: &'a mut [Choice],
    first_row: usize,
    outputs: usize,
}

impl Sink for Best<'_> {
    #[inline(always)]
    unsafe fn take<L: Lanes>(&mut self, lanes: L, row: usize, column: usize, value: L::Floats) {
        // SAFETY: promised by the caller.
        let choice = unsafe { self.choices.get_unchecked_mut(row - self.first_row) };
        if !lanes.any_greater(value, lanes.splat(choice.runner_up_logit)) {
            return;
        }
        let columns = self.outputs.saturating_sub(column).min(LANES);
        for (lane, &logit) in lanes.to_array(value)[..columns].iter().enumerate() {
            offer(choice, (column + lane) as u32, logit);
        }
    }
}
