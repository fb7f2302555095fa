"""A real Neovim, in a terminal, set up as its README says."""

import os
import subprocess
from pathlib import Path

import pynvim
from terminal import Terminal
from waiting import until
from workbench import ROOT

#: The buffer as bytes, as it would be written.
TEXT = """
local buffer = vim.fn.bufnr(...)
local ending = ({ unix = '\\n', dos = '\\r\\n', mac = '\\r' })[vim.bo[buffer].fileformat]
local text = table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, true), ending)
return (vim.bo[buffer].bomb and '\\239\\187\\191' or '') .. text .. (vim.bo[buffer].endofline and ending or '')
"""


class Neovim:
    #: What the configuration says beside the shipped one.
    also = ""
    #: For how long it tells nothing new after it has told something.
    holds_back_seconds = 0

    def __init__(self, workbench, server, files, settings):
        self.workbench = workbench
        environment = workbench.environment | {"TERM": "tmux-256color"}
        self.configure(environment, server, settings)
        address = workbench.folder / "nvim.sock"
        program = Path(os.environ["FAST_APPLY_TEST_NEOVIM"])
        command = [str(program), "--listen", str(address), *map(str, files)]
        self.terminal = Terminal(command, environment, workbench.project)
        self.rpc = until("Neovim", lambda: try_to_attach(address), 20, self.terminal.screen)
        until("the server", lambda: (workbench.folder / "tap.sock").exists(), 20, self.terminal.screen)
        attached = "return #vim.lsp.get_clients({ name = 'fast_apply', bufnr = 0 })"
        until("the client", lambda: self.rpc.exec_lua(attached) == 1, 20, self.terminal.screen)

    def configure(self, environment, server, settings):
        self.install(environment)
        configuration = Path(environment["XDG_CONFIG_HOME"]) / "nvim"
        configuration.mkdir(parents=True)
        options = ", ".join(f"{name} = '{value}'" for name, value in settings.items())
        options = f", init_options = {{ {options} }}" if settings else ""
        command = ", ".join(f"'{word}'" for word in server)
        (configuration / "init.lua").write_text(
            f"vim.lsp.config('fast_apply', {{ cmd = {{ {command} }}{self.also}{options} }})\n"
            "vim.lsp.enable('fast_apply')\n"
        )

    def install(self, environment):
        """Puts the plugin among the packages."""
        packages = Path(environment["XDG_DATA_HOME"]) / "nvim/site/pack/fast-apply/start"
        packages.mkdir(parents=True)
        os.symlink(ROOT / "editors/neovim", packages / "fast-apply")

    @staticmethod
    def version():
        program = os.environ["FAST_APPLY_TEST_NEOVIM"]
        return subprocess.run([program, "--version"], capture_output=True, text=True).stdout.split("\n")[0]

    def text(self, path):
        """The buffer as it would be written; the screen instead if Neovim waits for a key."""
        if self.is_blocked():
            return self.terminal.screen().encode()
        return bytes(self.rpc.exec_lua(TEXT, str(path)), "utf-8")

    def wait_for_text(self, path, expected, seconds=20):
        until(
            f"the text of {path.name}",
            lambda: self.text(path) == expected,
            seconds,
            lambda: f"{self.text(path).decode()}\n----\n{self.terminal.screen()}",
        )

    def command(self, text):
        """Types a command line."""
        self.leave_insert_mode()
        self.terminal.type(f":{text}")
        self.terminal.keys("Enter")

    def leave_insert_mode(self):
        """Never types Escape where it has nothing to do: with the next key it would be read as Alt."""
        if self.mode() == "i":
            self.terminal.keys("Escape")
            until("normal mode", lambda: self.mode() == "n", 20, self.terminal.screen)

    def insert(self, command, text):
        """Types a command that begins to insert, and then a text; the insertion stays open."""
        self.terminal.type(command)
        # Not before: what asks for the mode next must see that it has to be left.
        until("insert mode", lambda: self.mode() == "i", 20, self.terminal.screen)
        self.terminal.type(text)

    def type_at_start(self, path, text):
        """Types at the start of the file that is shown."""
        self.insert("gg0i", text)
        until("the text", lambda: self.text(path).startswith(text.encode()), 20, self.terminal.screen)
        self.leave_insert_mode()

    def show(self, path):
        is_shown = lambda: self.rpc.funcs.expand("%:p") == str(path)
        if not is_shown():
            self.command(f"edit {path.name}")
            until("the buffer", is_shown, 20, self.terminal.screen)

    def choose_action(self, title):
        """Asks for the code actions and picks one from the list."""
        self.leave_insert_mode()
        self.terminal.type("gra")
        self.terminal.wait_for("Type number and <Enter>")
        is_it = lambda line: line.split(": ", 1)[-1].strip() == title
        find = lambda: next(filter(is_it, self.terminal.screen().splitlines()), None)
        line = until(f"'{title}' in the list", find, 20, self.terminal.screen)
        self.terminal.type(line.split(":")[0].strip())
        self.terminal.keys("Enter")

    def dismiss_messages(self):
        """Presses Enter for as long as Neovim wants it."""
        until("Neovim", lambda: not self.is_blocked() or self.terminal.keys("Enter"), 20, self.terminal.screen)

    def mode(self):
        return self.rpc.request("nvim_get_mode")["mode"]

    def is_blocked(self):
        return self.rpc.request("nvim_get_mode")["blocking"]

    def undo(self):
        self.leave_insert_mode()
        self.terminal.type("u")

    def close(self):
        self.terminal.close()


class BareNeovim(Neovim):
    """A Neovim with its own handlers, without this project's plugin."""

    also = ", root_markers = { '.git' }"
    holds_back_seconds = 0.3

    def install(self, environment):
        pass


def try_to_attach(address):
    try:
        return pynvim.attach("socket", path=str(address))
    except (FileNotFoundError, ConnectionRefusedError):
        # Neovim has not come to listening yet.
        return None
