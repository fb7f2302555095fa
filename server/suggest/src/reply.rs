//! A chat model's reply: prose and blocks, each block for one file.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

use crate::fence;
use crate::format::{Format, PairLine, TaggedDiff, has_search_replace, split_files};
use crate::language::Family;
use crate::path_hint::{self, PathHint};

/// A chat reply, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The blocks in the order of the reply. A reply without any fence is one block.
    pub blocks: Vec<Block>,
    /// Everything outside the blocks.
    pub prose: String,
    /// The reply as it came, with `\n` line endings.
    pub(crate) text: String,
}

/// One piece of a reply that holds code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The text inside the fence. It ends in a line break unless it is empty.
    pub text: String,
    /// The first word of the fence, as it is written.
    pub tag: Option<String>,
    /// The file that the reply names for this block.
    pub path: Option<PathHint>,
    /// How the text is to be read.
    pub format: Format,
    /// What the reply says between the block before and this one.
    pub introduction: String,
}

/// Takes a chat reply apart. Never fails: a reply without a fence is one block of code, diff or pairs.
///
/// Fenced blocks are found by a CommonMark parser, after [fences inside the code](crate#parsing) have been told
/// from the fences around it.
pub fn parse(reply: &str) -> Reply {
    let text = reply
        .strip_prefix('\u{feff}')
        .unwrap_or(reply)
        .replace("\r\n", "\n");
    let marked = fence::widen(&text);
    let mut blocks = Vec::new();
    let mut prose = String::new();
    let mut prose_end = 0;
    let mut introduced = 0;
    let mut open: Option<(String, String)> = None;
    for (event, range) in Parser::new(&marked).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                prose.push_str(marked.get(prose_end..range.start).unwrap_or_default());
                prose_end = range.end;
                open = Some((info.into_string(), String::new()));
            }
            Event::Text(part) => {
                if let Some((_, code)) = &mut open {
                    code.push_str(&part);
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some((info, code)) = open.take() {
                    add_blocks(&mut blocks, &info, &code, &prose, introduced);
                    prose.push_str("\n\n");
                    introduced = prose.len();
                }
            }
            _ => {}
        }
    }
    prose.push_str(marked.get(prose_end..).unwrap_or_default());
    if blocks.is_empty() {
        return bare(text);
    }
    Reply {
        blocks,
        prose: tidy(&prose),
        text,
    }
}

impl Reply {
    /// The prose as an instruction for a model: trimmed, at most 1,000 characters.
    pub fn instruction(&self) -> String {
        self.prose.trim().chars().take(1_000).collect()
    }

    /// The whole reply read as one block, for a sketch that holds fences of its own.
    pub(crate) fn as_bare(&self) -> Self {
        bare(self.text.clone())
    }
}

impl Block {
    /// The language family of the fence's tag.
    pub(crate) fn family(&self) -> Option<Family> {
        Family::from_tag(&self.tag.as_ref()?.to_ascii_lowercase())
    }
}

/// Adds what a fence holds. The prose before it introduces it from the byte `introduced` on.
fn add_blocks(
    blocks: &mut Vec<Block>,
    info: &str,
    code: &str,
    prose_before: &str,
    introduced: usize,
) {
    let tag = info
        .split([' ', '\t', ':', '{', ','])
        .find(|word| !word.is_empty())
        .map(str::to_owned);
    let mut text = code.to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let mut path = path_hint::in_info_string(info).map(|path| PathHint::declared(&path));
    if path.is_none()
        && let Some(named) = path_in_first_line(&text)
    {
        text = text
            .split_once('\n')
            .map(|(_, rest)| rest.to_owned())
            .unwrap_or_default();
        path = Some(PathHint::declared(&named));
    }
    let path = path.or_else(|| path_before(prose_before));
    let tagged = if fence::tag_family(info) == Some(Family::DIFF) {
        TaggedDiff::Yes
    } else {
        TaggedDiff::No
    };
    push_block(
        blocks,
        Block {
            format: Format::detect(&text, tagged),
            text,
            tag,
            path,
            introduction: tidy(&prose_before[introduced..]),
        },
    );
}

/// A diff of several files becomes one block for each.
fn push_block(blocks: &mut Vec<Block>, block: Block) {
    if block.format != Format::Diff {
        blocks.push(block);
        return;
    }
    for (path, text) in split_files(&block.text) {
        let path = path
            .map(|path| PathHint::declared(&path))
            .or_else(|| block.path.clone());
        blocks.push(Block {
            text,
            path,
            ..block.clone()
        });
    }
}

/// A first line that names the file: a comment with nothing else, or a bare path before search and replace pairs.
fn path_in_first_line(text: &str) -> Option<String> {
    let mut lines = text.lines();
    let line = lines.next()?;
    let mut pairs_follow = || {
        lines
            .next()
            .is_some_and(|next| PairLine::read(next) == PairLine::Search)
    };
    path_hint::in_comment_line(line).or_else(|| {
        let word = line.trim();
        (path_hint::is_path_like(word) && (word.contains('/') || pairs_follow()))
            .then(|| word.to_owned())
    })
}

/// The file named in the prose before a block: alone on the line before it, or in the paragraph before it.
fn path_before(prose: &str) -> Option<PathHint> {
    let before = prose.trim_end();
    let gap = prose[before.len()..].matches('\n').count();
    if gap > 2 {
        return None;
    }
    let last_line = before.rsplit('\n').next()?;
    if let Some(path) = path_hint::alone(last_line) {
        return Some(PathHint::declared(&path));
    }
    let paragraph = before.rsplit("\n\n").next()?;
    let mut named = paragraph
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| path_hint::is_path_like(code));
    let first = named.next()?;
    // With two files spoken of, the paragraph does not say which one the block is for.
    named
        .all(|other| other == first)
        .then(|| PathHint::mentioned(first))
}

/// A reply without a fence. Search and replace pairs and diffs may stand between lines of prose.
fn bare(text: String) -> Reply {
    let mut code = text.clone();
    if !code.is_empty() && !code.ends_with('\n') {
        code.push('\n');
    }
    let (mut code, prose) = if has_search_replace(&code) {
        split_pairs(&code)
    } else {
        (code, String::new())
    };
    let mut path = None;
    if let Some(named) = path_in_first_line(&code) {
        code = code
            .split_once('\n')
            .map(|(_, rest)| rest.to_owned())
            .unwrap_or_default();
        path = Some(PathHint::declared(&named));
    }
    let mut blocks = Vec::new();
    let format = Format::detect(&code, TaggedDiff::No);
    push_block(
        &mut blocks,
        Block {
            text: code,
            tag: None,
            path,
            format,
            introduction: String::new(),
        },
    );
    Reply {
        blocks,
        prose: tidy(&prose),
        text,
    }
}

/// Parts a text without fences into its pairs and the prose between them.
fn split_pairs(text: &str) -> (String, String) {
    let (mut pairs, mut prose, mut inside) = (String::new(), String::new(), false);
    for line in text.split_inclusive('\n') {
        let kind = PairLine::read(line);
        inside |= kind == PairLine::Search;
        if inside { &mut pairs } else { &mut prose }.push_str(line);
        inside &= kind != PairLine::Replace;
    }
    (pairs, prose)
}

/// Trims the prose and leaves one blank line where a block was cut out.
fn tidy(prose: &str) -> String {
    let mut tidy = String::with_capacity(prose.len());
    let mut blank = 0;
    for line in prose.trim().lines() {
        blank = if line.trim().is_empty() { blank + 1 } else { 0 };
        if blank <= 1 {
            tidy.push_str(line.trim_end());
            tidy.push('\n');
        }
    }
    tidy.truncate(tidy.trim_end().len());
    tidy
}
