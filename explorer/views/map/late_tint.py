"""Draw the map again when the tint is compiled, if frames were drawn without it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import panel as pn

from explorer.services.services import Services
from pipeline.map import density

__all__ = ["LateTint"]


class LateTint:
    """Waits for the tint once in a session, and not at all if it is compiled already.

    Parameters
    ----------
    services
        Services of the collection.
    draw_again
        Called on the event loop when the tint is compiled.
    """

    def __init__(self, services: Services, draw_again: Callable[[], None]) -> None:
        self._services, self._draw_again = services, draw_again
        self._is_waiting = False

    def expect(self) -> None:
        """Begin to wait if the tint is not compiled. Call this before a frame is drawn, or its end may be missed."""
        if not (self._is_waiting or density.is_warm()):
            self._is_waiting = True
            pn.state.execute(self._wait, schedule=True)

    async def _wait(self) -> None:
        await asyncio.wrap_future(self._services.start())
        if density.is_warm():  # not if the services were closed
            self._draw_again()
