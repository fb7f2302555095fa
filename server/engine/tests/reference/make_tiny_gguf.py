"""Write tiny-llama31 as GGUF files of six tensor types, laid out as llama.cpp's converter lays them out.

tiny-gguf/{f32,f16,bf16,q8_0,q4_0,q4_1}.gguf: all matrices in that type, the norms and rope_freqs in f32.
tiny-gguf/reference.safetensors: ids (i64, [96]) and, for each file, logits.TYPE (f32, [96, vocab]) of
transformers on the weights that the file holds once dequantised.
"""

import argparse
import json
import math
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf_llama import hugging_face_name, load_dequantised, to_interleaved
from safetensors.numpy import load_file
from safetensors.torch import save_file

TYPES = {"f32": "ALL_F32", "f16": "MOSTLY_F16", "bf16": "MOSTLY_BF16"} | {
    name: f"MOSTLY_{name.upper()}" for name in ("q8_0", "q4_0", "q4_1")
}
TOKENS = 96


def rope_factors(config: dict) -> np.ndarray:
    """What each rotary frequency is divided by, f32 [head_dim / 2]: llama.cpp's form of Llama 3's scaling."""
    scaling = config["rope_scaling"]
    head_dim = config["hidden_size"] // config["num_attention_heads"]
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    factors = []
    for index in range(0, head_dim, 2):
        wavelength = 2 * math.pi * config["rope_theta"] ** (index / head_dim)
        turns = scaling["original_max_position_embeddings"] / wavelength
        smooth = min(1.0, max(0.0, (turns - low) / (high - low)))
        factors.append(1 / ((1 - smooth) / scaling["factor"] + smooth))
    return np.array(factors, dtype=np.float32)


def write_gguf(path: Path, kind: str, config: dict, weights: dict[str, np.ndarray]) -> None:
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_type("model")
    writer.add_name("tiny-llama31")
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])
    writer.add_rope_dimension_count(config["hidden_size"] // config["num_attention_heads"])
    writer.add_file_type(gguf.LlamaFileType[TYPES[kind]])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    tensor_names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config["num_hidden_layers"])
    tensor_type = gguf.GGMLQuantizationType[kind.upper()]
    writer.add_tensor("rope_freqs.weight", rope_factors(config))
    for name, value in weights.items():
        gguf_name = tensor_names.get_name(name, try_suffixes=(".weight",))
        assert hugging_face_name(gguf_name) == name
        if value.ndim == 1:
            writer.add_tensor(gguf_name, value)
            continue
        if name.endswith("q_proj.weight"):
            value = to_interleaved(value, config["num_attention_heads"])
        elif name.endswith("k_proj.weight"):
            value = to_interleaved(value, config["num_key_value_heads"])
        writer.add_tensor(gguf_name, gguf.quants.quantize(value, tensor_type), raw_dtype=tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main() -> None:
    fixtures = Path(__file__).parent.parent / "fixtures"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=fixtures / "tiny-llama31")
    parser.add_argument("--out", type=Path, default=fixtures / "tiny-gguf")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    config = json.loads((arguments.model / "config.json").read_text())
    weights = load_file(arguments.model / "model.safetensors")
    original = load_file(arguments.model / "reference.safetensors")
    ids = torch.from_numpy(original["ids"][:TOKENS].copy())
    reference = {"ids": ids}
    for kind in TYPES:
        path = arguments.out / f"{kind}.gguf"
        write_gguf(path, kind, config, weights)
        model = load_dequantised(path, config["rope_scaling"])
        scaled = model.model.rotary_emb.inv_freq * torch.from_numpy(rope_factors(config))
        unscaled = config["rope_theta"] ** -(torch.arange(len(scaled)) / len(scaled))
        torch.testing.assert_close(scaled, unscaled)
        with torch.no_grad():
            logits = model(ids[None]).logits[0].contiguous()
        reference[f"logits.{kind}"] = logits
        distance = np.abs(logits.numpy() - original["logits"][:TOKENS]).max()
        print(f"{path.name}: {path.stat().st_size} bytes, logits within {distance:.2g} of the safetensors'")
    save_file(reference, arguments.out / "reference.safetensors")


if __name__ == "__main__":
    main()
