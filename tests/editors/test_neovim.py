"""Neovim, from `fast-apply suggest` to the last `u`."""

import os

import edits
import pytest
from waiting import until

pytestmark = pytest.mark.skipif(
    "FAST_APPLY_TEST_NEOVIM" not in os.environ, reason="Neovim is not installed"
)


@pytest.fixture
def start(workbench, starting):
    def start(server, *files, **settings):
        from neovim import Neovim

        return starting(Neovim(workbench, server, files, settings))

    return start


@pytest.fixture
def streaming(workbench, start):
    """A Neovim in which an edit is being written: some of it has landed, and some has not."""

    def streaming(edit, **speed):
        path = workbench.write(edit)
        neovim = start(workbench.replaying_server(edit, **speed), path, mode="rewrite")
        workbench.suggest(path)
        neovim.choose_action("Apply suggested edit")
        until("the first hunk", lambda: neovim.text(path) != edit.before, 20, neovim.terminal.screen)
        assert workbench.status()["sessions"], "it is over before anything could be done"
        return neovim, path

    return streaming


def test_the_model_rewrites_a_file(workbench, start):
    edit = edits.demo()
    path = workbench.write(edit)
    neovim = start(workbench.real_server(), path, mode="rewrite")
    workbench.wait_for_model()
    workbench.suggest(path)
    neovim.terminal.wait_for("A suggested edit is pending")
    neovim.choose_action("Apply suggested edit")
    stats = workbench.wait_until_done(120)
    assert stats["forwards"] > 0 and stats["source"] == "model", stats
    neovim.wait_for_text(path, edit.after)
    assert path.read_bytes() == edit.before, "nobody has saved it"
    neovim.undo()
    neovim.wait_for_text(path, edit.before)
    neovim.terminal.keys("C-r")
    neovim.wait_for_text(path, edit.after)
    neovim.command("write")
    workbench.wait_until_saved(path, edit.after)


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(edits.long(), id="plain"),
        pytest.param(edits.long().with_line_endings(b"\r\n"), id="crlf"),
        pytest.param(edits.astral(), id="astral"),
    ],
)
def test_hunks_land_while_text_is_written_and_are_one_undo_step(workbench, streaming, edit):
    neovim, path = streaming(edit)
    workbench.wait_until_done()
    neovim.wait_for_text(path, edit.after)
    assert len(list(workbench.messages("server", "workspace/applyEdit"))) > 3, "it was streamed"
    assert path.read_bytes() == edit.before
    neovim.undo()
    neovim.wait_for_text(path, edit.before)


def test_lines_come_behind_the_last_one(workbench, start):
    edit = edits.at_the_end()
    path = workbench.write(edit)
    neovim = start(workbench.replaying_server(edit), path, mode="rewrite")
    workbench.suggest(path)
    neovim.choose_action("Apply suggested edit")
    workbench.wait_until_done()
    neovim.wait_for_text(path, edit.after)
    neovim.undo()
    neovim.wait_for_text(path, edit.before)


def test_typing_goes_on_while_text_is_written(workbench, streaming):
    edit = edits.long()
    neovim, path = streaming(edit)
    stop_continuing_comments(neovim)
    neovim.insert("ggO", "// mine")
    neovim.terminal.keys("Enter")
    neovim.terminal.type("// and more")
    neovim.leave_insert_mode()
    neovim.insert("Go", "// the end")
    neovim.leave_insert_mode()
    workbench.wait_until_done()
    neovim.wait_for_text(path, b"// mine\n// and more\n" + edit.after + b"// the end\n")


def test_cancelling_restores_the_text_and_keeps_what_was_typed(workbench, streaming):
    edit = edits.long()
    neovim, path = streaming(edit)
    stop_continuing_comments(neovim)
    neovim.insert("ggO", "// mine")
    neovim.command("FastApplyCancel")
    neovim.wait_for_text(path, b"// mine\n" + edit.before)
    until("the end", lambda: not workbench.status()["sessions"])
    neovim.wait_for_text(path, b"// mine\n" + edit.before)


def test_cancelling_is_a_code_action(workbench, streaming):
    edit = edits.long()
    neovim, path = streaming(edit)
    neovim.choose_action("Cancel suggested edit")
    neovim.wait_for_text(path, edit.before)


def test_two_files_at_once(workbench, start):
    edit = edits.long()
    first, second = workbench.write(edit, "first.rs"), workbench.write(edit, "second.rs")
    neovim = start(workbench.replaying_server(edit), first, second, mode="rewrite")
    neovim.show(second)
    for path in (first, second):
        neovim.show(path)
        workbench.suggest(path)
        neovim.choose_action("Apply suggested edit")
        until("a hunk", lambda: neovim.text(path) != edit.before, 20, neovim.terminal.screen)
    assert len(workbench.status()["sessions"]) == 2
    neovim.command("FastApplyCancel")
    neovim.wait_for_text(second, edit.before)
    workbench.wait_until_done()
    neovim.wait_for_text(first, edit.after)
    until("the end", lambda: not workbench.status()["sessions"])
    assert neovim.text(second) == edit.before
    neovim.show(first)
    neovim.undo()
    neovim.wait_for_text(first, edit.before)


def test_a_server_that_dies_leaves_whole_hunks_and_one_undo_step(workbench, streaming):
    edit = edits.long()
    neovim, path = streaming(edit)
    workbench.kill_server()
    until("the news", lambda: neovim.dismiss_messages() or "the server has ended" in neovim.terminal.screen())
    assert neovim.text(path) not in (edit.before, edit.after)
    neovim.undo()
    neovim.wait_for_text(path, edit.before)
    until("a new server", lambda: try_status(workbench), 20, neovim.terminal.screen)
    workbench.suggest(path)
    neovim.choose_action("Apply suggested edit")
    workbench.wait_until_done()
    neovim.wait_for_text(path, edit.after)


def stop_continuing_comments(neovim):
    """So that what is typed is what is there."""
    neovim.rpc.command("set formatoptions=")


def try_status(workbench):
    try:
        return workbench.status()
    except (OSError, ValueError):
        return None


def test_a_register_is_applied_and_taken_back(workbench, start):
    edit = edits.demo()
    path = workbench.write(edit)
    neovim = start(workbench.real_server(), path, mode="merge")
    neovim.command("FastApply")
    neovim.terminal.wait_for("No suggestion is pending")
    neovim.rpc.funcs.setreg("a", edit.reply)
    neovim.command("FastApply a")
    neovim.wait_for_text(path, edit.after)
    workbench.wait_until_done()
    neovim.command("FastApplyUndo")
    neovim.wait_for_text(path, edit.before)
    neovim.undo()
    neovim.wait_for_text(path, edit.after)


def test_a_pasted_sketch_leaves_the_buffer_as_part_of_the_edit(workbench, start):
    edit = edits.demo()
    path = workbench.write(edit)
    neovim = start(workbench.real_server(), path, mode="merge")
    lines = edit.reply.splitlines()
    neovim.rpc.current.buffer.append(lines)
    last = len(neovim.rpc.current.buffer)
    neovim.command(f"{last - len(lines) + 1},{last}FastApply")
    neovim.wait_for_text(path, edit.after)


def test_health_names_the_model(workbench, start):
    path = workbench.write(edits.demo())
    neovim = start(workbench.real_server(), path)
    workbench.wait_for_model()
    neovim.command("checkhealth fast_apply")
    screen = neovim.terminal.wait_for("the model is ready")
    assert "ERROR" not in screen, screen


def test_there_is_help(workbench, start):
    neovim = start(workbench.real_server(), workbench.write(edits.demo()))
    neovim.command("helptags ALL")
    neovim.command("help :FastApply")
    neovim.terminal.wait_for(":FastApplyCancel")
