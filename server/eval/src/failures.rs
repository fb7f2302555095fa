//! Failures as diffs to look at.

use std::fs;
use std::io;
use std::path::Path;

use crate::CaseResult;

/// Writes a file for every result that is not the true one: what is known of it, and the diff from the
/// true text to the one written. Deletes the file of a case that is right now.
///
/// # Errors
/// The directory cannot be made, or a file in it not written.
pub fn write_failures(directory: &Path, results: &[CaseResult]) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    for result in results {
        let path = directory.join(file_name(&result.id));
        if !result.exact {
            fs::write(path, page(result))?;
        } else if path.exists() {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// The id of a case without anything that means something in a path.
fn file_name(id: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = id.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    format!("{}.diff", name.trim_start_matches('.'))
}

fn page(result: &CaseResult) -> String {
    let mut page = format!("# {} {}: {}", result.id, result.path, result.outcome);
    if let Some(source) = &result.source {
        page += &format!(" by {source}");
    }
    if let Some(confidence) = result.confidence {
        page += &format!(", confidence {confidence:.2}");
    }
    page.push('\n');
    if !result.guards_failed.is_empty() {
        page += &format!("# failed checks: {}\n", result.guards_failed.join(", "));
    }
    for line in result.error.iter().flat_map(|error| error.lines()) {
        page += &format!("# {line}\n");
    }
    match &result.diff {
        Some(diff) => page + "# from the true text to the one written\n" + diff,
        None => page,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_failure_is_there_until_it_is_right() {
        let directory = tempfile::tempdir().expect("a directory");
        let below = directory.path().join("failures");
        let names = || -> Vec<String> {
            let entries = fs::read_dir(&below).expect("the directory");
            entries
                .map(|entry| entry.expect("an entry").file_name())
                .map(|name| name.to_string_lossy().into_owned())
                .collect()
        };
        let wrong = CaseResult {
            id: "../odd id".to_owned(),
            path: "a.rs".to_owned(),
            outcome: "applied".to_owned(),
            source: Some("merge".to_owned()),
            confidence: Some(0.875),
            guards_failed: vec!["syntax".to_owned()],
            diff: Some("--- a/a.rs\n+++ b/a.rs\n@@ -1 +1 @@\n-x\n+y\n".to_owned()),
            ..CaseResult::default()
        };
        write_failures(&below, std::slice::from_ref(&wrong)).expect("it is written");
        assert_eq!(names(), ["_odd_id.diff"]);
        expect![[r#"
            # ../odd id a.rs: applied by merge, confidence 0.88
            # failed checks: syntax
            # from the true text to the one written
            --- a/a.rs
            +++ b/a.rs
            @@ -1 +1 @@
            -x
            +y
        "#]]
        .assert_eq(&fs::read_to_string(below.join("_odd_id.diff")).expect("it is there"));

        let right = CaseResult {
            exact: true,
            ..wrong
        };
        write_failures(&below, &[right]).expect("it is written");
        assert!(names().is_empty());
    }
}
