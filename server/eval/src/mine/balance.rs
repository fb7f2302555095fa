//! How many pairs of which kind are taken.

use std::collections::HashMap;

use fastrand::Rng;

use super::Mining;
use crate::Pair;

/// Files with fewer lines are small.
const SMALL: usize = 100;

impl Mining {
    /// Takes pairs at random within the limits, and keeps their order.
    pub(super) fn balanced(&self, pairs: Vec<Pair>) -> Vec<Pair> {
        let mut rng = Rng::with_seed(self.seed);
        let mut order: Vec<usize> = (0..pairs.len()).collect();
        rng.shuffle(&mut order);
        let mut examples: HashMap<String, usize> = HashMap::new();
        let mut taken = Vec::new();
        for place in order {
            let pair = &pairs[place];
            let wanted = match (changes_only_blanks(pair), pair.lines < SMALL) {
                (true, _) => self.no_op_share,
                (false, true) => self.small_share,
                (false, false) => 1.0,
            };
            let name = pair.path.rsplit('/').next().unwrap_or_default();
            let examples = examples.entry(name.to_owned()).or_default();
            if *examples >= self.per_file_name || rng.f64() >= wanted {
                continue;
            }
            *examples += 1;
            let is_no_op = rng.f64() < self.no_op_share;
            taken.push((place, is_no_op));
        }
        taken.sort_unstable();
        let mut pairs: Vec<Option<Pair>> = pairs.into_iter().map(Some).collect();
        taken
            .into_iter()
            .filter_map(|(place, is_no_op)| {
                let pair = pairs.get_mut(place)?.take()?;
                Some(if is_no_op { already_made(pair) } else { pair })
            })
            .collect()
    }
}

/// The pair of somebody who is told to do what has been done.
fn already_made(pair: Pair) -> Pair {
    Pair {
        before: pair.after.clone(),
        lines: pair.after.lines().count(),
        hunks: 0,
        added: 0,
        removed: 0,
        ..pair
    }
}

fn changes_only_blanks(pair: &Pair) -> bool {
    let words = |text: &str| -> Vec<String> {
        let lines = text.lines().map(|line| line.split_whitespace().collect());
        lines.filter(|line: &String| !line.is_empty()).collect()
    };
    words(&pair.before) == words(&pair.after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(count: usize, lines: usize) -> Vec<Pair> {
        (0..count)
            .map(|number| Pair {
                path: format!("src/file{number}.rs"),
                before: "old\n".to_owned(),
                after: "new\n".to_owned(),
                lines,
                hunks: 1,
                ..Pair::default()
            })
            .collect()
    }

    #[test]
    fn small_files_are_fewer_and_the_seed_decides_which() {
        let mining = Mining {
            no_op_share: 0.0,
            ..Mining::default()
        };
        assert_eq!(mining.balanced(pairs(1_000, 100)).len(), 1_000);
        let small = mining.balanced(pairs(1_000, 99));
        assert!((250..350).contains(&small.len()), "{}", small.len());
        assert_eq!(mining.balanced(pairs(1_000, 99)), small);
        let other = Mining { seed: 1, ..mining };
        assert_ne!(other.balanced(pairs(1_000, 99)), small);
    }

    #[test]
    fn few_examples_of_one_file_name_wherever_it_lies() {
        let mut pairs = pairs(40, 200);
        for (number, pair) in pairs.iter_mut().enumerate() {
            pair.path = format!("src/{number}/mod.rs");
        }
        assert_eq!(Mining::default().balanced(pairs).len(), 3);
    }

    #[test]
    fn no_ops_are_there_and_rare() {
        let taken = Mining::default().balanced(pairs(2_000, 200));
        assert_eq!(taken.len(), 2_000);
        let no_ops = taken.iter().filter(|pair| pair.before == pair.after);
        let count = no_ops.inspect(|pair| assert_eq!(pair.hunks, 0)).count();
        assert!((15..75).contains(&count), "{count}");

        let mut reindented = pairs(2_000, 200);
        for pair in &mut reindented {
            pair.after = "  old\n\n".to_owned();
        }
        let count = Mining::default().balanced(reindented).len();
        assert!((15..75).contains(&count), "{count}");
    }
}
