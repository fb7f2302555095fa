//! Files of a few lines, where nearly every line is like every other, with the replies that people try first.

use crate::sketch::check;

#[test]
fn fields_are_added_beside_a_marker() {
    check(
        "a.rs",
        "",
        "struct A {\n    // ...\n    z: i32,\n}\n",
        "struct A {\n    x: i32,\n    y: i32,\n}\n",
        "struct A {\n    x: i32,\n    y: i32,\n    z: i32,\n}\n",
    );
    check(
        "a.kt",
        "",
        "data class P(\n    // ...\n    val z: Int = 0,\n)\n",
        "data class P(\n    val x: Int,\n    val y: Int,\n)\n",
        "data class P(\n    val x: Int,\n    val y: Int,\n    val z: Int = 0,\n)\n",
    );
    check(
        "Cargo.toml",
        "",
        "[dependencies]\nanyhow = \"1\"\n# ...\n",
        "[package]\nname = \"x\"\n\n[dependencies]\nserde = \"1\"\n",
        "[package]\nname = \"x\"\n\n[dependencies]\nanyhow = \"1\"\nserde = \"1\"\n",
    );
}

#[test]
fn fields_of_one_name_are_changed() {
    check(
        "a.rs",
        "",
        "struct A {\n    // ...\n    y: i64,\n}\n",
        "struct A {\n    x: i32,\n    y: i32,\n}\n",
        "struct A {\n    x: i32,\n    y: i64,\n}\n",
    );
    let package = "{\n  \"name\": \"x\",\n  \"version\": \"1.0.0\",\n  \"type\": \"module\"\n}\n";
    check(
        "package.json",
        "",
        "  \"version\": \"1.1.0\",\n",
        package,
        &package.replace("1.0.0", "1.1.0"),
    );
    check(".env", "", "B=5\n", "A=1\nB=2\nC=3\n", "A=1\nB=5\nC=3\n");
}

#[test]
fn functions_are_added_beside_a_marker() {
    let python = "def a():\n    return 1\n";
    check(
        "a.py",
        "",
        "# ... existing code ...\n\n\ndef b():\n    return 2\n",
        python,
        "def a():\n    return 1\n\n\ndef b():\n    return 2\n",
    );
    check(
        "a.py",
        "Add a function b.",
        "def b():\n    return 2\n",
        python,
        "def a():\n    return 1\n\n\ndef b():\n    return 2\n",
    );
    check(
        "a.rs",
        "",
        "fn third() {}\n\n// ... existing code ...\n",
        "fn other() {}\n",
        "fn third() {}\n\nfn other() {}\n",
    );
}

#[test]
fn entries_keep_the_file_without_blank_lines() {
    let package = "{\n  \"name\": \"x\",\n  \"dependencies\": {\n    \"a\": \"^1\"\n  }\n}\n";
    check(
        "package.json",
        "",
        "{\n  \"name\": \"x\",\n  \"scripts\": {\n    \"test\": \"b\"\n  },\n  ...\n}\n",
        package,
        &package.replace(
            "  \"dependencies\"",
            "  \"scripts\": {\n    \"test\": \"b\"\n  },\n  \"dependencies\"",
        ),
    );
    let steps =
        "jobs:\n  build:\n    steps:\n      - uses: actions/checkout@v4\n      - run: make\n";
    check(
        "ci.yml",
        "",
        "jobs:\n  build:\n    steps:\n      # ...\n      - run: make\n      - run: make test\n",
        steps,
        &format!("{steps}      - run: make test\n"),
    );
}

#[test]
fn methods_without_their_class_go_into_the_only_one() {
    let python =
        "class A:\n    def a(self):\n        return 1\n\n\ndef main():\n    print(A().a())\n";
    check(
        "a.py",
        "Add b.",
        "def b(self):\n    return 2\n",
        python,
        &python.replace(
            "return 1\n",
            "return 1\n\n    def b(self):\n        return 2\n",
        ),
    );
    let java = "class A {\n    int a() {\n        return 1;\n    }\n}\n";
    check(
        "A.java",
        "Add b.",
        "int b() {\n    return 2;\n}\n",
        java,
        "class A {\n    int a() {\n        return 1;\n    }\n\n    int b() {\n        return 2;\n    }\n}\n",
    );
    let rust =
        "struct A;\n\nimpl A {\n    fn a(&self) -> u32 {\n        1\n    }\n}\n\nfn main() {}\n";
    check(
        "a.rs",
        "Add b.",
        "fn b(&self) -> u32 {\n    2\n}\n",
        rust,
        &rust.replace(
            "        1\n    }\n",
            "        1\n    }\n\n    fn b(&self) -> u32 {\n        2\n    }\n",
        ),
    );
}

#[test]
fn a_branch_for_another_constant_is_new() {
    let before = "fn a(text: &str) -> u32 {\n    match text {\n        \"a\" => one(),\n        \"b\" => two(),\n        _ => 0,\n    }\n}\n";
    check(
        "a.rs",
        "",
        "fn a(text: &str) -> u32 {\n    match text {\n        // ...\n        \"c\" => three(),\n        _ => 0,\n    }\n}\n",
        before,
        &before.replace("        _", "        \"c\" => three(),\n        _"),
    );
}

#[test]
fn nothing_moves_left_of_the_first_column() {
    let before = "app.get('/a', (req, res) => {\n  res.send('a');\n});\n\napp.get('/b', (req, res) => {\n  res.json([]);\n});\n\napp.listen(3000);\n";
    let sketch = "// ...\n\napp.get('/b', async (req, res) => {\n  try {\n    res.json([]);\n  } catch (err) {\n    res.end();\n  }\n});\n\n// ...\n";
    check(
        "a.js",
        "",
        sketch,
        before,
        &before.replace("'/b', (", "'/b', async (").replace(
            "  res.json([]);\n",
            "  try {\n    res.json([]);\n  } catch (err) {\n    res.end();\n  }\n",
        ),
    );
}
