"""What the editors say when they are edited, against what they said when it was recorded.

The records lie in `tests/data/transcripts`; the simulated editors of `server/lsp/tests/simulator` are held against them.
`FAST_APPLY_RECORD=1` writes them anew: for an editor that has changed its habits, and then the simulator must follow.
"""

import json
import os

import edits
import pytest
from edits import ROOT, Edit
from transcript import Stage, untimed, written

RECORDS = ROOT / "tests/data/transcripts"

TEXT = "one\ntwo\nthree 𝔖\nfour\nfive\nsix\nseven\neight 🦀 é\nnine\nten\n"


def one_after_another(stage):
    stage.edit(("two", "TWO 🦀"))
    stage.settle()
    stage.edit(("four\n", ""))
    stage.settle()
    stage.edit(("eight 🦀", "eight 🦀\nnew"))
    stage.settle()


def all_at_once(stage):
    stage.edit(("two", "TWO"), ("four\n", ""), ("six\n", "six\nnew\n"), ("eight 🦀 é", "8"))
    stage.settle()
    stage.edit(("one", "ONE"), ("five", "FIVE"), ("nine\n", ""))
    stage.settle()


def at_the_end(stage):
    stage.edit(("nine\nten\n", ""))
    stage.settle()
    stage.edit(("eight 🦀 é\n", "eight\nnine\n"))
    stage.settle()
    stage.edit(("seven\n", ""), ("nine\n", ""))
    stage.settle()


def behind_the_end(stage):
    stage.edit(("", "eleven\n"))
    stage.settle()
    stage.edit(("two", "TWO"), ("", "twelve\n\nthirteen\n"))
    stage.settle()


def for_an_older_version(stage):
    stage.types("x")
    stage.settle()
    stage.edit(("two", "TWO"), behind=1)
    stage.settle()
    stage.edit(("two", "TWO"))
    stage.settle()
    stage.edit(("three", "THREE"), behind=1)
    stage.settle()


def while_the_user_types(stage):
    stage.edit(("two", "TWO"))
    stage.settle()
    stage.types("x")
    stage.settle()
    stage.edit(("five\n", "5\nand a half\n"))
    stage.settle()
    stage.types("y")
    stage.settle()
    stage.edit(("nine", "NINE"))
    stage.settle()


def and_undone(stage):
    stage.edit(("two", "TWO"))
    stage.settle()
    stage.edit(("four\n", ""))
    stage.settle()
    stage.edit(("six\n", "six\nnew\n"), ("eight", "8"))
    stage.settle()
    stage.undoes()
    stage.settle()
    stage.edit(("seven", "SEVEN"))
    stage.settle()
    stage.undoes()
    stage.settle()


CASES = {
    "one after another": (one_after_another, "\n"),
    "all at once": (all_at_once, "\n"),
    "at the end": (at_the_end, "\n"),
    "behind the end": (behind_the_end, "\n"),
    "carriage returns": (one_after_another, "\r\n"),
    "carriage returns at the end": (at_the_end, "\r\n"),
    "for an older version": (for_an_older_version, "\n"),
    "while the user types": (while_the_user_types, "\n"),
    "and undone": (and_undone, "\n"),
}


def neovim(*arguments):
    from neovim import Neovim

    return Neovim(*arguments)


def neovim_without_plugin(*arguments):
    from neovim import BareNeovim

    return BareNeovim(*arguments)


def helix(*arguments):
    from helix import Helix

    return Helix(*arguments)


def vscode(*arguments):
    from vscode import VsCode

    return VsCode(*arguments)


@pytest.mark.parametrize(
    ("start", "variable"),
    [
        pytest.param(neovim, "NEOVIM", id="neovim"),
        pytest.param(neovim_without_plugin, "NEOVIM", id="neovim-without-plugin"),
        pytest.param(helix, "HELIX", id="helix"),
        pytest.param(vscode, "CODE_SERVER", id="vscode"),
    ],
)
def test_the_editor_behaves_as_it_did(workbench, starting, start, variable, request):
    if f"FAST_APPLY_TEST_{variable}" not in os.environ:
        pytest.skip("it is not installed")
    replay = workbench.replaying_server(edits.demo())
    entries, editor = [], None
    for number, (case, (play, ending)) in enumerate(CASES.items()):
        text = TEXT.replace("\n", ending).encode()
        path = workbench.write(Edit(f"case_{number}.rs", text, "", text))
        if editor is None:
            editor = starting(start(workbench, replay, [path], {"mode": "merge"}))
        editor.show(path)
        stage = Stage(workbench, editor, path)
        play(Carriage(stage) if ending != "\n" else stage)
        entries += [{"case": case}, *stage.entries()]
    header = {"editor": editor.version(), "encoding": stage.encoding}
    record = RECORDS / f"{request.node.callspec.id}.jsonl"
    if os.environ.get("FAST_APPLY_RECORD"):
        record.parent.mkdir(exist_ok=True)
        record.write_text(written([header, *entries]))
    recorded = [json.loads(line) for line in record.read_text().splitlines()]
    assert untimed(entries) == untimed(recorded[1:]), f"unlike {recorded[0]}"


class Carriage:
    """A stage on which line ends are `\\r\\n`, as the server has them in such a document."""

    def __init__(self, stage):
        self.stage = stage

    def edit(self, *replacements, **options):
        carried = [tuple(text.replace("\n", "\r\n") for text in pair) for pair in replacements]
        self.stage.edit(*carried, **options)

    def __getattr__(self, name):
        return getattr(self.stage, name)
