"""A terminal that an editor runs in, as a user would see and use it: tmux with a server of its own."""

import shlex
import subprocess
import uuid

from waiting import until

COLUMNS, LINES = 110, 36


class Terminal:
    def __init__(self, command, environment, directory):
        self.name = f"fast-apply-{uuid.uuid4().hex[:12]}"
        variables = [f"{name}={value}" for name, value in environment.items()]
        # A pane has the environment of the tmux server, not of its client.
        shell = "exec " + shlex.join(["env", *variables, *command])
        self.tmux("new-session", "-d", "-x", COLUMNS, "-y", LINES, "-c", directory, shell)
        self.tmux("set-option", "-s", "escape-time", "0")

    def tmux(self, *arguments, check=True):
        command = ["tmux", "-L", self.name, "-f", "/dev/null", *map(str, arguments)]
        return subprocess.run(command, check=check, capture_output=True, text=True, timeout=20)

    def keys(self, *keys):
        """Presses keys by their tmux names, such as `Escape` or `C-w`."""
        self.tmux("send-keys", *keys)

    def type(self, text):
        """Types characters as they are."""
        self.tmux("send-keys", "-l", text)

    def screen(self):
        return self.tmux("capture-pane", "-p").stdout

    def coloured_screen(self):
        return self.tmux("capture-pane", "-p", "-e", "-N").stdout

    def wait_for(self, text, seconds=20):
        """Waits until the screen shows a text, and returns the screen."""
        return until(
            f"'{text}' on the screen",
            lambda: (screen := self.screen()) and text in screen and screen,
            seconds,
            lambda: self.tmux("capture-pane", "-p", check=False).stdout,
        )

    def close(self):
        self.tmux("kill-server", check=False)
