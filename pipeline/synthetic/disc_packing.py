"""Pack discs without overlap, to place blobs, clusters and regions of a generated layout. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["pack_discs"]

STEPS_A_TURN = 24


def pack_discs(radii: NDArray[np.float64], gap: float = 1.1) -> tuple[NDArray[np.float64], float]:
    """Place discs without overlap, larger ones nearer the middle.

    The method is greedy: each disc, largest first, takes the first free place on a spiral around the first disc.

    Parameters
    ----------
    radii
        float64 (k,), above 0.
    gap
        Distance between the centres of two neighbours, in units of the sum of their radii.

    Returns
    -------
    tuple
        Centres, float64 (k, 2) around (0, 0), and the radius of a disc around (0, 0) that contains all discs.
    """
    places = np.zeros((len(radii), 2))
    order = np.argsort(-radii, kind="stable")
    pitch = float(np.median(radii)) / 2
    placed: list[int] = []
    for disc in order.tolist():
        if placed:
            apart = (radii[placed] + radii[disc]) * gap
            places[disc] = _first_free(places[placed], apart, pitch)
        placed.append(disc)
    around = float((np.hypot(places[:, 0], places[:, 1]) + radii).max())
    return places, around


def _first_free(others: NDArray[np.float64], apart: NDArray[np.float64], pitch: float) -> NDArray[np.float64]:
    """Return the first place on the spiral with the distances `apart` to all other centres."""
    reach = float((np.hypot(others[:, 0], others[:, 1]) + apart).max())
    turns = int(np.ceil(reach / pitch)) + 1
    # Steps by the square root of the angle keep the places evenly spread over the area.
    angle = 2 * np.pi * turns * np.sqrt(np.linspace(0, 1, turns * turns * STEPS_A_TURN // 2 + 2))
    radius = angle / (2 * np.pi) * pitch
    spots = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    distance = np.hypot(spots[:, None, 0] - others[None, :, 0], spots[:, None, 1] - others[None, :, 1])
    free = np.flatnonzero((distance >= apart).all(axis=1))
    spot: NDArray[np.float64] = spots[free[0]]
    return spot
