"""Where an editor is tried: a project, a home of its own, and a server behind a tap."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from waiting import until

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


class Workbench:
    """Files lie in `project`; everything else that is written lies beside it."""

    def __init__(self):
        # Short, because names of sockets are.
        self.folder = Path(tempfile.mkdtemp(prefix="fa-", dir="/tmp")).resolve()
        self.project = self.folder / "project"
        (self.project / ".git").mkdir(parents=True)
        self.environment = {
            "HOME": str(self.folder / "home"),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "COLORTERM": "truecolor",
            "FAST_APPLY_CACHE": str(model_cache()),
            "FAST_APPLY_CONFIG": str(self.folder / "no-config.toml"),
        }
        for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
            self.environment[f"XDG_{kind}_HOME"] = str(self.folder / kind.lower())
        runtime = self.folder / "run"
        runtime.mkdir(mode=0o700)
        self.environment["XDG_RUNTIME_DIR"] = str(runtime)
        for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            Path(self.environment[name]).mkdir()

    def write(self, edit, name=None):
        """Puts the file of an edit into the project, and its reply beside it."""
        path = self.project / (name or edit.name)
        path.write_bytes(edit.before)
        self.reply(path).write_text(edit.reply)
        return path

    def reply(self, path):
        return self.folder / f"{path.name}.md"

    def real_server(self):
        """The command of the real server with the real model."""
        return self.tapped([program("fast-apply"), "lsp"])

    def replaying_server(self, edit, chars=24, millis=10):
        """The command of a server that writes the result of an edit at this speed, and waits in the middle of it."""
        after = self.folder / "after"
        after.write_bytes(edit.after.replace(b"\r\n", b"\n"))
        self.environment |= {
            "FAST_APPLY_REPLAY": str(after),
            "FAST_APPLY_REPLAY_CHARS": str(chars),
            "FAST_APPLY_REPLAY_MILLIS": str(millis),
            "FAST_APPLY_REPLAY_HALFWAY": str(self.folder / "halfway"),
        }
        return self.tapped([program("examples/replay_server"), "lsp"])

    def go_on(self):
        """Lets the second half be written."""
        (self.folder / "halfway").touch()

    def tapped(self, command):
        log, control = self.folder / "tap.jsonl", self.folder / "tap.sock"
        script = self.folder / "server"
        tap = [sys.executable, str(HERE / "tap.py"), str(log), str(control), "--", *command]
        # A server that is started again, as after its death, takes the place of the one before.
        quoted = " ".join(f"'{word}'" for word in tap)
        script.write_text(f"#!/bin/sh\nrm -f '{control}'\nexec {quoted}\n")
        script.chmod(0o755)
        return [str(script)]

    def suggest(self, path):
        """What a user does in another terminal: hands the reply to the editor."""
        command = [program("fast-apply"), "suggest", str(path), "--edit", str(self.reply(path))]
        environment = os.environ | self.environment
        handed = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        assert handed.returncode == 0, handed.stderr

    def ask(self, request):
        """Speaks to the server behind the editor's back."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(40)
            connection.connect(str(self.folder / "tap.sock"))
            with connection.makefile("rw", encoding="utf-8") as lines:
                lines.write(json.dumps(request) + "\n")
                lines.flush()
                return json.loads(lines.readline())

    def status(self):
        params = {"command": "fastApply.status", "arguments": []}
        return self.ask({"method": "workspace/executeCommand", "params": params})["result"]

    def wait_for_model(self):
        until("the model", lambda: self.status()["state"] == "ready", 120, lambda: str(self.status()))

    def wait_until_saved(self, path, text):
        """While an editor saves a file, there may be none for a moment."""
        until("the file", lambda: saved_text(path) == text)

    def wait_until_done(self, seconds=60):
        """Waits until a session has ended and no other runs; returns what it took."""
        self.go_on()
        is_done = lambda: (it := self.status())["last"] and not it["sessions"] and it["last"]
        return until("the end of the session", is_done, seconds, lambda: str(self.status()))

    def kill_server(self):
        self.ask({"kill": True})

    def messages(self, sender=None, method=None):
        """What was said so far."""
        for noted in self.tapped_lines():
            message = noted["message"]
            if sender in (None, noted["from"]) and method in (None, message.get("method")):
                yield message

    def tapped_lines(self):
        """What the tap has written down, and when."""
        lines = (self.folder / "tap.jsonl").read_text().splitlines(True)
        # The last one may be only half there.
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def saved_text(path):
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def program(name):
    folder = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    path = folder.absolute() / "debug" / name
    assert path.exists(), f"{path} is not built: use tests/editors/run"
    return str(path)


def model_cache():
    named = os.environ.get("FAST_APPLY_CACHE")
    return named or Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "fast-apply"
