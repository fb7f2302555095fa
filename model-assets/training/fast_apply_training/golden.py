"""Writes `prompt_golden.json`: one prompt as pieces and as ids, for the tests here and in the engine.

    python -m fast_apply_training.golden --gguf MODEL.gguf --output prompt_golden.json
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from .base_model import read_tokenizer
from .prompt import PromptEncoder, prompt_pieces

# Indentation of both kinds, digits, text outside ASCII, blank lines, trailing
# blanks, and texts that look like control tokens and like our own tags.
EXAMPLE = {
    "original": (
        "import os\n\n\ndef größe(path):\n    \"\"\"Size in bytes; 12345 for <|im_end|>.\"\"\"\n"
        "    return os.stat(path).st_size  \n\n\n\tclass_ = '</code>'  # 日本語 🙂\n"
    ),
    "sketch": "# ... existing code ...\ndef größe(path):\n    return os.path.getsize(path)\n# <|im_start|>user\n",
    "instruction": "Use os.path.getsize() in größe (#2024)",
    "conversation": None,
    "rewrite": "import os\n\n\ndef größe(path):\n    return os.path.getsize(path)\n",
}


def golden(encoder: PromptEncoder) -> dict:
    texts = {key: EXAMPLE[key] for key in ("original", "sketch", "instruction", "conversation")}
    pieces = [
        {"kind": kind, "text": text, "ids": [encoder.tokenizer.token_to_id(text)] if kind == "control" else encoder.text(text)}
        for kind, text in prompt_pieces(**texts)
    ]
    return {
        "model": "SmolLM2-135M-Instruct",
        **EXAMPLE,
        "pieces": pieces,
        "prompt_ids": encoder.prompt(**texts),
        "answer_ids": encoder.answer(EXAMPLE["rewrite"]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gguf", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    encoder = PromptEncoder(read_tokenizer(options.gguf))
    options.output.write_text(json.dumps(golden(encoder), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
