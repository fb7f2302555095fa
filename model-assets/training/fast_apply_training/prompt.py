"""The prompt of the default model, as token ids.

Every piece of text is encoded on its own, control tokens are put in by id, and
the results are concatenated, so that a file or a sketch that contains the text
of a control token cannot end a turn. The engine builds the same ids;
`prompt_golden.json` is the example both are tested against.
"""

from __future__ import annotations

from tokenizers import Tokenizer

TURN_START = "<|im_start|>"
TURN_END = "<|im_end|>"
INSTRUCTION_LIMIT = 1000


class PromptEncoder:
    """Turns texts into the ids of a prompt and of an answer."""

    def __init__(self, tokenizer: Tokenizer):
        self.tokenizer = tokenizer
        self.turn_start = tokenizer.token_to_id(TURN_START)
        self.turn_end = tokenizer.token_to_id(TURN_END)

    def text(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def prompt(self, original: str, sketch: str, instruction: str | None, conversation: str | None = None) -> list[int]:
        ids: list[int] = []
        for kind, text in prompt_pieces(original, sketch, instruction, conversation):
            if kind == "control":
                ids.append(self.tokenizer.token_to_id(text))
            else:
                ids.extend(self.text(text))
        return ids

    def answer(self, rewrite: str) -> list[int]:
        return self.text(rewrite) + [self.turn_end]


def prompt_pieces(
    original: str, sketch: str, instruction: str | None, conversation: str | None = None
) -> list[tuple[str, str]]:
    """The prompt as ("control", token) and ("text", text) pieces, in order."""
    pieces = [
        ("control", TURN_START),
        ("text", "user\n<code>\n"),
        ("text", original),
        ("text", "</code>\n<update>\n"),
        ("text", sketch if sketch.endswith("\n") else sketch + "\n"),
        ("text", "</update>\n"),
    ]
    instruction = (instruction or "").strip()[:INSTRUCTION_LIMIT]
    if instruction:
        pieces += [("text", "<instruction>"), ("text", instruction), ("text", "</instruction>\n")]
    if conversation:
        pieces += [("text", "<conversation>"), ("text", conversation), ("text", "</conversation>\n")]
    pieces += [
        ("control", TURN_END),
        ("text", "\n"),
        ("control", TURN_START),
        ("text", "assistant\n"),
    ]
    return pieces
