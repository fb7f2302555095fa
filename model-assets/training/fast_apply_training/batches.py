"""Batches of exercises for training: the curriculum over lengths, and drawing ahead in other processes."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from random import Random

from .base_model import read_tokenizer
from .examples import encode_example
from .exercises import Exercise, ambiguous_places, exercise
from .prompt import PromptEncoder


# A lesson with a smaller share of ambiguous tokens is drawn less often: it teaches less for the same time.
AMBIGUOUS = 0.035
LEAST_ACCEPTANCE = 0.1
MOST_REPLIES = 6
# An original takes no more of an exercise, so that several replies find room.
ORIGINAL_SHARE = 0.4
CHARACTERS_PER_TOKEN = 3.3


class ExerciseSource:
    """Draws exercises whose length fits the curriculum: the limit grows from `shortest` to `longest` tokens."""

    def __init__(self, lessons: list[dict], encoder: PromptEncoder, shortest: int, longest: int, random: Random):
        self.lessons = sorted(lessons, key=lambda lesson: len(lesson["before"]))
        self.lengths = [len(lesson["before"]) for lesson in self.lessons]
        self.replies: dict[str, list[dict]] = {}
        for lesson in lessons:
            self.replies.setdefault(lesson["before"], []).append(lesson)
        self.encoder = encoder
        self.shortest, self.longest = shortest, longest
        self.random = random

    def batch(self, tokens: int, progress: float) -> list[Exercise]:
        """Exercises of about `tokens` tokens together, longest first."""
        limit = self.shortest + (self.longest - self.shortest) * min(1.0, max(0.0, (progress - 0.15) / 0.6))
        count = bisect_right(self.lengths, limit * ORIGINAL_SHARE * CHARACTERS_PER_TOKEN)
        exercises, total = [], 0
        while total < tokens:
            lesson = self.lessons[self.random.randrange(count)]
            if self.random.random() > acceptance(lesson):
                continue
            example = encode_example(self.encoder, lesson)
            share = len(ambiguous_places(example)) / example.length
            if self.random.random() > max(LEAST_ACCEPTANCE, share / AMBIGUOUS):
                continue
            others = [other for other in self.replies[lesson["before"]] if other is not lesson]
            self.random.shuffle(others)
            made = exercise([lesson, *others[: MOST_REPLIES - 1]], self.encoder, self.random, limit)
            if made is None:
                continue
            exercises.append(made)
            total += made.length
        return sorted(exercises, key=lambda made: -made.length)


def acceptance(lesson: dict) -> float:
    """Most commits change one place; most edits that people ask a chat model for change several."""
    return min(1.0, 0.12 + 0.05 * lesson["changed_lines"] + 0.2 * (lesson["hunks"] - 1))


class BatchQueue:
    """Batches drawn ahead by `workers` processes, so that a GPU never waits for Python; 0 draws them in place.

    Every worker has a seed of its own. The curriculum runs a few batches late.
    """

    AHEAD = 3

    def __init__(self, lessons: list[dict], gguf: Path, encoder: PromptEncoder, options, seed: int):
        self.workers = options.workers
        self.waiting: deque = deque()
        if self.workers == 0:
            self.source = ExerciseSource(lessons, encoder, options.shortest, options.longest, Random(seed))
        else:
            arguments = (lessons, gguf, options.shortest, options.longest)
            self.pools = [
                ProcessPoolExecutor(1, get_context("spawn"), initializer=start_worker, initargs=(*arguments, seed * 1000 + number))
                for number in range(self.workers)
            ]
            self.drawn = 0

    def batch(self, tokens: int, progress: float) -> list[Exercise]:
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
    worker_source = ExerciseSource(lessons, encoder, shortest, longest, Random(seed))


def worker_batch(tokens: int, progress: float) -> list[Exercise]:
    return worker_source.batch(tokens, progress)
