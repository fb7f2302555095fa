use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::features::features;
use super::suffix::Suffix;
use super::text::{CopyText, Line, LineNames};
use super::{CANDIDATES, Candidates, FEATURES, Network};
use crate::copying::TokenBytes;

/// How much must agree for the place in the original to be believed, where it is not the one that
/// the copy has come to.
const SURE_LENGTH: usize = 8;

/// Lines of the sketch beyond which no meeting is looked for.
const FARTHEST: usize = 40;

/// The two texts that an output is copied from.
#[derive(Debug)]
pub struct CopySources {
    pub(super) original: CopyText,
    pub(super) sketch: CopyText,
    pub(super) outline: Vec<SketchLine>,
    /// Tokens up to the next marker line of the sketch, and since the last, for each place.
    pub(super) to_marker: Vec<usize>,
    pub(super) since_marker: Vec<usize>,
    pub(super) names: LineNames,
    pub(super) has_markers: bool,
    /// Lines of the sketch, different ones, that the original has nowhere.
    pub(super) new_lines: usize,
    vocabulary: Arc<TokenBytes>,
}

/// What surrounds a line of the sketch, for each line and behind the last.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SketchLine {
    /// Lines up to the next marker, none on one and behind the sketch.
    pub(super) to_marker: usize,
    pub(super) since_marker: usize,
    /// Lines up to there that the original has nowhere.
    pub(super) new: usize,
    /// The name of the last line before it, back to the last marker, that has words.
    pub(super) line_before: Option<usize>,
}

impl CopySources {
    /// Takes the tokens of both texts, which lines of the sketch stand for code that is left out, the
    /// token that ends an answer, and what each token decodes to.
    pub fn new(
        original: &[u32],
        sketch: &[u32],
        markers: &[bool],
        end: u32,
        vocabulary: Arc<TokenBytes>,
    ) -> Self {
        let mut names = LineNames::default();
        let original = CopyText::new(original, &[], Some(end), &vocabulary, &mut names);
        let sketch = CopyText::new(sketch, markers, None, &vocabulary, &mut names);
        let is_left_out = |place: usize| sketch.token(place) == super::NO_TOKEN;
        let length = sketch.length();
        let (mut to_marker, mut since_marker) = (vec![0; length + 1], vec![0; length + 1]);
        for place in (0..length).rev().filter(|&place| !is_left_out(place)) {
            to_marker[place] = to_marker[place + 1] + 1;
        }
        for place in (0..length).filter(|&place| !is_left_out(place)) {
            since_marker[place + 1] = since_marker[place] + 1;
        }
        let is_new = |line: &&Line| !line.is_marker && original.count(line.name) == 0;
        let new_lines = sketch.lines().iter().filter(is_new).map(|line| line.name);
        Self {
            has_markers: sketch.lines().iter().any(|line| line.is_marker),
            new_lines: new_lines.collect::<HashSet<_>>().len(),
            outline: outline(&original, &sketch),
            original,
            sketch,
            to_marker,
            since_marker,
            names,
            vocabulary,
        }
    }

    /// How many lines below a line of the sketch and a line of the original the first line with words
    /// is that the sketch has up to its next marker and the original has, too.
    pub(super) fn meeting(&self, in_sketch: usize, in_original: usize) -> Option<(usize, usize)> {
        let shown = self.outline[in_sketch].to_marker.min(FARTHEST);
        let lines = &self.sketch.lines()[in_sketch..in_sketch + shown];
        let mut lines = lines
            .iter()
            .enumerate()
            .filter(|(_, line)| !line.words.is_empty());
        lines.find_map(|(below, line)| Some((below, self.original.ahead(line.name, in_original)?)))
    }

    /// What a token decodes to.
    pub(super) fn bytes_of(&self, token: u32) -> &[u8] {
        let bytes = self.vocabulary.get(token as usize);
        bytes.map_or(&[], |bytes| bytes)
    }
}

fn outline(original: &CopyText, sketch: &CopyText) -> Vec<SketchLine> {
    let lines = sketch.lines();
    let mut outline = vec![SketchLine::default(); lines.len() + 1];
    for (number, line) in lines
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, line)| !line.is_marker)
    {
        let below = outline[number + 1];
        outline[number].to_marker = below.to_marker + 1;
        outline[number].new = below.new + usize::from(original.count(line.name) == 0);
    }
    for number in 0..lines.len() {
        let (line, above) = (&lines[number], outline[number]);
        let below = &mut outline[number + 1];
        if !line.is_marker {
            below.since_marker = above.since_marker + 1;
            below.line_before = match line.words.is_empty() {
                true => above.line_before,
                false => Some(line.name),
            };
        }
    }
    outline
}

/// An output in progress, and where it stands in both texts.
#[derive(Clone)]
pub struct Copies {
    pub(super) sources: Arc<CopySources>,
    pub(super) in_original: Suffix,
    pub(super) in_sketch: Suffix,
    /// Where the original was left: behind the last token copied from it in order.
    pub(super) left_at: usize,
    /// The line that is being written.
    pub(super) line: Vec<u8>,
    /// How often each line of the texts has been written.
    pub(super) written: HashMap<usize, usize>,
    /// How many of the sketch's new lines have not been written.
    pub(super) unwritten: usize,
    /// Whether the last token had a line break in it.
    pub(super) broke_line: bool,
    /// Tokens written.
    pub(super) length: usize,
}

impl Copies {
    /// An empty output.
    pub fn new(sources: Arc<CopySources>) -> Self {
        Self {
            unwritten: sources.new_lines,
            sources,
            in_original: Suffix::default(),
            in_sketch: Suffix::default(),
            left_at: 0,
            line: Vec::new(),
            written: HashMap::new(),
            broke_line: true,
            length: 0,
        }
    }

    /// Takes the output's next token.
    pub fn advance(&mut self, token: u32) {
        let sources = Arc::clone(&self.sources);
        self.in_original.advance(&sources.original, token);
        self.in_sketch.advance(&sources.sketch, token);
        if sources.original.token(self.left_at) == token {
            self.left_at += 1;
        } else if self.in_original.length >= SURE_LENGTH {
            self.left_at = self.in_original.place;
        }
        let bytes = sources.bytes_of(token);
        self.broke_line = bytes.contains(&b'\n');
        for &byte in bytes {
            if byte != b'\n' {
                self.line.push(byte);
                continue;
            }
            if let Some(name) = sources.names.get(&self.line) {
                let times = self.written.entry(name).or_default();
                *times += 1;
                if *times == 1 && sources.original.count(name) == 0 {
                    self.unwritten = self.unwritten.saturating_sub(1);
                }
            }
            self.line.clear();
        }
        self.length += 1;
    }

    /// The next token of each copy, `NO_TOKEN` where there is none.
    pub fn next_tokens(&self) -> [u32; CANDIDATES] {
        let CopySources {
            original, sketch, ..
        } = &*self.sources;
        let again = match self.left_at == self.in_original.place {
            true => super::NO_TOKEN,
            false => original.token(self.left_at),
        };
        [
            original.token(self.in_original.place),
            sketch.token(self.in_sketch.place),
            again,
        ]
    }

    /// How many of the last tokens stand in the original where it is copied from.
    pub fn copied(&self) -> usize {
        self.in_original.length
    }

    /// What the network is shown of the place.
    pub fn features(&self) -> [f32; FEATURES] {
        features(self)
    }

    /// What to expect next.
    pub(super) fn candidates(&self, network: &Network) -> Candidates {
        Candidates::new(self.next_tokens(), network.scores(&self.features()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::NO_TOKEN;
    use super::*;

    const END: u32 = 256;

    fn bytes(text: &str) -> Vec<u32> {
        text.bytes().map(u32::from).collect()
    }

    fn copies(original: &str, sketch: &str, markers: &[bool]) -> Copies {
        let vocabulary: Vec<Box<[u8]>> = (0..=255).map(|byte: u8| [byte].into()).collect();
        let (original, sketch) = (bytes(original), bytes(sketch));
        Copies::new(Arc::new(CopySources::new(
            &original,
            &sketch,
            markers,
            END,
            vocabulary.into(),
        )))
    }

    /// What comes next in the original, in the sketch, and where the original was left, once
    /// `written` is.
    fn check(mut copies: Copies, written: &str, expected: [Option<char>; CANDIDATES]) {
        for token in bytes(written) {
            copies.advance(token);
        }
        let expected = expected.map(|next| next.map_or(NO_TOKEN, u32::from));
        assert_eq!(copies.next_tokens(), expected, "{written:?}");
        assert!(copies.features().iter().all(|value| value.is_finite()));
    }

    #[test]
    fn both_texts_are_followed_and_where_one_was_left() {
        let edit = || {
            copies(
                "a;\nold;\nz;\n",
                "a;\nnew;\n// ...\n",
                &[false, false, true],
            )
        };
        check(edit(), "", [Some('a'), Some('a'), None]);
        check(edit(), "a;\n", [Some('o'), Some('n'), None]);
        // Until something agrees again, the original stays where it was left.
        check(edit(), "a;\nnew", [Some('o'), Some(';'), None]);
        // Now the end of the next line agrees. Nothing is copied from the marker in the sketch.
        check(edit(), "a;\nnew;\n", [Some('z'), None, Some('o')]);
        check(edit(), "a;\nold;\nz;", [Some('\n'), Some('\n'), None]);
    }

    #[test]
    fn the_end_follows_the_original_alone() {
        let edit = copies("a\n", "a\nb\n", &[]);
        let mut copies = edit;
        for token in bytes("a\n") {
            copies.advance(token);
        }
        assert_eq!(copies.next_tokens(), [END, u32::from('b'), NO_TOKEN]);
    }

    #[test]
    fn of_equal_places_the_nearest_behind_the_last_is_taken() {
        let edit = || copies("x1\nx2\nx3\n", "", &[]);
        check(edit(), "x", [Some('1'), None, None]);
        check(edit(), "x1\nx", [Some('2'), None, None]);
        check(edit(), "x1\nx2\nx", [Some('3'), None, None]);
    }
}
