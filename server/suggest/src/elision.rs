//! Lines of a sketch that are cut short: `super().__init__(...)`, `const total = ...;`.
//!
//! What they stand for is the statement of the file that begins alike.

use crate::brackets::step;
use crate::marker::{self, Meaning};

/// The longest statement that is looked for, in lines.
const LONGEST: usize = 60;

/// A line of a sketch that leaves out what its brackets hold, or what is assigned.
struct Elision<'l> {
    /// The line up to where it is cut short; it begins the statement in the file.
    head: &'l str,
    /// What follows what is left out; it begins with the closing bracket if there is one.
    tail: &'l str,
    /// Where in the head the bracket opens that holds what is left out.
    bracket: Option<usize>,
}

/// A statement of the file.
#[derive(Clone, PartialEq)]
struct Statement<'o> {
    lines: Vec<&'o str>,
    /// Where in its last line the bracket closes that the head opens.
    close: Option<usize>,
}

/// Whether a line is cut short where the file has something: a statement that begins alike, or a call of the same name.
pub(crate) fn is_known(line: &str, original: &[&str]) -> bool {
    let Some(elision) = parse(line) else {
        return false;
    };
    let name = elision.head.rsplit([' ', '=', '{', ',']).next();
    let call = name.filter(|name| name.len() > 1 && elision.head.ends_with('('));
    original.iter().any(|text| {
        text.trim_start().starts_with(elision.head) || call.is_some_and(|call| text.contains(call))
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
        .all(|(_, other)| *other == statements[0].1);
    let behind =
        |(at, _): &&(usize, Statement<'_>)| same || anchor.is_some_and(|anchor| *at > anchor);
    let (
        _,
        Statement {
            lines: known,
            close,
        },
    ) = statements.iter().find(behind)?;
    let indent = |text: &str| text[..text.len() - text.trim_start().len()].to_owned();
    let (own, theirs) = (indent(line), indent(known[0]));
    let mut lines: Vec<String> = known
        .iter()
        .map(|text| match text.strip_prefix(theirs.as_str()) {
            Some(rest) if !rest.is_empty() => format!("{own}{rest}"),
            _ => (*text).to_owned(),
        })
        .collect();
    // Where more than the ellipsis differs, the sketch has the last word; but types behind brackets are left out, too.
    let last = lines.last_mut()?;
    let tail = squeezed(elision.tail);
    if let Some(close) = close
        && !squeezed(last).ends_with(tail.trim_start_matches([')', ']', '}']))
    {
        let behind = known[known.len() - 1].len() - close;
        last.truncate(last.len() - behind);
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
            // An index can be an ellipsis, and so can a type's parameters.
            let left_out = open == '(' || inner.starts_with("/*");
            let marked = left_out && matches!(marker::read(inner), Meaning::Gap(_));
            let quoted = line[..at].matches(['"', '\'', '`']).count() % 2 == 1;
            let head = match marked {
                true => Some(&line[..=at]),
                false => first_parameters(line, at, inner),
            };
            if let Some(head) = head.filter(|_| at > 0 && !quoted) {
                return Some(Elision {
                    head,
                    tail: &line[at + 1 + length..],
                    bracket: Some(at),
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

/// The line up to the parameters that `def f(self, ...):` leaves out. In other languages an ellipsis behind parameters
/// can be code.
fn first_parameters<'l>(line: &'l str, open: usize, inner: &str) -> Option<&'l str> {
    let kept = inner
        .strip_suffix("...")
        .or_else(|| inner.strip_suffix('…'))?
        .strip_suffix(", ")?;
    let mut words = line[..open].split_whitespace();
    words
        .any(|word| matches!(word, "def" | "fn" | "func" | "function"))
        .then(|| &line[..open + 1 + kept.len() + 1])
}

/// The statement from its first line to the one that closes its brackets. What is open in the head besides its last
/// bracket may stay open.
fn statement<'o>(lines: &[&'o str], elision: &Elision<'_>) -> Option<Statement<'o>> {
    let mut depth = 0;
    for (count, line) in lines.iter().take(LONGEST).enumerate() {
        let from = match elision.bracket {
            Some(open) if count == 0 => line.len() - line.trim_start().len() + open,
            _ => 0,
        };
        let until = |close| Statement {
            lines: lines[..=count].to_vec(),
            close,
        };
        for (at, c) in line[from..].char_indices() {
            depth += step(c);
            if depth == 0 && step(c) < 0 && elision.bracket.is_some() {
                return Some(until(Some(from + at)));
            }
        }
        if depth <= 0 && elision.bracket.is_none() {
            return Some(until(None));
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
            "const f = ({\n  a,\n  b,\n}: Props): A | B => {\n}\n",
            Some("const f = ({\n  a,\n  b,\n}: Props): A | B => {"),
        );
        check(
            "def f(self, ...):",
            "def f(self, a=1,\n      b=2):\n    pass\n",
            Some("def f(self, a=1,\n      b=2):"),
        );
        check(
            "total = sum(...) + 1",
            "total = sum(\n  a,\n);\n",
            Some("total = sum(\n  a,\n) + 1"),
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
