"""Random views of pictures: cropped, flipped and tinted, whole batches at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
TINTED = 0.8  # share of views
TINT = 0.25


@dataclass(frozen=True, slots=True)
class Views:
    """Views of a batch of pictures, and the part of each that they show.

    Parameters
    ----------
    pixels
        float32 ``(n, 3, side, side)``, as torchvision's ResNet expects: about zero mean and unit deviation.
    boxes
        float32 ``(n, 4)``: left, top, right, bottom, from 0 to 1.
    flipped
        bool ``(n,)``. Whether left and right are swapped.
    """

    pixels: Tensor
    boxes: Tensor
    flipped: Tensor


def disturbed(
    pictures: Tensor, side: int, generator: torch.Generator, *, smallest: float, whole: float, grey: float
) -> Views:
    """Return a view of each picture.

    Parameters
    ----------
    pictures
        uint8 ``(n, 3, h, w)``.
    side
        Side of the views in pixels.
    generator
        Source of random numbers.
    smallest
        Smallest share of a picture's area that a view shows.
    whole
        Share of views that show the whole picture.
    grey
        Share of views without colours.
    """
    cropped = [_crop(picture, side, generator, smallest, whole) for picture in pictures]
    views = torch.stack([view for view, _ in cropped])
    count = len(views)

    def drawn(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator)

    flipped = drawn(count) < 0.5
    views[flipped] = views[flipped].flip(3)
    tinted = (drawn(count, 1, 1, 1) < TINTED).float()
    views = views * (1 + tinted * TINT * (2 * drawn(count, 3, 1, 1) - 1))
    views = views + tinted * 0.4 * TINT * (2 * drawn(count, 3, 1, 1) - 1)
    greyed = (drawn(count, 1, 1, 1) < grey).float()
    views = views * (1 - greyed) + views.mean(1, keepdim=True) * greyed
    return Views((views.clamp(0, 1) - MEAN) / DEVIATION, torch.tensor([box for _, box in cropped]), flipped)


def _crop(
    picture: Tensor, side: int, generator: torch.Generator, smallest: float, whole: float
) -> tuple[Tensor, tuple[float, float, float, float]]:
    """Return a nearly square part of a picture, resized, and its place."""
    height, width = picture.shape[1:]
    draw = torch.rand(5, generator=generator).tolist()
    area = 1.0 if draw[0] < whole else smallest + (1 - smallest) * draw[1]
    stretch = (0.8 + 0.45 * draw[2]) ** 0.5 if area < 1 else 1.0
    tall, wide = (min(size, round(size * area**0.5 * by)) for size, by in ((height, stretch), (width, 1 / stretch)))
    top, left = int(draw[3] * (height - tall + 1)), int(draw[4] * (width - wide + 1))
    part = picture[None, :, top : top + tall, left : left + wide].float().div_(255)
    view = functional.interpolate(part, (side, side), mode="bilinear", antialias=tall > side, align_corners=False)[0]
    return view, (left / width, top / height, (left + wide) / width, (top + tall) / height)
