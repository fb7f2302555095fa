//! Pairs of blocks of which the prose says that one takes the place of the other: "replace", a block, "with", a block.

use crate::format::Format;
use crate::patch;
use crate::reply::Block;

/// What a line of prose before the old code has.
const OLD: &[&str] = &[
    "replace",
    "change",
    "switch",
    "swap",
    "turn",
    "before",
    "old",
    "current",
    "currently",
    "from",
    "instead",
    "was",
    "existing",
];
/// What the prose between the old code and the new begins with.
const NEW: &[&str] = &["with", "by", "to", "into", "becomes", "become", "after"];
/// What else it may have: nothing that tells of something more, as "now add this" and "to test it" do.
const FILLERS: &[&str] = &[
    "this",
    "these",
    "the",
    "following",
    "code",
    "line",
    "lines",
    "block",
    "version",
    "new",
    "one",
    "just",
    "simply",
    "instead",
    "changes",
    "change",
];

/// Makes a search and replace pair of every two blocks that are told to be one, if the file has the old code in
/// exactly one place.
pub(crate) fn join(blocks: Vec<Block>, original: &str) -> Vec<Block> {
    let mut joined: Vec<Block> = Vec::with_capacity(blocks.len());
    for block in blocks {
        match joined.last().and_then(|old| pair(old, &block, original)) {
            Some(pair) => *joined.last_mut().expect("there is one") = pair,
            None => joined.push(block),
        }
    }
    joined
}

fn pair(old: &Block, new: &Block, original: &str) -> Option<Block> {
    let code = old.format == Format::Code && new.format == Format::Code;
    if !code || !introduces_old(&old.introduction) || !introduces_new(&new.introduction) {
        return None;
    }
    let text = format!(
        "<<<<<<< SEARCH\n{}=======\n{}>>>>>>> REPLACE\n",
        old.text, new.text
    );
    let pair = Block {
        text,
        format: Format::SearchReplace,
        ..old.clone()
    };
    patch::apply(original, &pair).is_ok().then_some(pair)
}

fn introduces_old(prose: &str) -> bool {
    let last = prose.trim_end().rsplit("\n\n").next().unwrap_or_default();
    let last = last.rsplit(". ").next().unwrap_or_default();
    words(last).any(|word| OLD.contains(&word.as_str()))
}

fn introduces_new(prose: &str) -> bool {
    let mut words = words(prose).skip_while(|word| word == "and");
    let first = words.next();
    first.is_some_and(|first| NEW.contains(&first.as_str()))
        && words.all(|word| FILLERS.contains(&word.as_str()))
}

fn words(prose: &str) -> impl Iterator<Item = String> {
    prose
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use crate::format::Format;
    use crate::parse;

    const FILE: &str = "fn a() {\n    one();\n    two();\n}\n\nfn b() {\n    two();\n}\n";

    fn formats(reply: &str) -> Vec<Format> {
        let blocks = parse(reply).for_file("a.rs", FILE).suggestion.blocks;
        blocks.iter().map(|block| block.format).collect()
    }

    #[test]
    fn what_is_told_to_take_the_place_of_something_does() {
        let pair = [Format::SearchReplace];
        let told = |old: &str, new: &str| {
            formats(&format!(
                "{old}\n\n```rust\none();\ntwo();\n```\n\n{new}\n\n```rust\nthree();\n```\n"
            ))
        };
        assert_eq!(told("In `a`, replace these lines", "with"), pair);
        assert_eq!(told("It is simple.\n\n**Before**", "**After:**"), pair);
        assert_eq!(told("1) Change the calls from", "to this:"), pair);
        let apart = [Format::Code, Format::Code];
        assert_eq!(told("The existing calls:", "Now add this:"), apart);
        assert_eq!(told("Before, it was", "After that, call this:"), apart);
        assert_eq!(told("This is `a`:", "And this is new:"), apart);
        assert_eq!(
            told(
                "Replace this.",
                "To `b`, which comes next, add one more call:"
            ),
            apart
        );
    }

    #[test]
    fn code_that_the_file_has_twice_or_not_at_all_is_no_pair() {
        let told = |old: &str| {
            formats(&format!(
                "Replace\n```\n{old}\n```\nwith\n```\nfour();\n```\n"
            ))
        };
        assert_eq!(told("two();"), [Format::Code, Format::Code]);
        assert_eq!(told("five();"), [Format::Code, Format::Code]);
    }
}
