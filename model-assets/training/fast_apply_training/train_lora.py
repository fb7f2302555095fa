"""Trains a LoRA adapter for the default model.

    python -m fast_apply_training.train_lora --gguf MODEL.gguf --lessons LESSONS.jsonl.zst --output RUN --minutes 120

The learning rate follows a cosine over the wall-clock budget, so that a run
ends with a finished adapter whatever the speed of the machine. A run continues
from RUN/checkpoint.pt if that exists; a first run may start from a finished
adapter (`--start`). RUN/log.jsonl holds one line per report.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import threading
import time
from datetime import datetime
from pathlib import Path

import torch

from .base_model import BaseModel
from .batches import BatchQueue
from .evaluation import evaluate, sample
from .examples import Example
from .export import load_adapter, save_adapter
from .lessons import read_lessons, split
from .prompt import PromptEncoder
from .transformer import Adapter, Transformer, WeightedCrossEntropy


class Lanes:
    """Gradients of a batch, computed by several threads that take `pack_tokens` of examples at a time, at least one.

    On a shared machine this keeps every core busy, where one product split over
    all cores would wait for the slowest.
    """

    def __init__(self, transformer: Transformer, adapter: Adapter, count: int, pack_tokens: int):
        self.transformer = transformer
        self.parameters = adapter.parameters()
        self.count = count
        self.pack_tokens = pack_tokens
        self.lock = threading.Lock()

    def gradients(self, batch: list[Example]) -> float:
        """Leaves the gradients in the parameters; returns the weighted mean loss in nats."""
        total_weight = sum(sum(example.weights) for example in batch)
        self.queue = list(batch)
        self.loss = 0.0
        self.failure: BaseException | None = None
        for parameter in self.parameters:
            parameter.grad = None
        if self.count == 1:
            self._work(total_weight)
        else:
            threads = [threading.Thread(target=self._work, args=(total_weight,)) for _ in range(self.count)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        if self.failure is not None:
            raise self.failure
        return self.loss

    def _work(self, total_weight: float) -> None:
        try:
            while True:
                pack = self._take()
                if not pack:
                    return
                loss = self._loss(pack) / total_weight
                gradients = torch.autograd.grad(loss, self.parameters)
                with self.lock:
                    self.loss += float(loss.detach())
                    for parameter, gradient in zip(self.parameters, gradients):
                        parameter.grad = gradient if parameter.grad is None else parameter.grad.add_(gradient)
        except BaseException as failure:
            self.failure = failure

    def _take(self) -> list[Example]:
        with self.lock:
            pack, tokens = [], 0
            while self.queue and (not pack or tokens + self.queue[0].length <= self.pack_tokens):
                pack.append(self.queue.pop(0))
                tokens += pack[-1].length
            return pack

    def _loss(self, pack: list[Example]) -> torch.Tensor:
        """The weighted sum of the losses of all answer tokens of the pack."""
        device = self.transformer.device
        hidden = self.transformer.hidden([example.prompt + example.answer[:-1] for example in pack])
        rows, start = [], 0
        for example in pack:
            rows.append(torch.arange(start + len(example.prompt) - 1, start + example.length - 1))
            start += example.length - 1
        targets = torch.tensor([token for example in pack for token in example.answer], device=device)
        weights = torch.tensor([weight for example in pack for weight in example.weights], device=device)
        answers = hidden.index_select(0, torch.cat(rows).to(device))
        return WeightedCrossEntropy.apply(answers, self.transformer.head, targets, weights)


def main() -> None:
    options = arguments()
    torch.set_num_threads(options.threads_per_lane)
    options.output.mkdir(parents=True, exist_ok=True)
    base = BaseModel(options.gguf)
    encoder = PromptEncoder(base.tokenizer)
    measured = [lesson for path in options.measured for lesson in read_lessons(path)]
    lessons = [lesson for path in options.lessons for lesson in read_lessons(path)]
    training, held_out = split(lessons, measured)
    report(options, {"event": "data", "training": len(training), "held_out": len(held_out)})
    probe = [example for _, example in sample(held_out, encoder, 0, 80, options.probe_cases, seed=7)]

    if options.start:
        adapter = load_adapter(base, options.start, options.device)
    else:
        adapter = Adapter(base, options.rank, options.alpha, options.seed, options.device)
    transformer = Transformer(base, adapter, options.device, getattr(torch, options.dtype))
    optimizer = torch.optim.AdamW(adapter.parameters(), lr=options.learning_rate, betas=(0.9, 0.98), weight_decay=0.0)
    state = {"step": 0, "tokens": 0, "seconds": 0.0}
    checkpoint = options.output / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True, map_location=options.device)
        with torch.no_grad():
            for parameter, value in zip(adapter.parameters(), saved["parameters"]):
                parameter.copy_(value)
        optimizer.load_state_dict(saved["optimizer"])
        state = saved["state"]
        transformer.merge()
    queue = BatchQueue(training, options.gguf, encoder, options, options.seed + state["step"])
    lanes = Lanes(transformer, adapter, options.lanes, options.pack_tokens)

    def save() -> None:
        parameters = [parameter.detach() for parameter in adapter.parameters()]
        partial = checkpoint.with_suffix(".partial")
        torch.save({"parameters": parameters, "optimizer": optimizer.state_dict(), "state": state}, partial)
        os.replace(partial, checkpoint)
        save_adapter(adapter, options.output / "adapter", options.base_name)

    started = time.monotonic()
    already = state["seconds"]
    budget = options.minutes * 60
    if options.until:
        now = datetime.now()
        end = datetime.combine(now.date(), datetime.strptime(options.until, "%H:%M").time())
        budget = already + (end - now).total_seconds()
    last_save = last_probe = started
    while True:
        state["seconds"] = already + time.monotonic() - started
        progress = state["seconds"] / budget
        if progress >= 1.0 or state["step"] >= options.steps:
            break
        rate = learning_rate(options, state["step"], progress)
        for group in optimizer.param_groups:
            group["lr"] = rate
        batch = queue.batch(options.batch_tokens, progress)
        step_started = time.monotonic()
        loss = lanes.gradients(batch)
        norm = float(torch.nn.utils.clip_grad_norm_(adapter.parameters(), 1.0))
        optimizer.step()
        transformer.merge()
        tokens = sum(example.length for example in batch)
        state["step"] += 1
        state["tokens"] += tokens
        seconds = time.monotonic() - step_started
        report(options, {
            "event": "step", "step": state["step"], "tokens": state["tokens"], "loss": round(loss, 4), "norm": round(norm, 3),
            "rate": round(rate, 7), "examples": len(batch), "tokens_per_second": round(tokens / seconds), "progress": round(progress, 3),
        })
        now = time.monotonic()
        if now - last_save > options.save_minutes * 60:
            save()
            last_save = now
        if now - last_probe > options.probe_minutes * 60 and probe:
            report(options, {"event": "probe", "tokens": state["tokens"], **evaluate(transformer, probe).summary()})
            last_probe = time.monotonic()
    queue.close()
    save()
    if probe:
        report(options, {"event": "probe", "tokens": state["tokens"], **evaluate(transformer, probe).summary()})


def learning_rate(options, step: int, progress: float) -> float:
    warm = min(1.0, (step + 1) / options.warm_up_steps)
    return options.learning_rate * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0))))


def report(options, entry: dict) -> None:
    line = json.dumps({"time": time.strftime("%H:%M:%S"), **entry})
    print(line, flush=True)
    with open(options.output / "log.jsonl", "a") as log:
        log.write(line + "\n")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gguf", type=Path, required=True, help="the base model")
    parser.add_argument("--lessons", type=Path, nargs="+", required=True, help="lessons, JSON Lines, plain or .zst; several draws of the same pairs give variety")
    parser.add_argument("--measured", type=Path, nargs="*", default=[], help="further lessons, which training must not resemble")
    parser.add_argument("--output", type=Path, required=True, help="folder of the run")
    parser.add_argument("--start", type=Path, help="an adapter to go on from, with its rank and alpha")
    parser.add_argument("--base-name", default="HuggingFaceTB/SmolLM2-135M-Instruct")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32", choices=("float32", "bfloat16"))
    parser.add_argument("--lanes", type=int, default=2, help="threads that compute gradients; 1 on a GPU")
    parser.add_argument("--threads-per-lane", type=int, default=1)
    parser.add_argument("--pack-tokens", type=int, default=0, help="tokens a lane computes in one pass; 0: one example at a time")
    parser.add_argument("--workers", type=int, default=0, help="processes that draw examples ahead")
    parser.add_argument("--minutes", type=float, default=120, help="training time over which the learning rate falls to zero")
    parser.add_argument("--until", help="end at this time of day (HH:MM) instead")
    parser.add_argument("--steps", type=int, default=1_000_000_000)
    parser.add_argument("--rank", type=int, default=24)
    parser.add_argument("--alpha", type=float, default=32.0)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--warm-up-steps", type=int, default=15)
    parser.add_argument("--batch-tokens", type=int, default=4500)
    parser.add_argument("--shortest", type=int, default=1200, help="token limit of an example at the start")
    parser.add_argument("--longest", type=int, default=2600, help="token limit at the end")
    parser.add_argument("--save-minutes", type=float, default=5)
    parser.add_argument("--probe-minutes", type=float, default=20)
    parser.add_argument("--probe-cases", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
