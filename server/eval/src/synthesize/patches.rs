//! Edits as diffs and as search and replace pairs, as chat models write them.

use std::ops::Range;

use fast_apply_text::{DiffLineKind, UnifiedDiff, hunks};

use super::dice::Dice;

/// A unified diff. Models know no line numbers: some leave them out, some make them up, some get them right.
pub(super) fn unified_diff(path: &str, before: &str, after: &str, dice: &mut Dice) -> String {
    let manner = dice.between(0, 3);
    let mut text = String::new();
    let diff = UnifiedDiff::new(path, before, after);
    for line in diff.lines() {
        match (line.kind, manner) {
            (DiffLineKind::HunkHeader, 0) => text += "@@ ... @@\n",
            (DiffLineKind::HunkHeader, 1) => {
                let line = dice.between(1, 200);
                text += &format!("@@ -{line},7 +{line},8 @@\n");
            }
            (DiffLineKind::FileHeader, 2) => {}
            _ => text += &format!("{line}\n"),
        }
    }
    text
}

/// Search and replace pairs in the order of the file, each with as many lines around as it takes for the file to have them once.
/// None where a text to search for would be empty.
pub(super) fn search_replace(before: &str, after: &str, dice: &mut Dice) -> Option<String> {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let mut text = String::new();
    let mut done = 0;
    let hunks = hunks(before, after);
    for (index, hunk) in hunks.iter().enumerate() {
        let next = hunks
            .get(index + 1)
            .map_or(old.len(), |next| next.original.start);
        let mut around = dice.between(0, 2);
        loop {
            let (above, below) = (
                around.min(hunk.original.start - done),
                around.min(next - hunk.original.end),
            );
            let widened = |range: &Range<usize>| range.start - above..range.end + below;
            let searched = old[widened(&hunk.original)].concat();
            // It may overlap itself.
            let stands_once = before.find(&searched) == before.rfind(&searched);
            if !searched.trim().is_empty() && stands_once {
                let replacement = new[widened(&hunk.rewritten)].concat();
                if !searched.ends_with('\n')
                    || !(replacement.is_empty() || replacement.ends_with('\n'))
                {
                    return None;
                }
                text +=
                    &format!("<<<<<<< SEARCH\n{searched}=======\n{replacement}>>>>>>> REPLACE\n");
                done = hunk.original.end + below;
                break;
            }
            if above < around && below < around {
                return None;
            }
            around += 1;
        }
    }
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn searched_texts_stand_once_and_their_replacements_make_the_edit(
            before in "([a-f]\n){1,16}",
            after in "([a-g]\n){1,16}",
            seed: u64,
        ) {
            let mut text = before.clone();
            let mut around = String::new();
            for pair in search_replace(&before, &after, &mut Dice::new(seed)).iter().flat_map(|reply| reply.split_terminator("REPLACE\n")) {
                let (searched, replacement) = pair
                    .strip_prefix("<<<<<<< SEARCH\n")
                    .and_then(|pair| pair.strip_suffix(">>>>>>> "))
                    .and_then(|pair| pair.split_once("=======\n"))
                    .expect("a pair");
                prop_assert!(before.contains(searched));
                prop_assert_eq!(before.find(searched), before.rfind(searched));
                let (passed, rest) = text.split_once(searched).expect("the pairs are in order and apart");
                around += passed;
                around += replacement;
                text = rest.to_owned();
            }
            prop_assert!(around.is_empty() || around + &text == after);
        }
    }
}
