"""Write two tiny random Llamas as Hugging Face directories, with the logits of transformers beside them.

tiny-llama31: untied embeddings and Llama 3.1's rope scaling, whose three regimes all occur within the ids.
tiny-tied:    tied embeddings, three query heads to a key/value head and rope_theta 100,000, as in SmolLM2.

Each directory holds config.json, model.safetensors and reference.safetensors:
ids (i64, [160]) and logits (f32, [160, vocab]) of eager attention in f32.
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import LlamaForCausalLM

TOKENS = 160

COMMON = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "attention_bias": False,
    "attention_dropout": 0.0,
    "mlp_bias": False,
    "hidden_act": "silu",
    "initializer_range": 0.02,
    "num_hidden_layers": 2,
    "pretraining_tp": 1,
    "rms_norm_eps": 1e-05,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "torch_dtype": "float32",
    "use_cache": True,
}

CONFIGS = {
    "tiny-llama31": COMMON
    | {
        "vocab_size": 160,
        "hidden_size": 64,
        "intermediate_size": 64,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
        "rope_theta": 500000.0,
        "rope_scaling": {
            "rope_type": "llama3",
            "factor": 8.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 64,
        },
        "tie_word_embeddings": False,
    },
    "tiny-tied": COMMON
    | {
        "vocab_size": 256,
        "hidden_size": 48,
        "intermediate_size": 96,
        "num_attention_heads": 6,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
        "rope_theta": 100000.0,
        "rope_scaling": None,
        "tie_word_embeddings": True,
    },
}


def random_weights(config: dict, generator: torch.Generator) -> dict[str, torch.Tensor]:
    """Random weights under Hugging Face's names, scaled so that attention has a say and logits stay small."""
    hidden, inner, vocab = config["hidden_size"], config["intermediate_size"], config["vocab_size"]
    key_value = hidden // config["num_attention_heads"] * config["num_key_value_heads"]

    def matrix(rows: int, columns: int, gain: float = 1.0) -> torch.Tensor:
        return torch.randn(rows, columns, generator=generator) * gain / columns**0.5

    def norm() -> torch.Tensor:
        return 1.0 + 0.2 * torch.randn(hidden, generator=generator)

    weights = {"model.embed_tokens.weight": matrix(vocab, hidden, 2.0), "model.norm.weight": norm()}
    if not config["tie_word_embeddings"]:
        weights["lm_head.weight"] = matrix(vocab, hidden, 2.0)
    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}."
        weights |= {
            prefix + "input_layernorm.weight": norm(),
            prefix + "post_attention_layernorm.weight": norm(),
            prefix + "self_attn.q_proj.weight": matrix(hidden, hidden, 1.5),
            prefix + "self_attn.k_proj.weight": matrix(key_value, hidden, 1.5),
            prefix + "self_attn.v_proj.weight": matrix(key_value, hidden),
            prefix + "self_attn.o_proj.weight": matrix(hidden, hidden),
            prefix + "mlp.gate_proj.weight": matrix(inner, hidden),
            prefix + "mlp.up_proj.weight": matrix(inner, hidden),
            prefix + "mlp.down_proj.weight": matrix(hidden, inner),
        }
    return weights


def reference_logits(directory: Path, ids: torch.Tensor) -> torch.Tensor:
    """The logits [n, vocab] of the directory as transformers reads it."""
    model = LlamaForCausalLM.from_pretrained(directory, dtype=torch.float32, attn_implementation="eager").eval()
    wanted = json.loads((directory / "config.json").read_text())
    read = model.config.rope_parameters
    assert read["rope_theta"] == wanted["rope_theta"], read
    for name, value in (wanted["rope_scaling"] or {"rope_type": "default"}).items():
        assert read[name] == value, read
    with torch.no_grad():
        return model(ids[None]).logits[0].contiguous()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "fixtures")
    parser.add_argument("--seed", type=int, default=20)
    arguments = parser.parse_args()
    for name, config in CONFIGS.items():
        generator = torch.Generator().manual_seed(arguments.seed)
        directory = arguments.out / name
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "config.json").write_text(json.dumps(config, indent=2) + "\n")
        save_file(random_weights(config, generator), directory / "model.safetensors", metadata={"format": "pt"})
        ids = torch.randint(0, config["vocab_size"], (TOKENS,), generator=generator)
        logits = reference_logits(directory, ids)
        save_file({"ids": ids, "logits": logits}, directory / "reference.safetensors")
        print(f"{name}: logits of standard deviation {logits.std():.2f}, largest {logits.abs().max():.2f}")


if __name__ == "__main__":
    main()
