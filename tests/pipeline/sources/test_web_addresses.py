"""Sources behind links: read by range from a real web server, never from an address that is not public."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.build import BuildOptions, build_collection
from pipeline.collection import Collection
from pipeline.errors import ImageError, SourceError
from pipeline.fetching import FetchOptions
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.limits import Limits
from pipeline.resources import asset
from pipeline.sources import Source, open_source
from pipeline.sources.reading import read_location
from pipeline.storage import forget_stores, parse_storage_address
from tests.helpers.fake_embedder import FakeEmbedder
from tests.helpers.image_files import encode, photo


class Web(ThreadingHTTPServer):
    """Files in memory, with ranges and tags."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.sent = 0
        self.ranges = True
        self.tag = "1"
        self.cuts: list[int] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Web

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        path, _, query = self.path.partition("?")
        if path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", path.removeprefix("/to/"))
            self.end_headers()
            return
        data = self.server.files.get(path)
        if data is None or (path.startswith("/signed/") and query != "Signature=hush"):
            self.send_error(404 if data is None else 403)
            return
        first, last = 0, len(data) - 1
        if self.server.ranges and (wanted := self.headers.get("Range")):
            low, _, high = wanted.removeprefix("bytes=").partition("-")
            first, last = int(low), min(int(high), last)
            if first > last:
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        else:
            self.send_response(200)
        part = data[first : last + 1]
        self.send_header("Content-Length", str(len(part)))
        self.send_header("ETag", f'"{self.server.tag}"')
        self.end_headers()
        cut = self.server.cuts.pop(0) if self.server.cuts and len(part) > 1 else len(part)
        self.wfile.write(part[:cut])
        self.server.sent += cut
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def web() -> Iterator[Web]:
    forget_stores()
    with Web() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
    forget_stores()


def opened(address: str) -> Source:
    return open_source(parse_storage_address(address), fetching=FetchOptions(allow_private=True))


def picture(seed: int, side: int = 40) -> bytes:
    return encode(photo(side, 30, seed=seed), "PNG")


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_an_archive_behind_a_link_is_read_by_range(web: Web) -> None:
    large = encode(photo(1200, 1200, seed=9), "BMP")
    members = {"a.png": picture(1), "large.bmp": large, "z/é.png": picture(2)}
    web.files["/x%20y/all.zip"] = zipped(members)
    source = opened(f"{web.address}/x%20y/all.zip")
    assert web.sent < 600_000 < len(large)  # the directory at its end, not the archive
    assert {item.key: read_location(item.location, Limits()) for item in source.items} == members
    assert (source.name, source.place) == ("all", f"{web.address}/x%20y")


def test_a_table_behind_a_link_names_the_files_beside_it(web: Web) -> None:
    web.files |= {"/t/a.csv": "file,caption\nb c/ü.png,one\n".encode(), "/t/b%20c/%C3%BC.png": picture(1)}
    (item,) = opened(f"{web.address}/t/a.csv").items
    assert (item.key, item.caption) == ("b c/ü.png", "one")
    assert read_location(item.location, Limits()) == picture(1)


def test_a_private_address_is_refused_also_behind_a_redirect(web: Web) -> None:
    web.files["/all.zip"] = zipped({"a.png": picture(1)})
    for path in ("/all.zip", f"/to/{web.address}/all.zip"):
        with pytest.raises(SourceError, match="leads to this machine or a private network"):
            open_source(parse_storage_address(f"{web.address}{path}"))
    assert not web.asked


def test_a_redirect_is_followed_and_a_loop_of_them_ends(web: Web) -> None:
    web.files["/all.zip"] = zipped({"a.png": picture(1)})
    assert len(opened(f"{web.address}/to//all.zip").items) == 1
    web.files["/loop.zip"] = b""
    with pytest.raises(SourceError, match="too many redirects"):
        opened(f"{web.address}/to//to//to//to//to//to//to//loop.zip")


def test_a_dropped_connection_is_resumed_and_a_changed_file_is_said(web: Web) -> None:
    members = {"a.bmp": encode(photo(400, 400, seed=1), "BMP"), "b.png": picture(2)}
    web.files["/all.zip"] = zipped(members)
    first, second = opened(f"{web.address}/all.zip").items
    web.cuts = [100_000, 50_000]
    assert read_location(first.location, Limits()) == members["a.bmp"]
    assert not web.cuts
    web.tag = "2"
    with pytest.raises(ImageError, match="was changed while it was read") as error:
        read_location(second.location, Limits())
    assert error.value.reason == "changed"


def test_a_host_without_ranges_serves_tables_but_no_archives(web: Web) -> None:
    web.ranges = False
    web.files |= {"/all.zip": zipped({"a.png": picture(1)}), "/t.csv": b"url\nhttps://host.example/1.png\n"}
    assert len(opened(f"{web.address}/t.csv").items) == 1
    with pytest.raises(SourceError, match="the host sends no parts of files"):
        opened(f"{web.address}/all.zip")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/gone.zip", "gone.zip is not there. Check the address."),
        ("/folder", "ends neither like a table"),
        ("/signed/x.zip", "may not be read: the host forbids it. A signed link may have expired."),
        ("/x.tar.gz", "would have to be unpacked from its beginning"),
    ],
)
def test_what_cannot_be_read_is_said(web: Web, path: str, words: str) -> None:
    web.files |= {"/folder": b"<html>", "/signed/x.zip": b""}
    with pytest.raises(SourceError) as error:
        opened(f"{web.address}{path}")
    assert words in str(error.value)


@pytest.mark.slow
def test_a_signed_link_is_used_and_its_signature_is_kept_nowhere(web: Web, tmp_path: Path) -> None:
    web.files["/signed/all.zip"] = zipped({f"{seed}.png": picture(seed, 60) for seed in range(12)})
    source = opened(f"{web.address}/signed/all.zip?Signature=hush")
    taxonomy = load_taxonomy(asset("taxonomy/bam.toml"))
    build_collection(source, tmp_path / "c", FakeEmbedder(), taxonomy, BuildOptions())
    assert len(Collection(tmp_path / "c")) == 12
    held = b"".join(file.read_bytes() for file in (tmp_path / "c").rglob("*") if file.is_file())
    assert b"hush" not in held


def test_the_signature_of_a_link_is_in_no_location_and_no_error(web: Web) -> None:
    web.files["/signed/all.zip"] = zipped({"a.png": picture(1)})
    source = opened(f"{web.address}/signed/all.zip?Signature=hush")
    (item,) = source.items
    assert read_location(item.location, Limits()) == picture(1)
    assert "hush" not in f"{source!r}"
    with pytest.raises(SourceError) as error:
        opened(f"{web.address}/gone.zip?Signature=hush")
    assert "hush" not in str(error.value)
