//! Lines of a sketch that are cut short: `super().__init__(...)`, `const total = ...;`.
//!
//! What they stand for is the statement of the file that begins alike.

/// The longest statement that is looked for, in lines.
const LONGEST: usize = 60;

/// A line of a sketch that leaves out what its brackets hold, or what is assigned.
struct Elision<'l> {
    /// The line up to where it is cut short; it begins the statement in the file.
    head: &'l str,
    /// What follows what is left out; it begins with the closing bracket if there is one.
    tail: &'l str,
    /// The bracket that is open at the end of the head.
    bracket: Option<char>,
}

/// Whether the file has a statement that begins as a line cut short does.
pub(crate) fn is_known(line: &str, original: &[&str]) -> bool {
    parse(line).is_some_and(|elision| {
        original
            .iter()
            .any(|text| text.trim_start().starts_with(elision.head))
    })
}

/// The lines of the file that a line cut short stands for, at the sketch's indentation. Of several statements that begin
/// alike it is the first behind the file's line `anchor`, which the sketch shows above. None if it is no such line, or
/// if the file has no such statement, or without an anchor several different ones.
pub(crate) fn expand(line: &str, original: &[&str], anchor: Option<usize>) -> Option<Vec<String>> {
    let elision = parse(line)?;
    let mut statements = Vec::new();
    for (at, text) in original.iter().enumerate() {
        if text.trim_start().starts_with(elision.head) {
            statements.push((at, statement(&original[at..], &elision)?));
        }
    }
    let same = statements
        .iter()
        .all(|(_, lines)| *lines == statements[0].1);
    let behind = |(at, _): &&(usize, Vec<&str>)| same || anchor.is_some_and(|anchor| *at > anchor);
    let statement = statements.iter().find(behind)?.1.clone();
    let indent = |text: &str| text[..text.len() - text.trim_start().len()].to_owned();
    let (own, theirs) = (indent(line), indent(statement[0]));
    let mut lines: Vec<String> = statement
        .iter()
        .map(|text| match text.strip_prefix(theirs.as_str()) {
            Some(rest) if !rest.is_empty() => format!("{own}{rest}"),
            _ => (*text).to_owned(),
        })
        .collect();
    // Where more than the ellipsis differs, the sketch has the last word.
    let last = lines.last_mut()?;
    if elision.bracket.is_some() && !squeezed(last).ends_with(&squeezed(elision.tail)) {
        let close = closing(&statement, &elision)?;
        let kept = last.len() - (statement[statement.len() - 1].len() - close);
        last.truncate(kept);
        last.push_str(elision.tail);
    }
    Some(lines)
}

fn parse(line: &str) -> Option<Elision<'_>> {
    let line = line.trim();
    if line.starts_with(['#', '/', '*', '@']) || line.contains("catch") {
        return None;
    }
    for (open, close) in [('(', ')'), ('{', '}'), ('[', ']')] {
        for (at, _) in line.match_indices(open) {
            let Some(length) = line[at + 1..].find(close) else {
                continue;
            };
            let inner = line[at + 1..at + 1 + length].trim();
            let commented = inner
                .strip_prefix("/*")
                .and_then(|rest| rest.strip_suffix("*/"))
                .is_some_and(|words| is_ellipsis(words.trim()));
            // An index can be an ellipsis, and so can a type's parameters.
            let plain = is_ellipsis(inner) && open == '(';
            let quoted = line[..at].matches(['"', '\'', '`']).count() % 2 == 1;
            if at > 0 && !quoted && (plain || commented) {
                return Some(Elision {
                    head: &line[..=at],
                    tail: &line[at + 1 + length..],
                    bracket: Some(open),
                });
            }
        }
    }
    let body = line.trim_end_matches([';', ',']);
    let head = body
        .strip_suffix("...")
        .or_else(|| body.strip_suffix('…'))?;
    let assigns = head.ends_with("= ") && !head.trim_start().starts_with('=');
    assigns.then_some(Elision {
        head: head.trim_end(),
        tail: "",
        bracket: None,
    })
}

fn is_ellipsis(text: &str) -> bool {
    matches!(text, "..." | "…")
}

/// The lines from a statement's first to the one that closes its brackets.
fn statement<'o>(lines: &[&'o str], elision: &Elision<'_>) -> Option<Vec<&'o str>> {
    let mut depth = 0i32;
    for (count, line) in lines.iter().take(LONGEST).enumerate() {
        let text = match (count, elision.bracket) {
            // What is open in the head besides the bracket may stay open.
            (0, Some(bracket)) => {
                let at = line.len() - line.trim_start().len() + elision.head.len();
                &line[at - bracket.len_utf8()..]
            }
            _ => line,
        };
        for c in text.chars() {
            depth += i32::from(matches!(c, '(' | '[' | '{'));
            depth -= i32::from(matches!(c, ')' | ']' | '}'));
            if depth == 0 && elision.bracket.is_some() && matches!(c, ')' | ']' | '}') {
                return Some(lines[..=count].to_vec());
            }
        }
        if depth <= 0 && elision.bracket.is_none() {
            return Some(lines[..=count].to_vec());
        }
    }
    None
}

/// Where in the last line of a statement the bracket closes that the head opens.
fn closing(statement: &[&str], elision: &Elision<'_>) -> Option<usize> {
    let mut depth = 0i32;
    for (count, line) in statement.iter().enumerate() {
        let from = match count {
            0 => line.len() - line.trim_start().len() + elision.head.len() - 1,
            _ => 0,
        };
        for (at, c) in line.char_indices().skip_while(|(at, _)| *at < from) {
            depth += i32::from(matches!(c, '(' | '[' | '{'));
            depth -= i32::from(matches!(c, ')' | ']' | '}'));
            if depth == 0 && matches!(c, ')' | ']' | '}') {
                return (count + 1 == statement.len()).then_some(at);
            }
        }
    }
    None
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, original: &str, expected: Option<&str>) {
        let lines: Vec<&str> = original.lines().collect();
        let expanded = expand(line, &lines, None).map(|lines| lines.join("\n"));
        assert_eq!(expanded.as_deref(), expected);
    }

    #[test]
    fn brackets_hold_what_the_file_has() {
        let file = "class A:\n    def b(self):\n        super().b(\n            1,\n        )\n        self.c = d(e,\n            f)\n";
        check(
            "    super().b(...)",
            file,
            Some("    super().b(\n        1,\n    )"),
        );
        check(
            "        self.c = ...",
            file,
            Some("        self.c = d(e,\n            f)"),
        );
        check("        self.other(...)", file, None);
        check(
            "const f = ({ /* ... */ }) => {",
            "const f = ({\n  a,\n  b,\n}: Props) => {\n}\n",
            Some("const f = ({\n  a,\n  b,\n}) => {"),
        );
    }

    #[test]
    fn code_is_not_cut_short() {
        for line in [
            "int print(const char *format, ...);",
            "} catch (...) {",
            "#define LOG(...) log(__VA_ARGS__)",
            "f(...args)",
            "x[...] = 1",
            "Callable[..., int]",
            "// see f(...)",
            "raise TypeError(\"use mount(...)\")",
        ] {
            assert!(parse(line).is_none(), "{line}");
        }
    }

    #[test]
    fn two_statements_that_begin_alike_are_left_alone() {
        check("a(...)", "a(1)\na(2)\n", None);
        check("a(...)", "a(1)\na(1)\n", Some("a(1)"));
        let behind = expand("a(...)", &["a(1)", "class B", "a(2)"], Some(1));
        assert_eq!(behind, Some(vec!["a(2)".to_owned()]));
    }
}
