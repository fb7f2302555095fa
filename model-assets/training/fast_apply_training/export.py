"""Adapters on disk: the PEFT layout, f16 factors, with Hugging Face names and row order."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from .base_model import LINEARS, BaseModel
from .transformer import Adapter

SIZE_LIMIT = 16_000_000


def save_adapter(adapter: Adapter, directory: Path, base_name: str) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for key, (down, up) in adapter.factors.items():
        tensors[f"base_model.model.{key}.lora_A.weight"] = down.detach().cpu().to(torch.float16).contiguous()
        tensors[f"base_model.model.{key}.lora_B.weight"] = up.detach().cpu().to(torch.float16).contiguous()
    path = directory / "adapter_model.safetensors"
    save_file(tensors, path, metadata={"format": "pt"})
    if path.stat().st_size > SIZE_LIMIT:
        raise ValueError(f"{path} is larger than {SIZE_LIMIT} bytes; lower the rank")
    configuration = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base_name,
        "r": adapter.rank,
        "lora_alpha": adapter.alpha,
        "lora_dropout": 0.0,
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "use_rslora": False,
        "target_modules": [name.split(".")[1] for _, name in LINEARS],
    }
    (directory / "adapter_config.json").write_text(json.dumps(configuration, indent=2) + "\n")


def load_adapter(base: BaseModel, directory: Path, device: str = "cpu") -> Adapter:
    configuration = json.loads((directory / "adapter_config.json").read_text())
    adapter = Adapter(base, configuration["r"], configuration["lora_alpha"], seed=0, device=device)
    tensors = load_file(directory / "adapter_model.safetensors")
    with torch.no_grad():
        for key, (down, up) in adapter.factors.items():
            down.copy_(tensors[f"base_model.model.{key}.lora_A.weight"])
            up.copy_(tensors[f"base_model.model.{key}.lora_B.weight"])
    return adapter
