"""A real VS Code with the packaged extension: code-server, used through a browser."""

import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import sync_playwright
from waiting import until

SETTINGS = {
    "workbench.startupEditor": "none",
    "chat.disableAIFeatures": True,
    "chat.commandCenter.enabled": False,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "extensions.autoUpdate": False,
    "extensions.ignoreRecommendations": True,
    "telemetry.telemetryLevel": "off",
    "security.workspace.trust.enabled": False,
    "git.enabled": False,
    "files.autoSave": "off",
    "editor.minimap.enabled": False,
    # What is typed is what is there.
    "editor.autoIndent": "none",
    "editor.autoClosingBrackets": "never",
    "editor.quickSuggestions": {"other": "off", "comments": "off", "strings": "off"},
}


class VsCode:
    holds_back_seconds = 0

    def __init__(self, workbench, server, files, settings):
        self.workbench = workbench
        folder = workbench.folder
        self.socket = folder / "probe.sock"
        environment = workbench.environment | {
            "FAST_APPLY_PROBE": str(self.socket),
            # No marketplace is asked.
            "EXTENSIONS_GALLERY": json.dumps({"serviceUrl": "", "itemUrl": "", "resourceUrlTemplate": ""}),
        }
        start = code_server("--user-data-dir", folder / "code", "--extensions-dir", self.install(environment))
        self.configure(server, settings)
        port = free_port()
        quiet = ["--auth", "none", "--disable-telemetry", "--disable-update-check", "--disable-workspace-trust"]
        address = ["--bind-addr", f"127.0.0.1:{port}"]
        self.output = open(folder / "code-server.log", "wb")
        self.server = subprocess.Popen(
            [*start, *quiet, *address, workbench.project],
            env=environment,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            # A group of its own, so that the extension host ends with it.
            start_new_session=True,
        )
        try:
            self.open_browser(port, files)
        except BaseException:
            self.close()
            raise

    def install(self, environment):
        """Where the extensions are."""
        return Path(os.environ["FAST_APPLY_TEST_CODE_SERVER"]) / "extensions"

    def configure(self, server, settings):
        chosen = {f"fastApply.{name}": value for name, value in settings.items()}
        self.write_settings("User", SETTINGS | chosen)
        # What a machine starts stands in its own settings, as wherever VS Code runs on two machines.
        self.write_settings("Machine", {"fastApply.server.path": server[0]})

    def write_settings(self, kind, settings):
        folder = self.workbench.folder / "code" / kind
        folder.mkdir(parents=True)
        (folder / "settings.json").write_text(json.dumps(settings))

    def open_browser(self, port, files):
        until("code-server", lambda: is_listening(port), 60)
        self.playwright = sync_playwright().start()
        browser = self.playwright.chromium.launch(
            executable_path=os.environ["FAST_APPLY_TEST_CHROMIUM"], args=["--no-sandbox"]
        )
        self.page = browser.new_page(viewport={"width": 1100, "height": 700})
        address = f"http://127.0.0.1:{port}/?folder={self.workbench.project}"
        self.page.goto(address, wait_until="commit", timeout=60000)
        until("the extension host", self.socket.exists, 90, self.describe)
        for path in files:
            self.show(path)
        until("the server", lambda: (self.workbench.folder / "tap.sock").exists(), 60, self.describe)
        is_open = lambda: len(list(self.workbench.messages("editor", "textDocument/didOpen"))) >= len(files)
        until("the files", is_open, 60)

    def describe(self):
        """A picture of what is on the screen, and where it lies."""
        picture = Path(tempfile.gettempdir()) / "fast-apply-vscode.png"
        self.page.screenshot(path=picture)
        return f"the screen: {picture}"

    def run(self, code):
        """Runs JavaScript in the extension host."""
        connection = http.client.HTTPConnection("localhost", timeout=30)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(30)
        connection.sock.connect(str(self.socket))
        connection.request("POST", "/", code.encode())
        answer = json.loads(connection.getresponse().read())
        assert "error" not in answer, answer
        return answer["value"]

    def version(self):
        return f"VS Code {self.run('return vscode.version')}"

    def show(self, path):
        name = json.dumps(str(path))
        self.run(f"await vscode.window.showTextDocument(vscode.Uri.file({name}), {{ preview: false }})")
        self.page.locator(".monaco-editor.focused, .monaco-editor").first.wait_for()

    def text(self, path):
        """The document as it would be saved."""
        name = json.dumps(str(path))
        find = f"vscode.workspace.textDocuments.find(it => it.uri.fsPath === {name})"
        return self.run(f"return {find}?.getText() ?? ''").encode()

    def wait_for_text(self, path, expected, seconds=30):
        until("the text", lambda: self.text(path) == expected, seconds, lambda: self.text(path).decode())

    def marked_lines(self):
        """How many lines on the screen are highlighted."""
        return self.page.locator(".view-overlays [class*='TextEditorDecorationType']").count()

    def type_at_start(self, path, text):
        """Types at the start of the file that is shown."""
        self.focus()
        self.keys("Control+Home")
        self.page.keyboard.type(text)
        until("the text", lambda: self.text(path).startswith(text.encode()), 20, self.describe)

    def keys(self, keys):
        self.page.keyboard.press(keys)

    def focus(self):
        self.run("await vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup')")

    def choose_action(self, title):
        """Opens the menu of code actions and clicks one of them."""
        item = self.page.locator(".action-widget").get_by_text(title, exact=True)
        # The menu shows what VS Code has asked for; a suggestion that came a moment ago can be missing in it.
        for _ in range(8):
            self.focus()
            self.keys("Control+.")
            try:
                return item.click(timeout=4000)
            except PlaywrightTimeout:
                self.keys("Escape")
        raise AssertionError(f"'{title}' was not in the menu; {self.describe()}")

    def click(self, button):
        self.page.get_by_role("button", name=button, exact=True).first.click(timeout=20000)

    def undo(self):
        self.focus()
        self.keys("Control+z")

    def close(self):
        if hasattr(self, "playwright"):
            self.playwright.stop()
        os.killpg(self.server.pid, signal.SIGKILL)
        self.server.wait()
        self.output.close()


def code_server(*arguments):
    """The command that starts it."""
    home = Path(os.environ["FAST_APPLY_TEST_CODE_SERVER"])
    node = home / "node/node_modules/node/bin/node"
    return [node, home / "node_modules/code-server/out/node/entry.js", *arguments]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
