"""The sample collection and the taxonomies: complete, small, licensed and in step with each other."""

from __future__ import annotations

import csv
import hashlib
import tomllib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

ASSETS = Path(__file__).parents[2] / "assets"
SAMPLE = ASSETS / "sample"
FACTS = ["file", "caption", "author", "keywords", "source", "licence", "sha256", "project_id"]
BAM = {
    "content": ["bicycle", "bird", "building", "cars", "cat", "dog", "flower", "people", "tree"],
    "emotion": ["gloomy", "happy", "peaceful", "scary"],
    "media": ["3d_graphics", "comic", "graphite", "oilpaint", "pen_ink", "vectorart", "watercolor"],
}


def taxonomy(name: str) -> dict[str, Any]:
    return tomllib.loads((ASSETS / "taxonomy" / f"{name}.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with (SAMPLE / "sample.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def attributes(rows: list[dict[str, str]]) -> list[str]:
    columns = list(rows[0])
    assert columns[: len(FACTS)] == FACTS
    return columns[len(FACTS) :]


def test_the_table_is_long_enough_and_sorted_by_file(rows: list[dict[str, str]]) -> None:
    files = [row["file"] for row in rows]
    assert len(files) >= 2400
    assert files == sorted(set(files))


def test_every_picture_on_disk_is_in_the_table_and_matches_its_hash(rows: list[dict[str, str]]) -> None:
    listed = {row["file"]: row["sha256"] for row in rows}
    found = {path.relative_to(SAMPLE).as_posix(): path for path in SAMPLE.glob("images/**/*") if path.is_file()}
    assert set(found) == set(listed)
    wrong = [file for file, path in found.items() if hashlib.sha256(path.read_bytes()).hexdigest() != listed[file]]
    assert wrong == []


def test_pictures_are_small_webp_files_with_plain_names(rows: list[dict[str, str]]) -> None:
    total = 0
    for row in rows:
        path = SAMPLE / row["file"]
        total += path.stat().st_size
        assert row["file"].isascii()
        assert row["file"] == row["file"].lower()
        with Image.open(path) as picture:
            assert picture.format == "WEBP"
            assert max(picture.size) <= 256, row["file"]
    assert total <= 20_000_000


def test_answers_are_yes_no_or_empty_and_there_are_enough_of_both(
    rows: list[dict[str, str]], attributes: list[str]
) -> None:
    for attribute in attributes:
        answers = [row[attribute] for row in rows]
        assert set(answers) <= {"yes", "no", ""}
        assert min(answers.count("yes"), answers.count("no")) >= 20, attribute


def test_project_ids_are_exact_in_a_browser(rows: list[dict[str, str]]) -> None:
    assert all(0 <= int(row["project_id"]) < 2**53 for row in rows)


def test_styles_of_one_subject_are_one_project(rows: list[dict[str, str]]) -> None:
    projects = {row["file"]: row["project_id"] for row in rows}
    for other in ("fluentink", "noto", "openmoji"):
        assert projects["images/fluent3d/dog_face.webp"] == projects[f"images/{other}/dog_face.webp"]


def test_every_licence_has_its_text_and_every_text_is_used(rows: list[dict[str, str]]) -> None:
    texts = {path.stem for path in (SAMPLE / "LICENSES").glob("*.txt")}
    assert {row["licence"] for row in rows} == texts


def test_the_taxonomy_of_the_sample_names_the_columns(attributes: list[str]) -> None:
    assert {entry["name"] for entry in taxonomy("sample")["attribute"]} == set(attributes)


def test_the_bam_taxonomy_has_the_twenty_attributes_in_order() -> None:
    names = [entry["name"] for entry in taxonomy("bam")["attribute"]]
    assert names == [f"{group}_{word}" for group, words in BAM.items() for word in words]


@pytest.mark.parametrize("name", ["bam", "sample"])
def test_attributes_are_defined_for_an_annotator(name: str) -> None:
    for entry in taxonomy(name)["attribute"]:
        assert entry["name"] == f"{entry['group']}_{entry['name'].partition('_')[2]}"
        assert entry["definition"].endswith(".")
        assert entry["counts"]
        assert entry["counts_not"]
        assert bool(entry["decided_by_source"]) == ("source_note" in entry)
