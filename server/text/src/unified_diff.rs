//! Unified diffs, for patches and for people.

use std::{borrow::Cow, fmt, ops::Range};

use crate::{Hunk, hunks};

/// Unchanged lines shown before and behind each change.
const CONTEXT: usize = 3;

/// The difference of two texts in the format of `diff -u`; empty if they are equal.
///
/// What [`Display`](fmt::Display) prints is a patch that `git apply` and `patch -p1` take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnifiedDiff<'t> {
    lines: Vec<DiffLine<'t>>,
}

/// One printed line of a unified diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLine<'t> {
    /// What the line says.
    pub kind: DiffLineKind,
    /// The line without its sign and its `\n`; a `\r` before the `\n` is there.
    pub text: Cow<'t, str>,
}

/// What a line of a unified diff says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffLineKind {
    /// `--- a/name` or `+++ b/name`.
    FileHeader,
    /// `@@ -1,4 +1,5 @@`.
    HunkHeader,
    /// A line of both texts.
    Context,
    /// A line of the original alone.
    Removed,
    /// A line of the rewritten text alone.
    Added,
    /// The line before this one has no line ending.
    NoNewline,
}

impl<'t> UnifiedDiff<'t> {
    /// Compares two versions of the file called `name`, a relative path with `/` between its parts.
    pub fn new(name: &str, original: &'t str, rewritten: &'t str) -> UnifiedDiff<'t> {
        let mut diff = UnifiedDiff { lines: Vec::new() };
        let hunks = hunks(original, rewritten);
        if hunks.is_empty() {
            return diff;
        }
        // Without the tab, readers take what follows a blank for a time stamp.
        let tab = if name.contains(' ') { "\t" } else { "" };
        diff.push(DiffLineKind::FileHeader, format!("--- a/{name}{tab}"));
        diff.push(DiffLineKind::FileHeader, format!("+++ b/{name}{tab}"));
        let original: Vec<&str> = original.split_inclusive('\n').collect();
        let rewritten: Vec<&str> = rewritten.split_inclusive('\n').collect();
        for group in
            hunks.chunk_by(|one, next| next.original.start - one.original.end <= 2 * CONTEXT)
        {
            diff.push_group(group, &original, &rewritten);
        }
        diff
    }

    /// Whether the texts are equal.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The printed lines in order.
    pub fn lines(&self) -> &[DiffLine<'t>] {
        &self.lines
    }

    /// One `@@` section: changes so near to each other that their contexts touch.
    fn push_group(&mut self, group: &[Hunk], original: &[&'t str], rewritten: &[&'t str]) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            return;
        };
        let before = first.original.start.min(CONTEXT);
        let behind = (original.len() - last.original.end).min(CONTEXT);
        let old = first.original.start - before..last.original.end + behind;
        let new = first.rewritten.start - before..last.rewritten.end + behind;
        self.push(
            DiffLineKind::HunkHeader,
            format!("@@ -{} +{} @@", numbers(&old), numbers(&new)),
        );
        let mut at = old.start;
        for hunk in group {
            self.push_lines(DiffLineKind::Context, &original[at..hunk.original.start]);
            self.push_lines(DiffLineKind::Removed, &original[hunk.original.clone()]);
            self.push_lines(DiffLineKind::Added, &rewritten[hunk.rewritten.clone()]);
            at = hunk.original.end;
        }
        self.push_lines(DiffLineKind::Context, &original[at..old.end]);
    }

    fn push_lines(&mut self, kind: DiffLineKind, lines: &[&'t str]) {
        for line in lines {
            let content = line.strip_suffix('\n');
            self.push(kind, content.unwrap_or(line));
            if content.is_none() {
                self.push(DiffLineKind::NoNewline, "\\ No newline at end of file");
            }
        }
    }

    fn push(&mut self, kind: DiffLineKind, text: impl Into<Cow<'t, str>>) {
        self.lines.push(DiffLine {
            kind,
            text: text.into(),
        });
    }
}

/// Lines as a hunk header counts them: from 1, and an empty range names the line before it.
fn numbers(lines: &Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => format!("{}", lines.start + 1),
        length => format!("{},{length}", lines.start + 1),
    }
}

impl fmt::Display for UnifiedDiff<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines
            .iter()
            .try_for_each(|line| writeln!(formatter, "{line}"))
    }
}

impl fmt::Display for DiffLine<'_> {
    /// The line with its sign, without `\n`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.kind {
            DiffLineKind::Context => " ",
            DiffLineKind::Removed => "-",
            DiffLineKind::Added => "+",
            DiffLineKind::FileHeader | DiffLineKind::HunkHeader | DiffLineKind::NoNewline => "",
        };
        write!(formatter, "{sign}{}", self.text)
    }
}
