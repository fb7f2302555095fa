"""Llama 3's real vocabulary as a GGUF without tensors, and tiktoken's ids for the tokenizer samples.

The vocabulary is tokenizer.model of the Python package llama-models (its wheel is read, never installed):
    pip download --no-deps llama-models==0.3.0
    check_llama3_tokenizer.py llama_models-0.3.0-py3-none-any.whl llama3-vocabulary.gguf
The GGUF (some 8 MB) holds tokenizer.ggml.* as llama.cpp's converter writes it. It is not committed.
The ids go to tokenizer/llama3_ids.json: [{name, text, ids}]. Hugging Face's tokenizers must agree on each
sample, and on each further file, when built from what the GGUF holds.
"""

import argparse
import base64
import zipfile
from pathlib import Path

import gguf
import tiktoken
from gguf_llama import metadata
from tokenizer_samples import SAMPLES, write_cases
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers.convert_slow_tokenizer import bytes_to_unicode

MODEL_IN_WHEEL = "llama_models/llama3/tokenizer.model"
WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
NAMED_CONTROLS = [
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|reserved_special_token_0|>",
    "<|reserved_special_token_1|>",
    "<|finetune_right_pad_id|>",
    "<|reserved_special_token_2|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eom_id|>",
    "<|eot_id|>",
    "<|python_tag|>",
]
# The names as in Hugging Face's tokenizer of Llama 3.1 to 3.3; there are 256 in all.
CONTROLS = NAMED_CONTROLS + [f"<|reserved_special_token_{index}|>" for index in range(3, 248)]


def read_ranks(wheel: Path) -> dict[bytes, int]:
    lines = zipfile.ZipFile(wheel).read(MODEL_IN_WHEEL).splitlines()
    return {base64.b64decode(token): int(rank) for token, rank in map(bytes.split, lines)}


def merges(ranks: dict[bytes, int]) -> list[tuple[bytes, bytes]]:
    """Every way to put a token together from two others, in the order that Hugging Face's converter gives."""
    found = []
    for token, _ in sorted(ranks.items(), key=lambda item: item[1]):
        splits = [(token[:cut], token[cut:]) for cut in range(1, len(token))]
        known = [(left, right) for left, right in splits if left in ranks and right in ranks]
        found += sorted(known, key=lambda pair: (ranks[pair[0]], ranks[pair[1]]))
    return found


def write_vocabulary(path: Path, ranks: dict[bytes, int]) -> None:
    letters = bytes_to_unicode()

    def spelled(token: bytes) -> str:
        return "".join(letters[byte] for byte in token)

    tokens = [spelled(token) for token in sorted(ranks, key=ranks.get)] + CONTROLS
    kinds = [gguf.TokenType.NORMAL] * len(ranks) + [gguf.TokenType.CONTROL] * len(CONTROLS)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([f"{spelled(left)} {spelled(right)}" for left, right in merges(ranks)])
    writer.add_bos_token_id(tokens.index("<|begin_of_text|>"))
    writer.add_eos_token_id(tokens.index("<|eot_id|>"))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


def hugging_face_tokenizer(values: dict) -> Tokenizer:
    vocabulary = {token: index for index, token in enumerate(values["tokenizer.ggml.tokens"])}
    pairs = [tuple(merge.split(" ")) for merge in values["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=pairs, ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def main() -> None:
    fixtures = Path(__file__).parent.parent / "fixtures"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("gguf", type=Path, help="where the vocabulary is written")
    parser.add_argument("files", type=Path, nargs="*", help="further texts on which the two must agree")
    parser.add_argument("--out", type=Path, default=fixtures / "tokenizer" / "llama3_ids.json")
    arguments = parser.parse_args()
    ranks = read_ranks(arguments.wheel)
    write_vocabulary(arguments.gguf, ranks)
    values = metadata(gguf.GGUFReader(arguments.gguf))
    tokenizer = hugging_face_tokenizer(values)
    encoding = tiktoken.Encoding("llama3", pat_str=WORDS, mergeable_ranks=ranks, special_tokens={})
    cases = []
    for name, text in SAMPLES.items():
        ids = encoding.encode_ordinary(text)
        assert ids == tokenizer.encode(text, add_special_tokens=False).ids, name
        cases.append({"name": name, "text": text, "ids": ids})
    write_cases(arguments.out, cases)
    for path in arguments.files:
        text = path.read_bytes().decode()
        assert encoding.encode_ordinary(text) == tokenizer.encode(text, add_special_tokens=False).ids, path
    print(
        f"{len(values['tokenizer.ggml.tokens'])} tokens, {len(values['tokenizer.ggml.merges'])} merges; "
        f"{len(cases)} samples of {sum(len(case['ids']) for case in cases)} ids, {len(arguments.files)} files agree"
    )


if __name__ == "__main__":
    main()
