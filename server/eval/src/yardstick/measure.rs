use std::collections::BTreeMap;
use std::time::Duration;

use fast_apply_engine::draft::Sources;
use serde::Serialize;

use super::contender::{Contender, ContenderError};

/// Tokens of one plain decoding run.
const PLAIN_TOKENS: usize = 16;

/// What is measured.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Rounds of every measurement.
    pub rounds: usize,
    /// Positions in the cache, ascending.
    pub depths: Vec<usize>,
    /// Rows of one pass.
    pub lengths: Vec<usize>,
    /// Draft lengths of the rewrites, in which every draft is right.
    pub blocks: Vec<usize>,
    /// What fills the cache: at least the deepest depth and the longest length.
    pub filling: Vec<u32>,
    /// Edits whose true answers are known.
    pub edits: Vec<Sources>,
}

/// One measurement of all contenders, in tokens per second.
#[derive(Debug, Clone, Serialize)]
pub struct Series {
    /// What was measured.
    pub name: String,
    /// One entry per contender, in their order: all rounds, or none where it cannot do it.
    pub values: Vec<Vec<f64>>,
}

impl Series {
    /// Middle, least and most of one contender.
    pub fn middle(&self, contender: usize) -> Option<(f64, f64, f64)> {
        let mut values = self.values[contender].clone();
        values.sort_by(f64::total_cmp);
        Some((
            *values.get(values.len() / 2)?,
            *values.first()?,
            *values.last()?,
        ))
    }
}

/// What all contenders did.
#[derive(Debug, Clone, Serialize)]
pub struct Yardstick {
    /// Their names.
    pub contenders: Vec<String>,
    /// All measurements.
    pub series: Vec<Series>,
    /// How often each chose the token that the first one chose, at the same rows.
    pub agreement: Vec<Option<f64>>,
}

impl Yardstick {
    /// Measures everything in the plan. `on_step` is told what is about to be measured.
    pub fn measure(
        contenders: &mut [Box<dyn Contender>],
        plan: &Plan,
        on_step: &mut dyn FnMut(&str),
    ) -> Result<Self, ContenderError> {
        let mut bench = Bench {
            contenders,
            series: BTreeMap::new(),
            order: Vec::new(),
            choices: BTreeMap::new(),
        };
        bench.at_depths(plan, on_step)?;
        bench.rewrites(plan, on_step)?;
        let Bench {
            mut series,
            order,
            choices,
            ..
        } = bench;
        Ok(Self {
            contenders: contenders.iter().map(|c| c.name()).collect(),
            series: order
                .into_iter()
                .filter_map(|name| series.remove(&name).map(|values| Series { name, values }))
                .collect(),
            agreement: agreement(&choices, contenders.len()),
        })
    }
}

struct Bench<'a> {
    contenders: &'a mut [Box<dyn Contender>],
    series: BTreeMap<String, Vec<Vec<f64>>>,
    order: Vec<String>,
    /// By where the rows start and by contender.
    choices: BTreeMap<(usize, usize), Vec<u32>>,
}

impl Bench<'_> {
    fn add(&mut self, name: String, contender: usize, tokens: usize, time: Duration) {
        let contenders = self.contenders.len();
        if !self.series.contains_key(&name) {
            self.order.push(name.clone());
        }
        let values = self
            .series
            .entry(name)
            .or_insert_with(|| vec![Vec::new(); contenders]);
        values[contender].push(tokens as f64 / time.as_secs_f64());
    }

    /// The contenders in the order of a round.
    fn order(&self, round: usize) -> impl Iterator<Item = usize> + use<> {
        let count = self.contenders.len();
        (0..count).map(move |at| (at + round) % count)
    }

    fn at_depths(
        &mut self,
        plan: &Plan,
        on_step: &mut dyn FnMut(&str),
    ) -> Result<(), ContenderError> {
        let mut before = 0;
        for contender in self.contenders.iter_mut() {
            contender.truncate(0)?;
        }
        for &depth in &plan.depths {
            on_step(&format!("depth {depth}"));
            let longest = plan.lengths.iter().copied().max().unwrap_or(0);
            let able: Vec<bool> = self
                .contenders
                .iter()
                .map(|c| depth + longest.max(PLAIN_TOKENS) <= c.context_length())
                .collect();
            for (contender, _) in self
                .contenders
                .iter_mut()
                .zip(&able)
                .filter(|(_, able)| **able)
            {
                contender.advance(&plan.filling[before..depth])?;
            }
            before = depth;
            for round in 0..plan.rounds {
                for index in self.order(round).filter(|&index| able[index]) {
                    for &length in &plan.lengths {
                        let tokens = &plan.filling[depth..depth + length];
                        let pass = self.contenders[index].verify(tokens)?;
                        self.contenders[index].truncate(depth)?;
                        let name = format!("verify {length} at {depth}");
                        self.add(name, index, length, pass.time);
                        if length == longest {
                            self.choices.insert((depth, index), pass.choices);
                        }
                    }
                    let mut time = Duration::ZERO;
                    for at in depth..depth + PLAIN_TOKENS {
                        time += self.contenders[index].verify(&plan.filling[at..=at])?.time;
                    }
                    self.contenders[index].truncate(depth)?;
                    self.add(format!("plain at {depth}"), index, PLAIN_TOKENS, time);
                }
            }
        }
        Ok(())
    }

    /// Whole answers: with drafts that are all right, what an engine can reach at most; and with
    /// drafts from the sources of the edit.
    fn rewrites(
        &mut self,
        plan: &Plan,
        on_step: &mut dyn FnMut(&str),
    ) -> Result<(), ContenderError> {
        for (number, sources) in plan.edits.iter().enumerate() {
            on_step(&format!("edit {} of {}", number + 1, plan.edits.len()));
            let (prompt, answer) = (
                &sources.prompt,
                sources.truth.as_deref().unwrap_or_default(),
            );
            for index in self.order(number) {
                let contender = &mut self.contenders[index];
                if prompt.len() + answer.len() > contender.context_length() {
                    continue;
                }
                contender.truncate(0)?;
                let prefill = contender.advance(prompt)?;
                self.add("prompt of an edit".into(), index, prompt.len(), prefill);
                for &block in &plan.blocks {
                    self.contenders[index].truncate(prompt.len())?;
                    let mut time = Duration::ZERO;
                    for draft in answer.chunks(block) {
                        time += self.contenders[index].verify(draft)?.time;
                    }
                    let name = format!("answer, right drafts of {block}");
                    self.add(name, index, answer.len(), time);
                    let name = format!("answer, right drafts of {block}, and its prompt");
                    self.add(name, index, answer.len(), time + prefill);
                }
                if let Some(rewrite) = self.contenders[index].rewrite(sources)? {
                    let name = "answer, drafts from the edit";
                    self.add(name.into(), index, answer.len(), rewrite.answer);
                    let name = "answer, drafts from the edit, and its prompt";
                    let time = rewrite.prompt + rewrite.answer;
                    self.add(name.into(), index, answer.len(), time);
                }
            }
        }
        Ok(())
    }
}

fn agreement(choices: &BTreeMap<(usize, usize), Vec<u32>>, contenders: usize) -> Vec<Option<f64>> {
    (0..contenders)
        .map(|contender| {
            let (mut same, mut all) = (0u32, 0u32);
            for ((depth, index), own) in choices {
                let Some(first) = choices.get(&(*depth, 0)).filter(|_| *index == contender) else {
                    continue;
                };
                // An engine that gives the logits of the last row alone has one choice.
                for (own, first) in own.iter().rev().zip(first.iter().rev()) {
                    all += 1;
                    same += u32::from(own == first);
                }
            }
            (all > 0).then(|| f64::from(same) / f64::from(all))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yardstick::Pass;

    /// Takes a millisecond a token, and refuses what no engine could do.
    struct Clockwork {
        context_length: usize,
        cached: Vec<u32>,
    }

    impl Contender for Clockwork {
        fn name(&self) -> String {
            format!("clockwork {}", self.context_length)
        }

        fn context_length(&self) -> usize {
            self.context_length
        }

        fn truncate(&mut self, position: usize) -> Result<(), ContenderError> {
            assert!(position <= self.cached.len());
            self.cached.truncate(position);
            Ok(())
        }

        fn advance(&mut self, tokens: &[u32]) -> Result<Duration, ContenderError> {
            self.cached.extend(tokens);
            assert!(self.cached.len() <= self.context_length);
            // Tokens stand at their places.
            assert!(self.cached.iter().zip(0..).all(|(a, b)| *a == b));
            Ok(Duration::from_millis(tokens.len() as u64))
        }

        fn verify(&mut self, tokens: &[u32]) -> Result<Pass, ContenderError> {
            let time = self.advance(tokens)?;
            Ok(Pass {
                time,
                choices: tokens.to_vec(),
            })
        }
    }

    #[test]
    fn every_contender_that_can_is_measured_in_every_round() {
        let mut contenders: Vec<Box<dyn Contender>> = [300, 100]
            .map(|context_length| -> Box<dyn Contender> {
                Box::new(Clockwork {
                    context_length,
                    cached: Vec::new(),
                })
            })
            .into();
        let plan = Plan {
            rounds: 3,
            depths: vec![0, 200],
            lengths: vec![8, 32],
            blocks: vec![16],
            filling: (0..300).collect(),
            edits: vec![Sources {
                prompt: (0..40).collect(),
                truth: Some((40..90).collect()),
                ..Sources::default()
            }],
        };
        let result = Yardstick::measure(&mut contenders, &plan, &mut |_| {}).expect("measured");
        let counts: Vec<(&str, usize, usize)> = result
            .series
            .iter()
            .map(|series| {
                let values = &series.values;
                (series.name.as_str(), values[0].len(), values[1].len())
            })
            .collect();
        assert_eq!(
            counts,
            [
                ("verify 8 at 0", 3, 3),
                ("verify 32 at 0", 3, 3),
                ("plain at 0", 3, 3),
                ("verify 8 at 200", 3, 0),
                ("verify 32 at 200", 3, 0),
                ("plain at 200", 3, 0),
                ("prompt of an edit", 1, 1),
                ("answer, right drafts of 16", 1, 1),
                ("answer, right drafts of 16, and its prompt", 1, 1),
            ]
        );
        let middle = |index: usize, contender| result.series[index].middle(contender);
        let close = |value: Option<(f64, f64, f64)>, expected: f64| {
            (value.expect("measured").0 - expected).abs() < 1e-6
        };
        assert!(close(middle(0, 0), 1000.0) && close(middle(7, 1), 1000.0));
        assert!(close(middle(8, 0), 50.0 / 0.09), "{:?}", middle(8, 0));
        assert!(middle(3, 1).is_none());
        assert_eq!(result.agreement, [Some(1.0), Some(1.0)]);
    }
}
