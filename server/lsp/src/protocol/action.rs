//! The code actions and lenses that are offered on a document.

use fast_apply_text::PositionRange;
use serde_json::{Value, json};
use tower_lsp::lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeLens, Command, Range,
};

use crate::event::Uri;
use crate::protocol::{command, convert};
use crate::snapshot::Snapshot;

/// What a client asks about.
pub(crate) struct Place<'a> {
    /// The document.
    pub(crate) uri: &'a Uri,
    /// Its version.
    pub(crate) version: i32,
    /// What is selected in it.
    pub(crate) selection: PositionRange,
}

/// A title and the command behind it.
type Offer = (&'static str, &'static str, Value);

/// Whether actions of our kind are wanted by a client that names only these kinds.
pub(crate) fn is_wanted(only: Option<&[CodeActionKind]>) -> bool {
    let ours = CodeActionKind::REFACTOR_REWRITE;
    let covers = |kind: &CodeActionKind| {
        let rest = ours.as_str().strip_prefix(kind.as_str());
        rest.is_some_and(|rest| {
            rest.is_empty() || rest.starts_with('.') || kind.as_str().is_empty()
        })
    };
    only.is_none_or(|kinds| kinds.iter().any(covers))
}

/// What is offered at a place, most wanted first. Nothing here waits or asks: editors ask at every move of the cursor.
pub(crate) fn offers(
    place: &Place<'_>,
    snapshot: Option<&Snapshot>,
    clipboard: bool,
) -> Vec<Offer> {
    let document = json!({ "uri": &**place.uri, "version": place.version });
    let is = |of: fn(&Snapshot) -> bool| snapshot.is_some_and(of);
    let pending = is(|snapshot| snapshot.pending);
    let mut offers = Vec::new();
    let mut offer = |title, name, arguments: &Value| offers.push((title, name, arguments.clone()));
    if is(|snapshot| snapshot.running) {
        offer("Cancel suggested edit", command::CANCEL, &document);
    }
    if pending {
        offer("Apply suggested edit", command::APPLY, &document);
        offer("Preview suggested edit", command::PREVIEW, &document);
    }
    if spans_lines(&place.selection) {
        let mut selection = document.clone();
        selection["range"] = convert::range_json(&place.selection);
        offer(
            "Apply selection as suggested edit",
            command::APPLY,
            &selection,
        );
    }
    if clipboard {
        offer(
            "Apply suggested edit from clipboard",
            command::APPLY_FROM_CLIPBOARD,
            &document,
        );
    }
    if is(|snapshot| snapshot.undoable) {
        offer("Undo suggested edit", command::UNDO, &document);
    }
    offers
}

/// An offer as a code action, or as a bare command for clients that know nothing else.
pub(crate) fn action((title, name, arguments): Offer, literal: bool) -> CodeActionOrCommand {
    let command = Command::new(title.to_owned(), name.to_owned(), Some(vec![arguments]));
    match literal {
        false => CodeActionOrCommand::Command(command),
        true => CodeActionOrCommand::CodeAction(CodeAction {
            title: title.to_owned(),
            kind: Some(CodeActionKind::REFACTOR_REWRITE),
            command: Some(command),
            ..CodeAction::default()
        }),
    }
}

/// The lens that announces a pending suggestion, on the first line. It names no version: it means the text as it is when clicked.
pub(crate) fn lens(uri: &Uri, snapshot: &Snapshot) -> Option<CodeLens> {
    snapshot.pending.then(|| CodeLens {
        range: Range::default(),
        command: Some(Command::new(
            "Apply suggested edit".to_owned(),
            command::APPLY.to_owned(),
            Some(vec![json!({ "uri": &**uri })]),
        )),
        data: None,
    })
}

/// Whether a selection can hold a sketch. Some editors always select the character under the cursor, which can be a
/// line break; so a sketch has to reach beyond one line.
fn spans_lines(selection: &PositionRange) -> bool {
    let (start, end) = (selection.start, selection.end);
    end.line > start.line + 1 || end.line == start.line + 1 && end.character > 0
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(snapshot: Option<Snapshot>, end: (u32, u32), expected: Expect) {
        let place = Place {
            uri: &"file:///a.rs".into(),
            version: 7,
            selection: PositionRange {
                start: fast_apply_text::Position::default(),
                end: fast_apply_text::Position {
                    line: end.0,
                    character: end.1,
                },
            },
        };
        let offers = offers(&place, snapshot.as_ref(), true);
        let lines = offers
            .iter()
            .map(|(title, name, arguments)| format!("{title}: {name} {arguments}\n"));
        expected.assert_eq(&lines.collect::<String>());
    }

    const IDLE: Snapshot = Snapshot {
        pending: false,
        running: false,
        undoable: false,
    };

    #[test]
    fn what_is_offered_follows_from_the_state() {
        check(
            None,
            (0, 1),
            expect![[r#"
                Apply suggested edit from clipboard: fastApply.applyFromClipboard {"uri":"file:///a.rs","version":7}
            "#]],
        );
        check(
            Some(Snapshot {
                pending: true,
                undoable: true,
                ..IDLE
            }),
            (1, 0),
            expect![[r#"
                Apply suggested edit: fastApply.apply {"uri":"file:///a.rs","version":7}
                Preview suggested edit: fastApply.preview {"uri":"file:///a.rs","version":7}
                Apply suggested edit from clipboard: fastApply.applyFromClipboard {"uri":"file:///a.rs","version":7}
                Undo suggested edit: fastApply.undo {"uri":"file:///a.rs","version":7}
            "#]],
        );
        check(
            Some(Snapshot {
                running: true,
                ..IDLE
            }),
            (2, 0),
            expect![[r#"
                Cancel suggested edit: fastApply.cancel {"uri":"file:///a.rs","version":7}
                Apply selection as suggested edit: fastApply.apply {"range":{"end":{"character":0,"line":2},"start":{"character":0,"line":0}},"uri":"file:///a.rs","version":7}
                Apply suggested edit from clipboard: fastApply.applyFromClipboard {"uri":"file:///a.rs","version":7}
            "#]],
        );
    }

    #[test]
    fn only_kinds_that_hold_ours_are_answered() {
        let wanted = |kinds: &[&'static str]| {
            let kinds: Vec<_> = kinds
                .iter()
                .map(|&kind| CodeActionKind::new(kind))
                .collect();
            is_wanted(Some(&kinds))
        };
        assert!(is_wanted(None));
        assert!(wanted(&["quickfix", "refactor"]));
        assert!(wanted(&["refactor.rewrite"]));
        assert!(wanted(&[""]));
        assert!(!wanted(&[]));
        assert!(!wanted(&[
            "source",
            "quickfix",
            "refactor.rewrite.more",
            "ref"
        ]));
    }
}
