"""The structure of synthetic collections: the drawn figures are the stated ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from pipeline.errors import ParameterError
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.resources import asset
from pipeline.sources.opening import open_source
from pipeline.synthetic.catalogue import BLOBS, Catalogue, make_catalogue
from pipeline.synthetic.crowd import PAGE, UNSURE, simulate_crowd
from pipeline.synthetic.disc_packing import pack_discs
from pipeline.synthetic.identities import draw_groups, draw_image_ids, draw_projects
from pipeline.synthetic.imperfect_model import bam_scores, probabilities, train_model
from pipeline.synthetic.pictures import choose_pictures, make_pools
from pipeline.synthetic.random_streams import Purpose, stream
from pipeline.synthetic.sampling import HARD, NO, YES, Drawn, draw_images, normalised, put_copies
from pipeline.synthetic.spec import DEFAULT_ATTRIBUTES, MAX_IMAGES, AttributeDifficulty, SyntheticSpec

COUNT = 40_000


def attribute(name: str, **changes: float) -> AttributeDifficulty:
    """An attribute of one concept, without hard negatives, all scattered, unless arguments change this."""
    plain = AttributeDifficulty(f"content_{name}", 0.1, 4.0, 1, 0.0, 0.0)
    return replace(plain, **changes)  # type: ignore[arg-type]


def small(*attributes: AttributeDifficulty, images: int = 100) -> SyntheticSpec:
    """A narrow space with few clusters, quick to draw from."""
    return SyntheticSpec(
        images, attributes=attributes, dimensions=64, background_clusters=20, training_images=8192, seed=5
    )


def drawn_from(spec: SyntheticSpec, count: int = COUNT) -> tuple[Catalogue, Drawn]:
    catalogue = make_catalogue(spec)
    return catalogue, draw_images(spec, catalogue, stream(spec.seed, Purpose.IMAGES), count)


def test_the_defaults_are_bams_attributes_from_rare_to_common() -> None:
    assert tuple(entry.name for entry in DEFAULT_ATTRIBUTES) == load_taxonomy(asset("taxonomy/bam.toml")).names
    shares = [entry.prevalence for entry in DEFAULT_ATTRIBUTES]
    assert (min(shares), max(shares)) == (0.003, 0.2)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"images": 0}, r"images is 0; allowed are 1 to 20,000,000"),
        ({"images": MAX_IMAGES + 1}, "images is 20000001"),
        ({"seed": -1}, "seed is -1"),
        ({"duplicates": 1.5}, "duplicates is 1.5; allowed is 0 to 1"),
        ({"attributes": ()}, "at least one"),
        ({"attributes": (attribute("a"), attribute("a"))}, "each once"),
        ({"attributes": (attribute("a", prevalence=0.9),)}, r"prevalence of content_a is 0\.9"),
        ({"attributes": (attribute("a", prevalence=0.5, hard_negatives=3),)}, "more than there are images"),
        ({"attributes": (attribute("a", prevalence=0.5, own_clusters=1, hard_negatives=0.9),)}, "own clusters would"),
    ],
)
def test_what_cannot_be_made_is_refused_with_what_is_allowed(changes: dict[str, object], told: str) -> None:
    with pytest.raises(ParameterError, match=told):
        SyntheticSpec(**{"images": 10, **changes})  # type: ignore[arg-type]


@given(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=30), st.floats(1.0, 1.5))
def test_packed_discs_do_not_overlap_and_fill_the_disc_around_them(radii: list[float], gap: float) -> None:
    sizes = np.array(radii)
    places, around = pack_discs(sizes, gap)
    apart = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    touching = (sizes[:, None] + sizes[None]) * gap
    assert np.all((apart >= touching * (1 - 1e-9)) | np.eye(len(sizes), dtype=bool))
    assert np.all(np.hypot(*places.T) + sizes <= around * (1 + 1e-9))


def test_prevalences_are_as_stated_within_sampling_error() -> None:
    spec = SyntheticSpec(10, dimensions=16)
    _, drawn = drawn_from(spec)
    for column, entry in enumerate(spec.attributes):
        for kind, expected in ((YES, entry.prevalence), (HARD, entry.prevalence * entry.hard_negatives)):
            error = np.sqrt(expected / COUNT)
            assert abs(np.mean(drawn.kinds[:, column] == kind) - expected) < 4.5 * error, entry.name


def test_own_clusters_hold_the_stated_share_of_yes_and_nothing_ordinary() -> None:
    spec = SyntheticSpec(10, dimensions=16)
    catalogue, drawn = drawn_from(spec)
    owners = catalogue.owner[drawn.clusters]
    for column, entry in enumerate(spec.attributes):
        kinds = drawn.kinds[:, column]
        own, yes = owners == column, kinds == YES
        assert not np.any(kinds[own] == NO)
        assert np.mean(own[yes]) == pytest.approx(entry.own_clusters, abs=4.5 * np.sqrt(0.25 / yes.sum()))


def test_sub_concepts_have_uneven_sizes() -> None:
    spec = small(attribute("a", concepts=4))
    _, drawn = drawn_from(spec)
    counts = np.bincount(drawn.concepts[drawn.kinds[:, 0] == YES, 0], minlength=4)
    assert np.all(np.diff(counts) < 0)
    assert counts[0] / counts[3] == pytest.approx(4, rel=0.25)


def test_separation_is_the_distance_in_standard_deviations_of_the_spread() -> None:
    catalogue = make_catalogue(small(attribute("a", separation=3.0), attribute("b", separation=6.0)))
    shifts = catalogue.basis[len(catalogue.places) :]
    assert np.linalg.norm(shifts / catalogue.noise, axis=1) == pytest.approx([3.0, 6.0], rel=1e-4)


def test_more_separation_is_easier_for_a_logistic_fit_and_hard_negatives_are_harder() -> None:
    spec = small(
        attribute("a", separation=1.5),
        attribute("b", separation=3.0),
        attribute("c", separation=4.5),
        attribute("d", separation=7.0),
        attribute("e", separation=4.5, hard_negatives=2.0),
        attribute("f", separation=4.5, concepts=8),
    )
    _, drawn = drawn_from(spec, 12_000)
    vectors, half = normalised(drawn.vectors).astype(np.float32), 6_000
    precision = {}
    for column, name in enumerate("abcdef"):
        truth = drawn.kinds[:, column] == YES
        model = LogisticRegression(C=100.0, max_iter=1000).fit(vectors[:half], truth[:half])
        precision[name] = average_precision_score(truth[half:], model.decision_function(vectors[half:]))
    assert 0.12 < precision["a"] < precision["b"] - 0.1
    assert precision["b"] < precision["c"] - 0.1
    assert precision["c"] < precision["d"] - 0.03
    assert precision["e"] < precision["c"] - 0.05
    assert precision["f"] < precision["c"] - 0.05


def test_hard_negatives_lie_near_the_sub_concept_that_they_resemble() -> None:
    spec = SyntheticSpec(10, seed=2)
    catalogue, drawn = drawn_from(spec, 20_000)
    vectors = normalised(drawn.vectors).astype(np.float32)
    for column in range(len(spec.attributes)):
        kinds = drawn.kinds[:, column]
        concept = catalogue.first_concept[column]  # the largest
        here = drawn.concepts[:, column] == concept
        middle = vectors[here & (kinds == YES)].mean(axis=0)
        yes, hard, no = (float((vectors[here & (kinds == kind)] @ middle).mean()) for kind in (YES, HARD, NO))
        assert no < hard < yes, spec.names[column]
        assert hard - no > 0.25 * (yes - no), spec.names[column]


def test_vectors_are_centred_and_images_of_a_blob_are_nearer_than_of_a_cluster_than_of_none() -> None:
    _, drawn = drawn_from(SyntheticSpec(10), 6_000)
    vectors = normalised(drawn.vectors).astype(np.float32)
    assert np.linalg.norm(vectors.mean(axis=0)) < 0.06
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, np.nan)
    blob = drawn.blobs[:, None] == drawn.blobs[None]
    cluster = drawn.clusters[:, None] == drawn.clusters[None]
    inside, beside, outside = (np.nanmean(cosines[which]) for which in (blob, cluster & ~blob, ~cluster))
    assert inside > beside + 0.02
    assert beside > outside + 0.2
    assert abs(outside) < 0.05


def test_blobs_lie_apart_and_have_room_for_their_images() -> None:
    spec = SyntheticSpec(10, dimensions=16)
    catalogue = make_catalogue(spec)
    places, radii = catalogue.places.astype(np.float64), catalogue.radii.astype(np.float64)
    assert (np.hypot(*places.T) + radii).max() < 1.001
    apart = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    touching = radii[:, None] + radii[None]
    assert np.all((apart > 0.999 * touching) | np.eye(len(places), dtype=bool))
    clusters = np.arange(len(places)) // BLOBS
    shares = np.bincount(np.searchsorted(catalogue.cumulative, np.linspace(0, 1, 10**6, endpoint=False), "right"))
    area = np.bincount(clusters, radii**2)
    assert area / area.sum() == pytest.approx(shares / shares.sum(), rel=0.05, abs=1e-4)


def test_near_duplicates_are_nearer_than_anything_else_and_exact_ones_equal() -> None:
    spec = SyntheticSpec(10)
    catalogue, drawn = drawn_from(spec, 4_000)
    leaders = draw_images(spec, catalogue, stream(spec.seed, Purpose.LEADERS), 30)
    rows = np.arange(90)
    groups = rows // 3
    exact = groups < 10
    put_copies(drawn, rows, leaders, groups, exact, catalogue.noise, np.random.default_rng(0))
    vectors = normalised(drawn.vectors)
    wide = vectors.astype(np.float32)
    cosines = wide @ wide.T
    same = np.zeros(cosines.shape, np.bool_)
    same[:90, :90] = groups[:, None] == groups[None]
    assert cosines[same].min() > 0.97
    assert cosines[~same & ~np.eye(len(same), dtype=bool)].max() < cosines[same].min() - 0.1
    for group in range(30):
        equal = np.all(vectors[rows[groups == group]] == vectors[3 * group])
        assert equal == (group < 10)
    assert np.array_equal(drawn.kinds[:90], leaders.kinds[groups])


def test_streams_of_other_purposes_places_and_seeds_differ() -> None:
    first = [stream(*key).random(4).tolist() for key in ((0, Purpose.IMAGES, 0), (0, Purpose.IMAGES, 1))]
    others = [stream(*key).random(4).tolist() for key in ((0, Purpose.TRAINING, 0), (1, Purpose.IMAGES, 0))]
    assert len({tuple(values) for values in first + others}) == 4
    assert stream(0, Purpose.IMAGES, 1).random(4).tolist() == first[1]


def test_ids_projects_and_groups_are_as_stated() -> None:
    spec = SyntheticSpec(30_000, images_a_project=4.0, duplicates=0.02, exact_groups=0.4)
    ids = draw_image_ids(spec)
    assert np.all(np.diff(ids) > 0)
    assert ids[-1] - ids[0] > 2 * len(ids), "there are gaps"
    projects = draw_projects(spec, make_catalogue(spec))
    assert len(projects.ids) == pytest.approx(30_000 / 4, rel=0.05)
    assert np.array_equal(np.unique(projects.of_image), np.arange(len(projects.ids)))
    assert np.mean(projects.dead) == pytest.approx(spec.dead_urls, abs=0.02)
    groups = draw_groups(spec)
    sizes = np.bincount(groups.of_image[groups.of_image >= 0])
    assert set(sizes.tolist()) == {2, 3, 4, 5}
    assert sizes.sum() == pytest.approx(600, abs=5)
    assert np.mean(groups.exact) == pytest.approx(0.4, abs=0.12)


def test_the_model_is_imperfect_calibrated_and_as_good_as_it_says() -> None:
    spec = small(attribute("a", separation=2.5), attribute("b", separation=4.0), attribute("c", prevalence=0.02))
    catalogue, drawn = drawn_from(spec)
    model = train_model(spec, catalogue)
    logits = model.logits(normalised(drawn.vectors))
    scores, truth = probabilities(logits), drawn.kinds == YES
    for column, facts in enumerate(model.facts):
        found = average_precision_score(truth[:, column], scores[:, column])
        assert facts.average_precision == pytest.approx(found, abs=0.1)
        assert 2 * spec.attributes[column].prevalence < found < 0.99
        assert scores[:, column].mean() == pytest.approx(truth[:, column].mean(), rel=0.15)
    ordered = [facts.average_precision or 0 for facts in model.facts]
    assert ordered[0] < ordered[1]
    bam = bam_scores(logits)
    assert np.mean(bam < 0) > 0.75
    assert bam.min() < -7
    assert np.all(np.diff(bam[np.argsort(logits[:, 0]), 0]) >= 0)


@pytest.fixture(scope="module")
def crowd_truth() -> tuple[SyntheticSpec, np.ndarray, np.ndarray]:
    spec = small(attribute("a"), attribute("b", prevalence=0.3), images=COUNT)
    catalogue, drawn = drawn_from(spec)
    logits = train_model(spec, catalogue).logits(normalised(drawn.vectors))
    return spec, (drawn.kinds == YES).T, logits.T


def test_the_crowd_has_the_ratios_of_the_release(crowd_truth: tuple[SyntheticSpec, np.ndarray, np.ndarray]) -> None:
    crowd = simulate_crowd(*crowd_truth)
    assert len(crowd.rows) / COUNT == pytest.approx(393_022 / 2_289_817, rel=0.01)
    assert len(crowd.choices) / len(crowd.rows) == pytest.approx(819_476 / 393_022, rel=0.05)
    assert len(crowd.choices) / len(crowd.hit_columns) == pytest.approx(819_476 / 24_314, rel=0.05)
    assert len(crowd.captioned) / COUNT == pytest.approx(74_582 / 2_289_817, rel=0.01)


def test_labels_are_what_two_workers_agree_on(crowd_truth: tuple[SyntheticSpec, np.ndarray, np.ndarray]) -> None:
    crowd = simulate_crowd(*crowd_truth)
    yes = np.bincount(crowd.choice_questions, crowd.choices, minlength=len(crowd.rows))
    asked = np.bincount(crowd.choice_questions, minlength=len(crowd.rows))
    assert set(asked.tolist()) == {2, 3}
    expected = np.where(yes >= 2, 1, np.where(asked - yes >= 2, 0, UNSURE))
    assert np.array_equal(crowd.labels, expected)
    _, truth, _ = crowd_truth
    settled = crowd.labels != UNSURE
    right = crowd.labels[settled] == truth[crowd.columns[settled], crowd.rows[settled]]
    assert 0.95 < right.mean() < 1.0, "people err now and then"


def test_a_hit_is_one_page_of_one_attribute_by_one_worker(
    crowd_truth: tuple[SyntheticSpec, np.ndarray, np.ndarray],
) -> None:
    crowd = simulate_crowd(*crowd_truth)
    assert np.bincount(crowd.choice_hits).max() == PAGE
    assert np.array_equal(crowd.hit_columns[crowd.choice_hits], crowd.columns[crowd.choice_questions])
    pairs = np.unique(np.column_stack([crowd.choice_hits, crowd.choice_questions]), axis=0)
    assert len(pairs) == len(crowd.choices), "nobody is asked twice on a page"
    first_two = crowd.choice_hits < len(crowd.hit_columns)
    workers = crowd.hit_workers[crowd.choice_hits[first_two]]
    order = np.lexsort((crowd.choice_hits, crowd.choice_questions))
    first = np.flatnonzero(np.diff(crowd.choice_questions[order], prepend=-1))
    assert np.all(workers[order][first] != workers[order][first + 1]), "two different workers see a page"
    images = crowd.rows[crowd.choice_questions[crowd.captioned]]
    assert len(np.unique(images)) == len(images)


def test_pictures_fit_what_the_image_shows_where_the_sample_knows() -> None:
    spec = SyntheticSpec(10)
    catalogue, drawn = drawn_from(spec, 8_000)
    items = open_source(asset("sample/sample.csv"), name="sample").items
    pools = make_pools(spec, catalogue, items, load_taxonomy(asset("taxonomy/bam.toml")))
    pictures = choose_pictures(spec, catalogue, pools, drawn)
    assert pictures.min() >= 0
    assert pictures.max() < len(items)
    owners = catalogue.owner[drawn.clusters]
    for name in ("content_bird", "content_cars", "content_bicycle"):
        column = spec.names.index(name)
        own_yes = (owners == column) & (drawn.kinds[:, column] == YES)
        others = [other for other in range(9) if other != column]
        alone = own_yes & ~np.any(drawn.kinds[:, others] == YES, axis=1)
        assert alone.any()
        assert all(items[picture].labels[name] for picture in pictures[alone].tolist())
    for cluster in np.flatnonzero(np.bincount(drawn.clusters) > 30).tolist():
        shown = set(pictures[drawn.clusters == cluster].tolist())
        own = set(pools.members[pools.starts[cluster] : pools.starts[cluster + 1]].tolist())
        assert shown & own
