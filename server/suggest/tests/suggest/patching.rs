//! Diffs and search and replace pairs.

use expect_test::{Expect, expect};
use fast_apply_suggest::{Context, Method, merge, parse};

const FILE: &str = "def a():\n    x = 1\n    return x\n\n\ndef b():\n    x = 1\n    return x\n\n\nclass C:\n    def c(self):\n        y = 2  \n        return y\n";

fn check(reply: &str, expected: Expect) {
    let suggestion = parse(reply).for_file("m.py", FILE).suggestion;
    let shown = match merge(FILE, &suggestion, &Context::default()) {
        Ok(merged) => {
            let unique = merged.method == Method::Patch;
            let diff = similar::TextDiff::from_lines(FILE, &merged.text)
                .unified_diff()
                .context_radius(0)
                .to_string();
            format!("unique: {unique}\n{diff}")
        }
        Err(error) => format!("{error}\n"),
    };
    expected.assert_eq(&shown);
}

#[test]
fn hunk_with_wrong_numbers() {
    check(
        "```diff\n@@ -100,3 +90,9 @@\n class C:\n     def c(self):\n-        y = 2\n+        y = 3\n         return y\n```\n",
        expect![[r#"
            unique: true
            @@ -13 +13 @@
            -        y = 2  
            +        y = 3
        "#]],
    );
}

#[test]
fn hunk_that_fits_twice_is_refused() {
    check("```diff\n@@\n-    x = 1\n+    x = 2\n```\n", expect![[r#"
        line 2 of the suggestion fits in several places: lines 2, 7
    "#]]);
}

#[test]
fn heading_chooses_the_function() {
    check(
        "```diff\n@@ -7 +7 @@ def b():\n-    x = 1\n+    x = 2\n```\n",
        expect![[r#"
            unique: false
            @@ -7 +7 @@
            -    x = 1
            +    x = 2
        "#]],
    );
}

#[test]
fn hunks_without_header_and_with_a_marker() {
    check(
        "```diff\n def b():\n-    x = 1\n+    x = 5\n     return x\n # ...\n class C:\n+    z = 0\n     def c(self):\n```\n",
        expect![[r#"
            unique: true
            @@ -7 +7 @@
            -    x = 1
            +    x = 5
            @@ -11,0 +12 @@
            +    z = 0
        "#]],
    );
}

#[test]
fn pair_at_another_indentation() {
    check(
        "<<<<<<< SEARCH\ndef c(self):\n    y = 2\n    return y\n=======\ndef c(self):\n    y = 2\n    if y:\n        y += 1\n    return y\n>>>>>>> REPLACE\n",
        expect![[r#"
            unique: true
            @@ -13,0 +14,2 @@
            +        if y:
            +            y += 1
        "#]],
    );
}

#[test]
fn pair_that_is_not_there() {
    check(
        "<<<<<<< ORIGINAL\n    q = 1\n=======\n    q = 2\n>>>>>>> UPDATED\n",
        expect![[r#"
            the file has no text like line 2 of the suggestion: q = 1
        "#]],
    );
}
