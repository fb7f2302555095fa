"""Train a tiny Llama to do the rewrite task on bare token ids, and write fresh cases of the task.

A sequence is BOS original SEP1 sketch SEP2 rewrite EOS. The sketch shows each changed place with one to three
tokens of context on either side, and MARKER for every unchanged run that it leaves out. Tokens repeat within
an original, so a copy is sometimes ambiguous and a drafter is sometimes wrong.

tiny-copy/config.json, model.safetensors: the model (bf16), a Hugging Face directory.
tiny-copy/cases.json: the special ids and cases {original, sketch, rewrite, prompt}; prompt ends with SEP2.
"""

import argparse
import json
import random
import time
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch.nn.functional import cross_entropy
from transformers import LlamaConfig, LlamaForCausalLM

PAD, BOS, EOS, SEP1, SEP2, MARKER = range(6)
SPECIAL = {"pad": PAD, "bos": BOS, "eos": EOS, "sep1": SEP1, "sep2": SEP2, "marker": MARKER}
FIRST_SYMBOL = 8
VOCAB = 192
LONGEST_ORIGINAL = 96

CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "attention_bias": False,
    "mlp_bias": False,
    "hidden_act": "silu",
    "hidden_size": 96,
    "intermediate_size": 192,
    "num_hidden_layers": 3,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "vocab_size": VOCAB,
    "max_position_embeddings": 512,
    "rms_norm_eps": 1e-05,
    "rope_theta": 10000.0,
    "rope_scaling": None,
    "tie_word_embeddings": False,
    "bos_token_id": BOS,
    "eos_token_id": EOS,
    "torch_dtype": "bfloat16",
}


def random_symbols(count: int, source: random.Random) -> list[int]:
    return [source.randrange(FIRST_SYMBOL, VOCAB) for _ in range(count)]


def random_original(length: int, source: random.Random) -> list[int]:
    """Random symbols, where now and then two or three tokens from earlier on come again."""
    original = random_symbols(min(length, 4), source)
    while len(original) < length:
        if source.random() < 0.03:
            start = source.randrange(len(original) - 2)
            original += original[start : start + source.randint(2, 3)]
        else:
            original += random_symbols(1, source)
    return original[:length]


def random_case(length: int, source: random.Random) -> dict[str, list[int]]:
    """An original of the given length and one to three insertions, replacements or deletions of it."""
    original = random_original(length, source)
    changes = source.randint(1, max(1, min(3, length // 12)))
    starts = sorted(source.sample(range(length + 1), changes))
    rewrite, sketch = [], []
    copied = 0  # original[:copied] is in the rewrite, or deleted
    shown = 0  # original[:shown] is in the sketch, deleted, or behind a marker
    for index, start in enumerate(starts):
        limit = starts[index + 1] if index + 1 < changes else length
        removed = min(source.choice([0, 0, 1, 1, 2, 3, 5]), limit - start)
        added = random_symbols(source.randint(0 if removed else 1, 5), source)
        before = max(shown, start - source.randint(1, 3))
        if before > shown:
            sketch.append(MARKER)
        sketch += original[before:start] + added
        rewrite += original[copied:start] + added
        copied = start + removed
        shown = min(limit, copied + source.randint(1, 3))
        sketch += original[copied:shown]
    if shown < length:
        sketch.append(MARKER)
    rewrite += original[copied:]
    prompt = [BOS, *original, SEP1, *sketch, SEP2]
    return {"original": original, "sketch": sketch, "rewrite": rewrite, "prompt": prompt}


def batch(cases: list[dict[str, list[int]]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids [cases, n], padded on the right, and the labels: the rewrite and its EOS, elsewhere -100."""
    rows = [case["prompt"] + case["rewrite"] + [EOS] for case in cases]
    width = max(map(len, rows))
    ids = torch.full((len(rows), width), PAD)
    labels = torch.full((len(rows), width), -100)
    for index, (case, row) in enumerate(zip(cases, rows)):
        ids[index, : len(row)] = torch.tensor(row)
        labels[index, len(case["prompt"]) : len(row)] = ids[index, len(case["prompt"]) : len(row)]
    return ids, labels


def accuracy(model: LlamaForCausalLM, cases: list[dict[str, list[int]]]) -> float:
    """The share of rewrite tokens that are the model's first choice, teacher-forced."""
    right = total = 0
    with torch.no_grad():
        for start in range(0, len(cases), 16):
            ids, labels = batch(cases[start : start + 16])
            choice = model(ids).logits[:, :-1].argmax(-1)
            asked = labels[:, 1:] != -100
            right += (choice[asked] == labels[:, 1:][asked]).sum().item()
            total += asked.sum().item()
    return right / total


def rewrites_exactly(model: LlamaForCausalLM, case: dict[str, list[int]]) -> bool:
    """Whether plain greedy decoding writes the true rewrite and then ends."""
    prompt = torch.tensor([case["prompt"]])
    answer = case["rewrite"] + [EOS]
    written = model.generate(
        prompt, max_new_tokens=len(answer), do_sample=False, eos_token_id=EOS, pad_token_id=PAD
    )
    return written[0, prompt.shape[1] :].tolist() == answer


def train(model: LlamaForCausalLM, steps: int, rate: float, seed: int) -> None:
    source = random.Random(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / 50) * min(1.0, 0.02 + 3 * (1 - step / steps))
    )
    held_out = [random_case(source.randint(8, LONGEST_ORIGINAL), source) for _ in range(48)]
    began = time.monotonic()
    for step in range(steps):
        longest = int(16 + (LONGEST_ORIGINAL - 16) * min(1.0, max(0.0, (step / steps - 0.2) / 0.4)))
        length = source.randint(8, longest)
        cases = [random_case(length, source) for _ in range(max(8, 1024 // length))]
        ids, labels = batch(cases)
        logits = model(ids).logits
        loss = cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 200 == 199:
            right = accuracy(model, held_out)
            seconds = time.monotonic() - began
            print(f"step {step + 1}: loss {loss:.3f}, accuracy {right:.4f}, {seconds:.0f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "fixtures" / "tiny-copy")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--cases", type=int, default=60)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(arguments.seed)

    model = LlamaForCausalLM(LlamaConfig(**CONFIG)).float()
    train(model, arguments.steps, arguments.rate, arguments.seed)

    arguments.out.mkdir(parents=True, exist_ok=True)
    weights = {name: value.detach().bfloat16().contiguous() for name, value in model.state_dict().items()}
    save_file(weights, arguments.out / "model.safetensors", metadata={"format": "pt"})
    (arguments.out / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")
    source = random.Random(arguments.seed + 1)
    cases = [random_case(source.randint(40, LONGEST_ORIGINAL), source) for _ in range(arguments.cases)]
    text = ",\n".join("  " + json.dumps(case, separators=(",", ":")) for case in cases)
    (arguments.out / "cases.json").write_text(f'{{"special": {json.dumps(SPECIAL)}, "cases": [\n{text}\n]}}\n')

    saved = LlamaForCausalLM.from_pretrained(arguments.out, dtype=torch.float32).eval()
    longest = max(len(case["prompt"]) + len(case["rewrite"]) + 1 for case in cases)
    exact = sum(rewrites_exactly(saved, case) for case in cases)
    print(
        f"the {len(cases)} cases, with the weights as saved: teacher-forced accuracy {accuracy(saved, cases):.4f}, "
        f"{exact} exact by greedy decoding; longest sequence {longest}"
    )


if __name__ == "__main__":
    main()
