"""Single photographs from several packages, listed one by one in ``rules/photographs.toml`` with their terms."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from assets.make_sample.candidate import Candidate, slug

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


def candidates(listing: Path, roots: Mapping[str, Path]) -> Iterator[Candidate]:
    """Read the listed photographs; ``roots`` names the folder of each package's pictures."""
    for package, section in tomllib.loads(listing.read_text(encoding="utf-8")).items():
        for entry in section["photograph"]:
            path = roots[package] / entry["file"]
            yield Candidate(
                source="photographs",
                key=slug(path.stem),
                title=entry["title"],
                subject=f"photograph {package} {slug(path.stem)}",
                series=f"photograph {package} {slug(path.stem)}",
                style=entry.get("style", "photo"),
                licence=entry["licence"],
                author=entry["author"],
                load=path.read_bytes,
                keywords=tuple(entry["keywords"]),
                folders=("photographs",),
            )
