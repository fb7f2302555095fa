use std::io::Write;

use serde_json::Value;

use crate::editor::{Editor, Home, REPLY};

/// What `fast-apply suggest` does with a reply on its standard input.
fn suggest(home: &Home, arguments: &[&str]) -> (Option<i32>, String) {
    let mut arguments = arguments.to_vec();
    arguments.insert(0, "suggest");
    let mut process = home.command(&arguments).spawn().expect("it starts");
    let mut input = process.stdin.take().expect("it is piped");
    // It may have ended without reading.
    input.write_all(REPLY.as_bytes()).ok();
    drop(input);
    let output = process.wait_with_output().expect("it ends");
    let errors = String::from_utf8(output.stderr).expect("it is text");
    assert!(output.stdout.is_empty());
    (output.status.code(), errors)
}

fn pending(editor: &mut Editor) -> Vec<Value> {
    let pending = editor.status()["pending"].take();
    let pending = pending.as_array().cloned().unwrap_or_default();
    pending.into_iter().map(|mut it| it["uri"].take()).collect()
}

#[test]
fn the_editor_that_has_the_file_gets_the_suggestion() {
    let home = Home::new();
    let mut one = home.editor("one");
    let mut two = home.editor("two");

    // The file is named by the reply, and found from where the command runs.
    let (exit, errors) = suggest(&home, &[]);
    assert_eq!((exit, errors.lines().count()), (Some(0), 1), "{errors}");
    assert_eq!(pending(&mut one), [home.uri("one/src/house.rs")]);
    assert_eq!(pending(&mut two), [""; 0]);

    let (exit, errors) = suggest(&home, &["../two/src/house.rs", "--edit", "-"]);
    assert_eq!(exit, Some(0), "{errors}");
    assert_eq!(pending(&mut two).len(), 1);

    // Having it open goes before having it in the workspace.
    let uri = home.uri("two/src/house.rs");
    one.open(&uri);
    one.status();
    let (exit, errors) = suggest(&home, &["../two/src/house.rs", "--apply"]);
    assert_eq!(exit, Some(0), "{errors}");
    let question = one.wait_for(|message| {
        let text = message["params"]["message"].as_str().unwrap_or_default();
        message["method"] == "window/showMessageRequest" && text.contains("house.rs")
    });
    assert_eq!(
        question["params"]["actions"][0]["title"], "Apply",
        "{question}"
    );
    assert!(pending(&mut one).contains(&Value::from(uri)));

    std::fs::write(home.path("elsewhere.rs"), "fn main() {}\n").expect("a file");
    let (exit, errors) = suggest(&home, &["../elsewhere.rs"]);
    assert_eq!(exit, Some(1), "{errors}");
    assert!(errors.contains("outside the workspace"), "{errors}");
    assert_eq!((one.leave(), two.leave()), (Some(0), Some(0)));
}

#[test]
fn without_a_server_there_is_one_sentence() {
    let home = Home::new();
    let (exit, errors) = suggest(&home, &["src/house.rs"]);
    assert_eq!((exit, errors.lines().count()), (Some(5), 1), "{errors}");

    let mut editor = home.editor("one");
    editor.process.kill().expect("it runs");
    editor.process.wait().expect("it has ended");
    assert_eq!(
        home.sockets(),
        1,
        "a killed server cannot take its socket away"
    );
    let (exit, errors) = suggest(&home, &["src/house.rs"]);
    assert_eq!((exit, errors.lines().count()), (Some(5), 1), "{errors}");
    assert_eq!(home.sockets(), 0, "so the next caller does");
}

#[test]
fn a_suggestion_that_names_no_file_needs_one() {
    let home = Home::new();
    let edit = home.path("edit.md");
    std::fs::write(&edit, "```rust\nfn main() {}\n```\n").expect("a file");
    let (exit, errors) = suggest(&home, &["--edit", &edit.to_string_lossy()]);
    assert_eq!((exit, errors.lines().count()), (Some(2), 1), "{errors}");
}
