"""Weights can be made again: pictures in, a student that nears its teacher, stopped and resumed, out as a file."""

from __future__ import annotations

import io
import tarfile
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from assets.make_weights import fetch
from assets.make_weights.export import export, load_student
from assets.make_weights.picture_store import SIDE, build_store, open_store
from assets.make_weights.student import distance
from assets.make_weights.training import Recipe, train_student
from assets.make_weights.views import disturbed
from pipeline.embedders import choose_embedder

RECIPE = Recipe(views=64, side=32, batch=8, warm=16)
PERMISSIVE = {"MIT", "ISC", "Apache-2.0", "BSD-3-Clause", "CC0-1.0", "LicenseRef-PublicDomain"}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two families of drawings, one that is left out, and what no picture is."""
    root = tmp_path_factory.mktemp("pictures")
    for family in ("discs", "boxes", "hidden"):
        folder = root / "drawing" / family
        folder.mkdir(parents=True)
        for number in range(6):
            picture = Image.new("RGB", (80, 60), "white")
            draw = ImageDraw.Draw(picture)
            shape = draw.ellipse if family == "discs" else draw.rectangle
            shape((10 + number, 10, 50, 50), fill=(40 * number, 90, 200))
            picture.save(folder / f"{number}.png")
    (root / "drawing" / "discs" / "again.png").write_bytes((root / "drawing" / "discs" / "0.png").read_bytes())
    (root / "drawing" / "discs" / "broken.png").write_bytes(b"no picture")
    Image.new("RGB", (80, 60), "white").save(root / "drawing" / "discs" / "blank.png")
    return root


def trained(folder: Path, *sittings: int, recipe: Recipe = RECIPE) -> dict[str, torch.Tensor]:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (16, 48, 48, 3), dtype=np.uint8)
    features = rng.normal(size=(16, 12)).astype(np.float16)
    for steps in sittings:
        student = train_student(pixels, features, np.ones(16), folder, recipe, steps=steps)
    return student.state_dict()


def test_pictures_are_kept_once_and_only_where_there_is_something_to_see(pictures: Path, tmp_path: Path) -> None:
    assert build_store(pictures, tmp_path, left_out=["hidden"]) == 12
    store = open_store(tmp_path)
    assert store.pixels.shape == (12, SIDE, SIDE, 3)
    assert set(store.families) == {"discs", "boxes"}
    assert set(store.kinds) == {"drawing"}
    assert not any("again" in name or "broken" in name or "blank" in name for name in store.names)


def test_training_that_was_stopped_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    whole, parts = trained(tmp_path / "whole", 8), trained(tmp_path / "parts", 3, 5)
    for name, value in whole.items():
        assert torch.allclose(value, parts[name], atol=1e-5), name


def test_another_recipe_than_the_checkpoints_is_refused(tmp_path: Path) -> None:
    trained(tmp_path, 1)
    with pytest.raises(SystemExit, match="was begun with"):
        trained(tmp_path, 1, recipe=replace(RECIPE, views=65))


def test_the_rate_rises_and_falls() -> None:
    recipe = Recipe(views=1000, batch=10, warm=100, rate=1.0)
    rates = [recipe.rate_at(seen) for seen in range(0, 1000, 10)]
    assert rates[0] == 0.1
    assert max(rates) == pytest.approx(1.0)
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert recipe.rate_at(1000) == pytest.approx(0.0)


def test_views_are_the_same_for_the_same_seed_and_lie_in_the_networks_range() -> None:
    picture = torch.randint(0, 256, (4, 3, 60, 60), dtype=torch.uint8)
    one, same, other = (disturbed(picture, 32, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert one.shape == (4, 3, 32, 32)
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert one.abs().max() < 3


def test_whoever_says_what_the_teacher_says_is_nearest() -> None:
    taught = torch.randn(8, 12)
    assert distance(taught * 3, taught) < distance(taught.roll(1, 0), taught)
    assert float(distance(taught, taught)) >= 0


def test_what_is_exported_is_a_resnet_that_the_explorer_takes(tmp_path: Path) -> None:
    trained(tmp_path, 1)
    path = tmp_path / "weights.safetensors"
    digest = export(load_student(tmp_path / "checkpoint.pt", 12), path, {"format": "pt"})
    embedder = choose_embedder(weights=path)
    assert embedder.spec.backbone == "resnet18"
    assert embedder.spec.weights_sha256 == digest
    assert path.stat().st_size < 24_000_000
    vectors = embedder.embed(np.zeros((1, 224, 224, 3), np.uint8))
    assert vectors.shape == (1, 512)
    assert np.isfinite(vectors).all()


def test_every_source_says_what_is_taken_under_which_permissive_licence() -> None:
    sources = tomllib.loads(fetch.SOURCES.read_text(encoding="utf-8"))
    for kind, families in sources.items():
        assert kind in {"drawing", "photo"}
        for family, source in families.items():
            assert source["licence"] in PERMISSIVE, family
            assert source["stated"], family
            assert source["pictures"] > 0, family
            assert source["index"] in {"npm", "pypi", "debian"}, family
            assert ("iconify" in source) != ("take" in source), family


def test_no_archive_writes_outside_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / "evil.tgz"
    with tarfile.open(archive, "w:gz") as packed:
        for name in ("package/../../evil.svg", "package/art/cat.svg", "package/art/arrow.svg"):
            info = tarfile.TarInfo(name)
            info.size = 5
            packed.addfile(info, io.BytesIO(b"<svg>"))
    listing = tmp_path / "sources.toml"
    listing.write_text(
        '[drawing.cats]\nindex = "npm"\npackage = "p"\nversion = "1"\ntake = ["**/*.svg"]\nleave = ["**/arrow*"]\n'
    )
    monkeypatch.setattr(fetch, "SOURCES", listing)
    monkeypatch.setattr(fetch, "_download", lambda *_: archive)
    out = tmp_path / "out"
    assert dict(fetch.fetch(out)) == {"drawing/cats": 2}
    assert sorted(path.name for path in out.rglob("*.svg")) == ["..__..__evil.svg", "art__cat.svg"]
    assert not list(tmp_path.glob("*.svg"))
    assert not list(tmp_path.parent.glob("evil.svg"))
