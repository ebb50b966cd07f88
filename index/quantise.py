"""Rounds a transformer's linear layers to 8 bits, weights and activations, with the loss kept small.

Activations of a few channels are many times larger than the rest and would take the whole range. They are divided,
channel by channel, by a factor that the weights take over (SmoothQuant, Xiao et al., ICML 2023). Ranges are static, so
that the texts beside it hardly change a text's vector.
"""

from collections.abc import Callable
from typing import Any

SHARE = 0.7  # of the difficulty that goes from activations to weights; mean cosine .9995, at .9 .9990, at .5 .978


def quantise(transformer: Any, run: Callable[[], object]) -> None:
    """Replace every `nn.Linear` that `run` passes through, in place; `run` sends the calibration texts through."""
    from torch import nn

    ranges = _ranges(transformer, run)
    for name, layer in list(transformer.named_modules()):
        if isinstance(layer, nn.Linear) and name in ranges:
            parent, _, own = name.rpartition(".")
            setattr(transformer.get_submodule(parent), own, _rounded(layer, *ranges[name]))


def _ranges(transformer: Any, run: Callable[[], object]) -> dict[str, tuple[Any, Any]]:
    """Smallest and largest input of every channel of every linear layer, shapes (inputs,)."""
    import torch

    ranges: dict[str, tuple[Any, Any]] = {}

    def watch(name: str) -> Callable[[Any, Any], None]:
        def note(_: Any, inputs: Any) -> None:
            values = inputs[0].detach().flatten(0, -2)  # (tokens, inputs)
            low, high = values.amin(0), values.amax(0)
            if name in ranges:
                low, high = torch.minimum(low, ranges[name][0]), torch.maximum(high, ranges[name][1])
            ranges[name] = low, high

        return note

    layers = [(n, layer) for n, layer in transformer.named_modules() if isinstance(layer, torch.nn.Linear)]
    watches = [layer.register_forward_pre_hook(watch(name)) for name, layer in layers]
    try:
        run()
    finally:
        for each in watches:
            each.remove()
    return ranges


def _rounded(layer: Any, low: Any, high: Any) -> Any:
    """`layer` with its input rounded to 256 steps of one size and its weights to 255 of one size a row."""
    import torch

    largest = torch.maximum(low.abs(), high.abs()).clamp(min=1e-5)
    factor = largest**SHARE / layer.weight.detach().abs().amax(0).clamp(min=1e-5) ** (1 - SHARE)
    low, high = (low / factor).min().clamp(max=0), (high / factor).max().clamp(min=0)
    step = max(float(high - low) / 255, 1e-8)
    zero = round(-float(low) / step)

    shrink, weight = 1 / factor, layer.weight.detach() * factor
    steps = weight.abs().amax(1).clamp(min=1e-8) / 127
    zeros = torch.zeros(len(steps), dtype=torch.int32)
    bias = None if layer.bias is None else layer.bias.detach()

    class Rounded(torch.nn.Module):
        def forward(self, inputs: Any) -> Any:
            inputs = torch.fake_quantize_per_tensor_affine(inputs * shrink, step, zero, 0, 255)
            rounded = torch.fake_quantize_per_channel_affine(weight, steps, zeros, 0, -127, 127)
            return torch.nn.functional.linear(inputs, rounded, bias)

    return Rounded()
