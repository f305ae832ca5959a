"""Stages of a build: a process killed at any moment repeats no finished stage, and the result is the same."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.build import BuildOptions, build_collection
from pipeline.build.stage import dependents
from pipeline.build.stage_list import STAGES
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.progress import Progress
from pipeline.resources import asset
from pipeline.sources.source import Source
from tests.helpers.fake_embedder import FakeEmbedder
from tests.helpers.power_cut import PowerCut, power_cut
from tests.helpers.same_tables import assert_same_tables

TAXONOMY = load_taxonomy(asset("taxonomy/bam.toml"))
NAMES = [stage.name for stage in STAGES]
QUICK = {"read", "graph", "layout"}
TITLES = {stage.title: stage.name for stage in STAGES}


@pytest.fixture(scope="module")
def few(drawn_source: Source) -> Source:
    """Enough images for every stage to have work."""
    return replace(drawn_source, items=drawn_source.items[:36])


def build(source: Source, target: Path, options: BuildOptions | None = None) -> list[str]:
    """Build; return the names of the stages that were done before."""
    told: list[Progress] = []
    build_collection(source, target, FakeEmbedder(), TAXONOMY, options, progress=told.append)
    return [TITLES[one.stage] for one in told if one.note == "done before"]


@pytest.fixture(scope="module")
def whole(few: Source, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build that nothing disturbed."""
    target = tmp_path_factory.mktemp("undisturbed") / "made"
    assert build(few, target) == []
    return target


def killed_after(stage: str, source: Source, target: Path) -> None:
    """Build, and let the process die at its first write after the record of a stage."""
    records = target.with_name(f".{target.name}.building") / "stages.json"

    def watch(_: Progress) -> None:  # the next stage reports before its first write
        if records.exists() and stage in json.loads(records.read_text()):
            steps.dead = True
            steps.step()

    with suppress(PowerCut), power_cut() as steps:
        build_collection(source, target, FakeEmbedder(), TAXONOMY, progress=watch)
    assert list(json.loads(records.read_text())) == NAMES[: NAMES.index(stage) + 1]


@pytest.mark.parametrize(
    "stage", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in NAMES[:-1]]
)
def test_a_build_killed_at_the_end_of_a_stage_repeats_no_stage(
    stage: str, few: Source, whole: Path, tmp_path: Path
) -> None:
    killed_after(stage, few, tmp_path / "made")
    assert build(few, tmp_path / "made") == NAMES[: NAMES.index(stage) + 1]
    assert_same_tables(tmp_path / "made", whole)


@pytest.mark.slow
def test_a_build_killed_at_any_write_ends_with_the_same_tables(few: Source, whole: Path, tmp_path: Path) -> None:
    with power_cut() as steps:
        build_collection(few, tmp_path / "counted", FakeEmbedder(), TAXONOMY)
    for last in range(0, steps.done, 3):
        target = tmp_path / f"killed-{last}" / "made"
        with suppress(PowerCut), power_cut(last):
            build_collection(few, target, FakeEmbedder(), TAXONOMY)
        if not target.exists():
            build(few, target)
        # One that died when the collection was in its place leaves what only a build needs.
        assert_same_tables(target, whole, without=frozenset({"build.json", "exif.lance", "raw.lance"}))
        shutil.rmtree(target.parent)


def test_a_stage_whose_output_was_lost_or_changed_runs_again_with_those_that_read_it(
    few: Source, whole: Path, tmp_path: Path
) -> None:
    killed_after("captions", few, tmp_path / "made")
    shutil.rmtree(tmp_path / ".made.building/graph/fake.lance")
    assert build(few, tmp_path / "made") == ["read", "embedding", "scores", "captions"]
    assert_same_tables(tmp_path / "made", whole)


def test_a_file_that_was_cut_off_is_written_again(few: Source, whole: Path, tmp_path: Path) -> None:
    killed_after("captions", few, tmp_path / "made")
    file = next((tmp_path / ".made.building/layouts/all-umap.lance/data").iterdir())
    file.write_bytes(file.read_bytes()[:-1])
    assert build(few, tmp_path / "made") == ["read", "embedding", "graph", "duplicates", "scores", "captions"]
    assert_same_tables(tmp_path / "made", whole)


def test_another_parameter_runs_only_the_stages_that_have_it(few: Source, tmp_path: Path) -> None:
    killed_after("captions", few, tmp_path / "made")
    done = build(few, tmp_path / "made", BuildOptions(near_duplicates=0.3))
    assert done == [name for name in NAMES[:-1] if name != "duplicates"]


def test_another_version_of_its_code_runs_a_stage_again(
    few: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_after("captions", few, tmp_path / "made")
    newer = tuple(replace(stage, version=2) if stage.name == "duplicates" else stage for stage in STAGES)
    monkeypatch.setattr("pipeline.build.stages.STAGES", newer)
    assert build(few, tmp_path / "made") == [name for name in NAMES[:-1] if name != "duplicates"]


def test_each_stage_stands_after_those_whose_data_it_reads() -> None:
    made: set[str] = set()
    for stage in STAGES:
        assert set(stage.reads) <= made, stage.name
        made |= set(stage.makes)
    by_name = {stage.name: stage for stage in STAGES}
    assert [one.name for one in dependents(by_name["graph"], STAGES)] == ["graph", "duplicates", "layout"]
    assert [one.name for one in dependents(by_name["captions"], STAGES)] == ["captions"]


KILLED = """
import os, signal, sys, threading, time
from pathlib import Path
import lance, numpy as np, openTSNE, sklearn.linear_model
from pipeline.compilation import let_import
let_import("umap")
import umap
import pipeline.build.stage_list as stage_list
from pipeline.build import build_collection
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.resources import asset
from pipeline.sources import open_source
from tests.helpers.fake_embedder import FakeEmbedder

stage_list.COMMIT_EVERY = 16
source, folder, kills = open_source(Path(sys.argv[1])), Path(sys.argv[2]), int(sys.argv[3])


def build(target, last, delay):
    count = 0

    def die():
        time.sleep(delay)
        os.kill(os.getpid(), signal.SIGKILL)

    def told(progress):
        nonlocal count
        count += 1
        if count == last:
            threading.Thread(target=die, daemon=True).start()

    taxonomy = load_taxonomy(asset("taxonomy/bam.toml"))
    build_collection(source, target, FakeEmbedder(), taxonomy, progress=told)
    return count


def forked(target, last=0, delay=0.0):
    # The child ends with 0; the number of its reports of progress is in a file.
    child = os.fork()
    if child == 0:
        try:
            (folder / "reports").write_text(str(build(target, last, delay)))
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


assert forked(folder / "undisturbed") == 0
reports, generator = int((folder / "reports").read_text()), np.random.default_rng(kills)
done = number = 0
while done < kills:
    # A build that goes on reports less, so early moments are drawn more often.
    last, delay = 1 + int(reports * generator.random() ** 2), 0.1 * generator.random()
    ended = forked(folder / f"made-{number}", last, delay)
    assert ended in (0, -signal.SIGKILL), ended
    done += ended != 0
    number += ended == 0
assert forked(folder / f"made-{number}") == 0
"""


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked")
@pytest.mark.slow
def test_twenty_kills_at_random_moments_change_nothing(drawn_table: Path, tmp_path: Path) -> None:
    """Each kill hits the build that the next process continues. A build that ends is followed by a new one."""
    command = [sys.executable, "-c", KILLED, str(drawn_table), str(tmp_path), "20"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    made = sorted(tmp_path.glob("made-*"))
    assert made
    for target in made:
        assert_same_tables(target, tmp_path / "undisturbed")
        assert not target.with_name(f".{target.name}.building").exists()
