//! The ways in which a block can say what to change.

/// How a block's text is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Code: a sketch with markers, one without any, or the whole file. Only the original can tell.
    Code,
    /// Lines that start with `-`, `+` or a space: a unified diff, or hunks without file names and numbers.
    Diff,
    /// Pairs of a text to find and its replacement (aider, Cline, Void).
    SearchReplace,
}

impl Format {
    /// The format of a block's text. `tagged_diff`: the fence says `diff` or `patch`.
    pub(crate) fn detect(text: &str, tagged_diff: TaggedDiff) -> Self {
        if has_search_replace(text) {
            return Self::SearchReplace;
        }
        let mut lines = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .peekable();
        let (mut changed, mut context, mut other, mut hunks, mut files) = (0, 0, 0, 0, 0);
        while let Some(line) = lines.next() {
            match line.as_bytes()[0] {
                _ if is_file_header(line, lines.peek().copied()) => files += 1,
                b'@' if line.starts_with("@@") => hunks += 1,
                b'+' | b'-' => changed += 1,
                b' ' | b'\t' => context += 1,
                _ if line.starts_with("diff ")
                    || line.starts_with("index ")
                    || line.starts_with('\\') => {}
                _ => other += 1,
            }
        }
        let marked = hunks > 0 || files > 0;
        let diff = match tagged_diff {
            TaggedDiff::Yes => changed > 0,
            TaggedDiff::No => changed > 0 && marked && other <= (changed + context) / 2,
        };
        if diff { Self::Diff } else { Self::Code }
    }
}

/// Whether the fence itself says that the block is a diff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TaggedDiff {
    Yes,
    No,
}

/// What a line is in a list of search and replace pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PairLine {
    Search,
    Divider,
    Replace,
    Text,
}

impl PairLine {
    pub(crate) fn read(line: &str) -> Self {
        let line = line.trim();
        let body = |mark: char| {
            let rest = line.trim_start_matches(mark);
            (line.len() - rest.len() >= 5).then(|| {
                rest.trim()
                    .trim_end_matches([':', '>', '<'])
                    .to_ascii_uppercase()
            })
        };
        let any = |body: Option<String>, words: &[&str]| {
            body.is_some_and(|body| words.contains(&body.split_whitespace().next().unwrap_or("")))
        };
        let search = ["SEARCH", "ORIGINAL", "HEAD", "OLD", "BEFORE"];
        let replace = ["REPLACE", "UPDATED", "NEW", "AFTER"];
        if any(body('<'), &search) || any(body('-'), &["SEARCH"]) {
            Self::Search
        } else if any(body('>'), &replace) || any(body('+'), &["REPLACE"]) {
            Self::Replace
        } else if line.len() >= 5 && line.bytes().all(|byte| byte == b'=') {
            Self::Divider
        } else {
            Self::Text
        }
    }
}

/// Whether the text holds a search line, a divider and a replace line, in this order.
pub(crate) fn has_search_replace(text: &str) -> bool {
    let mut wanted = [PairLine::Search, PairLine::Divider, PairLine::Replace].into_iter();
    let mut next = wanted.next();
    for line in text.lines() {
        if next.is_none() {
            break;
        }
        if Some(PairLine::read(line)) == next {
            next = wanted.next();
        }
    }
    next.is_none()
}

/// One `---` line followed by its `+++` line.
fn is_file_header(line: &str, next: Option<&str>) -> bool {
    line.starts_with("--- ") && next.is_some_and(|next| next.starts_with("+++ "))
        || line.starts_with("+++ ") && line.contains(['/', '.'])
}

/// A diff's parts by file: the new path where the header names one, and the text from that header on.
pub(crate) fn split_files(diff: &str) -> Vec<(Option<String>, String)> {
    let lines: Vec<&str> = diff.split_inclusive('\n').collect();
    let mut parts: Vec<(Option<String>, String)> = vec![(None, String::new())];
    let mut skip = 0;
    for (index, line) in lines.iter().enumerate() {
        if skip > 0 {
            skip -= 1;
            continue;
        }
        let next = lines.get(index + 1).copied();
        if line.starts_with("--- ") && next.is_some_and(|next| next.starts_with("+++ ")) {
            let path = header_path(next.unwrap_or_default()).or_else(|| header_path(line));
            parts.push((path, String::new()));
            skip = 1;
        } else if !(line.starts_with("diff --git ") || line.starts_with("index ")) {
            parts
                .last_mut()
                .expect("parts starts with one element")
                .1
                .push_str(line);
        }
    }
    parts.retain(|(path, text)| path.is_some() || !text.trim().is_empty());
    parts
}

fn header_path(line: &str) -> Option<String> {
    let path = line.get(4..)?.split('\t').next()?.trim().trim_matches('"');
    let path = path
        .strip_prefix("a/")
        .or_else(|| path.strip_prefix("b/"))
        .unwrap_or(path);
    (!path.is_empty() && path != "/dev/null").then(|| path.to_owned())
}
