"""Teacher-forced evaluation.

A greedy rewrite is exact if and only if every greedy choice, given the true
text so far, is the true next token; so one forward pass decides a case.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

import torch

from .examples import TURN_WEIGHT, Example, encode_example
from .prompt import PromptEncoder
from .transformer import Transformer, score


@dataclass
class Totals:
    """`wrong_turns` are the wrong tokens where copying from the original stops or starts again."""

    cases: int = 0
    exact: int = 0
    wrong_tokens: int = 0
    wrong_turns: int = 0
    nats: float = 0.0
    answer_bytes: int = 0

    @property
    def bits_per_byte(self) -> float:
        return self.nats / math.log(2) / max(self.answer_bytes, 1)

    @property
    def exact_rate(self) -> float:
        return self.exact / max(self.cases, 1)

    def summary(self) -> dict:
        return {
            "cases": self.cases,
            "exact": self.exact,
            "exact_rate": round(self.exact_rate, 4),
            "wrong_tokens_per_case": round(self.wrong_tokens / max(self.cases, 1), 3),
            "wrong_turns_per_case": round(self.wrong_turns / max(self.cases, 1), 3),
            "bits_per_byte": round(self.bits_per_byte, 5),
        }


def sample(lessons: list[dict], encoder: PromptEncoder, low: int, high: int, count: int, seed: int) -> list[tuple[dict, Example]]:
    """Of files of `low` to `high - 1` lines, evenly from all repositories; the same ones for the same seed."""
    random = Random(seed)
    by_repository: dict[str, list[dict]] = {}
    for lesson in lessons:
        if low <= len(lesson["before"].splitlines()) < high:
            by_repository.setdefault(lesson["repo"], []).append(lesson)
    for group in by_repository.values():
        random.shuffle(group)
    queue = []
    groups = [by_repository[name] for name in sorted(by_repository)]
    while groups:
        for group in groups:
            queue.append(group.pop())
        groups = [group for group in groups if group]
    return [(lesson, encode_example(encoder, lesson)) for lesson in queue[:count]]


@torch.no_grad()
def evaluate_case(transformer: Transformer, example: Example) -> Totals:
    hidden = transformer.hidden([example.prompt + example.answer[:-1]])[len(example.prompt) - 1 :]
    targets = torch.tensor(example.answer, device=transformer.device)
    losses, right = score(transformer, hidden, targets)
    wrong = ~right.cpu()
    turns = torch.tensor(example.weights) == TURN_WEIGHT
    return Totals(
        cases=1,
        exact=int(not wrong.any()),
        wrong_tokens=int(wrong.sum()),
        wrong_turns=int((wrong & turns).sum()),
        nats=float(losses.double().sum()),
        answer_bytes=example.answer_bytes,
    )


def evaluate(transformer: Transformer, examples: list[Example]) -> Totals:
    totals = Totals()
    for example in examples:
        add(totals, evaluate_case(transformer, example))
    return totals


def add(totals: Totals, case: Totals) -> None:
    totals.cases += case.cases
    totals.exact += case.exact
    totals.wrong_tokens += case.wrong_tokens
    totals.wrong_turns += case.wrong_turns
    totals.nats += case.nats
    totals.answer_bytes += case.answer_bytes
