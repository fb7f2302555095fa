//! How deep brackets are open, and what a marker among them stands for: their end, as in `f(|x| {`, `// ...`, and then
//! `}` of the block around; or their beginning, as in `// ...`, and then `} catch (e) {`.

use crate::rows::indent;

/// The brackets that are open.
#[derive(Default)]
pub(crate) struct Brackets {
    open: Vec<Open>,
}

struct Open {
    close: char,
    /// The indentation of the line that opens it.
    indent: usize,
    /// What it holds is not indented, as in a namespace.
    flat: bool,
}

/// Whether a line's indentation says where it stands: not for blank lines and the preprocessor's.
pub(crate) fn has_place(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#')
}

/// How many more brackets a line opens than it closes.
pub(crate) fn depth(text: &str) -> i32 {
    text.chars().map(step).sum()
}

/// The same of round and square brackets alone: those around parameters, values and elements.
pub(crate) fn depth_without_braces(text: &str) -> i32 {
    let counts = |c: &char| !matches!(c, '{' | '}');
    text.chars().filter(counts).map(step).sum()
}

/// 1 for a bracket that opens, -1 for one that closes.
pub(crate) fn step(c: char) -> i32 {
    i32::from(matches!(c, '(' | '[' | '{')) - i32::from(matches!(c, ')' | ']' | '}'))
}

impl Brackets {
    /// Takes in a line of code. Brackets in strings and behind `//` do not count.
    pub(crate) fn pass(&mut self, line: &str) {
        let indent = indent(line);
        let closes = starts_with_closer(line);
        if has_place(line) && !closes {
            for open in &mut self.open {
                open.flat |= open.indent >= indent;
            }
        }
        let flat = line.trim_start().starts_with("namespace") || line.contains("extern \"");
        let mut quote = None;
        let mut characters = line.chars();
        while let Some(c) = characters.next() {
            let close = match (quote, c) {
                (Some(_), '\\') => {
                    characters.next();
                    continue;
                }
                (Some(open), c) => {
                    quote = quote.filter(|_| c != open);
                    continue;
                }
                // A lone quote is a lifetime or an apostrophe.
                (None, '"' | '`') => {
                    quote = Some(c);
                    continue;
                }
                (None, '/') if characters.as_str().starts_with('/') => return,
                (None, '(') => ')',
                (None, '[') => ']',
                (None, '{') => '}',
                (None, _) => {
                    self.open.pop_if(|open| open.close == c);
                    continue;
                }
            };
            self.open.push(Open {
                close,
                indent,
                flat,
            });
        }
    }

    /// What closes the bodies that are open; nothing inside other brackets.
    pub(crate) fn ends_of_bodies(&self) -> String {
        match self.open.iter().all(|open| open.close == '}') {
            true => "}".repeat(self.open.len()),
            false => String::new(),
        }
    }

    /// What stands for a marker to a parser, given the next line, of whose indentation `margin` does not count.
    ///
    /// It closes what ends before that line: all that opens on deeper lines, and on lines as deep unless the line
    /// closes it or what it holds is not indented. And it opens the block that the line goes on from, as `} else {`
    /// does, if none is open there.
    pub(crate) fn before(&mut self, next: &str, margin: usize) -> String {
        let indent = indent(next).saturating_sub(margin);
        let closes = starts_with_closer(next);
        let ends = |open: &mut Open| {
            open.indent > indent || open.indent == indent && !closes && !open.flat
        };
        let mut closers = String::new();
        while let Some(open) = self.open.pop_if(ends) {
            closers.push(open.close);
        }
        let goes_on = next.trim_start().strip_prefix('}').map(str::trim_start);
        let opener = match goes_on {
            Some(rest) if rest.starts_with("else") => "if (true) {",
            Some(rest) if rest.starts_with("catch") || rest.starts_with("finally") => "try {",
            _ => return closers,
        };
        if self.open.last().is_some_and(|open| open.indent >= indent) {
            return closers;
        }
        self.open.push(Open {
            close: '}',
            indent,
            flat: false,
        });
        closers + opener
    }
}

fn starts_with_closer(line: &str) -> bool {
    line.trim_start().starts_with([')', ']', '}'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &[&str], next: &str, expected: &str) {
        let mut brackets = Brackets::default();
        for line in lines {
            brackets.pass(line);
        }
        assert_eq!(brackets.before(next, 0), expected);
    }

    #[test]
    fn bodies_end_that_nobody_closes() {
        let mut brackets = Brackets::default();
        brackets.pass("impl A { fn a(b: [u8; 2]) {");
        assert_eq!(brackets.ends_of_bodies(), "}}");
        brackets.pass("c(");
        assert_eq!(brackets.ends_of_bodies(), "");
    }

    #[test]
    fn what_is_deeper_than_the_next_line_is_closed() {
        let opened = ["fn a() {", "    let b = c(|d| {"];
        check(&opened, "}", "})");
        check(&opened, "    e();", "})");
        check(&opened, "        e();", "");
        check(&opened, "fn b() {", "})}");
        check(&["a(\"(\", b[0], // {"], "c", ")");
    }

    #[test]
    fn what_the_next_line_closes_is_opened() {
        check(&["fn a() {"], "    } else {", "if (true) {");
        check(&["fn a() {", "    try {"], "    } catch (e) {", "");
        check(&["fn a() {"], "    }", "");
        check(&["fn a() {"], "}", "");
    }

    #[test]
    fn a_namespace_is_not_indented() {
        check(&["namespace a {"], "class B {", "");
        check(&["class A {", "public:"], "int b;", "");
    }
}
