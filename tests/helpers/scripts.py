"""The modules of the browser's half, loaded into a page as a browser loads them: file by file, with their imports."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, Route

import explorer.views

__all__ = ["VIEWS", "load_modules", "modules"]

VIEWS = Path(explorer.views.__file__).parent
_HOST = "http://views.test/"
_LOAD = "async (addresses) => { for (const address of addresses) { Object.assign(window, await import(address)) } }"


def modules() -> list[Path]:
    """Return every module below ``explorer/views``, without the built ones."""
    return sorted(path for path in VIEWS.rglob("*.js") if path.parent.name != "built")


def load_modules(page: Page, *names: str, content: str = "") -> None:
    """Open an empty page with some content, and make the exports of modules global in it."""

    def answer(route: Route) -> None:
        name = route.request.url.removeprefix(_HOST)
        if not name:
            route.fulfill(body=f"<!doctype html><meta charset=utf-8><body>{content}", content_type="text/html")
        elif (VIEWS / name).is_file():
            route.fulfill(body=(VIEWS / name).read_bytes(), content_type="text/javascript")
        else:  # an error raised here would leave the page waiting for ever
            route.fulfill(status=404)

    page.route(f"{_HOST}**", answer)
    page.goto(_HOST)
    page.evaluate(_LOAD, [_HOST + name for name in names])
