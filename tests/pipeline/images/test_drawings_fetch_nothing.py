"""A drawing or a document never reads another file, never makes a request, and runs nothing."""

from __future__ import annotations

import base64
import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from pipeline.errors import ImageError
from pipeline.images.decoding import decode_rgb
from tests.helpers.format_files import pdf, svg
from tests.helpers.image_files import BLUE, GREEN, RED, WHITE, corner_colours, encode, png_header

PLAIN = [RED, GREEN, BLUE, WHITE]
WHOLE = 'x="0" y="0" width="64" height="48"'


class Server:
    """A real server that records its requests."""

    def __init__(self) -> None:
        asked = self.asked = list[str]()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_error(404)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a red picture and a red drawing, which must never be seen."""
    folder = tmp_path_factory.mktemp("outside")
    (folder / "red.png").write_bytes(encode(Image.new("RGB", (64, 48), RED), "PNG"))
    (folder / "red.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="48">'
        '<rect id="r" width="64" height="48" fill="#dc1e1e"/></svg>'
    )
    (folder / "words.txt").write_text("secret")
    return folder


REFERENCES = {
    "an image by address": f'<image {WHOLE} href="FILE/red.png"/>',
    "an image by old address": f'<image {WHOLE} xlink:href="FILE/red.png"/>',
    "an image by path": f'<image {WHOLE} href="PATH/red.png"/>',
    "an image by request": f'<image {WHOLE} href="HTTP/red.png"/>',
    "a part of a drawing": '<use href="FILE/red.svg#r"/>',
    "a part of a drawing by request": '<use href="HTTP/red.svg#r"/>',
    "a filter": f'<filter id="q"><feImage href="FILE/red.png"/></filter><rect {WHOLE} fill="none" filter="url(#q)"/>',
    "a paint": f'<rect {WHOLE} fill="url(HTTP/red.svg#r) none"/>',
    "an inclusion": '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="FILE/red.svg" parse="xml"/>',
    "styles": '<style>@import url("HTTP/a.css"); @font-face{font-family:x;src:url(HTTP/a.ttf)} rect{}</style>',
    "a script": "<script>while(true){}</script>",
    "a foreign page": f'<foreignObject {WHOLE}><html xmlns="http://www.w3.org/1999/xhtml"><img src="HTTP/"/></html>'
    "</foreignObject>",
    "a picture that claims to be huge": f'<image {WHOLE} href="data:image/png;base64,BOMB"/>',
}


@pytest.mark.parametrize("what", REFERENCES)
def test_a_reference_is_not_followed(what: str, server: Server, outside: Path) -> None:
    bomb = base64.b64encode(png_header(60_000, 60_000)).decode()
    body = REFERENCES[what].replace("FILE", outside.as_uri()).replace("PATH", str(outside)).replace("BOMB", bomb)
    decoded = decode_rgb(svg(body.replace("HTTP", server.address)), min_side=64)
    assert corner_colours(decoded.rgb) == PLAIN
    assert server.asked == []


@pytest.mark.parametrize("address", ["FILE/words.txt", "HTTP/words.txt"])
def test_an_entity_of_another_file_is_refused(address: str, server: Server, outside: Path) -> None:
    address = address.replace("FILE", outside.as_uri()).replace("HTTP", server.address)
    head = f'<!DOCTYPE svg SYSTEM "{server.address}/d.dtd" [<!ENTITY x SYSTEM "{address}">]>'
    with pytest.raises(ImageError) as caught:
        decode_rgb(svg('<text y="40">&x;</text>', head=head))
    assert caught.value.reason == "damaged"
    assert "secret" not in str(caught.value)
    assert server.asked == []


def test_a_picture_inside_the_drawing_itself_is_drawn(outside: Path) -> None:
    """The tests above would notice a reference that is followed."""
    inside = base64.b64encode((outside / "red.png").read_bytes()).decode()
    decoded = decode_rgb(svg(f'<image {WHOLE} href="data:image/png;base64,{inside}"/>'), min_side=64)
    assert corner_colours(decoded.rgb) == [RED] * 4


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("entities", "<text>&a9;</text>"),
        ("depth", "<g>" * 100_000),
    ],
)
def test_a_small_drawing_that_unfolds_without_end_is_refused(name: str, body: str) -> None:
    nested = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<!DOCTYPE svg [<!ENTITY a0 "aaaaaaaaaa">{nested}]>' if name == "entities" else ""
    with pytest.raises(ImageError) as caught:
        decode_rgb(svg(body, head=head))
    assert caught.value.reason == "damaged"


def test_a_packed_drawing_may_not_unfold_to_gigabytes() -> None:
    import gzip

    with pytest.raises(ImageError) as caught:
        decode_rgb(gzip.compress(svg("<!--" + " " * 60_000_000 + "-->"), 1))
    assert caught.value.reason == "too_costly"


def test_a_document_with_an_action_asks_for_nothing(server: Server) -> None:
    action = f"/OpenAction << /S /URI /URI ({server.address}/opened) >>".encode()
    data = pdf().replace(b"/Type /Catalog", b"/Type /Catalog " + action)
    assert b"/OpenAction" in data
    with contextlib.suppress(ImageError):  # its table of offsets is wrong now, which PDFium may mend or not
        decode_rgb(data)
    assert server.asked == []
