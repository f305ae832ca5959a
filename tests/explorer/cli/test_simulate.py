"""``explorer simulate`` as a person runs it."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.collection import Collection
from tests.explorer.cli.test_cli import explorer, sentence


@pytest.fixture
def truth(collection: Collection, tmp_path: Path) -> Path:
    """Discs, stripes, and a column that says yes of everything."""
    path = tmp_path / "truth.csv"
    files = collection.sources().to_pylist()
    lines = [f"{name},{int('disc' in name)},{int('stripes' in name)},1" for name in files]
    path.write_text("\n".join(["file,disc,stripes,all", *lines]) + "\n", encoding="utf-8")
    return path


def test_a_json_object_a_round_and_scores_to_compute_it_again(
    collection_path: Path, truth: Path, tmp_path: Path
) -> None:
    result = explorer(
        "simulate", collection_path, "--truth", truth, "--attribute", "disc", "--attribute", "stripes",
        "--strategy", "random", "--strategy", "default", "--rounds", 2, "--batch", 5, "--seeds", 2,
        "--noise", 0.1, "--annotators", 3, "--json", "--scores-out", tmp_path / "scores",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    rounds = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(rounds) == 2 * 2 * 2 * 2
    wanted = {"attribute", "strategy", "seed", "labels", "average_precision", "recall_at_p90", "threshold"}
    assert rounds[0].keys() >= wanted | {"precision", "recall", "seconds"}
    assert rounds[0]["labels"] == 5 + 5 * 3
    with (tmp_path / "scores" / "disc.random.0.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["round"] == "2"]
    assert len(rows) == rounds[1]["hidden"]
    passed = [row["truth"] == "1" for row in rows if float(row["score"]) >= rounds[1]["threshold"]]
    assert sum(passed) == round(rounds[1]["recall"] * rounds[1]["hidden_yes"])
    assert len(list((tmp_path / "scores").iterdir())) == 8


@pytest.mark.slow
def test_without_json_a_table_sums_up(collection_path: Path, truth: Path) -> None:
    result = explorer(
        "simulate", collection_path, "--truth", truth, "--attribute", "disc", "--rounds", 1, "--batch", 5, "--seeds", 1
    )
    assert result.returncode == 0, result.stderr
    assert "answers to 80 %" in result.stdout
    assert "default" in result.stdout


@pytest.mark.parametrize(
    ("given", "words", "code"),
    [
        (["--attribute", "cat"], "no column cat. It has: disc, stripes, all", 1),
        (["--attribute", "all"], "all cannot be simulated", 2),
        (["--attribute", "disc", "--strategy", "best"], "no strategy 'best'. Choose one of: random", 2),
        (["--noise", "0.7"], "allowed are", 2),
    ],
    ids=["attribute", "one class", "strategy", "noise"],
)
def test_mistakes_are_one_sentence(collection_path: Path, truth: Path, given: list[str], words: str, code: int) -> None:
    assert words in sentence(explorer("simulate", collection_path, "--truth", truth, *given), code)


def test_a_table_of_other_images_is_one_sentence(collection_path: Path, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("file,disc\nelsewhere.png,1\n", encoding="utf-8")
    output = sentence(explorer("simulate", collection_path, "--truth", tmp_path / "other.csv"))
    assert "elsewhere.png" in output


@pytest.mark.slow
def test_scores_that_cannot_be_written_are_one_sentence(collection_path: Path, truth: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    output = sentence(
        explorer(
            "simulate", collection_path, "--truth", truth, "--attribute", "disc", "--scores-out", tmp_path / "file"
        )
    )
    assert "cannot be written" in output


@pytest.fixture
def bam_file(collection: Collection, tmp_path: Path) -> Path:
    """A release file in BAM!'s shape: two votes an image for discs, of which every tenth contradicts."""
    path = tmp_path / "release.sqlite"
    files = collection.sources().to_pylist()
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE crowd_labels (mid INT, attribute TEXT, label TEXT)")
        database.execute("CREATE TABLE crowd_raw_choices (assignment_id TEXT, mid INT, attribute TEXT, label BOOL)")
        for number, (mid, name) in enumerate(zip(collection.image_ids.tolist(), files, strict=True)):
            yes = "disc" in name
            label = "positive" if yes else "negative"
            database.execute("INSERT INTO crowd_labels VALUES (?, 'disc', ?)", (mid, label))
            for vote in (yes, yes if number % 10 else not yes):
                database.execute("INSERT INTO crowd_raw_choices VALUES ('a', ?, 'disc', ?)", (mid, int(vote)))
        database.commit()
    return path


@pytest.mark.slow
def test_a_crowds_single_votes_are_replayed(collection_path: Path, truth: Path, bam_file: Path) -> None:
    given = ("--attribute", "disc", "--rounds", 2, "--batch", 10, "--seeds", 1, "--annotators", 2, "--json")
    result = explorer("simulate", collection_path, "--truth", bam_file, *given, "--replay")
    assert result.returncode == 0, result.stderr
    rounds = [json.loads(line) for line in result.stdout.splitlines()]
    assert [one["labels"] for one in rounds] == [5 + 2 * 10, 5 + 4 * 10], "two votes an image, each counted"
    output = sentence(explorer("simulate", collection_path, "--truth", truth, *given, "--replay"), 2)
    assert "holds no single votes" in output
    output = sentence(explorer("simulate", collection_path, "--truth", bam_file, *given, "--replay", "--noise", 0.1), 2)
    assert "they err by themselves" in output
