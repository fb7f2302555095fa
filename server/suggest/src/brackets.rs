//! Brackets that a marker stands for the end of: `f(|x| {`, `// ...`, and then `}` of the block around.

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

    /// Closes what ends before the next line: all that opens on deeper lines, and on lines as deep unless the next one
    /// closes it or what it holds is not indented. Of the next line's indentation `margin` does not count.
    pub(crate) fn closed_before(&mut self, next: &str, margin: usize) -> String {
        let indent = indent(next).saturating_sub(margin);
        let closes = starts_with_closer(next);
        let ends = |open: &mut Open| {
            open.indent > indent || open.indent == indent && !closes && !open.flat
        };
        let mut closers = String::new();
        while let Some(open) = self.open.pop_if(ends) {
            closers.push(open.close);
        }
        closers
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
        assert_eq!(brackets.closed_before(next, 0), expected);
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
    fn a_namespace_is_not_indented() {
        check(&["namespace a {"], "class B {", "");
        check(&["class A {", "public:"], "int b;", "");
    }
}
