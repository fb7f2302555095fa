//! Chat replies and what they are read as.

use std::fmt::Write;

use expect_test::{Expect, expect};
use fast_apply_suggest::parse;
use proptest::prelude::*;

fn check(reply: &str, expected: Expect) {
    let parsed = parse(reply);
    let mut shown = String::new();
    for block in &parsed.blocks {
        let path = block
            .path
            .as_ref()
            .map(|hint| format!(" {:?} {}", hint.strength, hint.path))
            .unwrap_or_default();
        writeln!(
            shown,
            "[{:?} {}{path}]\n{}",
            block.format,
            block.tag.as_deref().unwrap_or("-"),
            block.text
        )
        .unwrap();
    }
    writeln!(shown, "prose: {:?}", parsed.prose).unwrap();
    expected.assert_eq(&shown);
}

fn check_selection(reply: &str, path: &str, original: &str, expected: Expect) {
    let selection = parse(reply).for_file(path, original);
    let texts: Vec<&str> = selection
        .suggestion
        .blocks
        .iter()
        .map(|block| block.text.as_str())
        .collect();
    expected.assert_eq(&format!("{texts:?} {:?}", selection.ignored));
}

#[test]
fn fence_with_language_and_path() {
    check(
        "Do this:\n\n```rust src/a.rs\nfn a() {}\n```\n\nDone.",
        expect![[r#"
            [Code rust Declared src/a.rs]
            fn a() {}

            prose: "Do this:\n\nDone."
        "#]],
    );
    for info in [
        "ts:src/a.ts",
        "ts title=\"src/a.ts\"",
        "src/a.ts",
        "ts {filename=src/a.ts}",
        "12:40:src/a.ts",
    ] {
        let parsed = parse(&format!("```{info}\nx\n```\n"));
        assert_eq!(
            parsed.blocks[0].path.as_ref().unwrap().path,
            "src/a.ts",
            "{info}"
        );
    }
}

#[test]
fn path_before_the_block() {
    for line in [
        "**src/a.rs**",
        "### `src/a.rs`",
        "`src/a.rs`:",
        "File: src/a.rs",
        "1. `src/a.rs`",
    ] {
        let parsed = parse(&format!("Text.\n\n{line}\n\n```rust\nx\n```\n"));
        let hint = parsed.blocks[0].path.as_ref().unwrap();
        assert_eq!(
            (hint.path.as_str(), format!("{:?}", hint.strength).as_str()),
            ("src/a.rs", "Declared"),
            "{line}"
        );
    }
    check(
        "Change `parse()` in `src/a.rs` like so:\n\n```rust\nx\n```\n",
        expect![[r#"
            [Code rust Mentioned src/a.rs]
            x

            prose: "Change `parse()` in `src/a.rs` like so:"
        "#]],
    );
}

#[test]
fn comment_on_the_first_line_names_the_file() {
    check(
        "```python\n# app/models.py\nimport os\n```",
        expect![[r#"
            [Code python Declared app/models.py]
            import os

            prose: ""
        "#]],
    );
    check_selection(
        "```python\n# a.py\nimport os\n```",
        "a.py",
        "# a.py\nimport sys\n",
        expect![[r##"["# a.py\nimport os\n"] []"##]],
    );
}

#[test]
fn fences_inside_the_code() {
    check(
        "```markdown\n# Title\n\n```sh\nls\n```\n\nEnd\n```\nBye",
        expect![[r#"
            [Code markdown]
            # Title

            ```sh
            ls
            ```

            End

            prose: "Bye"
        "#]],
    );
    check(
        "```rust\n/// ```\n/// a();\n/// ```\nfn a() {}\n```",
        expect![[r#"
            [Code rust]
            /// ```
            /// a();
            /// ```
            fn a() {}

            prose: ""
        "#]],
    );
    check(
        "~~~~python\n\"\"\"\n~~~\n\"\"\"\n~~~~\n",
        expect![[r#"
            [Code python]
            """
            ~~~
            """

            prose: ""
        "#]],
    );
}

#[test]
fn unclosed_fence_holds_the_rest() {
    check(
        "Text\n```go\nfunc a() {\n",
        expect![[r#"
            [Code go]
            func a() {

            prose: "Text"
        "#]],
    );
}

#[test]
fn reply_without_a_fence_is_one_block() {
    check(
        "fn a() {\n    // ...\n}",
        expect![[r#"
            [Code -]
            fn a() {
                // ...
            }

            prose: ""
        "#]],
    );
    check(
        "--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a\n+b\n--- a/y.py\n+++ b/y.py\n@@\n c\n+d\n",
        expect![[r#"
            [Diff - Declared x.py]
            @@ -1 +1 @@
            -a
            +b

            [Diff - Declared y.py]
            @@
             c
            +d

            prose: ""
        "#]],
    );
    check(
        "Here:\n\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n\nDone",
        expect![[r#"
            [SearchReplace -]
            <<<<<<< SEARCH
            a
            =======
            b
            >>>>>>> REPLACE

            prose: "Here:\n\nDone"
        "#]],
    );
}

#[test]
fn diffs_and_pairs_in_fences() {
    check(
        "```diff\n fn a() {\n-    1\n+    2\n }\n```",
        expect![[r#"
            [Diff diff]
             fn a() {
            -    1
            +    2
             }

            prose: ""
        "#]],
    );
    check(
        "```\n- a list\n- of things\n```",
        expect![[r#"
            [Code -]
            - a list
            - of things

            prose: ""
        "#]],
    );
    check(
        "```python\nmain.py\n------- SEARCH\na\n=======\nb\n+++++++ REPLACE\n```",
        expect![[r#"
            [SearchReplace python Declared main.py]
            ------- SEARCH
            a
            =======
            b
            +++++++ REPLACE

            prose: ""
        "#]],
    );
}

#[test]
fn fences_in_lists_lose_their_indentation() {
    check(
        "1. First:\n\n   ```js\n   if (a) {\n     b()\n   }\n   ```\n\n2. Then run it.",
        expect![[r#"
            [Code js]
            if (a) {
              b()
            }

            prose: "1. First:\n\n2. Then run it."
        "#]],
    );
}

#[test]
fn blocks_for_other_files_are_left_out() {
    let reply =
        "```toml Cargo.toml\n[x]\n```\n\n```rust\nfn main() {}\n```\n\n```sh\ncargo run\n```\n";
    check_selection(
        reply,
        "src/main.rs",
        "fn main() {}\n",
        expect![[
            r#"["fn main() {}\n"] ["Block 1 of 3 is for Cargo.toml.", "Block 3 of 3 holds shell commands."]"#
        ]],
    );
    check_selection(
        "Like `other.rs` does:\n\n```rust\nfn a() {}\n```",
        "src/main.rs",
        "",
        expect![[r#"["fn a() {}\n"] []"#]],
    );
    check_selection(
        "```rust /home/me/project/src/main.rs\nfn a() {}\n```",
        "src/main.rs",
        "",
        expect![[r#"["fn a() {}\n"] []"#]],
    );
}

#[test]
fn bare_sketch_with_fences_of_its_own() {
    let original =
        "def first_function(a):\n    return a\n\ndef second_function(b):\n    return b\n";
    let reply = "def first_function(a):\n    return a\n\ndef second_function(b):\n    \"\"\"\n```\nx\n```\n\"\"\"\n    return b\n";
    let selection = parse(reply).for_file("a.py", original);
    assert_eq!(selection.suggestion.blocks[0].text, reply);
}

proptest! {
    #[test]
    fn any_text_is_read(reply in "(?s)([`~]{3,4}[a-z]{0,4}|[ab \n]{1,6}|@@|[-+ ]x|<<<<<<< SEARCH|=======|>>>>>>> REPLACE|\n|\\PC){0,40}") {
        let parsed = parse(&reply);
        prop_assert!(!parsed.blocks.is_empty() || reply.trim().is_empty() || parsed.prose.len() < reply.len());
        let selection = parsed.for_file("a.md", "text\n");
        prop_assert!(selection.suggestion.blocks.len() + selection.ignored.len() >= parsed.blocks.len().min(1));
    }
}

#[test]
fn a_copy_of_the_file_in_another_directory_is_the_file() {
    let original = "fn first_of_all() {}\n";
    let block =
        |path: &str, code: &str| format!("`{path}`:\n\n```rust title=\"{path}\"\n{code}\n```\n\n");
    let taken = |reply: &str| {
        parse(reply)
            .for_file("/elsewhere/lib.rs", original)
            .suggestion
            .blocks
            .len()
    };
    assert_eq!(taken(&block("src/lib.rs", "fn new() {}")), 1);
    assert_eq!(taken(&block("src/main.rs", "fn new() {}")), 0);
    let two = block("a/lib.rs", "fn first_of_all() {}") + &block("b/lib.rs", "fn new() {}");
    assert_eq!(taken(&two), 0, "either could be meant");
    let sharing = block("a/lib.rs", "fn first_of_all() {}") + &block("b/main.rs", "fn new() {}");
    assert_eq!(taken(&sharing), 1);
    let strange = block("a/lib.rs", "fn other() {}") + &block("b/main.rs", "fn new() {}");
    assert_eq!(taken(&strange), 0, "nothing shows that it is this file");
}
