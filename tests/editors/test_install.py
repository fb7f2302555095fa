"""The steps of the editors' READMEs, run as they stand there by a user with an empty home, with the clock running."""

import os
import re
import resource
import shlex
import shutil
import subprocess
import time
from pathlib import Path

import edits
import pytest
from edits import ROOT
from waiting import until
from workbench import program

#: What a busy machine may take for one of them, the model's part included.
pytestmark = pytest.mark.timeout(600)

#: A minute is what a user may need for an editor.
SECONDS = 60


def blocks(readme, language):
    """The code blocks of a README."""
    return re.findall(rf"^```{language}\n(.*?)^```$", readme.read_text(), re.MULTILINE | re.DOTALL)


class NewUser:
    """Somebody with an empty home, and `fast-apply` and the editor on the path."""

    def __init__(self, workbench, server, **programs):
        self.home = Path(workbench.environment["HOME"])
        self.folder = self.home / "bin"
        self.folder.mkdir()
        self.seconds, self.own_seconds = 0.0, 0.0
        for name, command in {"fast-apply": server, **programs}.items():
            script = self.folder / name
            script.write_text(f'#!/bin/sh\nexec {shlex.join(map(str, command))} "$@"\n')
            script.chmod(0o755)
        # An editor can ask a login shell for the path.
        (self.home / ".profile").write_text(f'PATH="{self.folder}:$PATH"\n')
        environment = workbench.environment
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            del environment[name]
        environment["PATH"] = f"{self.folder}:{environment['PATH']}"
        environment |= {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        self.environment = environment

    def follow(self, steps, directory=ROOT, **variables):
        start, used = time.monotonic(), own_seconds()
        command = ["bash", "-euo", "pipefail", "-c", steps]
        environment = self.environment | {name: str(value) for name, value in variables.items()}
        done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"{steps}\n{done.stdout}{done.stderr}"
        self.seconds += time.monotonic() - start
        self.own_seconds += own_seconds() - used


def own_seconds():
    """What the commands that have ended took of the processors."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


#: What npm has to know in a network that is not open.
PASSED_ON = ("npm_config_registry", "npm_config_userconfig", "NODE_EXTRA_CA_CERTS", "HTTPS_PROXY", "https_proxy")


@pytest.fixture
def edit_is_applied(workbench, starting, record_property):
    """Hands a reply over, and has it applied from the menu, in an editor that a new user has just set up."""

    def check(user, start):
        edit = edits.demo()
        path = workbench.write(edit)
        editor = starting(start(path))
        workbench.suggest(path)
        editor.choose_action("Apply suggested edit")
        workbench.wait_until_done(120)
        assert editor.text(path) == edit.after
        # A machine that has much else to do is slow with everything.
        is_busy = os.getloadavg()[0] > os.cpu_count()
        seconds = user.own_seconds if is_busy else user.seconds
        assert seconds < SECONDS, f"the steps took {seconds:.0f} s"
        print(f"{editor.version()}: set up in {user.seconds:.1f} s")

    return check


@pytest.mark.skipif("FAST_APPLY_TEST_NEOVIM" not in os.environ, reason="Neovim is not installed")
def test_neovim(workbench, edit_is_applied):
    from neovim import Neovim

    server = workbench.real_server()
    user = NewUser(workbench, server, nvim=[os.environ["FAST_APPLY_TEST_NEOVIM"]])
    readme = ROOT / "editors/neovim/README.md"

    class Installed(Neovim):
        def configure(self, environment, server, settings):
            user.follow(blocks(readme, "sh")[0])
            init = user.home / ".config/nvim/init.lua"
            init.parent.mkdir(parents=True)
            init.write_text(blocks(readme, "lua")[0])

    edit_is_applied(user, lambda path: Installed(workbench, server, [path], {}))


@pytest.mark.skipif("FAST_APPLY_TEST_NEOVIM" not in os.environ, reason="Neovim is not installed")
def test_neovim_without_the_plugin(workbench, edit_is_applied):
    from neovim import BareNeovim

    server = workbench.real_server()
    user = NewUser(workbench, server, nvim=[os.environ["FAST_APPLY_TEST_NEOVIM"]])
    entry, enabled = reversed(blocks(ROOT / "editors/neovim/README.md", "lua"))

    class Installed(BareNeovim):
        def configure(self, environment, server, settings):
            configuration = user.home / ".config/nvim"
            (configuration / "lsp").mkdir(parents=True)
            (configuration / "lsp/fast_apply.lua").write_text(entry)
            (configuration / "init.lua").write_text(enabled)

    edit_is_applied(user, lambda path: Installed(workbench, server, [path], {}))


@pytest.mark.skipif("FAST_APPLY_TEST_HELIX" not in os.environ, reason="Helix is not installed")
def test_helix(workbench, edit_is_applied):
    from helix import Helix

    server = workbench.real_server()
    user = NewUser(workbench, server, hx=[os.environ["FAST_APPLY_TEST_HELIX"]])
    readme = ROOT / "editors/helix/README.md"

    class Installed(Helix):
        def configure(self, environment, server, settings):
            user.follow(blocks(readme, "sh")[0])

    edit_is_applied(user, lambda path: Installed(workbench, server, [path], {}))


@pytest.mark.skipif("FAST_APPLY_TEST_CODE_SERVER" not in os.environ, reason="VS Code is not installed")
def test_vscode(workbench, edit_is_applied):
    from vscode import SETTINGS, VsCode, code_server

    server = workbench.real_server()
    extensions = workbench.folder / "extensions"
    code = code_server("--extensions-dir", extensions, "--user-data-dir", workbench.folder / "data")
    user = NewUser(workbench, server, code=code)
    checkout = workbench.folder / "checkout"
    untracked = shutil.ignore_patterns("node_modules", "out", "*.vsix")
    shutil.copytree(ROOT / "editors/vscode", checkout / "editors/vscode", ignore=untracked)
    readme = ROOT / "editors/vscode/README.md"

    class Installed(VsCode):
        def install(self, environment):
            user.follow(blocks(readme, "sh")[0], checkout)
            # Not a user's: what the tests look through.
            probe = Path(os.environ["FAST_APPLY_TEST_CODE_SERVER"]) / "probe.vsix"
            subprocess.run([*code, "--install-extension", probe], check=True, capture_output=True, timeout=120)
            return extensions

        def configure(self, server, settings):
            self.write_settings("User", SETTINGS)

    edit_is_applied(user, lambda path: Installed(workbench, server, [path], {}))
