"""Fold the batch normalisation of a network into its convolutions, for fast inference on the CPU.

Both backbones are chains of convolutions, residual blocks and one pooling, so a folded network is a list of these three
and one function runs it. Folding follows Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference", section 3.2: ``w' = w * gamma / sigma``, ``b' = beta - mean * gamma / sigma``.

If torch has oneDNN, convolution, sum and activation run as one of its fused operations on packed weights.
``torch.compile`` emits the same for CPUs, but it needs a compiler. Otherwise plain torch operations run.
"""
# ruff: noqa: SLF001 - the packages keep their layers, and torch its fused operations, behind an underscore

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch
    from torch import nn

    from pipeline.embedding.backbones import Backbone
    from pipeline.embedding.whitening import Whitening

__all__ = ["FoldedNetwork"]


@dataclass(slots=True)
class _Convolution:
    weight: torch.Tensor
    bias: torch.Tensor
    stride: tuple[int, int]
    padding: tuple[int, int]
    groups: int
    activation: str  # "none", "relu" or "relu6"
    packed: torch.Tensor | None = None


@dataclass(frozen=True, slots=True)
class _Residual:
    body: list[_Convolution]
    shortcut: _Convolution | None
    activation: str


@dataclass(frozen=True, slots=True)
class _MaxPooling:
    kernel: int
    stride: int
    padding: int


_Layer = _Convolution | _Residual | _MaxPooling


class FoldedNetwork:
    """A network ready to embed on the CPU.

    Parameters
    ----------
    network
        From :func:`new_network`, with its weights loaded.
    backbone
        The backbone of the network.
    bfloat16
        Whether to compute in bfloat16 instead of float32.
    fused
        Whether to use oneDNN's fused operations. None uses them if they exist and agree with the plain ones.
    whitening
        The last step, in float32, if the weights include one.
    """

    def __init__(
        self,
        network: nn.Module,
        backbone: Backbone,
        *,
        bfloat16: bool,
        fused: bool | None = None,
        whitening: Whitening | None = None,
    ) -> None:
        import torch

        self.backbone = backbone
        self.bfloat16 = bfloat16
        self._dtype = torch.bfloat16 if bfloat16 else torch.float32
        with torch.inference_mode():
            layers = _fold_resnet(network) if backbone.name == "resnet18" else _fold_lite(network)
            self._layers = [_cast(layer, self._dtype) for layer in layers]
            self._shift = torch.tensor(backbone.mean).view(1, 3, 1, 1)
            self._scale = 1.0 / torch.tensor(backbone.deviation).view(1, 3, 1, 1)
            self._whitening = whitening and (torch.from_numpy(whitening.weight.T), torch.from_numpy(whitening.bias))
        self.fused = self._fused_agrees() if fused is None else fused

    def __call__(self, pixels: torch.Tensor) -> torch.Tensor:
        """Embed a batch.

        Parameters
        ----------
        pixels
            uint8 (n, 3, s, s), RGB. Channels last in memory is fastest.

        Returns
        -------
        torch.Tensor
            float32 (n, d). The mean over places of the last feature maps, whitened if there is a whitening.
        """
        import torch

        with torch.inference_mode():
            features = self.feature_maps(pixels).mean(dim=(2, 3), dtype=torch.float32)
            return features @ self._whitening[0] + self._whitening[1] if self._whitening else features

    def feature_maps(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return the last feature maps of a batch, (n, d, s / 32, s / 32), in the precision of the computation."""
        import torch

        with torch.inference_mode():
            x = pixels.to(torch.float32).sub_(self._shift).mul_(self._scale).to(self._dtype)
            x = x.contiguous(memory_format=torch.channels_last)
            for layer in self._layers:
                x = _run(layer, x, _fused_convolution if self.fused else _plain_convolution)
            return x

    def _fused_agrees(self) -> bool:
        """Return whether the fused operations, which torch does not document, agree with plain ones on a batch."""
        import torch

        backend: Any = torch.backends.mkldnn
        if not backend.is_available() or not hasattr(torch.ops.mkldnn, "_convolution_pointwise"):
            return False
        generator = torch.Generator().manual_seed(0)
        shape = (2, 3, self.backbone.input_size, self.backbone.input_size)
        pixels = torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)
        self.fused = False
        plain = self(pixels)
        try:
            self.fused = True
            fused = self(pixels)
        except (RuntimeError, TypeError, AttributeError, NotImplementedError):
            return False
        return bool(torch.nn.functional.cosine_similarity(plain, fused).min() > 0.999)


def _run(layer: _Layer, x: torch.Tensor, convolve: Callable[..., torch.Tensor]) -> torch.Tensor:
    from torch.nn import functional

    match layer:
        case _Convolution():
            return convolve(layer, x)
        case _MaxPooling():
            return functional.max_pool2d(x, layer.kernel, layer.stride, layer.padding)
        case _Residual():
            other = x if layer.shortcut is None else convolve(layer.shortcut, x)
            for inner in layer.body[:-1]:
                x = convolve(inner, x)
            return convolve(layer.body[-1], x, other, layer.activation)


def _plain_convolution(
    layer: _Convolution, x: torch.Tensor, other: torch.Tensor | None = None, activation: str = ""
) -> torch.Tensor:
    from torch.nn import functional

    x = functional.conv2d(x, layer.weight, layer.bias, layer.stride, layer.padding, groups=layer.groups)
    if other is not None:
        x += other
    match activation or layer.activation:
        case "relu":
            return functional.relu_(x)
        case "relu6":
            return functional.relu6(x, inplace=True)
    return x


def _fused_convolution(
    layer: _Convolution, x: torch.Tensor, other: torch.Tensor | None = None, activation: str = ""
) -> torch.Tensor:
    import torch

    operations: Any = torch.ops.mkldnn
    places = (layer.padding, layer.stride, (1, 1), layer.groups)
    if layer.packed is None:
        layer.packed = operations._reorder_convolution_weight(layer.weight, *places, list(x.shape))
    weights = (layer.packed, layer.bias, *places)
    name, limits = {"relu": ("relu", []), "relu6": ("hardtanh", [0.0, 6.0])}.get(
        activation or layer.activation, ("none", [])
    )
    result: torch.Tensor
    if other is None:
        result = operations._convolution_pointwise(x, *weights, name, limits, "")
    else:
        unary = None if name == "none" else name
        result = operations._convolution_pointwise.binary(x, other, *weights, "add", 1.0, unary, limits, "")
    return result


def _cast(layer: _Layer, dtype: torch.dtype) -> _Layer:
    import torch

    match layer:
        case _Convolution():
            layer.weight = layer.weight.to(dtype).contiguous(memory_format=torch.channels_last)
            layer.bias = layer.bias.to(dtype)
        case _Residual():
            for inner in [*layer.body, *([layer.shortcut] if layer.shortcut else [])]:
                _cast(inner, dtype)
    return layer


def _fold(convolution: Any, normalisation: Any, activation: str) -> _Convolution:
    """Fold a batch normalisation into the convolution before it."""
    import torch

    factor = normalisation.weight / torch.sqrt(normalisation.running_var + normalisation.eps)
    weight = (convolution.weight * factor.view(-1, 1, 1, 1)).detach()
    bias = (normalisation.bias - normalisation.running_mean * factor).detach()
    weight, padding = _padded(weight, convolution)
    stride = tuple(convolution.stride)
    return _Convolution(weight, bias, (stride[0], stride[1]), padding, convolution.groups, activation)


def _padded(weight: torch.Tensor, convolution: Any) -> tuple[torch.Tensor, tuple[int, int]]:
    """Return weight and symmetric padding with the same effect as the padding of the convolution.

    TensorFlow's "same" padding at stride 2 adds one more row below than above. A kernel with a row and a column of
    zeros in front gives the same with symmetric padding, and saves a copy of the whole feature map.
    """
    from torch.nn import functional

    static = getattr(convolution, "static_padding", None)
    if static is None or not hasattr(static, "padding"):
        return weight, (convolution.padding[0], convolution.padding[1])
    left, right, top, bottom = static.padding
    if (left, top) != (right, bottom):
        weight = functional.pad(weight, (right - left, 0, bottom - top, 0))
    return weight, (bottom, right)


def _fold_resnet(network: Any) -> list[_Layer]:
    layers: list[_Layer] = [_fold(network.conv1, network.bn1, "relu"), _MaxPooling(3, 2, 1)]
    for stage in (network.layer1, network.layer2, network.layer3, network.layer4):
        for block in stage:
            body = [_fold(block.conv1, block.bn1, "relu"), _fold(block.conv2, block.bn2, "none")]
            shortcut = None if block.downsample is None else _fold(block.downsample[0], block.downsample[1], "none")
            layers.append(_Residual(body, shortcut, "relu"))
    return layers


def _fold_lite(network: Any) -> list[_Layer]:
    layers: list[_Layer] = [_fold(network._conv_stem, network._bn0, "relu6")]
    for block in network._blocks:
        body = _fold_inverted_block(block)
        arguments = block._block_args
        keeps_shape = arguments.input_filters == arguments.output_filters and body[-2].stride == (1, 1)
        layers += [_Residual(body, None, "none")] if arguments.id_skip and keeps_shape else body
    return [*layers, _fold(network._conv_head, network._bn1, "relu6")]


def _fold_inverted_block(block: Any) -> list[_Convolution]:
    body = [_fold(block._expand_conv, block._bn0, "relu6")] if hasattr(block, "_expand_conv") else []
    body.append(_fold(block._depthwise_conv, block._bn1, "relu6"))
    return [*body, _fold(block._project_conv, block._bn2, "none")]
