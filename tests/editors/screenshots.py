"""Takes the pictures of the editors' READMEs, from the same editors that the tests drive.

    screenshots.py [neovim] [helix] [vscode]

Needs what `install.py` exports, Chromium among it; the pictures are for people to look at before they are kept.
"""

import io
import os
import sys
import tempfile
from pathlib import Path

import edits
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text
from terminal import COLUMNS
from waiting import until
from workbench import ROOT, Workbench


def main():
    for name in sys.argv[1:] or ("neovim", "helix", "vscode"):
        bench = Workbench()
        try:
            {"neovim": neovim, "helix": helix, "vscode": vscode}[name](bench, ROOT / f"editors/{name}/screenshot.png")
        finally:
            bench.close()


def neovim(bench, picture):
    """While the model writes."""
    from neovim import Neovim

    edit = edits.demo()
    path = bench.write(edit)
    editor = Neovim(bench, bench.replaying_server(edit, chars=4, millis=40), [path], {"mode": "rewrite"})
    try:
        bench.suggest(path)
        editor.choose_action("Apply suggested edit")
        editor.terminal.wait_for("of 2 changes")
        draw(editor.terminal.coloured_screen(), picture, "Neovim")
    finally:
        editor.close()


def helix(bench, picture):
    """With a suggestion pending, and the menu open."""
    from helix import Helix

    edit = edits.demo()
    path = bench.write(edit)
    editor = Helix(bench, bench.replaying_server(edit), [path], {})
    try:
        bench.suggest(path)
        editor.terminal.wait_for("A suggested edit is pending")
        editor.terminal.type("3j")
        editor.terminal.type(" a")
        editor.terminal.wait_for("Preview suggested edit")
        draw(editor.terminal.coloured_screen(), picture, "Helix")
    finally:
        editor.close()


def vscode(bench, picture):
    """While the model writes, with the notification."""
    from vscode import VsCode

    edit = edits.demo()
    path = bench.write(edit)
    editor = VsCode(bench, bench.replaying_server(edit, chars=2, millis=40), [path], {"mode": "rewrite"})
    try:
        bench.suggest(path)
        editor.run("await vscode.commands.executeCommand('workbench.action.closeSidebar')")
        editor.choose_action("Apply suggested edit")
        until("a change", lambda: editor.text(path) != edit.before)
        editor.page.get_by_text("Applying suggested edit to line_ending.rs").first.wait_for()
        until("a percentage", lambda: bench.status()["sessions"][0]["percent"] > 40)
        editor.page.screenshot(path=picture)
    finally:
        editor.close()


def draw(screen, picture, title):
    """Draws a coloured screen as a picture."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(screen.rstrip("\n")))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        drawing = Path(folder) / "screen.svg"
        console.save_svg(str(drawing), title=title)
        browser = playwright.chromium.launch(executable_path=os.environ["FAST_APPLY_TEST_CHROMIUM"], args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1000, "height": 600})
        page.set_content(f"<style>body {{ margin: 0 }} svg {{ width: 1000px }}</style>{drawing.read_text()}")
        page.locator("svg").first.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    main()
