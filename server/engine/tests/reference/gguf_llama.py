"""Llama's weights between GGUF and Hugging Face: names, and the order of the query and key rows.

llama.cpp rotates neighbouring pairs (2i, 2i + 1) of a head where transformers rotates (i, i + head_dim / 2), so
its converter reorders the rows of q_proj and k_proj within each head. Everything else is the same matrix.
"""

from pathlib import Path

import gguf
import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM

OUTER_NAMES = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
LAYER_NAMES = {
    "attn_norm.weight": "input_layernorm.weight",
    "ffn_norm.weight": "post_attention_layernorm.weight",
    "attn_q.weight": "self_attn.q_proj.weight",
    "attn_k.weight": "self_attn.k_proj.weight",
    "attn_v.weight": "self_attn.v_proj.weight",
    "attn_output.weight": "self_attn.o_proj.weight",
    "ffn_gate.weight": "mlp.gate_proj.weight",
    "ffn_up.weight": "mlp.up_proj.weight",
    "ffn_down.weight": "mlp.down_proj.weight",
}


def to_interleaved(matrix: np.ndarray, heads: int) -> np.ndarray:
    """Rows of q_proj or k_proj [heads * head_dim, hidden] from transformers' order to llama.cpp's."""
    return matrix.reshape(heads, 2, -1, matrix.shape[1]).swapaxes(1, 2).reshape(matrix.shape)


def to_halves(matrix: np.ndarray, heads: int) -> np.ndarray:
    """The inverse of to_interleaved."""
    return matrix.reshape(heads, -1, 2, matrix.shape[1]).swapaxes(1, 2).reshape(matrix.shape)


def hugging_face_name(name: str) -> str:
    """The name in transformers of a GGUF tensor."""
    if name in OUTER_NAMES:
        return OUTER_NAMES[name]
    _, layer, rest = name.split(".", 2)
    return f"model.layers.{layer}.{LAYER_NAMES[rest]}"


def metadata(reader: gguf.GGUFReader) -> dict:
    return {name: field.contents() for name, field in reader.fields.items()}


def load_dequantised(path: Path, rope_scaling: dict | None = None) -> LlamaForCausalLM:
    """The GGUF as an f32 model of transformers, with eager attention.

    GGUF keeps Llama 3's rope scaling as rope_freqs.weight, the factors alone; rope_scaling gives it in words.
    """
    reader = gguf.GGUFReader(path)
    values = metadata(reader)
    heads, key_value_heads = values["llama.attention.head_count"], values["llama.attention.head_count_kv"]
    weights = {}
    for tensor in reader.tensors:
        if tensor.name == "rope_freqs.weight":
            assert rope_scaling is not None, "this file scales its rotary frequencies"
            continue
        value = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        if tensor.name.endswith("attn_q.weight"):
            value = to_halves(value, heads)
        elif tensor.name.endswith("attn_k.weight"):
            value = to_halves(value, key_value_heads)
        weights[hugging_face_name(tensor.name)] = torch.from_numpy(np.array(value, order="C"))
    config = LlamaConfig(
        vocab_size=weights["model.embed_tokens.weight"].shape[0],
        hidden_size=values["llama.embedding_length"],
        intermediate_size=values["llama.feed_forward_length"],
        num_hidden_layers=values["llama.block_count"],
        num_attention_heads=heads,
        num_key_value_heads=key_value_heads,
        max_position_embeddings=values["llama.context_length"],
        rms_norm_eps=values["llama.attention.layer_norm_rms_epsilon"],
        rope_theta=values["llama.rope.freq_base"],
        rope_scaling=rope_scaling,
        tie_word_embeddings="lm_head.weight" not in weights,
        attn_implementation="eager",
    )
    model = LlamaForCausalLM(config)
    missing, unexpected = model.load_state_dict(weights, strict=False)
    assert not unexpected and set(missing) <= {"lm_head.weight"}, (missing, unexpected)
    model.tie_weights()
    return model.float().eval()
