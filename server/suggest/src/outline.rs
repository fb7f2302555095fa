//! The named parts of a text: functions, methods, classes, and what holds them.

use tree_sitter::{Node, Parser};

use crate::definition::{self, Definitions};
use crate::language::Language;
use crate::lead::lead_of;

/// What a symbol is. Only symbols of one kind can be namesakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Function,
    /// Class, struct, enum, interface, trait, type alias.
    Type,
    /// A Rust `impl` block, by its type; the trait is its signature.
    Implementation,
    /// Module, namespace, `extern "C"`.
    Space,
    /// Constant, variable, field.
    Value,
    /// `describe("...")`, `it("...")`.
    Case,
}

/// A named part of a text. Lines are zero-based; `lead <= head < end`.
#[derive(Clone, Debug)]
pub(crate) struct Symbol {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    /// What tells overloads apart: parameters, receiver, trait; without blanks.
    pub(crate) signature: String,
    /// First line of the comments, attributes and decorators directly above.
    pub(crate) lead: usize,
    /// First line of the declaration itself.
    pub(crate) head: usize,
    /// One past the last line.
    pub(crate) end: usize,
    /// The symbol around this one.
    pub(crate) parent: Option<usize>,
}

/// The symbols of a text in the order of their first lines, and how well it parsed.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    pub(crate) symbols: Vec<Symbol>,
    /// Error and missing nodes of the syntax tree.
    pub(crate) errors: usize,
    /// The line of each of them.
    pub(crate) error_lines: Vec<usize>,
}

impl Outline {
    pub(crate) fn new(text: &str, language: Language) -> Self {
        let Some(grammar) = language.grammar() else {
            return crate::layout::outline(text, language);
        };
        let mut parser = Parser::new();
        if parser.set_language(&grammar).is_err() {
            return Self::default();
        }
        let Some(tree) = parser.parse(text, None) else {
            return Self::default();
        };
        let lines: Vec<&str> = text.lines().collect();
        let mut reader = Reader {
            definitions: Definitions { text },
            lines: &lines,
            outline: Self::default(),
        };
        reader.visit(tree.root_node(), None, None, 0);
        if tree.root_node().has_error() {
            reader.outline.error_lines = error_lines(tree.root_node());
            reader.outline.errors = reader.outline.error_lines.len();
        }
        reader.outline
    }

    /// The outline of a piece of a file: if it parses badly by itself, it is read as the inside of a class.
    pub(crate) fn of_fragment(text: &str, language: Language) -> Self {
        let mut plain = Self::new(text, language);
        if language.grammar().is_none() {
            // The layout of a piece is as good as that of the whole.
            plain.errors = 0;
            return plain;
        }
        let wrapper = match language {
            Language::Java
            | Language::Kotlin
            | Language::JavaScript
            | Language::TypeScript
            | Language::Tsx => "class X {",
            Language::Cpp => "struct X {",
            Language::Rust => "impl X {",
            _ => return plain,
        };
        if plain.errors == 0 {
            return plain;
        }
        let mut inside = Self::new(&format!("{wrapper} {text}\n}}\n"), language);
        if inside.errors >= plain.errors
            || inside
                .symbols
                .first()
                .is_none_or(|symbol| symbol.name != "X")
        {
            return plain;
        }
        inside.symbols.remove(0);
        for symbol in &mut inside.symbols {
            symbol.parent = symbol.parent.and_then(|parent| parent.checked_sub(1));
        }
        inside
    }

    pub(crate) fn children(&self, parent: Option<usize>) -> impl Iterator<Item = usize> {
        self.symbols
            .iter()
            .enumerate()
            .filter(move |(_, symbol)| symbol.parent == parent)
            .map(|(index, _)| index)
    }
}

struct Reader<'a> {
    definitions: Definitions<'a>,
    lines: &'a [&'a str],
    outline: Outline,
}

impl Reader<'_> {
    /// `outer`: the node whose range a definition takes when it is wrapped (`export`, `template`, decorators).
    fn visit(
        &mut self,
        node: Node<'_>,
        parent: Option<usize>,
        outer: Option<Node<'_>>,
        depth: usize,
    ) {
        // Deeper nesting than any programmer writes is left to the line alignment.
        if depth > 200 {
            return;
        }
        if matches!(
            node.kind(),
            "export_statement"
                | "template_declaration"
                | "decorated_definition"
                | "type_declaration"
        ) {
            let outer = outer.or(Some(node));
            self.visit_children(node, parent, outer, depth);
            return;
        }
        let around = parent.map(|parent| self.outline.symbols[parent].kind);
        let Some((kind, name, signature)) = self.definitions.define(node, around) else {
            self.visit_children(node, parent, None, depth);
            return;
        };
        // Inside a class a statement can parse as a method: `if (a) { ... }`.
        if kind == Kind::Function && definition::is_keyword(&name) {
            self.visit_children(node, parent, None, depth);
            return;
        }
        let whole = outer.unwrap_or(node);
        let start = whole.start_position().row;
        let end = whole.end_position();
        let end = if end.column == 0 && end.row > start {
            end.row
        } else {
            end.row + 1
        };
        let head = definition::head(node, outer, start).min(end - 1);
        let symbol = Symbol {
            kind,
            name,
            signature,
            lead: lead_of(self.lines, start),
            head,
            end,
            parent,
        };
        self.outline.symbols.push(symbol);
        let index = self.outline.symbols.len() - 1;
        self.visit_children(node, Some(index), None, depth);
    }

    fn visit_children(
        &mut self,
        node: Node<'_>,
        parent: Option<usize>,
        outer: Option<Node<'_>>,
        depth: usize,
    ) {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        for child in children {
            self.visit(child, parent, outer, depth + 1);
        }
    }
}

fn error_lines(root: Node<'_>) -> Vec<usize> {
    let mut lines = Vec::new();
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        if node.is_error() || node.is_missing() {
            lines.push(node.start_position().row);
        }
        if node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return lines;
            }
        }
    }
}
