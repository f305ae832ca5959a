"""``explorer audit`` as a person runs it, from the plan to a certificate that others check."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pipeline.collection import Collection
from pipeline.errors import AuditError, ParameterError, TableError
from pipeline.label_store import Reply, Value, new_action_id, open_label_store
from pipeline.releases.make import make_release
from tests.explorer.cli.test_cli import explorer, sentence
from tests.explorer.cli.test_labels import run

CAT = "content_cat"


def released(collection_path: Path, folder: Path) -> Path:
    """Make a copy of the drawn collection with some answers and a release."""
    copy = Path(shutil.copytree(collection_path, folder / "collection"))
    with open_label_store(Collection(copy)) as store:
        ann = store.annotators.add("Ann")
        store.answers.bulk_answer(new_action_id(), ann.id, CAT, 1, store.images.image_ids[:3].tolist(), Value.YES)
        run("round", copy, "--attribute", CAT)
        make_release(Collection(copy), store, CAT, threshold=0.5, lower=0.5, by="Ann")
    return copy


@pytest.fixture
def path(collection_path: Path, tmp_path: Path) -> Path:
    """A collection with a release, for one test."""
    return released(collection_path, tmp_path)


@pytest.fixture(scope="module")
def unchanged(collection_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection with a release, for tests in which no audit begins."""
    return released(collection_path, tmp_path_factory.mktemp("unchanged"))


def values(step: str, *given: object) -> dict[str, object]:
    output: dict[str, object] = json.loads(run("audit", step, *given, "--json"))
    return output


def answered(path: Path, name: str = "Ann") -> None:
    """Answer everything that the last audit asks: discs are cats."""
    collection = Collection(path)
    sources = collection.sources().to_pylist()
    batch = json.loads((path / "audits" / CAT / "1" / "audit.json").read_text())["batch"]
    with open_label_store(collection) as store:
        ann = next(person for person in store.annotators.list_all() if person.name == name)
        page = store.questions.take_page(ann.id, batch, 500)
        replies = [
            Reply(item.draw_id, Value.YES if "disc" in sources[collection.row_of(item.image_id)] else Value.NO, 2.0)
            for item in page.items
        ]
        store.answers.record(new_action_id(), page.id, ann.id, replies)


def test_a_plan_says_what_it_takes_and_keeps_nothing(unchanged: Path) -> None:
    output = run("audit", "plan", unchanged, "--attribute", CAT, "--target", 0.8, "--rule", "owner")
    assert "To be shown: a precision of at least 80%" in output
    assert "Chance to certify 80%" in output
    assert not (unchanged / "audits").exists()
    plan = values("plan", unchanged, "--attribute", CAT, "--classic")
    assert plan["plan"]["rule"] == "any"  # type: ignore[index]
    assert "All of them are asked" in str(plan["fitted"])


def test_from_the_draw_to_a_certificate_that_holds(path: Path) -> None:
    given = ("--rule", "owner", "--target", 0.5, "--positives", 10, "--negatives", 10)
    output = run("audit", "start", path, "--attribute", CAT, *given, "--by", "Ann")
    assert output.startswith("Audit 1 of release 1 of content_cat has started")
    assert "reports its result once" in run("audit", "status", path, "--attribute", CAT)
    answered(path)
    report = values("status", path, "--attribute", CAT)
    assert report["progress"]["decided"] == report["progress"]["images"]  # type: ignore[index]
    assert report["result"] is not None
    output = run("audit", "publish", path, "--attribute", CAT)
    certificate = path / "audits" / CAT / "1" / "certificate.json"
    assert str(certificate) in output
    assert run("audit", "verify", path, certificate).startswith("The certificate holds.")
    assert values("verify", path, certificate) == {"holds": True, "differences": []}
    assert certificate.with_suffix(".html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_an_edited_certificate_is_named_and_the_exit_code_tells(path: Path) -> None:
    run("audit", "start", path, "--attribute", CAT, "--rule", "owner", "--by", "Ann")
    answered(path)
    run("audit", "publish", path, "--attribute", CAT)
    certificate = path / "audits" / CAT / "1" / "certificate.json"
    edited = json.loads(certificate.read_text())
    edited["images"][0]["verdict"] = "yes" if edited["images"][0]["verdict"] == "not yes" else "not yes"
    certificate.write_text(json.dumps(edited))
    result = explorer("audit", "verify", path, certificate)
    assert result.returncode == 1
    assert "images[0].verdict" in result.stdout
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (["plan", "--attribute", "content_unicorn"], ParameterError, "no attribute 'content_unicorn'"),
        (["plan", "--attribute", CAT, "--release", 9], AuditError, "no release 9 to audit"),
        (["status", "--attribute", CAT], AuditError, f"explorer audit plan DIR --attribute {CAT}"),
        (["start", "--attribute", CAT], ParameterError, "--by NAME"),
        (["plan", "--attribute", CAT, "--target", 1.5], ParameterError, "1.5"),
        (["verify", "nothing.json"], TableError, "cannot be read as a certificate"),
    ],
    ids=str,
)
def test_wrong_input_is_said(unchanged: Path, given: list[object], error: type[Exception], words: str) -> None:
    step, *others = given
    with pytest.raises(error, match=words):
        run("audit", step, unchanged, *others)


@pytest.mark.parametrize(
    ("flag", "step"),
    [
        ("--plan", "plan"),
        ("--draw", "start"),
        ("--report", "status"),
        ("--publish", "publish"),
        ("--drop", "cancel"),
        ("--verify", "verify"),
        ("--verify=certificate.json", "verify"),
    ],
)
def test_a_flag_of_earlier_versions_names_its_sub_command(unchanged: Path, flag: str, step: str) -> None:
    for given in ([unchanged, "--attribute", CAT, flag], [flag, unchanged], ["--attribute", CAT, flag, unchanged]):
        with pytest.raises(ParameterError, match=f"use explorer audit {step} DIR"):
            run("audit", *given)


def test_a_flag_of_earlier_versions_is_wrong_usage(unchanged: Path) -> None:
    output = sentence(explorer("audit", unchanged, "--attribute", CAT, "--draw", "--by", "Ann"), 2)
    assert "explorer audit start DIR --attribute NAME --by YOU" in output
    assert not (unchanged / "audits").exists()


def test_the_help_lists_the_steps_in_the_order_of_an_audit() -> None:
    output = run("audit", "--help")
    places = [output.index(f" {step} ") for step in ("plan", "start", "status", "publish", "cancel", "verify")]
    assert places == sorted(places)


def test_without_answers_there_is_nothing_to_audit(collection_path: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(collection_path, tmp_path / "fresh"))
    with pytest.raises(AuditError, match="no answers yet"):
        run("audit", "plan", copy, "--attribute", CAT)


def test_an_audit_can_be_cancelled_and_disqualified_annotators_are_left_out(path: Path) -> None:
    run("audit", "start", path, "--attribute", CAT, "--rule", "any", "--positives", 6, "--negatives", 6, "--by", "Ann")
    answered(path)
    without = values("status", path, "--attribute", CAT, "--without", "Ann")
    assert without["progress"]["decided"] == 0  # type: ignore[index]
    with pytest.raises(ParameterError, match="no annotator named 'Cat'"):
        run("audit", "status", path, "--attribute", CAT, "--without", "Cat")
    assert "was cancelled" in run("audit", "cancel", path, "--attribute", CAT)
    assert "was cancelled" in run("audit", "status", path, "--attribute", CAT)
