"""A workbench for each test; an editor on it is closed when the test ends."""

import os

import pytest
from workbench import Workbench


@pytest.fixture
def workbench():
    bench = Workbench()
    yield bench
    bench.close()


@pytest.fixture
def starting():
    """Remembers editors, and closes them."""
    editors = []

    def remember(editor):
        editors.append(editor)
        return editor

    yield remember
    for editor in editors:
        editor.close()


def pytest_report_header():
    names = ("NEOVIM", "HELIX", "CODE_SERVER")
    found = {name: os.environ.get(f"FAST_APPLY_TEST_{name}") for name in names}
    return [f"{name.lower()}: {path or 'not installed, its tests are skipped'}" for name, path in found.items()]
