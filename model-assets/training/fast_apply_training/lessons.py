"""Lessons, as `fast-apply data lessons` writes them: reading them, and keeping held-out repositories and their near-duplicates out of training."""

from __future__ import annotations

import io
import json
import sys
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


def read_lessons(path: Path) -> list[dict]:
    """The lessons of a JSON Lines file, plain or .zst."""
    with open(path, "rb") as raw:
        stream = raw
        if path.suffix == ".zst":
            stream = zstandard.ZstdDecompressor(max_window_size=1 << 28).stream_reader(raw)
        lessons = [json.loads(line) for line in io.TextIOWrapper(stream, encoding="utf-8")]
    for lesson in lessons:
        # Every draw has the same ones.
        lesson.update(before=sys.intern(lesson["before"]), after=sys.intern(lesson["after"]))
    return lessons


def is_held_out(lesson: dict) -> bool:
    return lesson["repo"].replace("/", "+") in HELDOUT


def is_usable(lesson: dict) -> bool:
    """Whether a lesson can be learnt from: LF text whose final newline the edit does not touch."""
    before, after = lesson["before"], lesson["after"]
    return "\r" not in before + after and before != after and before.endswith("\n") == after.endswith("\n") and bool(after.strip())


def split(lessons: list[dict], measured: list[dict]) -> tuple[list[dict], list[dict]]:
    """(training lessons, held-out lessons). `measured` are further ones that training must not resemble."""
    lessons = [lesson for lesson in lessons if is_usable(lesson)]
    held_out = [lesson for lesson in lessons if is_held_out(lesson)]
    training = [lesson for lesson in lessons if not is_held_out(lesson)]
    resembling = near_duplicates(training, held_out + measured)
    training = [lesson for index, lesson in enumerate(training) if index not in resembling]
    check_disjoint(training, held_out + measured)
    return training, held_out


def check_disjoint(training: list[dict], held_out: list[dict]) -> None:
    """Fails if a training lesson is from a held-out repository or nearly the same file as a held-out lesson."""
    repositories = {lesson["repo"].replace("/", "+") for lesson in held_out} | HELDOUT
    leaked = [lesson for lesson in training if lesson["repo"].replace("/", "+") in repositories]
    if leaked:
        raise ValueError(f"{len(leaked)} training lessons are from held-out repositories, e.g. {leaked[0]['repo']}")
    resembling = near_duplicates(training, held_out)
    if resembling:
        lesson = training[min(resembling)]
        raise ValueError(f"{len(resembling)} training lessons resemble held-out files, e.g. {lesson['repo']} {lesson['path']}")


def near_duplicates(training: list[dict], held_out: list[dict]) -> set[int]:
    """Indices of training lessons that share half or more of their telling lines with some held-out file.

    Lines that many held-out files have (licence headers, usual imports) tell nothing.
    """
    documents: dict[str, list[int]] = defaultdict(list)
    texts = {lesson["before"] for lesson in held_out} | {lesson["after"] for lesson in held_out}
    for index, text in enumerate(sorted(texts)):
        for line in telling_lines(text):
            documents[line].append(index)
    found = set()
    for index, lesson in enumerate(training):
        for text in (lesson["before"], lesson["after"]):
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
