"""A small synthetic collection, made once, with its release file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import lance
import pytest

from pipeline.collection import Collection
from pipeline.synthetic.build import build_synthetic
from pipeline.synthetic.spec import SyntheticSpec
from pipeline.synthetic.truth import BAM_FILE

SPEC = SyntheticSpec(3_000, seed=3, training_images=16_384, background_clusters=60, pictures=90, duplicates=0.05)


BAM_COLUMNS = (
    "content_bicycle",
    "content_bird",
    "content_building",
    "content_cars",
    "content_cat",
    "content_dog",
    "content_flower",
    "content_people",
    "content_tree",
    "emotion_gloomy",
    "emotion_happy",
    "emotion_peaceful",
    "emotion_scary",
    "media_3d_graphics",
    "media_comic",
    "media_graphite",
    "media_oilpaint",
    "media_pen_ink",
    "media_vectorart",
    "media_watercolor",
)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("synthetic") / "made"
    build_synthetic(SPEC, target)
    return target


@pytest.fixture
def opened(made: Path) -> Collection:
    return Collection(made)


@pytest.fixture
def release(made: Path) -> sqlite3.Connection:
    database = sqlite3.connect(f"file:{made / BAM_FILE}?mode=ro", uri=True)
    yield database
    database.close()


def groups_of(made: Path) -> dict[int, tuple[str, list[int]]]:
    """True groups: name to kind and ids."""
    table = lance.dataset(str(made / "duplicates.lance")).to_table()
    groups: dict[int, tuple[str, list[int]]] = {}
    for image_id, group, kind in zip(*(table[name].to_pylist() for name in ("image_id", "group", "kind")), strict=True):
        groups.setdefault(group, (kind, []))[1].append(image_id)
        assert groups[group][0] == kind
    return groups
