"""What transformers predicts on real code with the default model's dequantised weights, in f32.

Cuts each file into windows of token ids (no control tokens) and writes, for each window, the ids and at each
position the model's first choice, its logit and its lead over the second choice. JSON:
{model_sha256, windows: [{file, start, ids, top1, logit, margin}]}, all lists of the window's length.

default-model/top1.json holds three windows; other files make a larger check:
    top1_agreement.py MODEL.gguf FILE... --windows 8 --out top1.json
"""

import argparse
import hashlib
import json
from pathlib import Path

import gguf
import torch
from check_tokenizer import hugging_face_tokenizer
from gguf_llama import load_dequantised, metadata


def predictions(model: torch.nn.Module, ids: list[int]) -> dict[str, list]:
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
    best = logits.topk(2)
    return {
        "top1": best.indices[:, 0].tolist(),
        "logit": [round(value, 4) for value in best.values[:, 0].tolist()],
        "margin": [round(value, 5) for value in (best.values[:, 0] - best.values[:, 1]).tolist()],
    }


def main() -> None:
    fixtures = Path(__file__).parent.parent / "fixtures"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gguf", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--window", type=int, default=300, help="tokens in a window")
    parser.add_argument("--windows", type=int, default=1, help="windows from the start of each file, at most")
    parser.add_argument("--out", type=Path, default=fixtures / "default-model" / "top1.json")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = hugging_face_tokenizer(metadata(gguf.GGUFReader(arguments.gguf)))
    model = load_dequantised(arguments.gguf)
    windows = []
    for path in arguments.files:
        ids = tokenizer.encode(path.read_bytes().decode().replace("\r\n", "\n"), add_special_tokens=False).ids
        for start in range(0, len(ids), arguments.window)[: arguments.windows]:
            window = ids[start : start + arguments.window]
            windows.append({"file": path.name, "start": start, "ids": window} | predictions(model, window))
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(arguments.gguf.read_bytes()).hexdigest()
    lines = ",\n".join(json.dumps(window, separators=(",", ":")) for window in windows)
    arguments.out.write_text(f'{{"model_sha256": "{digest}", "windows": [\n{lines}\n]}}\n')
    margins = [margin for window in windows for margin in window["margin"]]
    hits = sum(
        choice == token for window in windows for choice, token in zip(window["top1"], window["ids"][1:])
    )
    print(
        f"{len(windows)} windows, {len(margins)} positions, {sum(m < 1e-3 for m in margins)} of them with a margin "
        f"under 1e-3; the first choice is the file's own next token {hits / (len(margins) - len(windows)):.1%}"
    )


if __name__ == "__main__":
    main()
