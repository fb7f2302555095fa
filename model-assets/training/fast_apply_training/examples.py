"""Training examples: an edit as token ids, with a weight for each token of the answer."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from random import Random

from .prompt import PromptEncoder
from .sketches import synthesize

TURN_WEIGHT = 5.0
LINE_START_WEIGHT = 2.0
NO_OP_SHARE = 0.02


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


def synthesize_example(row: dict, encoder: PromptEncoder, random: Random) -> Example | None:
    """One draw of a sketch for a commit pair; None where the draw led to none."""
    before, after = row["before"], row["after"]
    sketch = synthesize(before, after, row["lang"], row["instruction"], random)
    if sketch is None:
        return None
    if random.random() < NO_OP_SHARE:
        before = after
    return encode_example(encoder, before, after, sketch.text, sketch.instruction)


def encode_example(encoder: PromptEncoder, before: str, after: str, sketch: str, instruction: str | None) -> Example:
    answer = encoder.answer(after)
    weights = answer_weights(encoder, before, after, answer)
    return Example(encoder.prompt(before, sketch, instruction), answer, weights, len(after.encode()))


def answer_weights(encoder: PromptEncoder, before: str, after: str, answer: list[int]) -> list[float]:
    """Weight 5 where copying from the original stops or starts again, 2 at other line starts, 1 elsewhere.

    Within a changed run of lines, the places are those of the token-level difference.
    """
    pieces = [encoder.tokenizer.id_to_token(token) for token in answer]
    weights = [LINE_START_WEIGHT if index and pieces[index - 1].endswith("Ċ") else 1.0 for index in range(len(answer))]
    weights[-1] = LINE_START_WEIGHT
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
