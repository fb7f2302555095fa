"""Training examples: an edit as token ids, with a weight for each token of the answer."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from random import Random

from .prompt import PromptEncoder

# No more, because most of a weak adapter's wrong tokens are in the midst of copies.
TURN_WEIGHT = 3.0
NO_OP_SHARE = 0.02
# Most callers give no instruction; then the prose of the reply stands in the prompt.
PROSE_SHARE = 0.5


@dataclass(frozen=True)
class Example:
    """`weights[i]` belongs to the answer token at position `prompt_length + i`."""

    prompt: list[int]
    answer: list[int]
    weights: list[float]
    answer_bytes: int

    @property
    def length(self) -> int:
        return len(self.prompt) + len(self.answer)


def training_example(lesson: dict, encoder: PromptEncoder, random: Random) -> Example:
    """The lesson, with the instruction or with the reply's prose, and now and then as an edit that has been made already."""
    instruction = lesson["instruction"]
    if not lesson["instruction_needed"] and random.random() < PROSE_SHARE:
        instruction = lesson["prose"]
    before = lesson["after"] if random.random() < NO_OP_SHARE else lesson["before"]
    return encode_example(encoder, {**lesson, "before": before, "instruction": instruction})


def encode_example(encoder: PromptEncoder, lesson: dict) -> Example:
    """The lesson as evaluations see it: with the instruction where there is one, else with the prose."""
    answer = encoder.answer(lesson["after"])
    weights = answer_weights(encoder, lesson["before"], lesson["after"], answer)
    prompt = encoder.prompt(lesson["before"], lesson["sketch"], lesson["instruction"] or lesson["prose"])
    return Example(prompt, answer, weights, len(lesson["after"].encode()))


def answer_weights(encoder: PromptEncoder, before: str, after: str, answer: list[int]) -> list[float]:
    """More weight at the start and where copying from the original stops or starts again, 1 elsewhere.

    Within a changed run of lines, the places are those of the token-level difference.
    """
    weights = [TURN_WEIGHT] + [1.0] * (len(answer) - 1)
    original = encoder.text(before)
    head = 0
    while head < min(len(original), len(answer)) and original[head] == answer[head]:
        head += 1
    tail = 0
    while tail < min(len(original), len(answer) - 1) - head and original[-1 - tail] == answer[-2 - tail]:
        tail += 1
    old, new = original[head : len(original) - tail], answer[head : len(answer) - 1 - tail]
    # A long changed stretch is compared by lines first, since token comparison is quadratic.
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False) if len(old) * len(new) < 4_000_000 else None
    if matcher is None:
        return weights
    for tag, _, _, start, stop in matcher.get_opcodes():
        if tag != "equal":
            weights[head + start] = TURN_WEIGHT
            weights[head + stop] = TURN_WEIGHT
    return weights
