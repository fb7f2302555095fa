//! Byte fidelity, line endings and diffs through the public interface.

use expect_test::{Expect, expect};
use fast_apply_text::{LineEnding, SourceError, SourceText, UnifiedDiff};
use proptest::{collection::vec, prelude::*, sample::select};

fn source(text: &str) -> SourceText {
    SourceText::from_bytes(text.as_bytes().to_vec()).expect("the text is UTF-8")
}

/// Restores `rewrite` on `original` and compares the escaped result.
fn check(original: &str, rewrite: &str, restored: &str) {
    assert_eq!(
        source(original).restore(rewrite),
        restored,
        "{original:?} rewritten as {rewrite:?}"
    );
}

#[test]
fn model_text_has_line_feeds_and_no_mark() {
    let model_text = |text: &str| source(text).model_text().to_owned();
    assert_eq!(model_text("\u{feff}a\r\nb\n"), "a\nb\n");
    assert_eq!(model_text("a\rb\rc"), "a\nb\nc", "a text with `\\r` alone");
    assert_eq!(
        model_text("a\rb\nc\r\n"),
        "a\rb\nc\n",
        "a lone `\\r` is an ordinary character"
    );
    assert_eq!(model_text("a\r\r\nb"), "a\r\nb");
    assert_eq!(
        model_text("a\u{2028}b\u{b}c\u{85}d\n"),
        "a\u{2028}b\u{b}c\u{85}d\n"
    );
    assert_eq!(
        model_text("a\u{feff}\n"),
        "a\u{feff}\n",
        "only the first is a mark"
    );
    assert_eq!(model_text("\u{feff}"), "");
    assert!(source("\u{feff}").has_byte_order_mark());
    assert_eq!(
        source("a\r\nb\nc").line_endings(),
        [LineEnding::CrLf, LineEnding::Lf],
        "the last line has none"
    );
}

#[test]
fn bytes_that_are_no_text_are_named() {
    let error = |bytes: &[u8]| SourceText::from_bytes(bytes.to_vec()).expect_err("no text");
    assert_eq!(error(b"ab\0c\xff"), SourceError::Binary { offset: 2 });
    assert_eq!(error(b"ab\xc3\xa4\xff"), SourceError::NotUtf8 { offset: 4 });
    assert_eq!(
        error(b"ab\xc3"),
        SourceError::NotUtf8 { offset: 2 },
        "cut inside a character"
    );
    assert_eq!(error(b"\xff\xfea\0"), SourceError::Utf16);
    expect!["byte 2 is NUL, so this is a binary file; only text in UTF-8 can be rewritten"]
        .assert_eq(&error(b"ab\0").to_string());
    expect!["byte 1 is not valid UTF-8; only text in UTF-8 can be rewritten"]
        .assert_eq(&error(b"a\xe4b").to_string());
}

#[test]
fn changed_lines_take_the_endings_around_them() {
    check("a\r\nb\r\n", "a\nx\nb\n", "a\r\nx\r\nb\r\n");
    check("a\r\nb\nc\n", "a\nB\nc\n", "a\r\nB\nc\n");
    check("a\nb\r\nc\n", "a\nB\nc\n", "a\nB\r\nc\n");
    check("a\nb\r\nc\n", "x\na\nb\ny\nc\n", "x\na\nb\r\ny\r\nc\n");
    check("a\nb\r\nc\n", "a\nB\nBB\nc\n", "a\nB\r\nBB\r\nc\n");
    check("a\nb\r\nc\n", "a\nc\n", "a\nc\n");
    check("a\rb\r", "a\nx\nb\n", "a\rx\rb\r");
    check("\u{feff}a\r\n", "b\n", "\u{feff}b\r\n");
    check("", "a\nb\n", "a\nb\n");
    check("a", "a\nb\n", "a\nb");
}

#[test]
fn the_end_of_the_text_keeps_its_habit() {
    check("a\nb", "a\nb\n", "a\nb");
    check("a\nb", "a\nB\n", "a\nB");
    check("a\r\nb", "a\nb\nc\n", "a\r\nb\r\nc");
    check("a\r\nb\r\n", "a\nb", "a\r\nb\r\n");
    check("a\nb\n\n\n", "a\nb\n", "a\nb\n");
    check("a\nb", "a\nb\n\n", "a\nb\n");
    check("a\nb\n", "", "");
}

#[test]
fn carriage_returns_of_the_rewrite_are_line_endings() {
    check("a\nb\n", "a\r\nx\r\nb\r\n", "a\nx\nb\n");
    check("a\r\nb\r\n", "a\r\nx\r\nb\r\n", "a\r\nx\r\nb\r\n");
    check("a\nb", "a\r\nb\r\n", "a\nb");
    check("a\r\r\nb\n", "a\r\nB\n", "a\r\r\nB\n");
    check("a\nb\r", "a\nb\r\nc", "a\nb\r\nc");
}

/// Lines, some equal to each other, with any ending, a lone `\r` here and there; the end of the text cut anywhere.
fn any_text() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "a", "b", "}", "ä", "\t x  ", "\u{2028}", "\u{feff}", "", "\n", "\r\n", "\r", "\n", "\r\n",
    ]);
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

#[derive(Clone, Debug)]
enum Edit {
    Keep,
    Delete,
    Replace,
    InsertBefore,
}

proptest! {
    #[test]
    fn an_unchanged_rewrite_gives_the_original_bytes(text in any_text()) {
        let source = source(&text);
        prop_assert_eq!(source.text(), &text);
        prop_assert_eq!(source.restore(source.model_text()), text);
    }

    #[test]
    fn every_other_text_survives_too(text in any::<String>().prop_filter("binary", |text| !text.contains('\0'))) {
        let source = source(&text);
        prop_assert_eq!(source.restore(source.model_text()), text);
    }

    #[test]
    fn kept_lines_have_their_own_bytes(
        endings in vec(select(vec!["\n", "\r\n"]), 1..30),
        edits in vec(select(vec![Edit::Keep, Edit::Keep, Edit::Delete, Edit::Replace, Edit::InsertBefore]), 30),
        has_mark: bool,
    ) {
        // All lines differ, so there is only one right alignment.
        let mark = if has_mark { "\u{feff}" } else { "" };
        let mut original = mark.to_owned();
        let mut rewrite = String::new();
        let mut expected: Vec<Option<String>> = Vec::new();
        for (number, (ending, edit)) in endings.iter().zip(&edits).enumerate() {
            original.push_str(&format!("old {number}{ending}"));
            if matches!(edit, Edit::Replace | Edit::InsertBefore) {
                rewrite.push_str(&format!("new {number}\n"));
                expected.push(None);
            }
            if matches!(edit, Edit::Keep | Edit::InsertBefore) {
                rewrite.push_str(&format!("old {number}\n"));
                expected.push(Some(format!("old {number}{ending}")));
            }
        }
        let restored = source(&original).restore(&rewrite);
        let body = restored.strip_prefix(mark).expect("the mark is back");
        let lines: Vec<&str> = body.split_inclusive('\n').collect();
        prop_assert_eq!(lines.len(), expected.len());
        for (line, expected) in lines.iter().zip(&expected) {
            match expected {
                Some(expected) => prop_assert_eq!(line, expected),
                None => prop_assert!(line.starts_with("new ")),
            }
        }
        if endings.iter().all(|ending| ending == &endings[0]) {
            prop_assert!(lines.iter().all(|line| line.ends_with("\r\n") == (endings[0] == "\r\n")));
        }
    }

    #[test]
    fn a_restored_text_reads_as_the_rewrite(original in "([ab ä]{0,2}(\n|\r\n)){1,12}", rewrite in "([abc]{0,2}\n){1,12}") {
        let restored = source(&original).restore(&rewrite);
        let restored = source(&restored);
        prop_assert_eq!(restored.model_text(), rewrite);
    }
}

fn check_diff(original: &str, rewritten: &str, expected: Expect) {
    expected.assert_eq(&UnifiedDiff::new("src/main.rs", original, rewritten).to_string());
}

#[test]
fn unified_diffs_group_near_changes() {
    let original: String = (1..=20).map(|line| format!("{line}\n")).collect();
    let rewritten = original
        .replace("2\n3\n", "2\nthree\n")
        .replace("\n9\n", "\n")
        .replace("18\n", "18\n18.5\n");
    check_diff(
        &original,
        &rewritten,
        expect![[r#"
            --- a/src/main.rs
            +++ b/src/main.rs
            @@ -1,12 +1,11 @@
             1
             2
            -3
            +three
             4
             5
             6
             7
             8
            -9
             10
             11
             12
            @@ -16,5 +15,6 @@
             16
             17
             18
            +18.5
             19
             20
        "#]],
    );
    check_diff(&original, &original, expect![[""]]);
}

#[test]
fn unified_diffs_tell_line_endings_and_missing_ones() {
    check_diff(
        "a\nb",
        "a\nb\n",
        expect![[r#"
        --- a/src/main.rs
        +++ b/src/main.rs
        @@ -1,2 +1,2 @@
         a
        -b
        \ No newline at end of file
        +b
    "#]],
    );
    check_diff(
        "",
        "a",
        expect![[r#"
        --- a/src/main.rs
        +++ b/src/main.rs
        @@ -0,0 +1 @@
        +a
        \ No newline at end of file
    "#]],
    );
    check_diff(
        "a\n",
        "",
        expect![[r#"
        --- a/src/main.rs
        +++ b/src/main.rs
        @@ -1 +0,0 @@
        -a
    "#]],
    );
    let diff = UnifiedDiff::new("a b", "x\r\n", "x\n").to_string();
    assert_eq!(diff, "--- a/a b\t\n+++ b/a b\t\n@@ -1 +1 @@\n-x\r\n+x\n");
}
