"""Pictures take the place of a finished collection's cards, as they come, and everything else stays."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from explorer.cli.command import app
from pipeline.benchmarks.link_server import picture
from pipeline.build import late_pictures
from pipeline.build.late_pictures import fetch_pictures
from pipeline.build.release_answers import record_choices
from pipeline.build.release_tables import card_of_each
from pipeline.build.without_pictures import LAYOUT, ReleaseOptions, build_release
from pipeline.collection import Collection
from pipeline.collection.originals import picture_facts, read_original
from pipeline.errors import ParameterError
from pipeline.fetching import FetchLimits, FetchOptions, Politeness
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.label_store import open_label_store
from pipeline.progress import Progress
from pipeline.resources import asset
from pipeline.sources.bam_release import read_release
from pipeline.synthetic.bam_release import ReleaseSize, write_release
from tests.helpers.misbehaving_server import Served, serving

SIZE = ReleaseSize(modules=60, labels=60, choices=140, captions=10)
MISSING, PAGES, NONE = (4, 5), (6,), (7,)
"""Images whose links are dead, lead to a page, or are not there."""

GOOD = SIZE.modules - len(MISSING) - len(PAGES) - len(NONE)
QUICK = FetchOptions(
    FetchLimits(connect=5, answer=5, stall=5, whole=10), Politeness(tries=1, backoff=0.01), allow_private=True
)


@pytest.fixture
def server() -> Iterator[Served]:
    with serving() as served:
        yield served


@pytest.fixture
def collection(server: Served, tmp_path: Path) -> Collection:
    """A release whose links lead to the server."""
    file = tmp_path / "bam.sqlite"
    write_release(file, SIZE, seed=3)
    with closing(sqlite3.connect(file)) as database, database:
        rows = [mid for (mid,) in database.execute("select mid from modules order by mid")]
        for place, mid in enumerate(rows):
            what = "missing" if place in MISSING else "html" if place in PAGES else "good"
            link = None if place in NONE else f"{server.url}/{what}/{place}"
            database.execute("update modules set src = ? where mid = ?", (link, mid))
    release = read_release(file)
    build_release(release, tmp_path / "collection", load_taxonomy(asset("taxonomy/bam.toml")), ReleaseOptions())
    found = Collection(tmp_path / "collection")
    with open_label_store(found) as store:
        record_choices(store, found, release)
    return found


def is_card(collection: Collection, row: int) -> bool:
    return Image.open(io.BytesIO(collection.preview(row))).size == (512, 512)


def check_pictures(collection: Collection, shown: set[int]) -> None:
    """Each image shows its own picture or its card."""
    tiles = collection.tiles(range(len(collection)))
    best = card_of_each(
        np.array(
            [
                collection.open_dataset(f"scores/{name}/imported-1.lance").to_table()["score"]
                for name in collection.scored
            ]
        )
    )
    for row in range(len(collection)):
        alike = {other for other in range(len(collection)) if tiles[other] == tiles[row]}
        if row in shown:  # the server's pictures differ in their bytes alone
            assert alike == shown
            assert collection.record(row).sha256 == hashlib.sha256(picture(row)).hexdigest()
        else:
            assert alike == set(np.flatnonzero(best == best[row]).tolist()) - shown
            assert collection.record(row).sha256 == ""


def expected() -> set[int]:
    return set(range(SIZE.modules)) - {*MISSING, *PAGES, *NONE}


def test_pictures_take_the_place_of_cards_and_everything_else_stays(collection: Collection, tmp_path: Path) -> None:
    with open_label_store(collection) as store:
        answers = list(store.answers.log())
    report = fetch_pictures(collection.path, tmp_path / "pictures", QUICK)
    assert (report.links, report.shown, report.unusable) == (SIZE.modules - len(NONE), GOOD, 0)
    after = Collection(collection.path)
    check_pictures(after, expected())
    np.testing.assert_array_equal(after.image_ids, collection.image_ids)
    np.testing.assert_array_equal(after.scores, collection.scores)
    np.testing.assert_array_equal(after.layout(LAYOUT).positions, collection.layout(LAYOUT).positions)
    np.testing.assert_array_equal(after.embedding(), collection.embedding())
    for name in ("source", "caption", "license"):
        rows = range(len(after))
        assert [getattr(one, name) for one in after.records(rows)] == [
            getattr(one, name) for one in collection.records(rows)
        ]
    for name in after.scored:
        np.testing.assert_array_equal(after.known(name), collection.known(name))
    with open_label_store(after) as store:
        assert list(store.answers.log()) == answers
    original = read_original(after, 0)
    assert Image.open(io.BytesIO(original.picture)).size == (after.record(0).width, after.record(0).height)


def test_a_reader_that_is_open_keeps_its_cards(collection: Collection, tmp_path: Path) -> None:
    collection.tiles([0])
    fetch_pictures(collection.path, tmp_path / "pictures", QUICK)
    assert not collection.is_newest()
    assert is_card(collection, 0)


def test_the_reasons_of_failures_are_kept_and_shown(collection: Collection, tmp_path: Path) -> None:
    fetch_pictures(collection.path, tmp_path / "pictures", QUICK)
    facts = picture_facts(Collection(collection.path))
    assert facts is not None
    assert (facts.shown, facts.waiting, facts.without) == (GOOD, 0, len(NONE))
    assert facts.reasons == {"not_found": len(MISSING), "html_page": len(PAGES)}
    table = tmp_path / "failed.csv"
    info = CliRunner().invoke(app, ["info", str(collection.path), "--json", "--failed-csv", str(table)])
    assert json.loads(info.stdout)["pictures"]["failed"] == facts.reasons
    assert table.read_text().count("not_found") == len(MISSING)
    assert "2 not found" in CliRunner().invoke(app, ["info", str(collection.path)]).output


def test_pictures_are_taken_in_while_others_are_fetched(
    collection: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FIRST_SECONDS", "EVERY_SECONDS", "SHARE"):
        monkeypatch.setattr(late_pictures, name, 0.0)
    seen: list[int] = []

    def watch(progress: Progress) -> None:
        seen.append(Collection(collection.path).manifest.revision.number)

    slow = FetchOptions(QUICK.limits, Politeness(requests=2, host_rate=20.0, tries=1), allow_private=True)
    report = fetch_pictures(collection.path, tmp_path / "pictures", slow, progress=watch)
    assert report.shown == GOOD
    assert max(seen) > 1
    check_pictures(Collection(collection.path), expected())


def test_a_run_that_is_stopped_keeps_what_came_and_goes_on(
    collection: Collection, server: Served, tmp_path: Path
) -> None:
    def stop(progress: Progress) -> None:
        if progress.stage == "Fetching links" and progress.done > 20:
            raise KeyboardInterrupt

    slow = FetchOptions(QUICK.limits, Politeness(requests=2, host_rate=40.0, tries=1), allow_private=True)
    with pytest.raises(KeyboardInterrupt):
        fetch_pictures(collection.path, tmp_path / "pictures", slow, progress=stop)
    facts = picture_facts(Collection(collection.path))
    assert facts is not None
    assert 10 < facts.shown < GOOD
    report = fetch_pictures(collection.path, tmp_path / "pictures", QUICK)
    assert report.shown == GOOD - facts.shown
    check_pictures(Collection(collection.path), expected())


def test_a_second_run_fetches_nothing_again(collection: Collection, tmp_path: Path) -> None:
    fetch_pictures(collection.path, tmp_path / "pictures", QUICK)
    before = Collection(collection.path).manifest.revision.number
    again = fetch_pictures(collection.path, tmp_path / "pictures", QUICK)
    assert (again.shown, again.fetched and again.fetched.left) == (0, len(MISSING) + len(PAGES))
    assert Collection(collection.path).manifest.revision.number == before


def test_pictures_of_a_run_that_was_killed_before_it_took_them_in_are_taken_in(
    collection: Collection, tmp_path: Path
) -> None:
    from pipeline.build.late_pictures import _links
    from pipeline.fetching import fetch

    fetch(list(_links(collection)), tmp_path / "pictures", QUICK)
    report = fetch_pictures(collection.path, tmp_path / "pictures", QUICK)
    assert (report.shown, report.fetched and report.fetched.arrived) == (GOOD, 0)
    check_pictures(Collection(collection.path), expected())


def test_a_picture_that_cannot_be_read_keeps_its_card_with_a_reason(collection: Collection, tmp_path: Path) -> None:
    from pipeline.build.late_pictures import _links
    from pipeline.fetching import fetch, picture_path

    fetch(list(_links(collection)), tmp_path / "pictures", QUICK)
    bad = picture_path(tmp_path / "pictures", int(collection.image_ids[0]))
    bad.write_bytes(bad.read_bytes()[:40].ljust(bad.stat().st_size, b"\0"))
    report = fetch_pictures(collection.path, tmp_path / "pictures", QUICK)
    assert (report.shown, report.unusable) == (GOOD - 1, 1)
    after = Collection(collection.path)
    assert is_card(after, 0)
    check_pictures(after, expected() - {0})


def test_no_picture_is_put_into_the_collection(collection: Collection) -> None:
    with pytest.raises(ParameterError, match="among the files of the collection"):
        fetch_pictures(collection.path, collection.path / "pictures", QUICK)


def test_a_collection_of_pictures_has_nothing_to_fetch(collection_path: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["fetch", str(collection_path), "--pictures", str(tmp_path / "pictures")])
    assert done.exit_code == 0, done.output
    assert "nothing to fetch" in done.output
    assert not (tmp_path / "pictures").exists()


def test_the_command_says_what_came(collection: Collection) -> None:
    done = CliRunner().invoke(app, ["fetch", str(collection.path), "--allow-private", "--try-again", "none"])
    said = " ".join(done.output.split())
    assert done.exit_code == 0, said
    assert f"{GOOD} pictures took the place of cards, of {SIZE.modules - 1} links" in said
    assert "3 links gave no picture (2 not found, 1 html page)" in said


@pytest.mark.slow
def test_a_fetch_that_is_killed_at_random_moments_ends_like_an_undisturbed_one(
    collection: Collection, tmp_path: Path
) -> None:
    moments = np.random.default_rng(7)
    command = [sys.executable, "-m", "explorer", "fetch", str(collection.path), "--allow-private"]
    for _ in range(6):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=moments.uniform(1.0, 6.0))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        Collection(collection.path)
    subprocess.run(command, check=True, capture_output=True)
    check_pictures(Collection(collection.path), expected())
