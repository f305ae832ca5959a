"""The scale of greys of more than 8 bits: the values that become black and white. Pure.

Files of 16 bits hold pictures and also measurements of 10, 12 or 14 bits. Floats hold any range, often with a value far
outside the others that means "no data". The scale is chosen from the values in use:

1. Values that mean no data (not finite, beyond 1e30, the value that the file names) do not count.
2. If the values begin at or above zero, black is 0. White is the smallest usual full scale that holds them all (that of
   8, 10, 12, 14 or 16 bits; for floats 1, 255 or 65,535), if they use at least a quarter of it.
3. Otherwise black and white are the minimum and the maximum. A single distant value that means no data does not count.

Larger values are never darker than smaller ones. A picture of one value keeps its place in the full scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

__all__ = ["GreyScale", "choose_scale"]

_FULL_SCALES: Final = (255.0, 1023.0, 4095.0, 16_383.0, 65_535.0)
_FLOATING_SCALES: Final = (1.0, 255.0, 65_535.0)
_FULL = 65_535.0
_LEAST_SHARE = 0.25
_BEYOND = 1e30
_FAR = 4.0
"""A single value means no data if its distance to the others exceeds their range this many times."""

_USUAL_NO_DATA = frozenset({-9999.0, -99_999.0, -32_768.0, -32_767.0, -2_147_483_648.0, -1e10, 1e20, 32_767.0, 2e9})


@dataclass(frozen=True, slots=True)
class GreyScale:
    """The values that become black and white, and the value for no data, which becomes black."""

    black: float
    white: float
    no_data: float | None = None

    def to_bytes(self, values: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
        """Return greys of 8 bits; values that mean no data become black."""
        if values.dtype == np.uint16:  # the usual case: each of the 65,536 values is computed once
            shades: npt.NDArray[np.uint8] = self._computed(np.arange(65_536, dtype=np.uint16))[values]
            return shades
        return self._computed(values)

    def _computed(self, values: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
        wide = values if values.dtype == np.float32 else values.astype(np.float64)
        counts = _counting(wide, self.no_data)
        wide = np.where(counts, wide, self.black)
        grey = np.clip(wide, self.black, self.white) - self.black
        grey /= self.white - self.black  # first, because the inverse of a very small range overflows 32 bits
        grey *= 255.0
        shades: npt.NDArray[np.uint8] = np.rint(grey).clip(0, 255).astype(np.uint8)
        return shades


def choose_scale(
    bands: Iterable[npt.NDArray[np.generic]], *, floating: bool, no_data: float | None = None
) -> GreyScale:
    """Choose the scale of a picture that is read in bands.

    Parameters
    ----------
    bands
        Values of any integer or floating-point dtype.
    floating
        Whether they are floats, for which 1 is a usual white.
    no_data
        The value for no data, as the file states it.
    """
    least: list[float] = []
    greatest: list[float] = []
    for band in bands:
        found = np.flatnonzero(np.bincount(band.reshape(-1), minlength=1)) if band.dtype == np.uint16 else band
        values = found[_counting(found, no_data)]
        if values.size:
            least = sorted({*least, *_two(values, np.min)})[:2]
            greatest = sorted({*greatest, *_two(values, np.max)})[-2:]
    if not least:
        return GreyScale(0.0, 1.0, no_data)
    black, white = _range(least, greatest, floating=floating)
    return GreyScale(black, white, no_data)


def _range(least: list[float], greatest: list[float], *, floating: bool) -> tuple[float, float]:
    low, high = least[0], greatest[-1]
    scales = _FLOATING_SCALES if floating else _FULL_SCALES
    if low == high:
        whole = next((scale for scale in (1.0, 255.0, _FULL) if high <= scale), None) if floating else _FULL
        return (0.0, whole) if low >= 0 and whole is not None and high <= whole else (low, low + max(1.0, abs(low)))
    if high == _FULL and low < greatest[0] < _FULL / 16:  # saturated points, or no data, in a picture of 12 bits
        high = greatest[0]
    if low >= 0:
        scale = next((scale for scale in scales if high <= scale), None)
        if scale is not None and high - low >= _LEAST_SHARE * scale:
            return 0.0, scale
    if least[-1] < high and _stands_for_nothing(low, least[-1] - low, high - least[-1]):
        low = least[-1]
    if low < greatest[0] < high and _stands_for_nothing(high, high - greatest[0], greatest[0] - low):
        high = greatest[0]
    return low, high


def _stands_for_nothing(value: float, gap: float, span: float) -> bool:
    return gap > _FAR * span or (value in _USUAL_NO_DATA and gap > span / 8)


def _counting(values: npt.NDArray[np.generic], no_data: float | None) -> npt.NDArray[np.bool_]:
    counts = np.ones(values.shape, bool)
    if values.dtype.kind == "f":
        counts = np.isfinite(values) & (np.abs(values) < _BEYOND)
    if no_data is not None:
        counts &= values != no_data
    return counts


def _two(values: npt.NDArray[np.generic], pick: object) -> list[float]:
    """Return the extreme value and the next different one."""
    outermost = pick(values)  # type: ignore[operator]
    others = values[values != outermost]
    return [float(outermost), *([float(pick(others))] if others.size else [])]  # type: ignore[operator]
