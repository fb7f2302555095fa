"""Reads a configuration file of `key = value` lines."""

from pathlib import Path


class ConfigurationError(Exception):
    """A line that is not a setting."""


def read_configuration(path: Path) -> dict[str, str]:
    settings = {}
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        line = line.strip()
        if not line:
            continue
        key, separator, value = line.partition("=")
        if not separator:
            raise ConfigurationError(f"{path}, line {number}: no '='")
        settings[key.strip()] = value.strip()
    return settings
