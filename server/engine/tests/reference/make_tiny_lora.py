"""Write two random PEFT adapters for tiny-tied, with the logits of peft beside them.

tiny-lora:        rank 4, alpha 8 on all seven projections; factor 2.
tiny-lora-rslora: rank 4, alpha 6 on q_proj and v_proj with rank-stabilised scaling; factor 6 / sqrt(4).

Each directory holds adapter_config.json, adapter_model.safetensors and reference.safetensors:
ids (i64, [64]) and logits (f32, [64, vocab]) of the base with the adapter on it, in f32.
"""

import argparse
import json
import tempfile
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import LlamaForCausalLM

TOKENS = 64
ADAPTERS = {
    "tiny-lora": {
        "r": 4,
        "lora_alpha": 8,
        "target_modules": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
    },
    "tiny-lora-rslora": {"r": 4, "lora_alpha": 6, "target_modules": ["q_proj", "v_proj"], "use_rslora": True},
}


def base_model(directory: Path) -> LlamaForCausalLM:
    return LlamaForCausalLM.from_pretrained(directory, dtype=torch.float32, attn_implementation="eager").eval()


def main() -> None:
    fixtures = Path(__file__).parent.parent / "fixtures"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, default=fixtures / "tiny-tied")
    parser.add_argument("--out", type=Path, default=fixtures)
    parser.add_argument("--seed", type=int, default=20)
    arguments = parser.parse_args()
    base = load_file(arguments.base / "reference.safetensors")
    ids, plain = base["ids"][:TOKENS].contiguous(), base["logits"][:TOKENS]
    for name, settings in ADAPTERS.items():
        generator = torch.Generator().manual_seed(arguments.seed)
        config = LoraConfig(task_type="CAUSAL_LM", lora_dropout=0.0, **settings)
        model = get_peft_model(base_model(arguments.base), config)
        with torch.no_grad():
            for parameter_name, parameter in model.named_parameters():
                if "lora_" in parameter_name:
                    noise = torch.randn(parameter.shape, generator=generator)
                    parameter.copy_(noise * 0.3 / parameter.shape[1] ** 0.5)
        directory = arguments.out / name
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as written:
            model.save_pretrained(written)
            adapter = json.loads((Path(written) / "adapter_config.json").read_text())
            adapter["base_model_name_or_path"] = arguments.base.name
            adapter["target_modules"].sort()
            (directory / "adapter_config.json").write_text(json.dumps(adapter, indent=2) + "\n")
            (directory / "adapter_model.safetensors").write_bytes(
                (Path(written) / "adapter_model.safetensors").read_bytes()
            )
        saved = PeftModel.from_pretrained(base_model(arguments.base), directory).eval()
        with torch.no_grad():
            logits = saved(ids[None]).logits[0].contiguous()
        save_file({"ids": ids, "logits": logits}, directory / "reference.safetensors")
        print(f"{name}: moves the logits by {(logits - plain).abs().max():.2f} at most")


if __name__ == "__main__":
    main()
