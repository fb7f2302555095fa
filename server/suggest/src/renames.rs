//! Names that a sketch changes throughout: where one changed row says `limit` has become `maximum`, the other
//! rows are compared as if the file said so too.

use std::collections::HashMap;

use crate::marker::Meaning;
use crate::operation::Op;
use crate::rows::Rows;

/// Old tokens and what they become, as far as rows that differ in nothing else tell.
pub(crate) fn find(
    ops: &[Op],
    shown: &Rows<'_>,
    original: &Rows<'_>,
    meanings: &[Meaning],
    words: &[bool],
) -> HashMap<u32, u32> {
    let mut votes: HashMap<(u32, u32), usize> = HashMap::new();
    for op in ops {
        let Op::Replace {
            sketch,
            original: row,
            ..
        } = *op
        else {
            continue;
        };
        let (new, old) = (&shown.rows[sketch].tokens, &original.rows[row].tokens);
        if new.len() != old.len() {
            continue;
        }
        let mut changed: Vec<(u32, u32)> = old
            .iter()
            .copied()
            .zip(new.iter().copied())
            .filter(|(old, new)| old != new)
            .collect();
        changed.sort_unstable();
        changed.dedup();
        if changed.len() <= 2 && changed.len() * 2 < new.len() {
            for pair in changed {
                *votes.entry(pair).or_default() += 1;
            }
        }
    }
    let still_used = |token: u32| {
        shown
            .rows
            .iter()
            .any(|row| meanings[row.line] == Meaning::Code && row.tokens.contains(&token))
    };
    // A name that a hidden row goes on to use may not have changed at all, and one that the file has is no new one.
    let stays = |token: u32| {
        ops.iter().any(|op| matches!(*op, Op::Keep { original: row } if original.rows[row].tokens.contains(&token)))
    };
    let is_known = |token: u32| original.rows.iter().any(|row| row.tokens.contains(&token));
    let mut renames: HashMap<u32, (u32, usize)> = HashMap::new();
    for ((old, new), count) in votes {
        let is_word = |token: u32| words[token as usize];
        if !is_word(old)
            || !is_word(new)
            || still_used(old)
            || is_known(new)
            || count == 1 && stays(old)
        {
            continue;
        }
        let best = renames.entry(old).or_insert((new, count));
        if (count, std::cmp::Reverse(new)) > (best.1, std::cmp::Reverse(best.0)) {
            *best = (new, count);
        }
    }
    renames
        .into_iter()
        .map(|(old, (new, _))| (old, new))
        .collect()
}
