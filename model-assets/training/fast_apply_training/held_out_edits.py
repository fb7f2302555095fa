"""Draws edits of held-out repositories, to measure the engine with.

    python -m fast_apply_training.held_out_edits EDITS.jsonl.zst --below 400 --count 450 --output held-out.jsonl
    fast-apply eval held-out.jsonl --mode rewrite

EDITS are what `fast-apply data synthesize` writes. The draw is even over the repositories, as far as they have enough.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from random import Random

from .lessons import is_held_out, is_usable, read_lessons


def draw(edits: list[dict], below: int, count: int, seed: int) -> list[dict]:
    """At most `count` edits of files with fewer lines than `below`, in random order; the same ones for the same seed."""
    random = Random(seed)
    by_repository: dict[str, list[dict]] = {}
    for edit in edits:
        if is_held_out(edit) and is_usable(edit) and len(edit["before"].splitlines()) < below:
            by_repository.setdefault(edit["repo"], []).append(edit)
    for group in by_repository.values():
        random.shuffle(group)
    drawn: list[dict] = []
    while len(drawn) < count and any(by_repository.values()):
        for name in sorted(by_repository):
            if by_repository[name] and len(drawn) < count:
                drawn.append(by_repository[name].pop())
    random.shuffle(drawn)
    return drawn


def main() -> None:
    options = arguments()
    drawn = draw(read_lessons(options.edits), options.below, options.count, options.seed)
    options.output.write_text("".join(json.dumps(edit) + "\n" for edit in drawn))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("edits", type=Path, help="edits, JSON Lines, plain or .zst")
    parser.add_argument("--below", type=int, default=400, help="only files with fewer lines")
    parser.add_argument("--count", type=int, default=450)
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--output", type=Path, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
