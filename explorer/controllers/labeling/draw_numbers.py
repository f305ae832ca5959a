"""Encrypted draw numbers for the browser. Pure.

Draws are numbered in the order of creation. A repeat is newer than the images beside it, and a gold question belongs to
another batch, so real ids would reveal both. The browser gets permuted numbers instead. They reveal no order, and all
servers of one store use the same ones.
"""

from __future__ import annotations

import hashlib

__all__ = ["DrawNumbers"]

HALF_BITS = 24
ROUNDS = 4
_HALF = (1 << HALF_BITS) - 1


class DrawNumbers:
    """A secret permutation of the numbers below 2^48, which a browser can hold exactly.

    Four rounds of a Feistel network with a keyed hash are a pseudorandom permutation (Luby and Rackoff 1988, SIAM
    Journal on Computing 17).

    Parameters
    ----------
    secret
        The store's random bytes.
    """

    def __init__(self, secret: bytes) -> None:
        self._key = hashlib.blake2b(secret, person=b"draw numbers", digest_size=32).digest()

    def of(self, draw_id: int) -> int:
        """Return the number of a draw."""
        left, right = draw_id >> HALF_BITS, draw_id & _HALF
        for turn in range(ROUNDS):
            left, right = right, left ^ self._hash(turn, right)
        return left << HALF_BITS | right

    def draw(self, number: int) -> int:
        """Return the draw of a number; a number that was never issued gives a number that is no draw."""
        left, right = (number >> HALF_BITS) & _HALF, number & _HALF
        for turn in reversed(range(ROUNDS)):
            left, right = right ^ self._hash(turn, left), left
        return left << HALF_BITS | right

    def _hash(self, turn: int, half: int) -> int:
        text = half.to_bytes(8, "big") + bytes([turn])
        return int.from_bytes(hashlib.blake2b(text, key=self._key, digest_size=3).digest(), "big")
