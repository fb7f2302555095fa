//! Which blocks of a reply are meant for one file.

use std::collections::HashSet;

use crate::language::Family;
use crate::path_hint::HintStrength;
use crate::reply::{Block, Reply};
use crate::told_pair;

/// What a chat reply proposes for one file: blocks to be applied in order, as one edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The blocks, in the order of the reply. Each is applied to the result of those before it.
    pub blocks: Vec<Block>,
    /// What the reply says about them: its prose, trimmed, at most 1,000 characters.
    pub instruction: String,
}

/// The part of a reply that is for one file, and what was left out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// What to apply. It has no block when the reply has none for the file.
    pub suggestion: Suggestion,
    /// One sentence for each block that was left out.
    pub ignored: Vec<String>,
}

impl Suggestion {
    /// The text of all blocks, for the prompt of a model. It ends in a line break unless it is empty.
    pub fn text(&self) -> String {
        let texts: Vec<&str> = self
            .blocks
            .iter()
            .map(|block| block.text.as_str())
            .collect();
        texts.join("\n")
    }
}

impl Reply {
    /// The blocks for the file at `path`, whose text is `original`.
    ///
    /// A block that names another file, holds shell commands or is in another language is left out with a
    /// warning. A block that names this file or none is taken. A file that is only spoken of before a block
    /// leaves the block out only if another block names this file.
    pub fn for_file(&self, path: &str, original: &str) -> Selection {
        let known = informative_lines(original);
        if self.is_bare_for(&known) {
            return self.as_bare().for_file_with(path, original, &known);
        }
        self.for_file_with(path, original, &known)
    }

    fn for_file_with(&self, path: &str, original: &str, known: &HashSet<&str>) -> Selection {
        let family = Family::from_path(path);
        let mut blocks = Vec::new();
        let mut ignored = Vec::new();
        let claimed = self
            .blocks
            .iter()
            .any(|block| block.path.as_ref().is_some_and(|hint| hint.names(path)));
        let stand_in = (!claimed).then(|| self.stand_in(path, known)).flatten();
        let tagged = family.is_some() && self.blocks.iter().any(|block| block.family() == family);
        for (index, block) in self.blocks.iter().enumerate() {
            let others = Others {
                claimed: claimed || stand_in.is_some(),
                stand_in,
                tagged,
            };
            match refusal(block, path, family, known, others) {
                Some(reason) => ignored.push(format!(
                    "Block {} of {} {reason}.",
                    index + 1,
                    self.blocks.len()
                )),
                None => blocks.push(restore_first_line(block, original)),
            }
        }
        Selection {
            suggestion: Suggestion {
                blocks: told_pair::join(blocks, original),
                instruction: self.instruction(),
            },
            ignored,
        }
    }

    /// The path in the reply that means a file which no block names: the file may be a copy, or lie in
    /// another checkout. No other path in the reply has the file's name, and either the reply names no
    /// other path at all, or a block of this one shares a line with the file.
    fn stand_in(&self, path: &str, known: &HashSet<&str>) -> Option<&str> {
        let hinted = || {
            self.blocks
                .iter()
                .filter_map(|block| Some((block.path.as_ref()?, block)))
        };
        let (stand_in, _) = hinted().find(|(hint, _)| hint.has_file_name_of(path))?;
        let (same, others): (Vec<_>, Vec<_>) =
            hinted().partition(|(hint, _)| hint.path == stand_in.path);
        let rivals = others.iter().any(|(hint, _)| hint.has_file_name_of(path));
        let shares = same.iter().any(|(_, block)| {
            informative_lines(&block.text)
                .iter()
                .any(|line| known.contains(line))
        });
        (!rivals && (others.is_empty() || shares)).then_some(stand_in.path.as_str())
    }

    /// Whether what looks like prose is code of the file: a bare sketch whose comments hold fences.
    fn is_bare_for(&self, known: &HashSet<&str>) -> bool {
        let lines = informative_lines(&self.prose);
        let shared = lines.iter().filter(|line| known.contains(*line)).count();
        shared >= 2 && shared * 2 >= lines.len()
    }
}

/// What the other blocks of the reply say.
#[derive(Clone, Copy)]
struct Others<'a> {
    /// Some block names the file.
    claimed: bool,
    /// The path that means the file although its directories are others.
    stand_in: Option<&'a str>,
    /// Some block has a tag of the file's language.
    tagged: bool,
}

/// Why a block is not for the file, as the rest of a sentence.
fn refusal(
    block: &Block,
    path: &str,
    family: Option<Family>,
    known: &HashSet<&str>,
    others: Others<'_>,
) -> Option<String> {
    if block.text.trim().is_empty() {
        return Some("is empty".to_owned());
    }
    if let Some(hint) = &block.path {
        let other = !hint.names(path) && others.stand_in != Some(hint.path.as_str());
        if other && (hint.strength == HintStrength::Declared || others.claimed) {
            return Some(format!("is for {}", hint.path));
        }
        if !other {
            return None;
        }
    }
    let shares = || {
        informative_lines(&block.text)
            .iter()
            .any(|line| known.contains(line))
    };
    match block.family() {
        Some(Family::SHELL) if family != Some(Family::SHELL) => {
            Some("holds shell commands".to_owned())
        }
        Some(Family::DIFF) => None,
        Some(Family::TEXT) if family != Some(Family::TEXT) && !shares() => {
            Some("holds plain text".to_owned())
        }
        Some(tag) if family.is_some_and(|family| family != tag) && !shares() => {
            Some(format!("holds {}", tag.name()))
        }
        None if others.tagged && block.tag.is_none() && !shares() => {
            Some("has no language and shares no line with the file".to_owned())
        }
        _ => None,
    }
}

/// A first line that names the file is a hint, unless the file itself starts with it.
fn restore_first_line(block: &Block, original: &str) -> Block {
    let mut block = block.clone();
    let first = original.lines().next().unwrap_or_default();
    let named = crate::path_hint::in_comment_line(first);
    if let (Some(named), Some(hint)) = (named, &block.path)
        && named == hint.path
        && block.text.lines().next() != Some(first)
        && block.format == crate::format::Format::Code
    {
        block.text = format!("{first}\n{}", block.text);
    }
    block
}

/// The lines that say enough to be recognised: at least ten characters, trimmed.
fn informative_lines(text: &str) -> HashSet<&str> {
    text.lines()
        .map(str::trim)
        .filter(|line| line.chars().count() >= 10)
        .collect()
}
