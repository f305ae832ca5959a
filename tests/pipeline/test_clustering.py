"""Clusters are the dense regions; their names are true of them and set them apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clustering import cluster_layout, keyword_tokens, name_clusters
from pipeline.errors import ParameterError


def islands(sizes: list[int], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(len(sizes)), sizes)
    angles = truth * 2 * np.pi / len(sizes)
    return np.column_stack([np.cos(angles), np.sin(angles)]) + 0.03 * rng.normal(size=(len(truth), 2)), truth


def test_islands_are_found_largest_first():
    layout, truth = islands([60, 200, 120])
    labels = cluster_layout(layout, seed=0, min_size=40)
    assert labels.dtype == np.int32
    for rank, island in enumerate([1, 2, 0]):
        inside = labels[truth == island]
        assert np.mean(inside == rank) > 0.8
        assert set(inside) <= {rank, -1}


def test_a_stray_belongs_to_none():
    layout, _ = islands([80, 80])
    layout[0] = [30, 30]
    assert cluster_layout(layout, seed=0)[0] == -1


def test_a_map_of_2700_images_has_a_readable_number_of_clusters():
    layout, truth = islands([150] * 18)
    labels = cluster_layout(layout, seed=0)
    assert 10 <= labels.max() + 1 <= 25
    # A cluster is a part of one island only.
    assert all(len(np.unique(truth[labels == label])) == 1 for label in range(labels.max() + 1))


def test_large_collections_are_clustered_by_a_seeded_sample(monkeypatch):
    monkeypatch.setattr("pipeline.clustering.CLUSTERED_ROWS", 600)
    layout, truth = islands([900, 600, 300])
    labels = cluster_layout(layout, seed=0, min_size=200)
    assert labels.max() == 2
    for island in range(3):
        assert np.mean(labels[truth == island] == island) > 0.7
    np.testing.assert_array_equal(labels, cluster_layout(layout, seed=0, min_size=200))


@pytest.mark.parametrize("rows", range(13))
def test_few_or_identical_places_are_no_trouble(rows):
    for layout in (np.zeros((rows, 2)), np.random.default_rng(rows).normal(size=(rows, 2))):
        labels = cluster_layout(layout, seed=0)
        assert labels.shape == (rows,)
        names = name_clusters(labels, layout, [], np.zeros((rows, 0)), np.zeros(0), [["word"]] * rows)
        assert len(names) == labels.max(initial=-1) + 1


def test_many_identical_places_are_no_trouble():
    assert cluster_layout(np.ones((300, 2)), seed=0).shape == (300,)


def named(labels, keywords, titles=(), scores=None, thresholds=None, layout=None):
    labels = np.asarray(labels, np.int32)
    return name_clusters(
        labels,
        np.zeros((len(labels), 2)) if layout is None else layout,
        list(titles),
        np.zeros((len(labels), 0)) if scores is None else scores,
        np.zeros(0) if thresholds is None else thresholds,
        keywords,
    )


def texts(*args, **options):
    return [name.text for name in named(*args, **options)]


def test_names_are_what_sets_a_cluster_apart():
    labels = np.repeat([0, 1, -1], [20, 20, 40])
    keywords = [["picture of a flag", "colour"]] * 15 + [["colour"]] * 5 + [["dog", "colour"]] * 20 + [["colour"]] * 40
    assert texts(labels, keywords) == ["flag", "dog"]


def test_a_name_is_true_of_a_third_of_its_cluster():
    labels = np.repeat([0, -1], [60, 200])
    rare = [["harp"]] * 19 + [["thing"]] * 241
    assert texts(labels, rare) == [""]
    assert texts(labels, [["harp"]] * 20 + [["thing"]] * 240) == ["harp"]


def test_a_name_needs_three_images():
    labels = np.repeat([0, 1], [5, 500])
    assert texts(labels, [["harp"]] * 2 + [[]] * 503)[0] == ""


def test_two_terms_stand_together_where_neither_is_enough():
    labels = np.repeat([0, 1], [100, 300])
    scores = np.zeros((400, 2), np.float32)
    scores[:60, 0] = 0.9  # 60 % of the cluster
    scores[20:70, 1] = 0.9  # 50 %, and 40 % have both
    scores[100:110] = 0.9
    name = texts(labels, [[]] * 400, titles=["Pen & ink", "Animals"], scores=scores, thresholds=np.full(2, 0.5))[0]
    assert name == "pen & ink · animals"


def test_two_terms_must_be_true_together():
    labels = np.repeat([0, 1], [100, 300])
    keywords = [["cat"]] * 50 + [["dog"]] * 50 + [["rock"]] * 300
    assert texts(labels, keywords)[0] in {"cat", "dog"}


def test_thresholds_decide_what_bears_an_attribute():
    labels = np.repeat([0, 1], [30, 30])
    scores = np.where(labels == 0, 0.6, 0.1)[:, None]
    assert texts(labels, [[]] * 60, titles=["Food"], scores=scores, thresholds=np.array([0.5]))[0] == "food"
    assert texts(labels, [[]] * 60, titles=["Food"], scores=scores, thresholds=np.array([0.7]))[0] == ""


def test_an_attribute_and_its_word_are_one_term():
    labels = np.repeat([0, 1], [30, 30])
    scores = np.where((labels == 0) & (np.arange(60) > 12), 0.9, 0.1)[:, None]
    keywords = [["flag"]] * 30 + [["rock"]] * 30
    assert texts(labels, keywords, titles=["Flags"], scores=scores, thresholds=np.array([0.5]))[0] == "flags"


def test_singular_and_plural_are_counted_together_and_shown_as_written_most():
    labels = np.repeat([0, 1], [30, 60])
    keywords = [["Berries"]] * 18 + [["berry"]] * 12 + [["rock"]] * 60
    assert texts(labels, keywords)[0] == "berries"


def test_no_two_clusters_share_a_name_and_the_larger_chooses_first():
    labels = np.repeat([0, 1, 2], [20, 30, 200])
    keywords = [["flag", "swiss"]] * 16 + [["flag"]] * 4 + [["flag"]] * 30 + [["rock"]] * 200
    small, large, rest = texts(labels, keywords)
    assert (large, rest) == ("flag", "rock")
    assert small in {"swiss", "flag · swiss", "swiss · flag"}


def test_a_name_stands_inside_its_cluster():
    layout, truth = islands([40, 50])
    ring = layout.copy()
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    ring[truth == 0] = np.column_stack([np.cos(angle), np.sin(angle)])
    for name in named(truth, [["a"]] * 90, layout=ring):
        inside = ring[truth == name.cluster]
        assert name.size == len(inside)
        assert np.isclose(inside, [name.x, name.y]).all(axis=1).any()


def test_words_of_file_names_and_grammar_are_left_out():
    assert keyword_tokens("IMG_2041.JPG, The Queen's flags_of-Größe (untitled) 3d x ox 犬猫") == [
        "queen's",
        "flags",
        "größe",
        "犬猫",
    ]


@given(st.text())
def test_tokens_are_lower_case_words_of_any_text(text):
    for word in keyword_tokens(text):
        assert word == word.lower()
        assert len(word) >= 2
        assert not any(character.isdigit() or character.isspace() for character in word)


def test_wrong_input_is_refused():
    with pytest.raises(ParameterError, match="shape"):
        cluster_layout(np.zeros((4, 3)), seed=0)
    with pytest.raises(ParameterError, match="finite"):
        cluster_layout(np.full((4, 2), np.nan), seed=0)
    with pytest.raises(ParameterError, match="min_size=1"):
        cluster_layout(np.zeros((4, 2)), seed=0, min_size=1)
    with pytest.raises(ParameterError, match="1 titles"):
        named([0, 0], [[], []], titles=["Food"])
