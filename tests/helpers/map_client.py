"""A visitor of a map without a browser, who requests views and takes frames over the page's own channel."""

from __future__ import annotations

from typing import Any

from tests.helpers.protocol_client import ProtocolClient

__all__ = ["MapClient"]

CANVAS = "MapCanvas"


class MapClient:
    """One session with a served map; made by `open`."""

    def __init__(self, client: ProtocolClient) -> None:
        self._client = client
        self.serial = 0
        self.asked = self.answered = 0

    @classmethod
    async def open(cls, address: str) -> MapClient:
        """Open a session, as a page does."""
        return cls(await ProtocolClient.open(address, CANVAS))

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """The box of the whole layout: left, bottom, right, top."""
        x0, y0, x1, y1 = self._client.values[CANVAS, "extent"]
        return x0, y0, x1, y1

    def half_where_cells_are(self, pixels: float, *, above: int = 0, height: int = 822) -> float:
        """Return the half height of views whose cells are so wide, some levels above the finest grid."""
        cell: float = self._client.values[CANVAS, "finest_cell"]
        return cell * 2.0**above * height / pixels / 2

    @property
    def bytes(self) -> int:
        """Bytes of the frames that came."""
        return self._client.bytes

    async def ask(self, x: float, y: float, half: float, *, width: int = 1116, height: int = 822) -> int:
        """Ask for a view's frame around a place of the layout; return the request's id."""
        self.asked += 1
        wide = half * width / height
        view = {"x0": x - wide, "y0": y - half, "x1": x + wide, "y1": y + half, "width": width, "height": height}
        message = {"type": "view", "id": self.asked, "fresh": self.asked == 1, "dpr": 1}
        await self._client.say(CANVAS, message | view)
        return self.asked

    async def frame(self) -> dict[str, Any]:
        """Wait for the next frame, acknowledge it, and return its message."""
        message = await self._client.hear(lambda m: m.get("type") == "frame", 120.0)
        self.serial, self.answered = int(message["serial"]), max(self.answered, int(message["id"]))
        await self._client.say(CANVAS, {"type": "seen", "serial": self.serial})
        return message

    def close(self) -> None:
        """Go away."""
        self._client.close()
