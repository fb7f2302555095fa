//! Files of a few lines, where nearly every line is like every other, with the replies that people try first.

use fast_apply_suggest::CONFIDENT;

use crate::sketch::{check, merged};

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

#[test]
fn what_stands_inside_is_not_the_first_line_of_the_file() {
    let before = "class Joiner {\npublic:\n    explicit Joiner(std::string by) : by_(by) {}\n\nprivate:\n    std::string by_;\n};\n";
    check(
        "joiner.cpp",
        "",
        "    explicit Joiner(std::string by) : by_(std::move(by)) {}\n",
        before,
        &before.replace("by_(by)", "by_(std::move(by))"),
    );
    let before =
        "package app\n\ndata class User(val name: String)\n\nval users = mutableListOf<User>()\n";
    check(
        "user.kt",
        "",
        "data class User(val name: String, val email: String? = null)\n",
        before,
        &before.replace("String)", "String, val email: String? = null)"),
    );
}

#[test]
fn a_new_entry_of_data_is_set_off_as_it_is_shown() {
    let before = "jobs:\n  test:\n    steps:\n      - run: make test\n";
    check(
        "ci.yml",
        "",
        "jobs:\n  test:\n    # ...\n  lint:\n    steps:\n      - run: make lint\n",
        before,
        &format!("{before}  lint:\n    steps:\n      - run: make lint\n"),
    );
}

#[test]
fn a_file_shown_from_its_imports_to_its_end_may_be_whole() {
    let before = "import os\nimport sys\n\n\nclass Client:\n    def get(self):\n        return sys.argv\n\n\ndef main():\n    print(Client().get())\n\n\nmain()\n";
    let sketch = "import os\n\n\ndef main():\n    print(os.environ)\n\n\nmain()\n";
    assert!(merged("a.py", "", sketch, before).confidence < CONFIDENT);
}

#[test]
fn a_condition_beside_a_marker_may_be_a_new_one() {
    let before = "for (const auto& part : parts) {\n    if (!out.empty()) out += separator;\n    out += part;\n}\n";
    let sketch =
        "for (const auto& part : parts) {\n    if (part.empty()) continue;\n    // ...\n}\n";
    assert!(merged("join.cpp", "", sketch, before).confidence < CONFIDENT);
}

#[test]
fn an_entry_of_a_name_that_a_marker_hides_takes_its_place() {
    let before = ".card {\n  color: black;\n  padding: 8px;\n  margin: 0;\n}\n\n.title {\n  padding: 4px;\n}\n";
    check(
        "card.css",
        "",
        ".card {\n  padding: var(--gap);\n  /* ... */\n}\n",
        before,
        &before.replace("8px", "var(--gap)"),
    );
}
