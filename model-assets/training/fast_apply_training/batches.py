"""Batches of examples for training: the curriculum over lengths, and drawing ahead in other processes."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from random import Random

from .base_model import read_tokenizer
from .examples import Example, training_example
from .prompt import PromptEncoder


LOOK_BACK = 6
# Examples with a smaller share of ambiguous tokens are drawn less often: they teach less for the same time.
AMBIGUOUS = 0.035
LEAST_ACCEPTANCE = 0.1


class ExampleSource:
    """Draws examples whose length fits the curriculum: the limit grows from `shortest` to `longest` tokens."""

    CHARACTERS_PER_TOKEN = 3.3

    def __init__(self, lessons: list[dict], encoder: PromptEncoder, shortest: int, longest: int, random: Random):
        self.lessons = sorted(lessons, key=self._estimate)
        self.estimates = [self._estimate(lesson) for lesson in self.lessons]
        self.encoder = encoder
        self.shortest, self.longest = shortest, longest
        self.random = random

    def _estimate(self, lesson: dict) -> float:
        return 1.15 * (len(lesson["before"]) + len(lesson["after"])) / self.CHARACTERS_PER_TOKEN

    def batch(self, tokens: int, progress: float) -> list[Example]:
        """Examples of about `tokens` tokens together, longest first."""
        limit = self.shortest + (self.longest - self.shortest) * min(1.0, max(0.0, (progress - 0.15) / 0.6))
        count = sum(estimate <= limit for estimate in self.estimates)
        examples, total = [], 0
        while total < tokens:
            lesson = self.lessons[self.random.randrange(count)]
            if self.random.random() > acceptance(lesson):
                continue
            example = training_example(lesson, self.encoder, self.random)
            if example.length > limit * 1.15:
                continue
            if self.random.random() > max(LEAST_ACCEPTANCE, ambiguity(example) / AMBIGUOUS):
                continue
            examples.append(example)
            total += example.length
        return sorted(examples, key=lambda example: -example.length)


def acceptance(lesson: dict) -> float:
    """Most commits change one place; most edits that people ask a chat model for change several."""
    return min(1.0, 0.12 + 0.05 * lesson["changed_lines"] + 0.2 * (lesson["hunks"] - 1))


def ambiguity(example: Example) -> float:
    """The share of tokens that are copied from a place whose last few tokens stand elsewhere in the prompt, too, before others.

    There a copy goes astray if the model looks back no further than that.
    """
    prompt = example.prompt
    following: dict[tuple[int, ...], set[int]] = {}
    for end in range(LOOK_BACK, len(prompt)):
        following.setdefault(tuple(prompt[end - LOOK_BACK : end]), set()).add(prompt[end])
    text = prompt[-LOOK_BACK:] + example.answer
    spans = (tuple(text[end - LOOK_BACK : end]) for end in range(LOOK_BACK, len(text)))
    return sum(len(following.get(span, ())) > 1 for span in spans) / example.length


class BatchQueue:
    """Batches drawn ahead by `workers` processes, so that a GPU never waits for Python; 0 draws them in place.

    Every worker has a seed of its own. The curriculum runs a few batches late.
    """

    AHEAD = 3

    def __init__(self, lessons: list[dict], gguf: Path, encoder: PromptEncoder, options, seed: int):
        self.workers = options.workers
        self.waiting: deque = deque()
        if self.workers == 0:
            self.source = ExampleSource(lessons, encoder, options.shortest, options.longest, Random(seed))
        else:
            arguments = (lessons, gguf, options.shortest, options.longest)
            self.pools = [
                ProcessPoolExecutor(1, get_context("spawn"), initializer=start_worker, initargs=(*arguments, seed * 1000 + number))
                for number in range(self.workers)
            ]
            self.drawn = 0

    def batch(self, tokens: int, progress: float) -> list[Example]:
        if self.workers == 0:
            return self.source.batch(tokens, progress)
        while len(self.waiting) < self.workers * self.AHEAD:
            pool = self.pools[self.drawn % self.workers]
            self.waiting.append(pool.submit(worker_batch, tokens, progress))
            self.drawn += 1
        return self.waiting.popleft().result()

    def close(self) -> None:
        for pool in self.pools if self.workers else ():
            pool.shutdown(wait=True, cancel_futures=True)


def start_worker(lessons: list[dict], gguf: Path, shortest: int, longest: int, seed: int) -> None:
    global worker_source
    encoder = PromptEncoder(read_tokenizer(gguf))
    worker_source = ExampleSource(lessons, encoder, shortest, longest, Random(seed))


def worker_batch(tokens: int, progress: float) -> list[Example]:
    return worker_source.batch(tokens, progress)
