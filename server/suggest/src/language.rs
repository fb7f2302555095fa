//! The languages whose structure is understood, and the wider families that file names and code
//! fences speak of.

/// A language whose named parts are understood: functions, methods, classes and sections are matched by name.
///
/// The first ten have a grammar; the others are read by their layout. Every other language is merged by its lines
/// alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// Rust.
    Rust,
    /// Python.
    Python,
    /// JavaScript, with or without JSX.
    JavaScript,
    /// TypeScript without JSX.
    TypeScript,
    /// TypeScript with JSX.
    Tsx,
    /// Go.
    Go,
    /// Java.
    Java,
    /// Kotlin.
    Kotlin,
    /// C.
    C,
    /// C++, and every header: C headers parse as C++.
    Cpp,
    /// Ruby.
    Ruby,
    /// Elixir.
    Elixir,
    /// Lua.
    Lua,
    /// The shells of Unix.
    Shell,
    /// PHP.
    Php,
    /// Swift.
    Swift,
    /// Scala.
    Scala,
    /// C#.
    CSharp,
    /// Dart.
    Dart,
    /// Protocol buffers and GraphQL.
    Schema,
    /// Terraform and its kin.
    Hcl,
    /// CSS, SCSS and Less.
    Css,
    /// JSON, with or without comments.
    Json,
    /// YAML.
    Yaml,
    /// TOML and INI.
    Toml,
    /// Markdown.
    Markdown,
    /// SQL.
    Sql,
}

impl Language {
    /// The language of a file, by its name.
    pub fn from_path(path: &str) -> Option<Self> {
        Self::from_family(
            Family::from_path(path)?,
            extension(path).unwrap_or_default(),
        )
    }

    /// The language of a code fence's tag or of an editor's language id (`rust`, `tsx`, `typescriptreact`).
    pub fn from_tag(tag: &str) -> Option<Self> {
        let tag = tag.to_ascii_lowercase();
        Self::from_family(Family::from_tag(&tag)?, &tag)
    }

    fn from_family(family: Family, detail: &str) -> Option<Self> {
        Some(match family.0 {
            "rust" => Self::Rust,
            "python" => Self::Python,
            "javascript" if matches!(detail, "tsx" | "typescriptreact") => Self::Tsx,
            "javascript" if matches!(detail, "ts" | "mts" | "cts" | "typescript") => {
                Self::TypeScript
            }
            "javascript" if !matches!(detail, "vue" | "svelte") => Self::JavaScript,
            "go" => Self::Go,
            "java" => Self::Java,
            "kotlin" => Self::Kotlin,
            "c" if detail == "c" => Self::C,
            "c" => Self::Cpp,
            "ruby" => Self::Ruby,
            "elixir" => Self::Elixir,
            "lua" => Self::Lua,
            "shell" if !matches!(detail, "ps1" | "powershell" | "bat" | "cmd" | "fish") => {
                Self::Shell
            }
            "php" => Self::Php,
            "swift" => Self::Swift,
            "scala" => Self::Scala,
            "csharp" => Self::CSharp,
            "dart" => Self::Dart,
            "proto" | "graphql" => Self::Schema,
            "hcl" => Self::Hcl,
            "css" if detail != "sass" => Self::Css,
            "json" => Self::Json,
            "yaml" => Self::Yaml,
            "toml" | "ini" if detail != "properties" => Self::Toml,
            "markdown" => Self::Markdown,
            "sql" => Self::Sql,
            _ => return None,
        })
    }

    /// The grammar, if the language has one here.
    pub(crate) fn grammar(self) -> Option<tree_sitter::Language> {
        Some(match self {
            Self::Rust => tree_sitter_rust::LANGUAGE.into(),
            Self::Python => tree_sitter_python::LANGUAGE.into(),
            Self::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
            Self::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            Self::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
            Self::Go => tree_sitter_go::LANGUAGE.into(),
            Self::Java => tree_sitter_java::LANGUAGE.into(),
            Self::Kotlin => tree_sitter_kotlin_ng::LANGUAGE.into(),
            Self::C => tree_sitter_c::LANGUAGE.into(),
            Self::Cpp => tree_sitter_cpp::LANGUAGE.into(),
            _ => return None,
        })
    }
}

/// A set of languages that a chat model may name for one another: `ts` and `tsx`, `c` and `cpp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Family(&'static str);

/// Name of the family, then its file extensions and fence tags.
const FAMILIES: &[(&str, &[&str])] = &[
    ("rust", &["rs", "rust"]),
    ("python", &["py", "pyi", "pyx", "python", "python3", "py3"]),
    (
        "javascript",
        &[
            "js",
            "jsx",
            "mjs",
            "cjs",
            "ts",
            "tsx",
            "mts",
            "cts",
            "vue",
            "svelte",
            "javascript",
            "typescript",
            "javascriptreact",
            "typescriptreact",
        ],
    ),
    ("go", &["go", "golang"]),
    ("java", &["java"]),
    ("kotlin", &["kt", "kts", "kotlin"]),
    (
        "c",
        &[
            "c", "h", "cc", "cpp", "cxx", "c++", "hh", "hpp", "hxx", "ipp", "inl", "cu", "cuh",
        ],
    ),
    ("csharp", &["cs", "csharp", "c#"]),
    ("ruby", &["rb", "ruby", "rake", "gemspec"]),
    ("php", &["php"]),
    ("swift", &["swift"]),
    ("scala", &["scala", "sc"]),
    ("dart", &["dart"]),
    ("lua", &["lua"]),
    ("elixir", &["ex", "exs", "elixir"]),
    ("haskell", &["hs", "haskell"]),
    ("zig", &["zig"]),
    ("nix", &["nix"]),
    ("sql", &["sql"]),
    ("html", &["html", "htm", "xhtml"]),
    ("css", &["css", "scss", "sass", "less"]),
    ("json", &["json", "jsonc", "json5"]),
    ("yaml", &["yaml", "yml"]),
    ("toml", &["toml"]),
    ("ini", &["ini", "cfg", "conf", "properties"]),
    ("xml", &["xml", "svg", "xsd", "csproj"]),
    ("markdown", &["md", "mdx", "markdown"]),
    ("rst", &["rst"]),
    ("proto", &["proto", "protobuf"]),
    ("graphql", &["graphql", "gql"]),
    ("gradle", &["gradle", "groovy"]),
    ("docker", &["dockerfile", "docker"]),
    ("hcl", &["tf", "tfvars", "hcl", "terraform"]),
    ("make", &["mk", "makefile", "make"]),
    ("cmake", &["cmake"]),
    ("vim", &["vim", "viml"]),
    (
        "text",
        &["txt", "text", "plaintext", "plain", "output", "log"],
    ),
    (
        "shell",
        &[
            "sh",
            "bash",
            "zsh",
            "fish",
            "shell",
            "console",
            "shellsession",
            "terminal",
            "powershell",
            "ps1",
            "bat",
            "cmd",
        ],
    ),
    ("diff", &["diff", "patch", "udiff"]),
];

impl Family {
    pub(crate) const SHELL: Self = Self("shell");
    pub(crate) const DIFF: Self = Self("diff");
    pub(crate) const MARKDOWN: Self = Self("markdown");
    pub(crate) const TEXT: Self = Self("text");

    /// The family of a fence tag or of a file extension, in lower case.
    pub(crate) fn from_tag(tag: &str) -> Option<Self> {
        FAMILIES
            .iter()
            .find(|(_, words)| words.contains(&tag))
            .map(|(name, _)| Self(name))
    }

    pub(crate) fn from_path(path: &str) -> Option<Self> {
        let name = path.rsplit(['/', '\\']).next()?.to_ascii_lowercase();
        match name.as_str() {
            "makefile" | "gnumakefile" => Some(Self("make")),
            "cmakelists.txt" => Some(Self("cmake")),
            "dockerfile" => Some(Self("docker")),
            _ => Self::from_tag(&extension(&name)?.to_ascii_lowercase()),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        self.0
    }
}

fn extension(path: &str) -> Option<&str> {
    let name = path.rsplit(['/', '\\']).next()?;
    let (stem, extension) = name.rsplit_once('.')?;
    (!stem.is_empty()).then_some(extension)
}
