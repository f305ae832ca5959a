"""A source is compared with the images that came from it."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from pipeline.build import BuildOptions, build_collection
from pipeline.collection import Collection
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.growing import add_images
from pipeline.growing.changes import SourceChanges, known_name, source_changes
from pipeline.resources import asset
from pipeline.sources.opening import open_source
from tests.conftest import draw_images
from tests.explorer.cli.test_labels import run
from tests.helpers.fake_embedder import FakeEmbedder


def test_new_gone_and_edited_images_are_named(tmp_path: Path) -> None:
    folder = draw_images(tmp_path / "drawn", 12).parent / "images"
    more = draw_images(tmp_path / "more", 3, seed=5).parent / "images"
    path = tmp_path / "collection"
    taxonomy = load_taxonomy(asset("taxonomy/bam.toml"))
    build_collection(open_source(folder), path, FakeEmbedder(), taxonomy, BuildOptions())
    add_images(path, open_source(more, name="more"), FakeEmbedder())
    collection = Collection(path)
    assert (known_name(collection, folder), known_name(collection, more)) == ("images", "more")
    assert known_name(collection, tmp_path) is None
    assert source_changes(collection, open_source(folder)) == SourceChanges((), (), (), ())
    (folder / "disc-000.png").unlink()
    Image.new("RGB", (40, 40), "black").save(folder / "square-001.png")
    Image.new("RGB", (40, 40), "green").save(folder / "zebra.png")
    (folder / "stripes-002.png").write_bytes(b"")
    found = source_changes(collection, open_source(folder))
    assert (found.new, found.gone) == (("zebra.png",), ("disc-000.png",))
    assert "square-001.png" in found.edited
    assert "stripes-002.png" in found.edited + found.unreadable
    said = run("refresh", path, folder)
    assert "1 new" in said
    assert "zebra.png" in said
    assert source_changes(collection, open_source(more, name="more")) == SourceChanges((), (), (), ())
