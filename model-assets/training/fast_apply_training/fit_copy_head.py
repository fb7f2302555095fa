"""Trains the copy head of an adapter: a small network that says which copy an output goes on with.

    fast-apply data places LESSONS.jsonl.zst --output PLACES.safetensors
    python -m fast_apply_training.fit_copy_head --lessons LESSONS.jsonl.zst --places PLACES.safetensors --measured CHAT-LESSONS.jsonl --output ADAPTER

No model is needed: the network sees where an output stands in the original and in the sketch,
and learns which of the copies' next tokens the true result has there, if any. The engine adds
its opinion to the model's logits. Nothing is learnt from held-out repositories and from files
that resemble measured ones. The result is ADAPTER/copy_head.safetensors.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn as nn
from safetensors.torch import load_file, save_file

from .lessons import read_lessons, split

# Instead of the logarithm of nothing.
NOTHING = -1e4


@dataclass
class Places:
    """Places in true results: features, the next tokens of the copies (-1: none), what comes, for how many places each counts."""

    features: torch.Tensor
    next: torch.Tensor
    token: torch.Tensor
    weight: torch.Tensor

    def __len__(self) -> int:
        return len(self.token)

    def take(self, index: torch.Tensor) -> Places:
        return Places(self.features[index], self.next[index], self.token[index], self.weight[index])


class CopyHead(nn.Module):
    """From features to one score for each copy and one for any other token."""

    def __init__(self, features: int, hidden: int, outputs: int):
        super().__init__()
        self.first = nn.Linear(features, hidden)
        self.second = nn.Linear(hidden, hidden)
        self.last = nn.Linear(hidden, outputs)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return self.last(torch.relu(self.second(torch.relu(self.first(features)))))


def log_likelihoods(head: CopyHead, places: Places) -> torch.Tensor:
    """Of each copy going on and, last, of any other token: (places, copies + 1)."""
    scores = head(places.features)
    is_there = torch.cat([places.next >= 0, torch.ones(len(places), 1, dtype=torch.bool)], 1)
    return torch.log_softmax(scores.masked_fill(~is_there, NOTHING), 1)


def losses(head: CopyHead, places: Places) -> torch.Tensor:
    """Natural-log losses. Several copies can have the right token, and then count together."""
    right = places.next == places.token[:, None]
    right = torch.cat([right, ~right.any(1, keepdim=True)], 1)
    return -torch.logsumexp(log_likelihoods(head, places).masked_fill(~right, NOTHING), 1)


def fit(places: Places, hidden: int, epochs: float, seed: int, report=lambda step, loss: None) -> CopyHead:
    torch.manual_seed(seed)
    mean, deviation = places.features.mean(0), places.features.std(0) + 0.05
    head = CopyHead(places.features.shape[1], hidden, places.next.shape[1] + 1)
    # As if the features were centred and of like size.
    with torch.no_grad():
        head.first.weight /= deviation
        head.first.bias -= head.first.weight @ mean
    batch = min(4096, len(places))
    steps = int(epochs * len(places) / batch)
    optimizer = torch.optim.AdamW(head.parameters(), lr=2e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for step in range(steps):
        drawn = places.take(torch.randint(0, len(places), (batch,)))
        loss = (losses(head, drawn) * drawn.weight).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 500 == 0:
            report(step, float(loss.detach()))
    return head


@torch.no_grad()
def measure(head: CopyHead, places: Places) -> dict:
    """Bits per token, and the share of tokens at which the likeliest copy, or none, is wrong."""
    likelihoods = log_likelihoods(head, places)
    chosen = likelihoods.argmax(1)
    padded = torch.cat([places.next, torch.full((len(places), 1), -1)], 1)
    token = padded.gather(1, chosen[:, None])[:, 0]
    is_other = chosen == places.next.shape[1]
    wrong = torch.where(is_other, (places.next == places.token[:, None]).any(1), token != places.token)
    tokens = float(places.weight.sum())
    return {
        "tokens": int(tokens),
        "bits_per_token": round(float((losses(head, places) * places.weight).sum()) / tokens / 0.6931, 5),
        "wrong_per_1000": round(1000 * float((wrong * places.weight).sum()) / tokens, 3),
    }


def save(head: CopyHead, path: Path) -> None:
    tensors = {name: tensor.detach().contiguous() for name, tensor in head.state_dict().items()}
    save_file(tensors, path, metadata={"format": "pt"})


def read_places(path: Path, lessons: set[int]) -> Places:
    """Those of the lessons with these numbers."""
    tensors = load_file(path)
    wanted = torch.isin(tensors["lesson"], torch.tensor(sorted(lessons)))
    return Places(*(tensors[name][wanted] for name in ("features", "next", "token", "weight")))


def together(parts: list[Places]) -> Places:
    return Places(*(torch.cat([getattr(part, name) for part in parts]) for name in ("features", "next", "token", "weight")))


def main() -> None:
    options = arguments()
    measured = [lesson for path in options.measured for lesson in read_lessons(path)]
    training, held_out = [], []
    for lessons_path, places_path in zip(options.lessons, options.places, strict=True):
        lessons = read_lessons(lessons_path)
        numbers = {id(lesson): number for number, lesson in enumerate(lessons)}
        learnt, kept = split(lessons, measured)
        training.append(read_places(places_path, {numbers[id(lesson)] for lesson in learnt}))
        held_out.append(read_places(places_path, {numbers[id(lesson)] for lesson in kept}))
    training, held_out = together(training), together(held_out)
    print(json.dumps({"training": len(training), "held_out": len(held_out)}), flush=True)
    head = fit(training, options.hidden, options.epochs, options.seed, lambda step, loss: print(step, round(loss, 5), flush=True))
    if len(held_out):
        print(json.dumps(measure(head, held_out)))
    save(head, options.output / "copy_head.safetensors")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lessons", type=Path, nargs="+", required=True)
    parser.add_argument("--places", type=Path, nargs="+", required=True, help="those of each file of lessons, in the same order")
    parser.add_argument("--measured", type=Path, nargs="*", default=[], help="further lessons, which training must not resemble")
    parser.add_argument("--output", type=Path, required=True, help="the adapter's folder")
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--epochs", type=float, default=6)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
