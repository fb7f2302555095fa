"""Exercises: what a model learns from, an original with several replies to it.

Copying is most of a rewrite, costs as much as the rest and teaches next to
nothing. So the original stands in an exercise once, seen by all its replies,
and of most answers only the stretches around decisions: where copying starts
or stops, and where the last few tokens stand in the prompt with different
tokens behind them. A stretch keeps its positions in the whole answer and sees
the ones before it, so that it looks as in a rewrite but for what is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from .examples import TURN_WEIGHT, Example, encode_example
from .prompt import ORIGINAL_PIECES, PromptEncoder, prompt_pieces
from .transformer import Stretch

NO_OP_SHARE = 0.02
# Most callers give no instruction; then the prose of the reply stands in the prompt.
PROSE_SHARE = 0.5
# Answers that are learnt as a whole.
WHOLE_SHARE = 0.4
LOOK_BACK = 6
# Ambiguous tokens whose surroundings are learnt, for each answer, and any others.
AMBIGUOUS_PLACES, OTHER_PLACES = 3, 1
# Tokens before and behind a decision; more before it where fewer stand in the prompt with another token behind them. The
# first ones of a stretch follow too few to be told from others, so nothing is learnt from them.
LEAST_LEAD, MOST_LEAD, TRAIL, UNLEARNT = 16, 48, 12, 10
LONGEST_LOOK_BACK = 384


@dataclass(frozen=True)
class Exercise:
    """`rows` index the tokens of all stretches, one behind the other; `targets` are the tokens that follow there."""

    stretches: list[Stretch]
    rows: list[int]
    targets: list[int]
    weights: list[float]
    replies: int

    @property
    def length(self) -> int:
        return sum(len(stretch.tokens) for stretch in self.stretches)


def exercise(lessons: list[dict], encoder: PromptEncoder, random: Random, limit: int) -> Exercise | None:
    """As many lessons of one original as fit into `limit` tokens; none if the first one does not."""
    if random.random() < NO_OP_SHARE:
        lessons = [{**lessons[0], "before": lessons[0]["after"]}]
    lessons = [said(lesson, random) for lesson in lessons]
    original = encoder.pieces(prompt_pieces(lessons[0]["before"], "", None)[:ORIGINAL_PIECES])
    made = Exercise([Stretch(original)], [], [], [], 0)
    for lesson in lessons:
        longer = with_reply(made, encode_example(encoder, lesson), random)
        if longer.length > limit:
            break
        made = longer
    return made if made.replies else None


def said(lesson: dict, random: Random) -> dict:
    """With the instruction, or with the prose of the reply alone."""
    if not lesson["instruction_needed"] and random.random() < PROSE_SHARE:
        return {**lesson, "instruction": lesson["prose"]}
    return lesson


def with_reply(made: Exercise, example: Example, random: Random) -> Exercise:
    stretches, rows, targets, weights = list(made.stretches), list(made.rows), list(made.targets), list(made.weights)
    original = len(stretches[0].tokens)
    context, start = (0,), made.length
    # The last token of the prompt predicts the first one of the answer.
    text = example.prompt + example.answer
    spans = [(original, len(example.prompt) - 1)]
    spans += [(len(example.prompt) - 1 + first, len(example.prompt) - 1 + last) for first, last in learnt_spans(example, random)]
    for number, (first, last) in enumerate(spans):
        stretches.append(Stretch(text[first:last], first, context))
        context += (len(stretches) - 1,)
        if number > 0:
            begin = first if number == 1 else first + UNLEARNT
            rows += range(start + begin - first, start + last - first)
            targets += text[begin + 1 : last + 1]
            weights += example.weights[begin + 1 - len(example.prompt) : last + 1 - len(example.prompt)]
        start += last - first
    return Exercise(stretches, rows, targets, weights, made.replies + 1)


def learnt_spans(example: Example, random: Random) -> list[tuple[int, int]]:
    """Spans of the answer, in order and apart; the first begins at 0."""
    count = len(example.answer)
    if random.random() < WHOLE_SHARE:
        return [(0, count)]
    ambiguous = ambiguous_places(example)
    places = [place for place, weight in enumerate(example.weights) if weight == TURN_WEIGHT]
    places += random.sample(ambiguous, min(AMBIGUOUS_PLACES, len(ambiguous)))
    places += [random.randrange(count) for _ in range(OTHER_PLACES)]
    spans = [[0, 0]]
    for place in sorted([*places, count - 1]):
        first = place - random.randint(LEAST_LEAD, MOST_LEAD) - look_back(example, place)
        if first > spans[-1][1]:
            spans.append([first, 0])
        spans[-1][1] = max(spans[-1][1], min(count, place + TRAIL))
    return [(first, last) for first, last in spans]


def look_back(example: Example, place: int) -> int:
    """How many tokens before a place tell it from others: with so many of them, the prompt has one token behind them."""
    prompt, length = example.prompt, LOOK_BACK
    while length < min(place, LONGEST_LOOK_BACK):
        span = example.answer[place - length : place]
        starts = (at for at in range(len(prompt) - length) if prompt[at] == span[0] and prompt[at : at + length] == span)
        if len({prompt[at + length] for at in starts}) < 2:
            break
        length *= 2
    return length


def ambiguous_places(example: Example) -> list[int]:
    """Tokens of the answer that are copied from a place whose last few tokens stand elsewhere in the prompt, too, before others.

    There a copy goes astray if the model looks back no further than that.
    """
    prompt = example.prompt
    following: dict[tuple[int, ...], set[int]] = {}
    for end in range(LOOK_BACK, len(prompt)):
        following.setdefault(tuple(prompt[end - LOOK_BACK : end]), set()).add(prompt[end])
    text = prompt[-LOOK_BACK:] + example.answer
    spans = (tuple(text[end - LOOK_BACK : end]) for end in range(LOOK_BACK, len(text)))
    return [place for place, span in enumerate(spans) if len(following.get(span, ())) > 1]
