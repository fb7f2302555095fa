//! What a session does about edits that the editor puts where they do not belong, one rule a test.

use expect_test::expect;
use fast_apply_lsp::event::{Command, EditAnswer};
use fast_apply_lsp::settings::Granularity;

use crate::script::{AFTER, BEFORE, Script};

/// An editor that had a line more than it had told, looked at no version and put the second edit a line too high, at
/// `seven\nNINEt\nnine`; it has told of both and answered.
fn misplaced() -> Script {
    let mut script = Script::new(Granularity::Hunk);
    script.result(AFTER);
    script.land();
    let (ticket, edits) = script.in_flight.remove(0);
    script.type_over("five", "four and a half\nfive");
    script.change(edits[0].0, &edits[0].1);
    assert!(script.text.ends_with("seven\nNINEt\nnine\nten\n"));
    script.answer(ticket, EditAnswer::Applied);
    script
}

/// The result, and what the user has typed in [`misplaced`].
fn wanted() -> String {
    AFTER.replace("five", "four and a half\nfive")
}

#[test]
fn it_is_taken_back_and_put_where_it_belongs() {
    let mut script = misplaced();
    script.land_all();
    script.check(
        expect![[r#"
            edit 2:0 "TWO"
            edit 9:0 "NINE"
            edit 9:0 "eigh"
            edit 10:0 "NINE"
            finished 
        "#]],
        &wanted(),
    );
}

#[test]
fn it_is_taken_back_around_what_the_user_types_into_it() {
    let mut script = misplaced();
    // The edit that takes it back is on its way, and refused because of this. The hunk is left out, being that near.
    script.type_over("NINEt", "NI!NEt");
    script.refuse();
    script.land_all();
    script.check(
        expect![[r#"
            edit 2:0 "TWO"
            edit 9:0 "NINE"
            edit 9:0 "eigh"
            edit 9:0 "eigh", 9:3 ""
            finished Left out, because you have edited there: line 9.
        "#]],
        &wanted().replace("eight", "eigh!t").replace("NINE", "nine"),
    );
}

#[test]
fn an_edit_that_takes_it_back_can_be_misplaced_as_well() {
    let mut script = misplaced();
    let (ticket, edits) = script.in_flight.remove(0);
    script.type_over("four and a half", "4\n½");
    script.change(edits[0].0, &edits[0].1);
    script.answer(ticket, EditAnswer::Applied);
    assert!(script.text.ends_with("six\neighn\nNINEt\nnine\nten\n"));
    script.land_all();
    script.check(
        expect![[r#"
            edit 2:0 "TWO"
            edit 9:0 "NINE"
            edit 9:0 "eigh"
            edit 9:0 "seve", 10:0 "eigh"
            edit 11:0 "NINE"
            finished 
        "#]],
        &wanted().replace("four and a half", "4\n½"),
    );
}

#[test]
fn when_the_user_has_taken_it_back_nothing_is_left_to_do() {
    let mut script = misplaced();
    script.type_over("NINEt", "eight");
    script.refuse();
    script.land_all();
    script.check(
        expect![[r#"
            edit 2:0 "TWO"
            edit 9:0 "NINE"
            edit 9:0 "eigh"
            edit 10:0 "NINE"
            finished 
        "#]],
        &wanted(),
    );
}

#[test]
fn refusals_and_silence_do_not_leave_it_there() {
    let mut script = misplaced();
    for _ in 0..2 {
        script.refuse();
        script.wait(10_000);
        script.in_flight.remove(0);
        script.wait(10_000);
    }
    script.land_all();
    script.check(
        expect![[r#"
            edit 2:0 "TWO"
            edit 9:0 "NINE"
            edit 9:0 "eigh"
            edit 9:0 "eigh"
            edit 9:0 "eigh"
            edit 9:0 "eigh"
            edit 9:0 "eigh"
            edit 10:0 "NINE"
            finished 
        "#]],
        &wanted(),
    );
}

#[test]
fn what_an_editor_will_not_let_go_of_is_told_and_can_be_undone() {
    let mut script = misplaced();
    while !script.in_flight.is_empty() {
        script.refuse();
        script.wait(10_000);
    }
    assert!(script.text.ends_with("seven\nNINEt\nnine\nten\n"));
    script.command(Command::Undo {
        uri: script.uri.clone(),
    });
    script.land_all();
    script.check(
        expect![[r#"
            edit 2:0 "TWO"
            edit 9:0 "NINE"
            edit 9:0 "eigh"
            edit 9:0 "eigh"
            edit 9:0 "eigh"
            edit 9:0 "eigh"
            edit 9:0 "eigh"
            edit 9:0 "eigh"
            stopped Stopped: the editor refused the edit (document has changed). An edit landed in the wrong place while you typed; look it over.
            edit 9:0 "eigh"
            edit 2:0 "two"
            cancelled 
        "#]],
        &BEFORE.replace("five", "four and a half\nfive"),
    );
}
