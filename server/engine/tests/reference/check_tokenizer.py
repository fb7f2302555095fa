"""Reference ids of the default model's tokenizer, from the metadata of its GGUF.

Two implementations that share no code must agree on each sample, and on each further file: Hugging Face's
tokenizers, and tiktoken on the text cut at the digits. Control tokens are off, so text stays text.
Writes tokenizer/smollm_ids.json: [{name, text, ids}].
"""

import argparse
from pathlib import Path

import gguf
import regex
import tiktoken
from gguf_llama import metadata
from tokenizer_samples import SAMPLES, write_cases
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers.convert_slow_tokenizer import bytes_to_unicode

GPT2_WORDS = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
NORMAL = int(gguf.TokenType.NORMAL)


def hugging_face_tokenizer(values: dict) -> Tokenizer:
    """SmolLM2's pipeline: each digit by itself, then GPT-2's words, then the merges."""
    vocabulary = {token: index for index, token in enumerate(values["tokenizer.ggml.tokens"])}
    merges = [tuple(merge.split(" ")) for merge in values["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def tiktoken_encoding(values: dict) -> tiktoken.Encoding:
    """The same merges as ranks: a token's id is the rank of the merge that makes it."""
    byte_of = {letter: byte for byte, letter in bytes_to_unicode().items()}
    ranks = {
        bytes(byte_of[letter] for letter in token): index
        for index, (token, kind) in enumerate(
            zip(values["tokenizer.ggml.tokens"], values["tokenizer.ggml.token_type"])
        )
        if kind == NORMAL
    }
    return tiktoken.Encoding("smollm", pat_str=GPT2_WORDS, mergeable_ranks=ranks, special_tokens={})


def tiktoken_ids(encoding: tiktoken.Encoding, text: str) -> list[int]:
    pieces = regex.split(r"(\p{N})", text)
    return [token for piece in pieces for token in encoding.encode_ordinary(piece)]


def main() -> None:
    fixtures = Path(__file__).parent.parent / "fixtures"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gguf", type=Path)
    parser.add_argument("files", type=Path, nargs="*", help="further texts on which the two must agree")
    parser.add_argument("--out", type=Path, default=fixtures / "tokenizer" / "smollm_ids.json")
    arguments = parser.parse_args()
    values = metadata(gguf.GGUFReader(arguments.gguf))
    assert values["tokenizer.ggml.pre"] == "smollm"
    tokenizer, encoding = hugging_face_tokenizer(values), tiktoken_encoding(values)
    cases = []
    for name, text in SAMPLES.items():
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        assert ids == tiktoken_ids(encoding, text), name
        assert tokenizer.decode(ids, skip_special_tokens=False) == text, name
        cases.append({"name": name, "text": text, "ids": ids})
    write_cases(arguments.out, cases)
    for path in arguments.files:
        text = path.read_bytes().decode()
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        assert ids == tiktoken_ids(encoding, text), path
    print(f"{len(cases)} samples of {sum(len(case['ids']) for case in cases)} ids, {len(arguments.files)} files agree")


if __name__ == "__main__":
    main()
