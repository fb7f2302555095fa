//! What a session does about each event, one rule a test.

use expect_test::expect;
use fast_apply_lsp::event::{Client, Command, EditAnswer, Event, Work};
use fast_apply_lsp::settings::Granularity;
use fast_apply_text::{Position, PositionRange};

use crate::script::{AFTER, BEFORE, Script};

#[test]
fn hunks_come_one_by_one_each_when_the_one_before_is_seen_and_answered() {
    let mut script = Script::new(Granularity::Hunk);
    script.result(AFTER);
    let (ticket, edits) = script.in_flight.remove(0);
    script.answer(ticket, EditAnswer::Applied);
    assert!(script.in_flight.is_empty(), "it has not been seen yet");
    script.change(edits[0].0, &edits[0].1);
    script.land();
    script.check(
        expect![[r#"
            edit 2:0 "TWO"
            edit 9:0 "NINE"
            finished 
        "#]],
        AFTER,
    );
}

#[test]
fn whole_is_one_edit() {
    let mut script = Script::new(Granularity::Whole);
    script.work(Work::Text("one\nTWO\nthree\nfour\nfive\n".to_owned()));
    script.result(AFTER);
    script.land();
    script.check(
        expect![[r#"
            edit 2:0 "TWO", 9:0 "NINE"
            finished 
        "#]],
        AFTER,
    );
}

#[test]
fn an_old_eglot_gets_one_edit_and_not_together_with_an_answer() {
    let mut script = Script::with(Client {
        old_eglot: true,
        ..Client::default()
    });
    script.result(AFTER);
    script.wait(199);
    assert!(script.in_flight.is_empty(), "it would not be seen");
    script.wait(1);
    script.land();
    script.command(Command::Undo {
        uri: script.uri.clone(),
    });
    assert!(script.in_flight.is_empty(), "it would not be seen");
    script.wait(200);
    script.land();
    script.check(
        expect![[r#"
            edit 2:0 "TWO", 9:0 "NINE"
            finished 
            edit 2:0 "two", 9:0 "nine"
            cancelled 
        "#]],
        BEFORE,
    );
}

#[test]
fn a_hunk_is_written_as_soon_as_lines_that_stand_once_follow_it() {
    let mut script = Script::new(Granularity::Hunk);
    script.work(Work::Text("one\nTWO\nthree\n".to_owned()));
    assert!(script.in_flight.is_empty());
    script.work(Work::Text("four\n".to_owned()));
    script.land();
    script.check(
        expect![[r#"
        edit 2:0 "TWO"
    "#]],
        &BEFORE.replace("two", "TWO"),
    );
}

#[test]
fn what_is_typed_elsewhere_moves_the_rest() {
    let mut script = Script::new(Granularity::Hunk);
    script.result(AFTER);
    script.land();
    script.refuse();
    script.type_over("five\n", "five\nfive and a half\n");
    script.land_all();
    script.check(
        expect![[r#"
            edit 2:0 "TWO"
            edit 9:0 "NINE"
            edit 10:0 "NINE"
            finished 
        "#]],
        &AFTER.replace("five\n", "five\nfive and a half\n"),
    );
}

#[test]
fn a_hunk_the_user_has_come_into_is_left_out_and_named() {
    let mut script = Script::new(Granularity::Hunk);
    script.type_over("nine", "9");
    script.result(AFTER);
    script.land_all();
    script.check(
        expect![[r#"
            edit 2:0 "TWO"
            finished Left out, because you have edited there: line 9.
        "#]],
        &AFTER.replace("NINE", "9"),
    );
}

#[test]
fn a_landed_hunk_is_the_users_to_change() {
    let mut script = Script::new(Granularity::Hunk);
    script.result(AFTER);
    script.land();
    script.type_over("TWO", "TWO!");
    script.refuse();
    script.land_all();
    script.check(
        expect![[r#"
            edit 2:0 "TWO"
            edit 9:0 "NINE"
            edit 9:0 "NINE"
            finished 
        "#]],
        &AFTER.replace("TWO", "TWO!"),
    );
}

#[test]
fn a_cancel_puts_back_what_is_not_the_users() {
    let mut script = Script::new(Granularity::Hunk);
    script.result(AFTER);
    script.land();
    script.land();
    script.type_over("NINE", "NI_NE");
    script.type_over("five", "5");
    script.command(Command::Undo {
        uri: script.uri.clone(),
    });
    script.land_all();
    script.check(
        expect![[r#"
            edit 2:0 "TWO"
            edit 9:0 "NINE"
            finished 
            edit 2:0 "two"
            cancelled Kept, because you have edited there: line 9.
        "#]],
        &BEFORE.replace("nine", "NI_NE").replace("five", "5"),
    );
}

#[test]
fn a_cancel_waits_for_the_edit_on_its_way() {
    let mut script = Script::new(Granularity::Hunk);
    script.result(AFTER);
    script.command(Command::Cancel {
        uri: script.uri.clone(),
    });
    script.land_all();
    script.check(
        expect![[r#"
            edit 2:0 "TWO"
            edit 2:0 "two"
            cancelled 
        "#]],
        BEFORE,
    );
}

#[test]
fn an_undo_before_the_end_is_a_cancel() {
    let mut script = Script::new(Granularity::Hunk);
    script.work(Work::Settled(AFTER.to_owned()));
    script.land();
    script.land();
    assert_eq!(script.text, AFTER);
    script.command(Command::Undo {
        uri: script.uri.clone(),
    });
    script.land_all();
    script.check(
        expect![[r#"
            edit 2:0 "TWO"
            edit 9:0 "NINE"
            edit 2:0 "two", 9:0 "nine"
            cancelled 
        "#]],
        BEFORE,
    );
}

#[test]
fn an_undo_does_not_repeat_what_was_left_out_before() {
    let mut script = Script::new(Granularity::Token);
    script.work(Work::Text("one\nTWO\n".to_owned()));
    script.wait(25);
    script.land();
    script.type_over("two", "2");
    script.result(AFTER);
    script.wait(25);
    script.land_all();
    script.command(Command::Undo {
        uri: script.uri.clone(),
    });
    script.land_all();
    script.check(
        expect![[r#"
        edit 2:0 "TWO\n"
        edit 10:0 "NINE"
        edit 2:0 ""
        finished Left out, because you have edited there: line 2.
        edit 9:0 "nine"
        cancelled 
    "#]],
        &BEFORE.replace("two", "2"),
    );
}

#[test]
fn a_deletion_at_the_end_of_the_file_can_come_in_two_steps() {
    let mut script = Script::new(Granularity::Hunk);
    script.result(&BEFORE.replace("ten\n", ""));
    let (ticket, _) = script.in_flight.remove(0);
    let start = Position {
        line: 9,
        character: 0,
    };
    for (line, character) in [(9, 3), (10, 0)] {
        let end = Position { line, character };
        script.change(PositionRange { start, end }, "");
    }
    script.answer(ticket, EditAnswer::Applied);
    assert_eq!(script.text, BEFORE.replace("ten\n", ""));
    script.command(Command::Undo {
        uri: script.uri.clone(),
    });
    script.land_all();
    script.check(
        expect![[r#"
            edit 9:4 ""
            finished 
            edit 9:4 "\nten"
            cancelled 
        "#]],
        BEFORE,
    );
}

#[test]
fn a_dropped_edit_is_sent_again_only_when_newer_text_lacks_it() {
    let mut script = Script::new(Granularity::Hunk);
    script.result(AFTER);
    let (ticket, _) = script.in_flight.remove(0);
    script.answer(ticket, EditAnswer::Applied);
    script.wait(5_000);
    assert!(
        script.in_flight.is_empty(),
        "nothing says that it was dropped"
    );
    script.type_over("five", "5");
    script.wait(500);
    script.land_all();
    script.check(
        expect![[r#"
            edit 2:0 "TWO"
            edit 2:0 "TWO"
            edit 9:0 "NINE"
            finished 
        "#]],
        &AFTER.replace("five", "5"),
    );
}

#[test]
fn silence_ends_it_unconfirmed_and_nothing_is_sent_again() {
    let mut script = Script::new(Granularity::Hunk);
    script.result(AFTER);
    script.wait(10_000);
    script.check(
        expect![[r#"
            edit 2:0 "TWO"
            unconfirmed The editor did not say what became of the last edit; look it over.
        "#]],
        BEFORE,
    );
}

#[test]
fn three_refusals_without_a_reason_are_enough() {
    let mut script = Script::new(Granularity::Hunk);
    script.result(AFTER);
    script.refuse();
    script.type_over("five", "5");
    script.refuse();
    script.type_over("5", "55");
    script.refuse();
    script.type_over("55", "555");
    script.check(
        expect![[r#"
            edit 2:0 "TWO"
            edit 2:0 "TWO"
            edit 2:0 "TWO"
            stopped Stopped: the editor refused the edit (document has changed).
        "#]],
        &BEFORE.replace("five", "555"),
    );
}

#[test]
fn refusals_of_what_the_user_has_just_changed_do_not_count() {
    let mut script = Script::new(Granularity::Hunk);
    script.result(AFTER);
    for typed in ["fiv", "fivf", "fivft", "fivfty", "fifty"].windows(2) {
        script.type_over(typed[0], typed[1]);
        script.refuse();
    }
    script.land_all();
    script.check(
        expect![[r#"
            edit 2:0 "TWO"
            edit 2:0 "TWO"
            edit 2:0 "TWO"
            edit 2:0 "TWO"
            edit 2:0 "TWO"
            edit 9:0 "NINE"
            finished 
        "#]],
        &AFTER.replace("five", "fiftye"),
    );
}

#[test]
fn a_second_application_takes_the_place_of_the_first() {
    let mut script = Script::new(Granularity::Hunk);
    script.result(AFTER);
    script.land();
    script.apply();
    script.land_all();
    script.result(&BEFORE.replace("ten", "TEN"));
    script.land_all();
    script.check(
        expect![[r#"
            edit 2:0 "TWO"
            edit 9:0 "NINE"
            edit 2:0 "two", 9:0 "nine"
            cancelled 
            edit 10:0 "TEN"
            finished 
        "#]],
        &BEFORE.replace("ten", "TEN"),
    );
}

#[test]
fn a_closed_file_ends_it() {
    let mut script = Script::new(Granularity::Hunk);
    script.result(AFTER);
    script.handle(Event::Closed {
        uri: script.uri.clone(),
    });
    script.check(
        expect![[r#"
            edit 2:0 "TWO"
            stopped Stopped: the file was closed.
        "#]],
        BEFORE,
    );
}

#[test]
fn a_file_that_is_opened_again_is_another() {
    let mut script = Script::new(Granularity::Hunk);
    script.result(AFTER);
    let (ticket, _) = script.in_flight.remove(0);
    let (uri, version) = (script.uri.clone(), script.version);
    script.handle(Event::Closed { uri: uri.clone() });
    script.handle(Event::Opened {
        uri,
        version,
        text: BEFORE.to_owned(),
    });
    // What comes late belongs to the one before.
    script.answer(ticket, EditAnswer::Refused("it was closed".to_owned()));
    script.result(AFTER);
    script.apply();
    script.result(AFTER);
    script.land_all();
    script.check(
        expect![[r#"
            edit 2:0 "TWO"
            stopped Stopped: the file was closed.
            edit 2:0 "TWO"
            edit 9:0 "NINE"
            finished 
        "#]],
        AFTER,
    );
}
