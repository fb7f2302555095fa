//! The lines that a suggestion shows.

use crate::format::{Format, PairLine};
use crate::marker::{self, Meaning};
use crate::selection::Suggestion;
use crate::sketch::Sketch;

impl Suggestion {
    /// Every line that the suggestion shows as code of the file, new or old: no markers, and of diffs and pairs only
    /// what they are made of.
    pub fn lines(&self, original: &str) -> Vec<String> {
        self.blocks
            .iter()
            .flat_map(|block| match block.format {
                Format::Code => code_lines(&block.text, original),
                Format::Diff => owned(block.text.lines().filter_map(line_of_diff)),
                Format::SearchReplace => owned(
                    block
                        .text
                        .lines()
                        .filter(|line| PairLine::read(line) == PairLine::Text),
                ),
            })
            .collect()
    }
}

fn code_lines(text: &str, original: &str) -> Vec<String> {
    let sketch = Sketch::new(text, original);
    let lines = sketch.text.lines().zip(&sketch.meanings);
    owned(
        lines
            .filter(|(line, meaning)| {
                **meaning == Meaning::Code && marker::inline_gap(line).is_none()
            })
            .map(|(line, _)| line),
    )
}

/// A line of a hunk that the new file may have.
fn line_of_diff(line: &str) -> Option<&str> {
    match line.as_bytes().first() {
        _ if line.starts_with("+++ ") => None,
        Some(b'+' | b' ') => Some(&line[1..]),
        None => Some(line),
        _ => None,
    }
}

fn owned<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    lines.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use crate::parse;

    fn lines(reply: &str) -> Vec<String> {
        let original = "def a():\n    return 1\n\n\ndef b():\n    return 2\n";
        let selection = parse(reply).for_file("a.py", original);
        selection.suggestion.lines(original)
    }

    #[test]
    fn markers_and_signs_are_no_lines() {
        assert_eq!(
            lines("```python\ndef a():\n    return 3\n\n# ... rest of the file ...\n```\n"),
            ["def a():", "    return 3", ""]
        );
        assert_eq!(
            lines(
                "```diff\n--- a.py\n+++ a.py\n@@ -1,2 +1,2 @@\n def a():\n-    return 1\n+    return 3\n```\n"
            ),
            ["def a():", "    return 3"]
        );
        assert_eq!(
            lines(
                "```\n<<<<<<< SEARCH\n    return 1\n=======\n    return 3\n>>>>>>> REPLACE\n```\n"
            ),
            ["    return 1", "    return 3"]
        );
    }
}
