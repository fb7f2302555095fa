"""A Llama transformer for packed sequences, with low-rank adapters merged into its weights.

Sequences are concatenated without padding: every linear layer sees one long
matrix, and only attention runs per sequence. The forward pass uses
`W + scale * B A`; the backward pass computes the gradients of A and B without
ever forming the gradient of W, so an adapter costs next to nothing.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as functional

from .base_model import LINEARS, BaseModel

# Layers that share an input run as one matrix product.
FUSED = (
    ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    ("self_attn.o_proj",),
    ("mlp.gate_proj", "mlp.up_proj"),
    ("mlp.down_proj",),
)


class Adapter:
    """The low-rank factors of every linear layer: `A` is (rank, inputs), `B` is (outputs, rank)."""

    def __init__(self, base: BaseModel, rank: int, alpha: float, seed: int, device: str = "cpu"):
        generator = torch.Generator().manual_seed(seed)
        self.rank = rank
        self.alpha = alpha
        self.factors: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}
        for layer in range(base.geometry.layers):
            for _, name in LINEARS:
                key = f"model.layers.{layer}.{name}"
                outputs, inputs = base.weights[key + ".weight"].shape
                bound = 1 / math.sqrt(inputs)
                a = (torch.rand(rank, inputs, generator=generator) * 2 - 1) * bound
                b = torch.zeros(outputs, rank)
                self.factors[key] = (a.to(device).requires_grad_(), b.to(device).requires_grad_())

    @property
    def scale(self) -> float:
        return self.alpha / self.rank

    def parameters(self) -> list[torch.Tensor]:
        return [factor for pair in self.factors.values() for factor in pair]


class Transformer:
    """Packed-sequence Llama. `dtype` is that of the matrix products; norms and the residual stream are f32."""

    def __init__(self, base: BaseModel, adapter: Adapter | None, device: str = "cpu", dtype: torch.dtype = torch.float32):
        self.geometry = base.geometry
        self.adapter = adapter
        self.device = device
        self.dtype = dtype
        self.embedding = base.weights["model.embed_tokens.weight"].to(device)
        self.head = self.embedding.to(dtype)
        self.norms = {name: w.to(device) for name, w in base.weights.items() if "norm" in name}
        self.fused: dict[str, torch.Tensor] = {}
        for layer in range(self.geometry.layers):
            for group in FUSED:
                keys = [f"model.layers.{layer}.{name}" for name in group]
                self.fused[keys[0]] = torch.cat([base.weights[key + ".weight"] for key in keys]).to(device)
        self.merged = {key: weight.to(dtype) for key, weight in self.fused.items()}
        if adapter is not None:
            self.merge()

    @torch.no_grad()
    def merge(self) -> None:
        """Brings the merged weights up to date with the adapter; call after every optimizer step."""
        for layer in range(self.geometry.layers):
            for group in FUSED:
                keys = [f"model.layers.{layer}.{name}" for name in group]
                delta = torch.cat([self.adapter.factors[key][1] @ self.adapter.factors[key][0] for key in keys])
                merged = torch.add(self.fused[keys[0]], delta, alpha=self.adapter.scale)
                self.merged[keys[0]] = merged.to(self.dtype)

    def hidden(self, sequences: list[list[int]]) -> torch.Tensor:
        """Final hidden states of all tokens, concatenated: (total tokens, hidden), before the output head."""
        lengths = [len(sequence) for sequence in sequences]
        ids = torch.tensor([token for sequence in sequences for token in sequence], device=self.device)
        cosine, sine = self._rotary(lengths)
        stream = self.embedding[ids]
        for layer in range(self.geometry.layers):
            prefix = f"model.layers.{layer}."
            stream = stream + self._attention(prefix, stream, lengths, cosine, sine)
            stream = stream + self._feed_forward(prefix, stream)
        return self._norm("model.norm.weight", stream)

    def _attention(self, prefix, stream, lengths, cosine, sine) -> torch.Tensor:
        geometry = self.geometry
        size = geometry.head_size
        group = geometry.heads // geometry.key_value_heads
        normed = self._norm(prefix + "input_layernorm.weight", stream)
        mixed = self._linear(prefix, FUSED[0], normed)
        heads = mixed.view(-1, geometry.heads + 2 * geometry.key_value_heads, size)
        heads = RotateHeads.apply(heads, cosine, sine, geometry.heads + geometry.key_value_heads).transpose(0, 1)
        query, key, value = heads.split((geometry.heads, geometry.key_value_heads, geometry.key_value_heads))
        key = key.repeat_interleave(group, dim=0)
        value = value.repeat_interleave(group, dim=0)
        outputs = []
        start = 0
        for length in lengths:
            span = slice(start, start + length)
            output = functional.scaled_dot_product_attention(
                query[None, :, span], key[None, :, span], value[None, :, span], is_causal=True
            )
            outputs.append(output[0].transpose(0, 1).reshape(length, geometry.hidden))
            start += length
        return self._linear(prefix, FUSED[1], torch.cat(outputs)).float()

    def _feed_forward(self, prefix, stream) -> torch.Tensor:
        normed = self._norm(prefix + "post_attention_layernorm.weight", stream)
        gated = GatedUnit.apply(self._linear(prefix, FUSED[2], normed))
        return self._linear(prefix, FUSED[3], gated).float()

    def _linear(self, prefix, group, inputs) -> torch.Tensor:
        keys = [prefix + name for name in group]
        weight = self.merged[keys[0]]
        if self.adapter is None or not torch.is_grad_enabled():
            return inputs @ weight.T
        factors = [factor for key in keys for factor in self.adapter.factors[key]]
        return LowRankLinear.apply(inputs, weight, self.adapter.scale, *factors)

    def _norm(self, name, stream) -> torch.Tensor:
        return RootMeanSquareNorm.apply(stream, self.norms[name], self.geometry.norm_epsilon).to(self.dtype)

    def _rotary(self, lengths) -> tuple[torch.Tensor, torch.Tensor]:
        size = self.geometry.head_size
        frequencies = self.geometry.rope_base ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)
        positions = torch.cat([torch.arange(length, dtype=torch.float64) for length in lengths])
        angles = torch.outer(positions, frequencies)[:, None, :]
        return angles.cos().to(self.device, self.dtype), angles.sin().to(self.device, self.dtype)


class LowRankLinear(torch.autograd.Function):
    """`inputs @ merged.T`, with gradients for the inputs and for the factors of the merged groups."""

    @staticmethod
    def forward(context, inputs, merged, scale, *factors):
        context.save_for_backward(inputs, merged, *factors)
        context.scale = scale
        return inputs @ merged.T

    @staticmethod
    def backward(context, gradient):
        inputs, merged, *factors = context.saved_tensors
        downs = [a.to(inputs.dtype) for a in factors[0::2]]
        ups = [b.to(inputs.dtype) for b in factors[1::2]]
        input_gradient = gradient @ merged if context.needs_input_grad[0] else None
        parts = gradient.split([b.shape[0] for b in ups], dim=1)
        projected = torch.cat([part @ b for part, b in zip(parts, ups)], dim=1)
        down_gradients = (projected.T @ inputs).float().mul_(context.scale).split([a.shape[0] for a in downs])
        compressed = (inputs @ torch.cat(downs).T).split([a.shape[0] for a in downs], dim=1)
        up_gradients = [(part.T @ c).float().mul_(context.scale) for part, c in zip(parts, compressed)]
        factor_gradients = [g for pair in zip(down_gradients, up_gradients) for g in pair]
        return input_gradient, None, None, *factor_gradients


class RootMeanSquareNorm(torch.autograd.Function):
    """`x / rms(x) * weight`, keeping only x and one number per row for the backward pass."""

    @staticmethod
    def forward(context, stream, weight, epsilon):
        inverse = torch.linalg.vector_norm(stream, dim=1, keepdim=True).square_().div_(stream.shape[1]).add_(epsilon).rsqrt_()
        context.save_for_backward(stream, weight, inverse)
        return (stream * inverse).mul_(weight)

    @staticmethod
    def backward(context, gradient):
        stream, weight, inverse = context.saved_tensors
        scaled = gradient * weight
        along = torch.linalg.vecdot(scaled, stream)[:, None] * inverse.pow(3) / -stream.shape[1]
        return scaled.mul_(inverse).addcmul_(stream, along), None, None


class RotateHeads(torch.autograd.Function):
    """Rotary position embedding of the first `count` heads of (tokens, heads, size); the rest pass through."""

    @staticmethod
    def forward(context, heads, cosine, sine, count):
        context.save_for_backward(cosine, sine)
        context.count = count
        return rotate(heads, cosine, sine, count)

    @staticmethod
    def backward(context, gradient):
        cosine, sine = context.saved_tensors
        return rotate(gradient, cosine, -sine, context.count), None, None, None


def rotate(heads: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor, count: int) -> torch.Tensor:
    half = heads.shape[-1] // 2
    rotated = torch.empty_like(heads, memory_format=torch.contiguous_format)
    first, second = heads[:, :count, :half], heads[:, :count, half:]
    torch.mul(first, cosine, out=rotated[:, :count, :half]).addcmul_(second, sine, value=-1)
    torch.mul(second, cosine, out=rotated[:, :count, half:]).addcmul_(first, sine)
    rotated[:, count:] = heads[:, count:]
    return rotated


class GatedUnit(torch.autograd.Function):
    """`silu(gate) * up` of (tokens, 2 * width) with gate and up side by side."""

    @staticmethod
    def forward(context, sides):
        context.save_for_backward(sides)
        gate, up = sides.chunk(2, dim=1)
        return functional.silu(gate).mul_(up)

    @staticmethod
    def backward(context, gradient):
        (sides,) = context.saved_tensors
        gate, up = sides.chunk(2, dim=1)
        result = torch.empty_like(sides)
        gate_gradient, up_gradient = result.chunk(2, dim=1)
        torch.mul(gradient, functional.silu(gate), out=up_gradient)
        gate_gradient.copy_(torch.ops.aten.silu_backward(gradient * up, gate))
        return result


class WeightedCrossEntropy(torch.autograd.Function):
    """Sum of weighted cross entropies through the output head, in chunks, so that no full logit matrix exists."""

    CHUNK = 768

    @staticmethod
    def forward(context, hidden, head, targets, weights):
        gradient = torch.empty_like(hidden)
        total = torch.zeros((), device=hidden.device)
        for start in range(0, len(targets), WeightedCrossEntropy.CHUNK):
            rows = slice(start, start + WeightedCrossEntropy.CHUNK)
            logits = (hidden[rows] @ head.T).float()
            target = targets[rows, None]
            maximum = logits.max(dim=1, keepdim=True).values
            picked = logits.gather(1, target)
            exponentials = logits.sub_(maximum).exp_()
            sums = exponentials.sum(dim=1, keepdim=True)
            weight = weights[rows, None]
            total += ((sums.log() + maximum - picked) * weight).sum()
            exponentials.mul_(weight / sums)
            exponentials.scatter_add_(1, target, -weight)
            gradient[rows] = exponentials.to(head.dtype) @ head
        context.save_for_backward(gradient)
        return total

    @staticmethod
    def backward(context, upstream):
        (gradient,) = context.saved_tensors
        return gradient * upstream, None, None, None


@torch.no_grad()
def score(transformer: Transformer, hidden: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Natural-log losses and whether the greedy choice is the target, one entry per position."""
    losses, right = [], []
    for start in range(0, len(targets), WeightedCrossEntropy.CHUNK):
        rows = slice(start, start + WeightedCrossEntropy.CHUNK)
        logits = (hidden[rows] @ transformer.head.T).float()
        losses.append(functional.cross_entropy(logits, targets[rows], reduction="none"))
        right.append(logits.argmax(dim=1) == targets[rows])
    return torch.cat(losses), torch.cat(right)
