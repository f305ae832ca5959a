"""Names of clusters are true of them and set them apart, from the map and from their siblings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ParameterError
from pipeline.layout.cluster_names import ClusterName, name_clusters
from pipeline.layout.cluster_terms import Term, compose_name, log_odds
from pipeline.taxonomy import Attribute

PHOTO, GLOOMY = Attribute("media_photo", "media", "Photographs"), Attribute("emotion_gloomy", "emotion", "gloomy")
BUILDING, INK = Attribute("content_building", "content", "Building"), Attribute("media_ink", "media", "Pen & ink")


def named(
    labels: object,
    keywords: Sequence[Sequence[str]],
    shown: dict[Attribute, object] | None = None,
    layout: np.ndarray | None = None,
) -> tuple[ClusterName, ...]:
    clusters = np.atleast_2d(np.asarray(labels, np.int32))
    count = clusters.shape[1]
    shown = shown or {}
    bears = np.array([np.asarray(value, bool) for value in shown.values()]).reshape(len(shown), count)
    places = np.zeros((count, 2)) if layout is None else layout
    return name_clusters(clusters, places, list(shown), bears, lambda row: keywords[row], seed=0)


def texts(
    labels: object, keywords: Sequence[Sequence[str]], shown: dict[Attribute, object] | None = None, level: int = 0
) -> list[str]:
    """Names of a level's clusters by ascending number."""
    names = sorted(named(labels, keywords, shown), key=lambda name: name.cluster)
    return [name.text for name in names if name.level == level]


def first(count: int, of: int, start: int = 0) -> np.ndarray:
    rows = np.arange(of)
    return (rows >= start) & (rows < start + count)


def test_names_are_what_sets_a_cluster_apart() -> None:
    labels = np.repeat([0, 1, -1], [20, 20, 40])
    keywords = [["picture of a flag", "colour"]] * 15 + [["colour"]] * 5 + [["dog", "colour"]] * 20 + [["colour"]] * 40
    assert texts(labels, keywords) == ["flag", "dog"]


def test_a_name_is_true_of_a_third_of_its_cluster() -> None:
    labels = np.repeat([0, -1], [60, 200])
    assert texts(labels, [["harp"]] * 19 + [["rock"]] * 241) == [""]
    assert texts(labels, [["harp"]] * 20 + [["rock"]] * 240) == ["harp"]


def test_a_name_needs_three_images() -> None:
    assert texts(np.repeat([0, 1], [5, 500]), [["harp"]] * 2 + [[]] * 503)[0] == ""


def test_a_small_difference_names_nothing_however_many_images_show_it() -> None:
    labels = np.repeat([0, 1], [20_000, 20_000])
    keywords = [["harp"]] * 9_000 + [[]] * 11_000 + [["harp"]] * 7_000 + [[]] * 13_000
    assert texts(labels, keywords) == ["", ""]


def test_content_comes_before_the_medium_even_where_the_medium_tells_more() -> None:
    labels = np.repeat([0, 1], [100, 300])
    shown = {INK: first(90, 400), BUILDING: first(50, 400)}
    assert texts(labels, [[]] * 400, shown)[0] == "building · pen & ink"


def test_content_is_the_name_where_the_medium_tells_a_little_more_but_not_of_the_same_images() -> None:
    labels = np.repeat([0, 1], [100, 300])
    shown = {INK: first(65, 400), BUILDING: first(60, 400, start=40)}
    shown[BUILDING][100:] = False
    assert texts(labels, [[]] * 400, shown)[0] == "building"


def test_an_emotion_colours_what_it_stands_before() -> None:
    labels = np.repeat([0, 1], [100, 300])
    shown = {GLOOMY: first(80, 400), PHOTO: first(90, 400), BUILDING: first(70, 400)}
    assert texts(labels, [["buildings"]] * 70 + [[]] * 330, shown)[0] == "gloomy photographs of buildings"
    assert texts(labels, [[]] * 400, {GLOOMY: first(80, 400), PHOTO: first(90, 400)})[0] == "gloomy photographs"
    assert texts(labels, [[]] * 400, {GLOOMY: first(80, 400)})[0] == "gloomy images"


def test_an_emotion_must_colour_half_of_the_cluster() -> None:
    labels = np.repeat([0, 1], [100, 300])
    shown = {BUILDING: first(90, 400), GLOOMY: first(45, 400)}
    assert texts(labels, [[]] * 400, shown)[0] == "building"


@pytest.mark.parametrize(
    ("terms", "text"),
    [
        ([("flags", "content")], "flags"),
        ([("africa", "content"), ("flags", "content")], "africa · flags"),
        ([("vector art", "media"), ("flags", "content")], "flags · vector art"),
        ([("photographs", "media"), ("flags", "content"), ("gloomy", "emotion")], "gloomy photographs of flags"),
        ([("comic", "media"), ("people", "content"), ("happy", "emotion")], "happy people · comic"),
        ([("comic", "media"), ("happy", "emotion")], "happy comic"),
    ],
)
def test_terms_are_written_as_a_phrase(terms: list[tuple[str, str]], text: str) -> None:
    assert compose_name([Term(*term) for term in terms]) == text


def test_two_terms_must_be_true_together() -> None:
    labels = np.repeat([0, 1], [100, 300])
    keywords = [["cat"]] * 50 + [["dog"]] * 50 + [["rock"]] * 300
    assert texts(labels, keywords)[0] in {"cat", "dog"}


def test_an_attribute_and_its_word_are_one_term_in_the_plural_that_is_in_use() -> None:
    labels = np.repeat([0, 1], [30, 30])
    keywords = [["buildings"]] * 30 + [["rock"]] * 30
    assert texts(labels, keywords, {BUILDING: first(17, 60)})[0] == "buildings"


def test_singular_and_plural_are_counted_together() -> None:
    labels = np.repeat([0, 1], [30, 60])
    assert texts(labels, [["Berries"]] * 12 + [["berry"]] * 18 + [["rock"]] * 60)[0] == "berries"
    assert texts(labels, [["Berries"]] * 2 + [["berry"]] * 28 + [["rock"]] * 60)[0] == "berry", "no one's usual form"


def test_no_two_clusters_of_a_level_share_a_name_and_the_larger_chooses_first() -> None:
    labels = np.repeat([0, 1, 2], [20, 30, 200])
    keywords = [["flag", "swiss"]] * 16 + [["flag"]] * 4 + [["flag"]] * 30 + [["rock"]] * 200
    small, large, rest = texts(labels, keywords)
    assert (large, rest) == ("flag", "rock")
    assert small in {"swiss", "flag · swiss", "swiss · flag"}


def test_two_words_in_another_order_are_the_same_name() -> None:
    labels = np.repeat([0, 1, 2], [100, 90, 300])
    larger = [["cat"]] * 25 + [["cat", "tiger"]] * 40 + [["tiger"]] * 10 + [[]] * 25
    smaller = [["cat"]] * 5 + [["cat", "tiger"]] * 35 + [["tiger"]] * 20 + [[]] * 30
    names = texts(labels, larger + smaller + [["rock"]] * 300)
    assert names == ["cat · tiger", "tiger", "rock"]


def test_a_finer_name_says_what_sets_a_cluster_apart_from_its_siblings() -> None:
    coarse = np.repeat([0, 1], [90, 200])
    fine = np.repeat([0, 1, 2, 3], [40, 30, 20, 200])
    keywords = [["flag", "africa"]] * 40 + [["flag", "asia"]] * 30 + [["flag"]] * 20 + [["rock"]] * 200
    labels = np.stack([coarse, fine])
    assert texts(labels, keywords) == ["flag", "rock"]
    africa, asia, rest, _ = texts(labels, keywords, level=1)
    assert "africa" in africa
    assert "asia" in asia
    assert rest == "", "flags among flags: its parent has said so"


def test_what_the_few_others_around_a_cluster_bear_as_well_is_no_name_for_it() -> None:
    labels = np.stack([np.repeat([0, 1], [53, 200]), np.repeat([0, -1, 1], [50, 3, 200])])
    assert texts(labels, [["flag", "africa"]] * 53 + [["rock"]] * 200, level=1)[0] == ""


def test_a_cluster_that_did_not_split_is_not_named_again() -> None:
    labels = np.stack([np.repeat([0, 1], [50, 50])] * 2)
    names = named(labels, [["flag", "cloth"]] * 50 + [["rock"]] * 50)
    assert all(name.text == "" for name in names if name.level == 1)


def test_a_cluster_outside_all_coarser_ones_is_told_from_the_map() -> None:
    labels = np.stack([np.repeat([0, -1, -1], [50, 30, 20]), np.repeat([0, 1, -1], [50, 30, 20])])
    keywords = [["flag"]] * 50 + [["harp"]] * 30 + [["rock"]] * 20
    assert texts(labels, keywords, level=1)[1] == "harp"


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_every_word_of_a_name_is_true_and_no_name_is_given_twice_at_a_level(seed: int) -> None:
    rng = np.random.default_rng(seed)
    fine = rng.integers(-1, 8, 400).astype(np.int32)
    coarse = np.where(fine >= 0, fine // 3, -1).astype(np.int32)
    vocabulary = np.array(["ash", "birch", "cedar", "elm", "fir", "hazel", "larch", "maple"])
    bears = rng.random((400, 8)) < np.where(rng.random((9, 8)) < 0.3, 0.7, 0.15)[fine]
    keywords = [vocabulary[row].tolist() for row in bears]
    labels = np.stack([coarse, fine])
    names = named(labels, keywords)
    given_names = [(name.level, name.text) for name in names if name.text]
    assert len(set(given_names)) == len(given_names)
    above: dict[int, set[str]] = {}
    for name in names:
        inside = labels[name.level] == name.cluster
        words = set(name.text.split(" · ")) - {""}
        together = bears[inside][:, np.isin(vocabulary, list(words))].all(axis=1)
        assert not words or together.mean() >= 1 / 3
        if name.level == 0:
            above[name.cluster] = words
        elif words:
            assert words - above[int(coarse[inside][0])], "more than what the parent says"
    assert names == named(labels, keywords)


@settings(max_examples=10)
@given(order=st.permutations(range(120)))
def test_the_order_of_rows_changes_no_name(order: list[int]) -> None:
    rng = np.random.default_rng(3)
    labels, layout = np.repeat([0, 1, 2], [30, 40, 50]), rng.normal(size=(120, 2))
    keywords = [["cat", "house"][row % 2 :] for row in range(30)] + [["dog"]] * 40 + [["fish", "sea"]] * 50
    rows = np.array(order)
    assert named(labels[rows], [keywords[row] for row in order], layout=layout[rows]) == named(
        labels, keywords, layout=layout
    )


def test_names_come_coarse_first_and_largest_first_within_a_level() -> None:
    labels = np.stack([np.repeat([0, 1], [60, 40]), np.repeat([1, 0, 2], [20, 40, 40])])
    names = named(labels, [[]] * 100)
    assert [(name.level, name.cluster, name.size) for name in names] == [
        (0, 0, 60),
        (0, 1, 40),
        (1, 0, 40),
        (1, 2, 40),
        (1, 1, 20),
    ]


def test_a_name_stands_inside_its_cluster_and_knows_how_wide_it_is() -> None:
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    ring = np.column_stack([np.cos(angle), np.sin(angle)])
    crowd = 5 + np.random.default_rng(0).normal(size=(50, 2))
    layout = np.concatenate([ring, crowd])
    labels = np.repeat([0, 1], [40, 50])
    for name in named(labels, [["a"]] * 90, layout=layout):
        inside = layout[labels == name.cluster]
        away = np.hypot(*(inside - [name.x, name.y]).T)
        assert name.size == len(inside)
        assert away.min() == 0
        assert np.mean(away <= name.radius) == pytest.approx(0.75, abs=0.03)


def test_large_collections_are_named_by_a_seeded_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = np.repeat([0, 1], [600, 900])
    keywords = [["flag"]] * 600 + [["rock"]] * 900
    monkeypatch.setattr("pipeline.layout.cluster_names.NAMED_ROWS", 200)
    names = named(labels, keywords)
    assert [(name.text, name.size) for name in names] == [("rock", 900), ("flag", 600)]


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_nothing_to_name_is_no_trouble(rows: int) -> None:
    assert named(np.full((2, rows), -1), [["word"]] * rows) == ()
    assert len(named(np.zeros((1, rows)), [[]] * rows)) == (rows > 0)


def test_log_odds_are_zero_where_there_is_nothing_to_differ_from() -> None:
    counts = np.array([50, 10, 0])
    for values in log_odds(counts, 50, counts, 50):
        assert (values == 0).all()
    difference, z = log_odds(counts, 50, np.array([60, 100, 0]), 500)
    assert difference[0] > 0
    assert difference[1] == pytest.approx(0, abs=1e-3)
    assert np.sign(z).tolist() == np.sign(difference).tolist()


def test_wrong_input_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"1 attributes"):
        name_clusters(
            np.zeros((1, 2), np.int32), np.zeros((2, 2)), [PHOTO], np.zeros((0, 2), bool), lambda _: [], seed=0
        )
