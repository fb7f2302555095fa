"""VS Code, from `fast-apply suggest` to the last undo."""

import json
import os

import edits
import pytest
from waiting import until

pytestmark = pytest.mark.skipif(
    "FAST_APPLY_TEST_CODE_SERVER" not in os.environ, reason="VS Code is not installed"
)


@pytest.fixture
def start(workbench, starting):
    def start(server, *files, **settings):
        from vscode import VsCode

        return starting(VsCode(workbench, server, files, settings))

    return start


@pytest.fixture
def streaming(workbench, start):
    """A VS Code in which an edit is being written: some of it has landed, and some has not."""

    def streaming(edit, **speed):
        path = workbench.write(edit)
        code = start(workbench.replaying_server(edit, **speed), path, mode="rewrite")
        workbench.suggest(path)
        code.choose_action("Apply suggested edit")
        until("the first hunk", lambda: code.text(path) != edit.before, 30)
        assert workbench.status()["sessions"], "it is over before anything could be done"
        return code, path

    return streaming


def test_the_model_rewrites_a_file(workbench, start):
    edit = edits.demo()
    path = workbench.write(edit)
    code = start(workbench.real_server(), path, mode="rewrite")
    workbench.wait_for_model()
    workbench.suggest(path)
    code.page.locator(".codelens-decoration").get_by_text("Apply suggested edit").click()
    stats = workbench.wait_until_done(120)
    assert stats["forwards"] > 0 and stats["source"] == "model", stats
    code.wait_for_text(path, edit.after)
    assert path.read_bytes() == edit.before, "nobody has saved it"
    code.undo()
    code.wait_for_text(path, edit.before)
    code.keys("Control+Shift+z")
    code.wait_for_text(path, edit.after)
    code.keys("Control+s")
    workbench.wait_until_saved(path, edit.after)


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(edits.long().with_line_endings(b"\r\n"), id="crlf"),
        pytest.param(edits.astral(), id="astral"),
    ],
)
def test_hunks_land_while_text_is_written_and_are_one_undo_step(workbench, streaming, edit):
    code, path = streaming(edit)
    workbench.wait_until_done()
    code.wait_for_text(path, edit.after)
    assert len(list(workbench.messages("server", "workspace/applyEdit"))) > 3, "it was streamed"
    assert path.read_bytes() == edit.before
    code.keys("Control+Home")
    until("highlights", lambda: code.marked_lines() > 0, 20, code.describe)
    code.undo()
    code.wait_for_text(path, edit.before)
    until("no highlights", lambda: code.marked_lines() == 0, 20, code.describe)


def test_lines_come_behind_the_last_one(workbench, start):
    edit = edits.at_the_end()
    path = workbench.write(edit)
    code = start(workbench.replaying_server(edit), path, mode="rewrite")
    workbench.suggest(path)
    code.choose_action("Apply suggested edit")
    workbench.wait_until_done()
    code.wait_for_text(path, edit.after)
    code.undo()
    code.wait_for_text(path, edit.before)


def test_typing_goes_on_while_text_is_written(workbench, streaming):
    edit = edits.long()
    code, path = streaming(edit)
    code.focus()
    code.keys("Control+Home")
    # Faster than anybody: nearly every edit that comes meanwhile is for a text that is gone.
    code.page.keyboard.type("use std::fmt;\n")
    assert workbench.status()["sessions"], "it is over before anything could be typed"
    workbench.wait_until_done()
    code.wait_for_text(path, b"use std::fmt;\n" + edit.after)


def test_the_notification_cancels(workbench, streaming):
    edit = edits.long()
    code, path = streaming(edit)
    code.click("Cancel")
    code.wait_for_text(path, edit.before)
    until("the end", lambda: not workbench.status()["sessions"])


def test_another_extension_hands_a_suggestion_over(workbench, start):
    edit = edits.demo()
    path = workbench.write(edit)
    # A workspace can be somebody else's: what it names is not started.
    settings = workbench.project / ".vscode/settings.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"fastApply.server.path": "/bin/false"}))
    code = start(workbench.replaying_server(edit), path, mode="rewrite")
    name, reply = json.dumps(str(path)), json.dumps(edit.reply)
    suggestion = f"{{ uri: vscode.Uri.file({name}).toString(), text: {reply} }}"
    handed = code.run(f"return await vscode.commands.executeCommand('fastApply.suggest', {suggestion})")
    assert handed["targets"] == [path.as_uri()], handed
    code.run("await vscode.commands.executeCommand('fast-apply.applyPending')")
    workbench.wait_until_done()
    code.wait_for_text(path, edit.after)
    until("highlights", lambda: code.marked_lines() > 0, 20, code.describe)
    code.run("await vscode.commands.executeCommand('fast-apply.keep')")
    until("no highlights", lambda: code.marked_lines() == 0, 20, code.describe)
    code.run("await vscode.commands.executeCommand('fast-apply.restart')")
    # One that has done nothing yet.
    until("another server", lambda: (it := try_status(workbench)) and not it["last"], 30, code.describe)


def test_two_files_at_once(workbench, start):
    edit = edits.long()
    first, second = workbench.write(edit, "first.rs"), workbench.write(edit, "second.rs")
    server = workbench.replaying_server(edit)
    code = start(server, first, second, mode="rewrite")
    for path in (first, second):
        code.show(path)
        workbench.suggest(path)
        code.choose_action("Apply suggested edit")
        until("a session", lambda: str(path) in str(workbench.status()["sessions"]), 30)
    assert len(workbench.status()["sessions"]) == 2
    code.run("await vscode.commands.executeCommand('fast-apply.cancel')")
    code.wait_for_text(second, edit.before)
    workbench.wait_until_done()
    code.wait_for_text(first, edit.after)


def test_a_server_that_dies_leaves_one_undo_step(workbench, streaming):
    edit = edits.long()
    code, path = streaming(edit)
    workbench.kill_server()
    until("a new server", lambda: try_status(workbench), 30)
    assert code.text(path) not in (edit.before, edit.after)
    code.undo()
    code.wait_for_text(path, edit.before)
    workbench.suggest(path)
    code.choose_action("Apply suggested edit")
    workbench.wait_until_done()
    code.wait_for_text(path, edit.after)


def try_status(workbench):
    try:
        return workbench.status()
    except (OSError, ValueError):
        return None
