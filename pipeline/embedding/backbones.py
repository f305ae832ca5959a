"""The two backbones: their facts, their inputs, and networks without trained weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from torch import nn

__all__ = ["BACKBONES", "Backbone", "has_bfloat16_units", "new_network"]


@dataclass(frozen=True, slots=True)
class Backbone:
    """The facts of one network in this project.

    Parameters
    ----------
    name
        Name in ``EmbeddingSpec.backbone``.
    title
        Name for people.
    dimensions
        Width of the output.
    input_size
        Side of the square input in pixels.
    mean, deviation
        Values for each channel. The mean is subtracted from an RGB value of 0 to 255, and the result is divided by the
        deviation.
    head
        Prefix of the final layer's names in a state dictionary. That layer is not used.
    first
        A name that occurs only in this network's state dictionary.
    """

    name: str
    title: str
    dimensions: int
    input_size: int
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    head: str
    first: str


BACKBONES: Final = {
    "resnet18": Backbone(
        name="resnet18",
        title="ResNet-18",
        dimensions=512,
        input_size=224,
        mean=(0.485 * 255, 0.456 * 255, 0.406 * 255),
        deviation=(0.229 * 255, 0.224 * 255, 0.225 * 255),
        head="fc.",
        first="layer1.0.conv1.weight",
    ),
    "efficientnet_lite0": Backbone(
        name="efficientnet_lite0",
        title="EfficientNet-Lite0",
        dimensions=1280,
        input_size=224,
        mean=(127.0, 127.0, 127.0),
        deviation=(128.0, 128.0, 128.0),
        head="_fc.",
        first="_conv_stem.weight",
    ),
}
"""ResNet-18: He et al. 2016, with the inputs of torchvision's training. EfficientNet-Lite0: Tan and Le 2019, without
squeeze and excitation and with ReLU6, and with the inputs of its authors' ``efficientnet_lite_builder.py``."""


def new_network(name: str) -> nn.Module:
    """Return a network with arbitrary weights, in evaluation mode.

    Parameters
    ----------
    name
        A key of ``BACKBONES``.

    Returns
    -------
    torch.nn.Module
        The network of its package, final layer included.

    Raises
    ------
    ParameterError
        If ``name`` is not a key of ``BACKBONES``.
    """
    network: nn.Module
    if name == "resnet18":
        from torchvision.models import resnet18

        network = resnet18(weights=None)
    elif name == "efficientnet_lite0":
        from efficientnet_lite_pytorch import EfficientNet

        network = EfficientNet.from_name("efficientnet-lite0")
    else:
        raise ParameterError(f"There is no backbone {name!r}. Allowed are {', '.join(sorted(BACKBONES))}.")
    return network.eval()


def has_bfloat16_units() -> bool:
    """Return whether the processor multiplies bfloat16 in hardware (AMX or AVX512-BF16) and torch has oneDNN to use it.

    The processor reports it and nothing is measured, so two builds on one machine never differ.
    """
    import torch

    backend: Any = torch.backends.mkldnn
    if not backend.is_available():
        return False
    flags = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    if flags:
        return bool(flags.get("amx_bf16") or flags.get("avx512_bf16"))
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", None)  # torch before get_capabilities
    return bool(supported and supported())
