"""Commit pairs: reading them, and keeping the held-out repositories and their near-duplicates out of training."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from pathlib import Path

import zstandard

# Repositories (owner+name) that only ever measure.
HELDOUT = frozenset(
    (
        "tokio-rs+mini-redis", "psf+requests", "spf13+cobra", "jqlang+jq",
        "sinatra+sinatra", "fastapi+typer", "square+retrofit", "vuejs+core",
    )
)
NEAR_DUPLICATE = 0.5
COMMON_LINE = 60


def read_rows(path: Path) -> list[dict]:
    """The rows of a JSON Lines file, plain or .zst."""
    with open(path, "rb") as raw:
        stream = raw
        if path.suffix == ".zst":
            stream = zstandard.ZstdDecompressor(max_window_size=1 << 28).stream_reader(raw)
        return [json.loads(line) for line in io.TextIOWrapper(stream, encoding="utf-8")]


def usable(row: dict) -> bool:
    """Whether a row can be learnt from: LF text whose final newline the edit does not touch."""
    before, after = row["before"], row["after"]
    return "\r" not in before + after and before != after and before.endswith("\n") == after.endswith("\n") and bool(after.strip())


def split(rows: list[dict], measured: list[dict]) -> tuple[list[dict], list[dict]]:
    """(training rows, held-out rows). `measured` are further rows (the dev set) that training must not resemble."""
    rows = [row for row in rows if usable(row)]
    heldout = [row for row in rows if row["repo"] in HELDOUT]
    training = [row for row in rows if row["repo"] not in HELDOUT]
    resembling = near_duplicates(training, heldout + measured)
    training = [row for index, row in enumerate(training) if index not in resembling]
    check_disjoint(training, heldout + measured)
    return training, heldout


def check_disjoint(training: list[dict], heldout: list[dict]) -> None:
    """Fails if a training row is from a held-out repository or nearly the same file as a held-out row."""
    repositories = {row["repo"].replace("/", "+") for row in heldout} | HELDOUT
    leaked = [row for row in training if row["repo"].replace("/", "+") in repositories]
    if leaked:
        raise ValueError(f"{len(leaked)} training rows are from held-out repositories, e.g. {leaked[0]['repo']}")
    resembling = near_duplicates(training, heldout)
    if resembling:
        row = training[min(resembling)]
        raise ValueError(f"{len(resembling)} training rows resemble held-out files, e.g. {row['repo']} {row['path']}")


def near_duplicates(training: list[dict], heldout: list[dict]) -> set[int]:
    """Indices of training rows that share half or more of their telling lines with some held-out file.

    Lines that many held-out files have (licence headers, usual imports) tell nothing.
    """
    documents: dict[str, list[int]] = defaultdict(list)
    texts = {row["before"] for row in heldout} | {row["after"] for row in heldout}
    for index, text in enumerate(sorted(texts)):
        for line in telling_lines(text):
            documents[line].append(index)
    found = set()
    for index, row in enumerate(training):
        for text in (row["before"], row["after"]):
            lines = telling_lines(text)
            counts: dict[int, int] = defaultdict(int)
            known = 0
            for line in lines:
                owners = documents.get(line, ())
                if len(owners) > COMMON_LINE:
                    continue
                known += 1
                for owner in owners:
                    counts[owner] += 1
            if known >= 4 and counts and max(counts.values()) >= NEAR_DUPLICATE * known:
                found.add(index)
    return found


def telling_lines(text: str) -> set[str]:
    return {line.strip() for line in text.split("\n") if len(line.strip()) >= 16}
