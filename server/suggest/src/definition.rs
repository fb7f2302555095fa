//! What the nodes of a syntax tree define.

use tree_sitter::Node;

use crate::outline::Kind;

/// The kind of a symbol, its name and its signature.
pub(crate) type Definition = (Kind, String, String);

/// Reads definitions off the tree of a text.
pub(crate) struct Definitions<'a> {
    pub(crate) text: &'a str,
}

impl Definitions<'_> {
    /// What a node defines, if it does; `around` is the kind of the symbol it lies in.
    pub(crate) fn define(&self, node: Node<'_>, around: Option<Kind>) -> Option<Definition> {
        let field = |name: &str| {
            node.child_by_field_name(name)
                .map(|child| self.squeezed(child))
        };
        let named = |kind: Kind| {
            Some((
                kind,
                field("name")?,
                field("parameters").unwrap_or_default(),
            ))
        };
        match node.kind() {
            "function_item"
            | "function_signature_item"
            | "function_declaration"
            | "generator_function_declaration"
            | "method_definition"
            | "abstract_method_signature"
            | "method_signature"
            | "constructor_declaration"
            | "compact_constructor_declaration" => {
                named(Kind::Function).or_else(|| self.kotlin_function(node))
            }
            "method_declaration" => {
                let receiver = node.child_by_field_name("receiver");
                let receiver = receiver
                    .and_then(|node| self.text.get(node.byte_range()))
                    .unwrap_or_default();
                let (kind, name, parameters) = named(Kind::Function)?;
                // A Go method's receiver type is part of its name: methods do not lie inside their type.
                let name = if receiver.is_empty() {
                    name
                } else {
                    format!("{}.{name}", receiver_type(receiver))
                };
                Some((kind, name, parameters))
            }
            "function_definition" => {
                if node.child_by_field_name("name").is_some() {
                    return named(Kind::Function);
                }
                let declarator = node.child_by_field_name("declarator")?;
                self.c_function(declarator)
            }
            "struct_item"
            | "enum_item"
            | "union_item"
            | "trait_item"
            | "type_item"
            | "macro_definition"
            | "class_definition"
            | "class_declaration"
            | "abstract_class_declaration"
            | "interface_declaration"
            | "type_alias_declaration"
            | "enum_declaration"
            | "record_declaration"
            | "annotation_type_declaration"
            | "type_spec"
            | "type_alias"
            | "object_declaration"
            | "alias_declaration" => {
                named(Kind::Type).map(|(kind, name, _)| (kind, name, String::new()))
            }
            "class_specifier" | "struct_specifier" | "union_specifier" | "enum_specifier" => {
                node.child_by_field_name("body")?;
                named(Kind::Type).map(|(kind, name, _)| (kind, name, String::new()))
            }
            "impl_item" => Some((
                Kind::Implementation,
                base_name(&field("type")?),
                without_paths(&field("trait").unwrap_or_default()),
            )),
            "mod_item" | "internal_module" | "module"
                if node.child_by_field_name("body").is_some() =>
            {
                Some((Kind::Space, field("name")?, String::new()))
            }
            "namespace_definition" => Some((
                Kind::Space,
                field("name").unwrap_or_default(),
                String::new(),
            )),
            "companion_object" => Some((
                Kind::Type,
                field("name").unwrap_or_else(|| "companion".to_owned()),
                String::new(),
            )),
            "type_definition" => {
                let name = node.child_by_field_name("declarator")?;
                (name.kind() == "type_identifier")
                    .then(|| (Kind::Type, self.squeezed(name), String::new()))
            }
            "const_item" | "static_item" => named(Kind::Value),
            "lexical_declaration"
            | "variable_declaration"
            | "field_declaration"
            | "public_field_definition"
            | "property_declaration" => self.value(node),
            "preproc_def" | "preproc_function_def" => {
                let several = node.end_position().row > node.start_position().row + 1;
                named(Kind::Type)
                    .filter(|_| several)
                    .map(|(kind, name, _)| (kind, name, String::new()))
            }
            "expression_statement" => self.statement(node, around),
            _ => None,
        }
    }

    fn kotlin_function(&self, node: Node<'_>) -> Option<Definition> {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        let name = children
            .iter()
            .find(|child| matches!(child.kind(), "simple_identifier" | "identifier"))?;
        let parameters = children
            .iter()
            .find(|child| child.kind() == "function_value_parameters");
        Some((
            Kind::Function,
            self.squeezed(*name),
            parameters
                .map(|node| self.squeezed(*node))
                .unwrap_or_default(),
        ))
    }

    fn c_function(&self, declarator: Node<'_>) -> Option<Definition> {
        let mut node = declarator;
        while node.kind() != "function_declarator" {
            node = node
                .child_by_field_name("declarator")
                .or_else(|| node.named_child(0))?;
        }
        let name = node
            .child_by_field_name("declarator")
            .map(|name| self.squeezed(name))?;
        let parameters = node
            .child_by_field_name("parameters")
            .map(|node| self.squeezed(node))
            .unwrap_or_default();
        Some(test_case(&name, &parameters).unwrap_or((Kind::Function, name, parameters)))
    }

    fn value(&self, node: Node<'_>) -> Option<Definition> {
        let mut cursor = node.walk();
        let declarator = node
            .named_children(&mut cursor)
            .find(|child| child.kind() == "variable_declarator");
        let name = declarator
            .and_then(|declarator| declarator.child_by_field_name("name"))
            .or_else(|| node.child_by_field_name("name"))?;
        if !matches!(
            name.kind(),
            "identifier" | "property_identifier" | "private_property_identifier"
        ) {
            return None;
        }
        let value = declarator.and_then(|declarator| declarator.child_by_field_name("value"));
        let function = value.filter(|value| {
            matches!(
                value.kind(),
                "arrow_function" | "function_expression" | "function"
            )
        });
        match function {
            Some(function) => {
                let parameters = function
                    .child_by_field_name("parameters")
                    .map(|node| self.squeezed(node));
                Some((
                    Kind::Function,
                    self.squeezed(name),
                    parameters.unwrap_or_default(),
                ))
            }
            None => Some((Kind::Value, self.squeezed(name), String::new())),
        }
    }

    /// `it("name", () => {...})`, `A.prototype.b = function () {...}`, and Python's `NAME = ...`.
    fn statement(&self, node: Node<'_>, around: Option<Kind>) -> Option<Definition> {
        let inner = node.named_child(0)?;
        match inner.kind() {
            "assignment" if around.is_none_or(|kind| kind == Kind::Type) => {
                let left = inner
                    .child_by_field_name("left")
                    .filter(|left| left.kind() == "identifier")?;
                Some((Kind::Value, self.squeezed(left), String::new()))
            }
            "assignment_expression" => {
                let left = inner
                    .child_by_field_name("left")
                    .filter(|left| left.kind() == "member_expression")?;
                let right = inner.child_by_field_name("right")?;
                let right = if right.kind() == "as_expression" {
                    right.named_child(0)?
                } else {
                    right
                };
                let function = matches!(
                    right.kind(),
                    "arrow_function" | "function_expression" | "function"
                );
                function.then(|| (Kind::Function, self.squeezed(left), String::new()))
            }
            "call_expression" => {
                let callee = self.squeezed(inner.child_by_field_name("function")?);
                let base = callee.split('.').next().unwrap_or_default();
                if !matches!(
                    base,
                    "describe" | "it" | "test" | "context" | "suite" | "bench"
                ) {
                    return None;
                }
                let arguments = inner.child_by_field_name("arguments")?;
                let title = arguments
                    .named_child(0)
                    .filter(|first| matches!(first.kind(), "string" | "template_string"))?;
                Some((
                    Kind::Case,
                    format!(
                        "{base} {}",
                        self.squeezed(title).trim_matches(['"', '\'', '`'])
                    ),
                    String::new(),
                ))
            }
            _ => None,
        }
    }

    /// A node's text without blanks.
    fn squeezed(&self, node: Node<'_>) -> String {
        let text = self.text.get(node.byte_range()).unwrap_or_default();
        text.chars().filter(|c| !c.is_whitespace()).collect()
    }
}

/// The first line of the declaration below its annotations.
pub(crate) fn head(node: Node<'_>, outer: Option<Node<'_>>, start: usize) -> usize {
    if outer.is_some_and(|outer| outer.kind() == "decorated_definition") {
        return node.start_position().row;
    }
    let mut cursor = node.walk();
    let mut head = start;
    for child in node.children(&mut cursor) {
        if child.kind() == "modifiers" {
            let mut cursor = child.walk();
            for modifier in child.named_children(&mut cursor) {
                if modifier.kind().contains("annotation") {
                    head = head.max(modifier.end_position().row + 1);
                }
            }
            if child.end_position().row >= head {
                return head;
            }
        } else if child.kind() == "decorator" {
            head = head.max(child.end_position().row + 1);
        } else {
            return head.min(child.start_position().row).max(start);
        }
    }
    head
}

/// What a macro defines that reads like a function: `TEST(Suite, Name)` is called by its last argument.
fn test_case(name: &str, parameters: &str) -> Option<Definition> {
    let is_macro = name.len() > 1
        && name
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let arguments = parameters.strip_prefix('(')?.strip_suffix(')')?;
    let (suite, case) = arguments.rsplit_once(',').unwrap_or(("", arguments));
    let is_name = |text: &str| {
        text.chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | ',' | ':'))
    };
    (is_macro && !case.is_empty() && is_name(arguments))
        .then(|| (Kind::Function, case.to_owned(), format!("{name}({suite})")))
}

/// Whether a word begins a statement and so cannot name a function.
pub(crate) fn is_keyword(name: &str) -> bool {
    matches!(
        name,
        "if" | "else"
            | "for"
            | "while"
            | "switch"
            | "match"
            | "when"
            | "return"
            | "try"
            | "with"
            | "do"
            | "synchronized"
    )
}

/// The type of a Go receiver: `(c *Context[T])` is `Context`.
fn receiver_type(receiver: &str) -> &str {
    let inner = receiver
        .trim_matches(['(', ')'])
        .split('[')
        .next()
        .unwrap_or_default();
    inner.rsplit(['*', ' ']).next().unwrap_or_default()
}

/// A type's name without its type arguments.
fn base_name(name: &str) -> String {
    name.split('<').next().unwrap_or(name).to_owned()
}

/// A type without the paths before its names: `fmt::Display` and `Display` are one.
fn without_paths(name: &str) -> String {
    let mut short = String::new();
    let mut word = String::new();
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
        } else if c == ':' && rest.peek() == Some(&':') {
            rest.next();
            word.clear();
        } else {
            short.push_str(&word);
            word.clear();
            short.push(c);
        }
    }
    short + &word
}
