"""Versions of scores on disk: complete or absent, named last, and never replacing the first scores."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.collection import Collection
from pipeline.collection.manifest import AttributeFacts
from pipeline.collection.score_origins import named_origin
from pipeline.errors import CollectionDamagedError, CollectionError, ModelMismatchError, ParameterError
from pipeline.learning.linear_model import LinearModel
from pipeline.rounds.score_versions import (
    current_round,
    name_scores,
    prune_scores,
    read_model,
    write_round,
)
from pipeline.taxonomy import Attribute
from tests.helpers.scores import read_scores
from tests.pipeline.conftest import BIRD, CAT, contents

MODEL = LinearModel(np.arange(32, dtype=np.float32), 0.25, 2.0, -1.0)
SCORES = np.linspace(0, 1, 72, dtype=np.float32)
BIRDS = Attribute(BIRD, "content", "bird", "Is there a bird?", ("parrots",), ("planes",))


@pytest.fixture
def opened(copy: Path) -> Collection:
    return Collection(copy)


def test_what_was_written_is_read_back(opened: Collection) -> None:
    assert write_round(opened, CAT, 3, SCORES, MODEL) == "round-3"
    np.testing.assert_array_equal(read_scores(opened, CAT, "round-3"), SCORES)
    model = read_model(opened, CAT, "round-3")
    np.testing.assert_array_equal(model.weights, MODEL.weights)
    assert (model.intercept, model.slope, model.offset) == (0.25, 2.0, -1.0)


def test_nobody_sees_scores_before_they_are_named(opened: Collection) -> None:
    write_round(opened, CAT, 1, SCORES, MODEL)
    assert (current_round(opened, CAT), named_origin(opened, CAT)) == (0, "model-1")
    assert not opened.refresh_scores()
    facts = next(entry for entry in opened.manifest.attributes if entry.name == CAT)
    name_scores(opened, replace(facts, origin="round-1"), opened.manifest.taxonomy.attribute(CAT))
    assert (current_round(opened, CAT), named_origin(opened, CAT)) == (1, "round-1")
    assert opened.refresh_scores()
    np.testing.assert_array_equal(opened.scores[opened.scored.index(CAT)], SCORES)


@pytest.mark.parametrize("bad", [np.nan, -0.1, 1.1, np.inf])
def test_scores_that_are_no_probabilities_are_refused_and_leave_nothing(opened: Collection, bad: float) -> None:
    before = contents(opened.path, "scores", "models")
    scores = SCORES.copy()
    scores[7] = bad
    with pytest.raises(ParameterError, match=r"one is NaN or outside 0 to 1.*Give the probability of every image"):
        write_round(opened, CAT, 1, scores, MODEL)
    with pytest.raises(ParameterError, match="71 scores for 72 images"):
        write_round(opened, CAT, 1, SCORES[1:], MODEL)
    assert contents(opened.path, "scores", "models") == before


def test_a_collection_that_came_without_models_gets_its_first(opened: Collection) -> None:
    for file in (opened.path / "models").iterdir():
        file.unlink()
    (opened.path / "models").rmdir()
    write_round(opened, BIRD, 1, SCORES, MODEL)
    assert read_model(opened, BIRD, "round-1").intercept == 0.25


def test_a_model_that_cannot_be_written_leaves_no_scores_either(
    opened: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    import safetensors.numpy

    def full(*_: object) -> None:
        raise safetensors.SafetensorError("No space left on device (os error 28)")

    before = contents(opened.path, "scores", "models")
    monkeypatch.setattr(safetensors.numpy, "save_file", full)
    with pytest.raises(CollectionError, match=r"No space left on device.*check permissions and free space"):
        write_round(opened, CAT, 1, SCORES, MODEL)
    assert contents(opened.path, "scores", "models") == before
    assert not list(opened.path.glob("scores/*/.*part"))


def test_what_an_interrupted_round_left_is_written_over(opened: Collection) -> None:
    write_round(opened, CAT, 1, SCORES, MODEL)
    (opened.path / "scores" / CAT / ".round-1.lance.part" / "data").mkdir(parents=True)
    write_round(opened, CAT, 1, SCORES[::-1].copy(), MODEL)
    np.testing.assert_array_equal(read_scores(opened, CAT, "round-1"), SCORES[::-1])


def test_what_came_with_the_collection_keeps_its_bytes(opened: Collection) -> None:
    before = contents(opened.path, "scores", "models")
    for number in range(1, 5):
        write_round(opened, CAT, number, SCORES, MODEL)
    assert prune_scores(opened, CAT, {"round-4", "round-2"}) == ["round-1", "round-3"]
    after = contents(opened.path, "scores", "models")
    assert {name: after[name] for name in before} == before
    kept = {path.name for path in (opened.path / "scores" / CAT).glob("*.lance")}
    assert kept == {"model-1.lance", "round-2.lance", "round-4.lance"}
    assert len(list((opened.path / "models").glob(f"{CAT}-round-*"))) == 4, "models stay: the learning curve needs them"


def test_scores_of_imports_and_of_others_are_not_pruned(opened: Collection) -> None:
    for name in ("imported-1.lance", "round-x.lance"):
        (opened.path / "scores" / CAT / name).mkdir()
    assert prune_scores(opened, CAT, ()) == []
    assert prune_scores(opened, "content_nobody", ()) == []


def test_an_attribute_that_people_defined_comes_into_the_taxonomy(opened: Collection) -> None:
    write_round(opened, BIRD, 1, SCORES, MODEL)
    name_scores(opened, AttributeFacts(BIRD, 0, 0, threshold=0.5, origin="round-1"), BIRDS)
    again = Collection(opened.path)
    assert again.manifest.taxonomy.names == (*opened.manifest.taxonomy.names, BIRD)
    assert again.manifest.taxonomy.attribute(BIRD) == BIRDS
    np.testing.assert_array_equal(again.scores[again.scored.index(BIRD)], SCORES)
    name_scores(opened, AttributeFacts(BIRD, 0, 0, threshold=0.6, origin="round-1"), BIRDS)
    assert Collection(opened.path).manifest.taxonomy == again.manifest.taxonomy


def test_facts_keep_their_place_among_the_others(opened: Collection) -> None:
    facts = opened.manifest.attributes[0]
    name_scores(opened, replace(facts, origin="round-1"), opened.manifest.taxonomy.attribute(facts.name))
    names = [entry["name"] for entry in json.loads((opened.path / "collection.json").read_text())["attributes"]]
    assert names == [entry.name for entry in opened.manifest.attributes]


def test_a_model_older_than_the_embedding_is_refused_with_what_to_do(opened: Collection) -> None:
    write_round(opened, CAT, 1, SCORES, replace(MODEL, weights=np.zeros(31, np.float32)))
    with pytest.raises(ModelMismatchError, match=r"trained on .* with 31 numbers .* with 32 now\. Run another round"):
        read_model(opened, CAT, "round-1")
    write_round(opened, CAT, 2, SCORES, MODEL)
    embedding = replace(opened.manifest.embedding, backbone="other")
    opened.manifest = replace(opened.manifest, embedding=embedding)
    with pytest.raises(ModelMismatchError, match=r"fake.*the collection has embeddings/other"):
        read_model(opened, CAT, "round-2")


def test_models_that_cannot_be_read_say_so(opened: Collection) -> None:
    with pytest.raises(CollectionDamagedError, match="Run another round"):
        read_model(opened, CAT, "round-9")
    write_round(opened, CAT, 1, SCORES, MODEL)
    (opened.path / "models" / f"{CAT}-round-1.safetensors").write_bytes(b"nothing")
    with pytest.raises(CollectionDamagedError, match="cannot be read"):
        read_model(opened, CAT, "round-1")


def test_facts_that_are_no_round_have_no_number(opened: Collection) -> None:
    facts = opened.manifest.attributes[0]
    attribute = opened.manifest.taxonomy.attribute(facts.name)
    for origin in ("imported-2", "round-two", ""):
        name_scores(opened, replace(facts, origin=origin), attribute)
        assert current_round(opened, facts.name) == 0
    assert current_round(opened, "content_nobody") == 0
