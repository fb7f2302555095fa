"""Measures an adapter, merged into the f32 base as the engine does it, by teacher forcing.

    python -m fast_apply_training.evaluate --gguf MODEL.gguf --adapter DIR --lessons LESSONS.jsonl.zst --held-out --lines 0 120 --results OUT.jsonl
    python -m fast_apply_training.evaluate --gguf MODEL.gguf --adapter DIR --lessons CHAT-LESSONS.jsonl --lines 0 400 --results OUT.jsonl

Cases already in OUT.jsonl are not run again, so a stopped evaluation continues,
and the order is drawn by a seed, so that a part of it is a fair sample.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path

import torch

from .base_model import BaseModel
from .evaluation import Totals, add, evaluate_case, sample
from .export import load_adapter
from .lessons import is_held_out, is_usable, read_lessons
from .prompt import PromptEncoder
from .transformer import Transformer

def main() -> None:
    options = arguments()
    torch.set_num_threads(1 if options.device == "cpu" else 4)
    base = BaseModel(options.gguf)
    encoder = PromptEncoder(base.tokenizer)
    low, high = options.lines
    lessons = [lesson for lesson in read_lessons(options.lessons) if is_usable(lesson)]
    if options.held_out:
        lessons = [lesson for lesson in lessons if is_held_out(lesson)]
    cases = sample(lessons, encoder, low, high, options.count, options.seed)
    adapter = load_adapter(base, options.adapter, options.device) if options.adapter else None
    transformer = Transformer(base, adapter, options.device)
    fitting = [(index, case) for index, case in enumerate(cases) if case[1].length <= base.geometry.context]
    done = {}
    if options.results.exists():
        done = {entry["case"]: entry for entry in map(json.loads, options.results.read_text().splitlines())}
    deadline = time.monotonic() + options.minutes * 60

    def run(numbered) -> dict | None:
        index, (lesson, example) = numbered
        if index in done:
            return done[index]
        if time.monotonic() > deadline:
            return None
        totals = evaluate_case(transformer, example)
        entry = {
            "case": index, "id": lesson["id"], "repo": lesson["repo"], "path": lesson["path"], "style": lesson["style"],
            "language": lesson["language"], "lines": len(lesson["before"].splitlines()),
            "tokens": example.length, **vars(totals),
        }
        with open(options.results, "a") as results:
            results.write(json.dumps(entry) + "\n")
        return entry

    with ThreadPoolExecutor(options.lanes) as pool:
        entries = [entry for entry in pool.map(run, fitting) if entry is not None]
    print(json.dumps({"too_long": len(cases) - len(fitting), "planned": len(fitting), **summary(entries)}))
    for key in ("style", "language"):
        for name, group in sorted(grouped(entries, key).items()):
            print(f"  {key} {name}: {json.dumps(summary(group))}")


def grouped(entries: list[dict], key: str) -> dict[str, list[dict]]:
    groups = defaultdict(list)
    for entry in entries:
        groups[entry[key]].append(entry)
    return groups


def summary(entries: list[dict]) -> dict:
    totals = Totals()
    for entry in entries:
        add(totals, Totals(**{field.name: entry[field.name] for field in fields(Totals)}))
    return totals.summary()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gguf", type=Path, required=True)
    parser.add_argument("--adapter", type=Path, help="PEFT folder; without it the bare base model is measured")
    parser.add_argument("--lessons", type=Path, required=True, help="lessons, JSON Lines, plain or .zst")
    parser.add_argument("--held-out", action="store_true", help="only those of held-out repositories")
    parser.add_argument("--lines", type=int, nargs=2, default=(0, 120), metavar=("LOW", "HIGH"), help="LOW <= lines of the file < HIGH")
    parser.add_argument("--count", type=int, default=450)
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after this time; a later call continues")
    parser.add_argument("--results", type=Path, required=True, help="one JSON line per case, appended")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--lanes", type=int, default=2, help="cases at a time; 1 on a GPU")
    parser.add_argument("--seed", type=int, default=11)
    return parser.parse_args()


if __name__ == "__main__":
    main()
