"""A real Helix, in a terminal, set up as its README says."""

import os
import subprocess
from pathlib import Path

from terminal import Terminal
from waiting import until
from workbench import ROOT

#: Every action there can be; a line of the menu is the longest of these that it holds.
TITLES = (
    "Cancel suggested edit",
    "Apply suggested edit",
    "Preview suggested edit",
    "Apply selection as suggested edit",
    "Apply suggested edit from clipboard",
    "Undo suggested edit",
)


class Helix:
    holds_back_seconds = 0

    def __init__(self, workbench, server, files, settings):
        self.workbench = workbench
        program = Path(os.environ["FAST_APPLY_TEST_HELIX"])
        environment = workbench.environment | {
            "TERM": "tmux-256color",
            "HELIX_RUNTIME": str(program.parent / "runtime"),
        }
        self.configure(environment, server, settings)
        command = [str(program), *map(str, files)]
        self.terminal = Terminal(command, environment, workbench.project)
        until("the server", lambda: (workbench.folder / "tap.sock").exists(), 20, self.terminal.screen)
        opened = lambda: len(list(workbench.messages("editor", "textDocument/didOpen"))) >= len(files)
        until("the file", opened, 20, self.terminal.screen)

    def configure(self, environment, server, settings):
        configuration = Path(environment["XDG_CONFIG_HOME"]) / "helix"
        configuration.mkdir(parents=True)
        languages = (ROOT / "editors/helix/languages.toml").read_text()
        languages = languages.replace('command = "fast-apply"', f'command = "{server[0]}"', 1)
        for name, value in settings.items():
            table = "[language-server.fast-apply.config]\n"
            kept = [line for line in languages.splitlines(True) if not line.startswith(f"{name} = ")]
            languages = "".join(kept).replace(table, f'{table}{name} = "{value}"\n', 1)
        (configuration / "languages.toml").write_text(languages)
        (configuration / "config.toml").write_text(
            "[editor]\ntrue-color = true\n[editor.lsp]\ndisplay-progress-messages = true\n"
        )

    @staticmethod
    def version():
        program = os.environ["FAST_APPLY_TEST_HELIX"]
        return subprocess.run([program, "--version"], capture_output=True, text=True).stdout.strip()

    def type_at_start(self, path, text):
        """Types at the start of the file that is shown."""
        self.leave_insert_mode()
        self.terminal.type("ggi")
        self.terminal.wait_for(" INS ")
        self.terminal.type(text)
        self.leave_insert_mode()

    def text(self, path=None):
        """The buffer that is shown, as it would be written, through a pipe: the file stays as it is."""
        copy = self.workbench.folder / "copy"
        copy.unlink(missing_ok=True)
        self.leave_insert_mode()
        self.terminal.type("%")
        self.command(f"pipe-to cat > {copy}.part && mv {copy}.part {copy}")
        until("the copy", copy.exists, 20, self.terminal.screen)
        # Only the cursor's place is left selected, so that no action takes it for a sketch.
        self.terminal.type("gg;")
        return copy.read_bytes()

    def wait_for_text(self, expected, seconds=20):
        until("the text", lambda: self.text() == expected, seconds, lambda: self.text().decode())

    def command(self, text):
        """Types a command line."""
        self.terminal.type(f":{text}")
        self.terminal.keys("Enter")

    def leave_insert_mode(self):
        """Never types Escape where it has nothing to do: with the next key it would be read as Alt."""
        if " INS " in self.terminal.screen():
            self.terminal.keys("Escape")
            self.terminal.wait_for(" NOR ")

    def show(self, path):
        self.leave_insert_mode()
        self.command(f"open {path}")

    def choose_action(self, title):
        """Opens the menu of code actions and goes down to one of them."""
        self.leave_insert_mode()
        self.terminal.type(" a")
        screen = self.terminal.wait_for(title)
        found = (max((each for each in TITLES if each in line), key=len, default=None) for line in screen.splitlines())
        # The first one is selected already.
        for _ in range([each for each in found if each].index(title)):
            self.terminal.keys("Tab")
        self.terminal.keys("Enter")

    def undo(self):
        self.leave_insert_mode()
        self.terminal.type("u")

    def close(self):
        self.terminal.close()
