//! A text as rows: its lines that are not blank, with what is needed to compare them.

use std::collections::HashMap;

/// A line that is not blank.
#[derive(Clone, Debug)]
pub(crate) struct Row<'a> {
    /// Zero-based line number in its text.
    pub(crate) line: usize,
    /// The line without its ending.
    pub(crate) text: &'a str,
    /// Width of the leading blanks in columns; a tab counts as four.
    pub(crate) indent: usize,
    /// Identifiers, numbers and single marks, as numbers of a shared [`Vocabulary`].
    pub(crate) tokens: Vec<u32>,
    /// Whether the row has no letter or digit, or only a word like `end`: it says little by itself.
    pub(crate) is_closer: bool,
}

impl Row<'_> {
    pub(crate) fn trimmed(&self) -> &str {
        self.text.trim()
    }

    /// Whether it is one of the preprocessor's on the first column, where those stand however deep the code around is.
    pub(crate) fn is_directive(&self) -> bool {
        const WORDS: &[&str] = &[
            "if", "ifdef", "ifndef", "else", "elif", "endif", "define", "undef", "include",
            "pragma",
        ];
        self.text.strip_prefix('#').is_some_and(|rest| {
            let word = rest.split(|c: char| !c.is_ascii_alphabetic()).next();
            word.is_some_and(|word| WORDS.contains(&word))
        })
    }

    /// Whether it begins with a bracket that closes.
    pub(crate) fn closes(&self) -> bool {
        self.trimmed().starts_with(['}', ')', ']'])
    }

    /// How much a match of this row says.
    pub(crate) fn weight(&self) -> f32 {
        if self.is_closer {
            0.3
        } else {
            1.0 + 0.1 * self.tokens.len().min(15) as f32
        }
    }
}

/// All rows of a text.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    /// The rows in order.
    pub(crate) rows: Vec<Row<'a>>,
    /// Every line of the text, blank ones included, without endings.
    pub(crate) lines: Vec<&'a str>,
    /// For each line, and for the end of the text, the first row at or after it.
    at_line: Vec<usize>,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(text: &'a str, vocabulary: &mut Vocabulary<'a>) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        let mut rows = Vec::with_capacity(lines.len());
        let mut at_line = Vec::with_capacity(lines.len() + 1);
        for (line, text) in lines.iter().enumerate() {
            at_line.push(rows.len());
            if text.trim().is_empty() {
                continue;
            }
            let tokens = vocabulary.tokens(text);
            rows.push(Row {
                line,
                text,
                indent: indent(text),
                tokens,
                is_closer: is_closer(text.trim()),
            });
        }
        at_line.push(rows.len());
        Self {
            rows,
            lines,
            at_line,
        }
    }

    pub(crate) fn row_at_line(&self, line: usize) -> usize {
        self.at_line[line.min(self.at_line.len() - 1)]
    }

    /// The blank lines just before a row; for the row count, those at the end of the text.
    pub(crate) fn blanks_before(&self, row: usize) -> &[&'a str] {
        let start = if row == 0 {
            0
        } else {
            self.rows[row - 1].line + 1
        };
        let end = self.rows.get(row).map_or(self.lines.len(), |row| row.line);
        &self.lines[start..end]
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }
}

/// Numbers for the tokens of two texts that are compared.
#[derive(Default, Debug)]
pub(crate) struct Vocabulary<'a> {
    numbers: HashMap<&'a str, u32>,
}

impl<'a> Vocabulary<'a> {
    fn tokens(&mut self, line: &'a str) -> Vec<u32> {
        let mut tokens = Vec::new();
        let mut word_start = None;
        for (at, c) in line.char_indices() {
            let in_word = c.is_alphanumeric() || c == '_';
            if in_word {
                word_start.get_or_insert(at);
                continue;
            }
            if let Some(start) = word_start.take() {
                tokens.push(self.number(&line[start..at]));
            }
            if !c.is_whitespace() {
                tokens.push(self.number(&line[at..at + c.len_utf8()]));
            }
        }
        if let Some(start) = word_start {
            tokens.push(self.number(&line[start..]));
        }
        tokens
    }

    fn number(&mut self, token: &'a str) -> u32 {
        let next = self.numbers.len() as u32;
        *self.numbers.entry(token).or_insert(next)
    }

    /// For each token, whether it is a name or a number.
    pub(crate) fn words(&self) -> Vec<bool> {
        let mut words = vec![false; self.numbers.len()];
        for (token, number) in &self.numbers {
            words[*number as usize] = token.starts_with(|c: char| c.is_alphabetic() || c == '_');
        }
        words
    }

    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }
}

/// Columns of leading blanks; a tab counts as four.
pub(crate) fn indent(line: &str) -> usize {
    line.chars()
        .take_while(|c| matches!(c, ' ' | '\t'))
        .map(|c| if c == '\t' { 4 } else { 1 })
        .sum()
}

fn is_closer(line: &str) -> bool {
    !line.chars().any(|c| c.is_alphanumeric() || c == '_')
        || line.starts_with("```")
        || matches!(
            line,
            "end"
                | "else"
                | "else:"
                | "} else {"
                | "else {"
                | "try:"
                | "try {"
                | "pass"
                | "fi"
                | "done"
                | "esac"
                | "finally:"
                | "break;"
                | "break"
                | "endif"
                | "#endif"
                | "#else"
        )
}
