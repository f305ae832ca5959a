"""The streaming stage: every image becomes a row, in order, and nothing is left running."""

from __future__ import annotations

import hashlib
import io
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from pipeline.benchmarks.embedding_speed import bench_embed
from pipeline.build.image_stage import process_images
from pipeline.embedding.spec import EmbeddingSpec
from pipeline.errors import ParameterError
from pipeline.images.locations import FileLocation
from pipeline.images.records import SourceItem
from pipeline.images.thumbnails import decode_tile
from pipeline.limits import Limits
from pipeline.progress import Progress
from tests.helpers.fake_embedder import FakeEmbedder
from tests.helpers.image_files import broken_pictures, encode, odd_pictures, photo, write_all
from tests.helpers.source_items import file_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.images.records import ProcessedBatch

EMBEDDER = FakeEmbedder()


def as_items(paths: Sequence[Path]) -> list[tuple[int, SourceItem]]:
    return [
        (1000 - place, SourceItem("drawn", f"sub/{path.name}", FileLocation(path))) for place, path in enumerate(paths)
    ]


@pytest.fixture
def photos(tmp_path: Path) -> list[tuple[int, SourceItem]]:
    pictures = {f"{seed}.webp": encode(photo(96, 64, seed), "WEBP") for seed in range(23)}
    return as_items(write_all(tmp_path / "photos", pictures))


@pytest.fixture
def mixed(tmp_path: Path) -> list[tuple[int, SourceItem]]:
    """Good, odd, broken and missing files in turn."""
    bad = {name: data for name, (data, _) in broken_pictures().items()}
    return as_items([*write_all(tmp_path / "mixed", odd_pictures() | bad), tmp_path / "gone.png"])


def pool_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("images")]


def joined(batches: list[ProcessedBatch]) -> np.ndarray:
    return np.concatenate([batch.vectors for batch in batches])


def test_every_image_is_a_row_in_the_order_given(mixed: list[tuple[int, SourceItem]]) -> None:
    batches = list(process_images(mixed, EMBEDDER, batch_size=7))
    rows = [row for batch in batches for row in batch.rows]
    assert [row.image_id for row in rows] == [image_id for image_id, _ in mixed]
    assert [row.source for row in rows] == [item.key for _, item in mixed]
    assert [len(batch.rows) for batch in batches] == [7, 7, 7, 7, 6]


def test_good_images_have_vectors_and_thumbnails_and_broken_ones_a_reason(mixed: list[tuple[int, SourceItem]]) -> None:
    reasons = {f"sub/{name}": reason for name, (_, reason) in broken_pictures().items()} | {"sub/gone.png": "missing"}
    for batch in process_images(mixed, EMBEDDER, batch_size=7):
        good = [row for row in batch.rows if row.status == "ok"]
        assert batch.ok_ids.tolist() == [row.image_id for row in good]
        assert batch.ok_ids.dtype == np.int64
        assert batch.vectors.shape == (len(good), 32)
        assert batch.vectors.dtype == np.float16
        assert len(batch.smalls) == len(batch.tiles) == len(batch.previews) == len(good)
        for row in batch.rows:
            if row.source in reasons:
                assert row.status == "failed"
                assert row.error.startswith(f"{reasons[row.source]}: ")
                assert row.error.endswith(".")
                assert (row.width, row.height) == (0, 0)
            else:
                assert (row.status, row.error, row.width, row.height) == ("ok", "", 64, 48)


def test_the_hash_is_of_the_files_bytes_even_where_they_are_no_picture(mixed: list[tuple[int, SourceItem]]) -> None:
    paths = {image_id: file_of(item) for image_id, item in mixed}
    for batch in process_images(mixed, EMBEDDER):
        for row in batch.rows:
            path = paths[row.image_id]
            assert row.sha256 == (hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "")


def test_vector_tile_and_preview_belong_to_the_same_image(photos: list[tuple[int, SourceItem]]) -> None:
    paths = {image_id: file_of(item) for image_id, item in photos}
    for batch in process_images(photos, EMBEDDER, batch_size=5, workers=4):
        for image_id, vector, tile, preview in zip(
            batch.ok_ids, batch.vectors, batch.smalls, batch.previews, strict=True
        ):
            with Image.open(paths[int(image_id)]) as image, Image.open(io.BytesIO(preview)) as small:
                rgb = np.array(image.convert("RGB"))
                shown = np.array(small.convert("RGB"))
            wanted = EMBEDDER.embed(EMBEDDER.prepare(rgb)[None])[0]
            np.testing.assert_allclose(vector, wanted, atol=2e-3)
            assert np.abs(shown.astype(int) - rgb).mean() < 6
            assert np.abs(decode_tile(tile, 32).mean(axis=(0, 1)) - rgb[:, 16:80].mean(axis=(0, 1))).max() < 6


@pytest.mark.parametrize(("batch_size", "workers"), [(1, 1), (4, 3), (64, 2)])
def test_result_does_not_depend_on_batches_or_workers(
    photos: list[tuple[int, SourceItem]], batch_size: int, workers: int
) -> None:
    wanted = joined(list(process_images(photos, EMBEDDER)))
    found = list(process_images(photos, EMBEDDER, batch_size=batch_size, workers=workers))
    np.testing.assert_array_equal(joined(found), wanted)
    assert sum(len(batch.rows) for batch in found) == len(photos)


def test_thumbnails_can_be_left_out_and_change_no_vector(photos: list[tuple[int, SourceItem]]) -> None:
    batches = list(process_images(photos, EMBEDDER, thumbnails=False))
    assert not any(batch.tiles or batch.previews for batch in batches)
    np.testing.assert_array_equal(joined(batches), joined(list(process_images(photos, EMBEDDER))))


def test_no_images_are_no_batches() -> None:
    assert list(process_images([], EMBEDDER)) == []


def test_limits_reach_every_image(photos: list[tuple[int, SourceItem]]) -> None:
    for batch in process_images(photos, EMBEDDER, limits=Limits(max_pixels=10)):
        assert all(row.error.startswith("too_large: ") for row in batch.rows)
        assert batch.vectors.shape == (0, 32)


@dataclass
class _Unsteady:
    """An embedder that gives numbers no vector may hold for the second picture of every batch, and counts."""

    value: float = np.inf
    seconds: float = 0.0
    prepared: int = 0
    spec: EmbeddingSpec = field(default=EMBEDDER.spec)
    input_size: int = EMBEDDER.input_size

    def prepare(self, rgb: np.ndarray) -> np.ndarray:
        self.prepared += 1
        time.sleep(self.seconds)
        return EMBEDDER.prepare(rgb)

    def embed(self, batch: np.ndarray) -> np.ndarray:
        vectors = EMBEDDER.embed(batch)
        vectors[1:2, 3] = self.value
        return vectors


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e6])
def test_a_vector_that_is_not_finite_in_float16_is_a_failed_row(
    photos: list[tuple[int, SourceItem]], value: float
) -> None:
    for batch in process_images(photos[:8], _Unsteady(value), batch_size=4):
        assert [row.status for row in batch.rows] == ["ok", "failed", "ok", "ok"]
        assert batch.rows[1].error.startswith("not_finite: ")
        assert batch.ok_ids.tolist() == [batch.rows[place].image_id for place in (0, 2, 3)]
        assert len(batch.tiles) == len(batch.vectors) == 3
        assert np.isfinite(batch.vectors).all()


def test_progress_is_told_after_every_batch(mixed: list[tuple[int, SourceItem]]) -> None:
    told: list[Progress] = []
    list(process_images(mixed, EMBEDDER, batch_size=8, progress=told.append))
    total = len(mixed)
    assert [(one.done, one.total) for one in told] == [(min(8 * n, total), total) for n in range(1, len(told) + 1)]
    assert told[-1].done == total
    assert told[-1].note == f"{len(broken_pictures()) + 1} failed"


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_exception_from_progress_cancels_and_leaves_no_thread(
    photos: list[tuple[int, SourceItem]], error: type[BaseException]
) -> None:
    def stop(_: Progress) -> None:
        raise error

    embedder = _Unsteady(0.0, seconds=0.05)
    with pytest.raises(error):
        list(process_images(photos * 20, embedder, batch_size=5, workers=1, progress=stop))
    assert not pool_threads()
    assert embedder.prepared <= 8  # a batch and the image in hand, though three more batches were waiting


def test_closing_the_iterator_cancels_and_leaves_no_thread(photos: list[tuple[int, SourceItem]]) -> None:
    embedder = _Unsteady(0.0, seconds=0.05)
    batches = process_images(photos * 20, embedder, batch_size=5, workers=1)
    next(batches)
    assert pool_threads()
    batches.close()
    assert not pool_threads()
    assert embedder.prepared <= 8


def test_a_slow_consumer_is_not_run_ahead_of(photos: list[tuple[int, SourceItem]]) -> None:
    embedder = _Unsteady(0.0)
    batches = process_images(photos * 20, embedder, batch_size=5, workers=2)
    for taken, _ in enumerate(batches, start=1):
        assert embedder.prepared <= 5 * (taken + 3)
        if taken == 4:
            break


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"workers": 0}])
def test_numbers_below_one_are_refused_at_once(options: dict[str, int]) -> None:
    with pytest.raises(ParameterError, match="at least 1"):
        process_images([], EMBEDDER, **options)


class TestBench:
    @pytest.mark.slow
    def test_it_measures_both_sides(self, photos: list[tuple[int, SourceItem]]) -> None:
        (result,) = bench_embed([file_of(item) for _, item in photos], backbones=["resnet18"], repeats=1, batch=8)
        assert (result["bench"], result["backbone"], result["images"]) == ("embed", "resnet18", 23)
        rates = [float(str(result[key])) for key in ("images_per_second", "plain_images_per_second", "ratio")]
        assert min(rates) > 0
        assert rates[2] == pytest.approx(rates[0] / rates[1], rel=0.05)
        assert isinstance(result["bfloat16"], bool)
        assert result["processor"]

    @pytest.mark.parametrize(
        ("files", "options"),
        [([], {}), ([Path("x.png")], {"backbones": ["vgg"]}), ([Path("x.png")], {"repeats": 0})],
    )
    def test_what_cannot_be_measured_is_refused(self, files: list[Path], options: dict[str, object]) -> None:
        with pytest.raises(ParameterError):
            bench_embed(files, **options)  # type: ignore[arg-type]
