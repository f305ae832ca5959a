"""Emoji in four styles: rendered in 3-D, in black ink, and two styles of vector drawing.

One name is one subject: the dog in four styles is one project.
"""

from __future__ import annotations

import json
import re
import tarfile
from functools import partial
from typing import TYPE_CHECKING, Any

from assets.make_sample.candidate import Candidate, slug

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FLUENT_3D = "lobehub-fluent-emoji-3d"
INK = "iconify-json-fluent-emoji-high-contrast"
DRAWN = {"noto": "iconify-json-noto", "openmoji": "iconify-json-openmoji"}
LICENCES = {"fluent3d": "MIT", "fluentink": "MIT", "noto": "Apache-2.0", "openmoji": "CC-BY-SA-4.0"}
AUTHORS = {"fluent3d": "Microsoft", "fluentink": "Microsoft", "noto": "Google", "openmoji": "OpenMoji contributors"}
STYLES = {"fluent3d": "3d", "fluentink": "ink", "noto": "vector", "openmoji": "vector"}

_TONE = re.compile(r"1f3f[b-f]")
_GENDERED = re.compile(r"^(man|woman|men|women|person|people|merman|mermaid|merperson)-")
_SERIES = re.compile(r"-?(\d+|o-clock|thirty)+|^(left|right|up|down)-|^clock-")


def candidates(tarballs: Path) -> Iterator[Candidate]:
    """Yield every emoji without a skin tone, of every style whose package lies in ``tarballs``."""
    ink = _Iconify(tarballs, INK)
    groups = {name: group for group, names in ink.categories.items() for name in names}
    yield from _rendered(tarballs, ink.names, groups)
    for source, package in {"fluentink": INK, **DRAWN}.items():
        yield from _drawn(source, ink if package == INK else _Iconify(tarballs, package), groups)


class _Iconify:
    """The used parts of one icon package."""

    def __init__(self, tarballs: Path, package: str) -> None:
        with tarfile.open(_tarball(tarballs, package)) as archive:
            self.names: dict[str, str] = _member(archive, "chars.json")
            icons = _member(archive, "icons.json")
            self.categories: dict[str, list[str]] = _member(archive, "metadata.json").get("categories", {})
        self.bodies: dict[str, str] = {name: icon["body"] for name, icon in icons["icons"].items()}
        self.sizes: dict[str, tuple[int, int]] = {
            name: (icon.get("width", icons["width"]), icon.get("height", icons["height"]))
            for name, icon in icons["icons"].items()
        }

    def svg(self, name: str) -> bytes:
        width, height = self.sizes[name]
        names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        box = f'width="256" height="{256 * height // width}" viewBox="0 0 {width} {height}"'
        return f"<svg {names} {box}>{self.bodies[name]}</svg>".encode()


def _rendered(tarballs: Path, names: dict[str, str], groups: dict[str, str]) -> Iterator[Candidate]:
    archive = tarfile.open(_tarball(tarballs, FLUENT_3D))  # noqa: SIM115 - open until the end
    plain_names = {_code(code): name for code, name in names.items()}
    members = sorted(member.name for member in archive.getmembers() if member.name.endswith(".webp"))
    for member in members:
        code = member.rsplit("/", 1)[-1].removesuffix(".webp")
        name = plain_names.get(_code(code))
        if name is None or _TONE.search(code) or name not in groups:
            continue
        yield _candidate("fluent3d", name, groups[name], partial(_extract, archive, member))


def _drawn(source: str, package: _Iconify, groups: dict[str, str]) -> Iterator[Candidate]:
    for name in sorted(package.bodies):
        if name in groups:
            yield _candidate(source, name, groups[name], partial(package.svg, name))


def _candidate(source: str, name: str, group: str, load: partial[bytes]) -> Candidate:
    subject = _GENDERED.sub("person-", name)
    return Candidate(
        source=source,
        key=name,
        title=name.replace("-", " "),
        subject=f"emoji {subject}",
        series=f"{source} {_SERIES.sub('', subject)}",
        style=STYLES[source],
        licence=LICENCES[source],
        author=AUTHORS[source],
        load=load,
        keywords=("emoji",),
        folders=(f"emoji/{slug(group)}",),
    )


def _extract(archive: tarfile.TarFile, member: str) -> bytes:
    stream = archive.extractfile(member)
    if stream is None:
        raise FileNotFoundError(member)
    return stream.read()


def _member(archive: tarfile.TarFile, name: str) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = json.loads(_extract(archive, f"package/{name}"))
    except KeyError:  # not every icon package has every list
        return {}
    return loaded


def _tarball(folder: Path, package: str) -> Path:
    found = sorted(folder.glob(f"{package}-[0-9]*.tgz"))
    if not found:
        raise FileNotFoundError(f"No {package}-*.tgz in {folder}: fetch it with the npm client's pack command.")
    return found[-1]


def _code(text: str) -> str:
    """Return the code points without the variation selector, which only some packages write."""
    return "-".join(part for part in text.split("-") if part != "fe0f")
