"""The base model exactly as shipped: a GGUF file, dequantised to f32, and its tokenizer.

The Llama converter of llama.cpp interleaves the rows of the query and key
projections (rotary pairs become neighbours). Everything in this package uses
the Hugging Face order, so the rows are put back here, in one place. Adapters
are saved in the Hugging Face order too.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy
import torch
from gguf import GGUFReader
from gguf.quants import dequantize
from tokenizers import Tokenizer, decoders, models, pre_tokenizers


@dataclass(frozen=True)
class Geometry:
    """Sizes of a Llama model with a tied output head."""

    layers: int
    hidden: int
    feed_forward: int
    heads: int
    key_value_heads: int
    vocabulary: int
    rope_base: float
    norm_epsilon: float
    context: int

    @property
    def head_size(self) -> int:
        return self.hidden // self.heads


# Names of the seven linear layers of a block: GGUF name, Hugging Face name.
LINEARS = (
    ("attn_q", "self_attn.q_proj"),
    ("attn_k", "self_attn.k_proj"),
    ("attn_v", "self_attn.v_proj"),
    ("attn_output", "self_attn.o_proj"),
    ("ffn_gate", "mlp.gate_proj"),
    ("ffn_up", "mlp.up_proj"),
    ("ffn_down", "mlp.down_proj"),
)


class BaseModel:
    """Weights (f32, Hugging Face names and row order), geometry and tokenizer of one GGUF file."""

    def __init__(self, path: Path):
        reader = GGUFReader(str(path))

        def field(name: str):
            return reader.fields[name].contents()

        if field("general.architecture") != "llama":
            raise ValueError(f"{path}: not a Llama model")
        self.geometry = Geometry(
            layers=field("llama.block_count"),
            hidden=field("llama.embedding_length"),
            feed_forward=field("llama.feed_forward_length"),
            heads=field("llama.attention.head_count"),
            key_value_heads=field("llama.attention.head_count_kv"),
            vocabulary=field("llama.vocab_size"),
            rope_base=field("llama.rope.freq_base"),
            norm_epsilon=field("llama.attention.layer_norm_rms_epsilon"),
            context=field("llama.context_length"),
        )
        tensors = {tensor.name: tensor for tensor in reader.tensors}
        if "output.weight" in tensors:
            raise ValueError(f"{path}: only models with a tied output head are supported")
        self.weights = self._weights(tensors)
        self.tokenizer = gguf_tokenizer(field("tokenizer.ggml.tokens"), field("tokenizer.ggml.merges"))

    def _weights(self, tensors) -> dict[str, torch.Tensor]:
        def load(name: str) -> torch.Tensor:
            tensor = tensors[name]
            return torch.from_numpy(dequantize(tensor.data, tensor.tensor_type).astype(numpy.float32))

        geometry = self.geometry
        weights = {
            "model.embed_tokens.weight": load("token_embd.weight"),
            "model.norm.weight": load("output_norm.weight"),
        }
        for layer in range(geometry.layers):
            prefix = f"model.layers.{layer}."
            weights[prefix + "input_layernorm.weight"] = load(f"blk.{layer}.attn_norm.weight")
            weights[prefix + "post_attention_layernorm.weight"] = load(f"blk.{layer}.ffn_norm.weight")
            for gguf_name, name in LINEARS:
                weight = load(f"blk.{layer}.{gguf_name}.weight")
                if gguf_name == "attn_q":
                    weight = half_split_rows(weight, geometry.heads)
                elif gguf_name == "attn_k":
                    weight = half_split_rows(weight, geometry.key_value_heads)
                weights[prefix + name + ".weight"] = weight
        return weights


def read_tokenizer(path: Path) -> Tokenizer:
    """The tokenizer of a GGUF file, without its weights."""
    fields = GGUFReader(str(path)).fields
    return gguf_tokenizer(fields["tokenizer.ggml.tokens"].contents(), fields["tokenizer.ggml.merges"].contents())


def half_split_rows(weight: torch.Tensor, heads: int) -> torch.Tensor:
    """Rows with neighbouring rotary pairs (GGUF) to rows with split halves (Hugging Face)."""
    rows, columns = weight.shape
    return weight.reshape(heads, rows // heads // 2, 2, columns).transpose(1, 2).reshape(rows, columns).contiguous()


def gguf_tokenizer(tokens: list[str], merges: list[str]) -> Tokenizer:
    """The byte-level BPE of SmolLM2 (GGUF pre-tokenizer `smollm`: single digits, then GPT-2's pattern).

    Control tokens are not registered as special, so text that looks like one stays text.
    """
    vocabulary = {token: index for index, token in enumerate(tokens)}
    pairs = [tuple(merge.split(" ", 1)) for merge in merges]
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=pairs))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer
