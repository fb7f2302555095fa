"""Helix, from `fast-apply suggest` to the last `u`."""

import os

import edits
import pytest
from waiting import until

pytestmark = pytest.mark.skipif(
    "FAST_APPLY_TEST_HELIX" not in os.environ, reason="Helix is not installed"
)


@pytest.fixture
def start(workbench, starting):
    def start(server, *files, **settings):
        from helix import Helix

        return starting(Helix(workbench, server, files, settings))

    return start


@pytest.fixture
def running(workbench, start):
    """A Helix in which an edit is being written, with the shipped settings but for these."""

    def running(edit, speed, **settings):
        path = workbench.write(edit)
        helix = start(workbench.replaying_server(edit, **speed), path, mode="rewrite", **settings)
        workbench.suggest(path)
        helix.choose_action("Apply suggested edit")
        until("a session", lambda: workbench.status()["sessions"], 20, helix.terminal.screen)
        return helix, path

    return running


def test_the_model_rewrites_a_file(workbench, start):
    edit = edits.demo()
    path = workbench.write(edit)
    helix = start(workbench.real_server(), path, mode="rewrite")
    workbench.wait_for_model()
    workbench.suggest(path)
    helix.terminal.wait_for("A suggested edit is pending")
    helix.choose_action("Apply suggested edit")
    stats = workbench.wait_until_done(120)
    assert stats["forwards"] > 0 and stats["source"] == "model", stats
    helix.wait_for_text(edit.after)
    assert path.read_bytes() == edit.before, "nobody has saved it"
    helix.undo()
    helix.wait_for_text(edit.before)
    helix.terminal.type("U")
    helix.wait_for_text(edit.after)
    helix.command("write")
    workbench.wait_until_saved(path, edit.after)


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(edits.long(), id="plain"),
        pytest.param(edits.long().with_line_endings(b"\r\n"), id="crlf"),
        pytest.param(edits.astral(), id="astral"),
    ],
)
def test_a_result_lands_as_one_undo_step(workbench, running, edit):
    helix, path = running(edit, {})
    workbench.wait_until_done()
    helix.wait_for_text(edit.after)
    assert len(list(workbench.messages("server", "workspace/applyEdit"))) == 1
    assert path.read_bytes() == edit.before
    helix.undo()
    helix.wait_for_text(edit.before)


def test_lines_come_behind_the_last_one(workbench, start):
    edit = edits.at_the_end()
    path = workbench.write(edit)
    helix = start(workbench.replaying_server(edit), path, mode="rewrite")
    workbench.suggest(path)
    helix.choose_action("Apply suggested edit")
    workbench.wait_until_done()
    helix.wait_for_text(edit.after)
    helix.undo()
    helix.wait_for_text(edit.before)


def test_hunks_land_while_text_is_written_and_are_taken_back_by_one_action(workbench, running):
    edit = edits.long()
    helix, path = running(edit, {}, granularity="hunk")
    workbench.wait_until_done()
    helix.wait_for_text(edit.after)
    assert len(list(workbench.messages("server", "workspace/applyEdit"))) >= 10
    helix.choose_action("Undo suggested edit")
    helix.wait_for_text(edit.before)
    assert path.read_bytes() == edit.before


@pytest.mark.parametrize("granularity", ["whole", "hunk"])
def test_typing_goes_on_while_text_is_written(workbench, running, granularity):
    edit = edits.long()
    helix, path = running(edit, {}, granularity=granularity)
    helix.terminal.type("ggO")
    helix.terminal.wait_for(" INS ")
    # The comment that is continued by itself.
    helix.terminal.keys("C-u")
    helix.terminal.type("// mine")
    helix.leave_insert_mode()
    assert workbench.status()["sessions"], "it is over before anything could be typed"
    workbench.wait_until_done()
    helix.wait_for_text(b"// mine\n" + edit.after)


@pytest.mark.parametrize("granularity", ["whole", "hunk"])
def test_cancelling_restores_the_text(workbench, running, granularity):
    edit = edits.long()
    helix, path = running(edit, {}, granularity=granularity)
    if granularity == "hunk":
        until("a hunk", lambda: helix.text() != edit.before)
    helix.choose_action("Cancel suggested edit")
    until("the end", lambda: not workbench.status()["sessions"])
    helix.wait_for_text(edit.before)


def test_two_files_at_once(workbench, start):
    edit = edits.long()
    first, second = workbench.write(edit, "first.rs"), workbench.write(edit, "second.rs")
    server = workbench.replaying_server(edit)
    helix = start(server, first, second, mode="rewrite")
    for path in (first, second):
        helix.show(path)
        workbench.suggest(path)
        helix.choose_action("Apply suggested edit")
    until("two sessions", lambda: len(workbench.status()["sessions"]) == 2, 20, helix.terminal.screen)
    helix.choose_action("Cancel suggested edit")
    helix.wait_for_text(edit.before)
    workbench.wait_until_done()
    helix.wait_for_text(edit.before)
    helix.show(first)
    helix.wait_for_text(edit.after)


def test_a_server_that_dies_leaves_text_that_can_be_undone(workbench, running):
    edit = edits.long()
    helix, path = running(edit, {}, granularity="hunk")
    until("a hunk", lambda: helix.text() != edit.before)
    workbench.kill_server()
    helix.terminal.wait_for("Language server exited")
    text = helix.text()
    assert text not in (edit.before, edit.after)
    applied = len(list(workbench.messages("server", "workspace/applyEdit")))
    for _ in range(applied):
        helix.undo()
    helix.wait_for_text(edit.before)
    helix.command("lsp-restart fast-apply")
    until("a new server", lambda: try_status(workbench), 20, helix.terminal.screen)
    workbench.suggest(path)
    helix.choose_action("Apply suggested edit")
    workbench.wait_until_done()
    helix.wait_for_text(edit.after)


def test_a_pasted_sketch_leaves_the_buffer_as_part_of_the_edit(workbench, start):
    edit = edits.demo()
    path = workbench.write(edit)
    path.write_bytes(edit.before + edit.reply.encode())
    helix = start(workbench.real_server(), path, mode="merge")
    lines = len(edit.reply.splitlines())
    helix.terminal.type(f"ge{lines - 1}kx{lines - 1}x")
    helix.choose_action("Apply selection as suggested edit")
    helix.wait_for_text(edit.after)


def try_status(workbench):
    try:
        return workbench.status()
    except (OSError, ValueError):
        return None
