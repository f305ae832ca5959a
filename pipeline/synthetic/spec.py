"""Description of a synthetic collection: sizes, difficulty of each attribute, shares. Frozen facts, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from pipeline.errors import ParameterError

__all__ = ["DEFAULT_ATTRIBUTES", "HARD_SHARE", "MAX_IMAGES", "AttributeDifficulty", "SyntheticSpec", "concept_weights"]

MAX_IMAGES: Final = 20_000_000
"""Largest collection; each image takes about 150 bytes of memory until the end."""

HARD_SHARE: Final = 0.5
"""Shift of a hard negative towards the sub-concept that it resembles, as a share of the separation."""

MAX_OWNED: Final = 0.9
"""Largest share of images in attributes' own clusters; the rest is background."""


@dataclass(frozen=True, slots=True)
class AttributeDifficulty:
    """Difficulty of one attribute; the generated collection has these figures.

    Parameters
    ----------
    name
        The attribute, e.g. ``"content_bird"``.
    prevalence
        Expected share of images that are yes.
    separation
        Distance of a sub-concept's images from others of the same cluster, in standard deviations of the spread around
        a cluster (the Mahalanobis distance, or d' in detection theory).
    concepts
        Number of sub-concepts. Their sizes fall as 1, 1/2, 1/3, ...; any two share half of their direction.
    hard_negatives
        Number of images near a sub-concept without the attribute, for each image with it. They are shifted by
        `HARD_SHARE` of the separation.
    own_clusters
        Share of the yes in the attribute's own clusters, one per sub-concept. The others are scattered over all other
        clusters.
    """

    name: str
    prevalence: float
    separation: float
    concepts: int
    hard_negatives: float
    own_clusters: float

    @property
    def owned(self) -> float:
        """Share of all images in the attribute's own clusters, including hard negatives."""
        return self.own_clusters * self.prevalence * (1.0 + self.hard_negatives)


DEFAULT_ATTRIBUTES: Final = (
    AttributeDifficulty("content_bicycle", 0.003, 6.5, 2, 0.5, 0.6),
    AttributeDifficulty("content_bird", 0.022, 7.0, 5, 0.4, 0.7),
    AttributeDifficulty("content_building", 0.060, 6.0, 5, 0.3, 0.6),
    AttributeDifficulty("content_cars", 0.018, 7.5, 3, 0.5, 0.7),
    AttributeDifficulty("content_cat", 0.010, 5.5, 3, 0.8, 0.6),
    AttributeDifficulty("content_dog", 0.012, 5.0, 4, 0.8, 0.6),
    AttributeDifficulty("content_flower", 0.030, 7.0, 4, 0.3, 0.7),
    AttributeDifficulty("content_people", 0.200, 5.0, 8, 0.2, 0.4),
    AttributeDifficulty("content_tree", 0.045, 4.5, 4, 0.5, 0.5),
    AttributeDifficulty("emotion_gloomy", 0.040, 3.8, 4, 0.6, 0.3),
    AttributeDifficulty("emotion_happy", 0.055, 3.4, 5, 0.6, 0.3),
    AttributeDifficulty("emotion_peaceful", 0.070, 3.2, 4, 0.6, 0.3),
    AttributeDifficulty("emotion_scary", 0.025, 4.2, 3, 0.6, 0.4),
    AttributeDifficulty("media_3d_graphics", 0.090, 7.0, 4, 0.2, 0.5),
    AttributeDifficulty("media_comic", 0.025, 5.5, 3, 0.5, 0.6),
    AttributeDifficulty("media_graphite", 0.035, 6.5, 2, 0.5, 0.6),
    AttributeDifficulty("media_oilpaint", 0.028, 5.5, 3, 0.6, 0.6),
    AttributeDifficulty("media_pen_ink", 0.060, 5.0, 4, 0.5, 0.5),
    AttributeDifficulty("media_vectorart", 0.150, 6.5, 6, 0.2, 0.5),
    AttributeDifficulty("media_watercolor", 0.040, 6.0, 4, 0.4, 0.6),
)
"""BAM's twenty: from 0.3 % to 20 % yes, from plain to hard; emotions are scattered and weakly separated."""


@dataclass(frozen=True, slots=True)
class SyntheticSpec:
    """Complete description of a synthetic collection; equal descriptions give equal arrays.

    Parameters
    ----------
    images
        Number of images.
    seed
        Seed of all random numbers.
    attributes
        Difficulty of each attribute.
    dimensions
        Width of the vectors.
    background_clusters
        Number of clusters that belong to no attribute.
    images_a_project
        Mean number of images in a project.
    duplicates
        Share of images in groups of 2 to 5 equal or almost equal images.
    exact_groups
        Share of these groups whose images are equal in every bit.
    dead_urls
        Share of projects whose URLs no longer answer.
    captions
        Share of images with a caption.
    training_images
        Number of images outside the collection that train and evaluate the imperfect model.
    pictures
        Maximum number of different sample pictures; all of them if ``None``.
    """

    images: int
    seed: int = 0
    attributes: tuple[AttributeDifficulty, ...] = DEFAULT_ATTRIBUTES
    dimensions: int = 512
    background_clusters: int = 225
    images_a_project: float = 4.0
    duplicates: float = 0.02
    exact_groups: float = 0.4
    dead_urls: float = 0.12
    captions: float = 0.3
    training_images: int = 32_768
    pictures: int | None = None

    def __post_init__(self) -> None:
        """Refuse values that are out of range or contradict each other.

        Raises
        ------
        ParameterError
            With the value and the allowed range.
        """
        _whole("images", self.images, 1, MAX_IMAGES)
        _whole("seed", self.seed, 0, 2**63 - 1)
        _whole("dimensions", self.dimensions, 16, 4096)
        _whole("background_clusters", self.background_clusters, 1, 10_000)
        _whole("training_images", self.training_images, 1024, 1_000_000)
        if self.pictures is not None:
            _whole("pictures", self.pictures, 1, 1_000_000)
        for name in ("duplicates", "exact_groups", "dead_urls", "captions"):
            _between(name, getattr(self, name), 0.0, 1.0)
        _between("images_a_project", self.images_a_project, 1.0, 1000.0)
        _check_attributes(self.attributes)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the attributes."""
        return tuple(entry.name for entry in self.attributes)

    def as_mapping(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


def concept_weights(concepts: int) -> list[float]:
    """Return the shares of an attribute's sub-concepts, largest first: 1, 1/2, 1/3, ... scaled to a sum of 1."""
    total = sum(1.0 / rank for rank in range(1, concepts + 1))
    return [1.0 / (rank * total) for rank in range(1, concepts + 1)]


def _check_attributes(attributes: Sequence[AttributeDifficulty]) -> None:
    names = [entry.name for entry in attributes]
    if not names or len(set(names)) < len(names):
        raise ParameterError(f"attributes={names} must have at least one name, each once. Correct the list.")
    for entry in attributes:
        _between(f"prevalence of {entry.name}", entry.prevalence, 1e-6, 0.5)
        _between(f"separation of {entry.name}", entry.separation, 0.0, 100.0)
        _whole(f"concepts of {entry.name}", entry.concepts, 1, 50)
        _between(f"hard_negatives of {entry.name}", entry.hard_negatives, 0.0, 10.0)
        _between(f"own_clusters of {entry.name}", entry.own_clusters, 0.0, 1.0)
        scattered = entry.prevalence * (1 - entry.own_clusters) * (1 + entry.hard_negatives)
        if scattered > 1 - entry.owned:
            raise ParameterError(
                f"{entry.name} has a prevalence of {entry.prevalence} with {entry.hard_negatives} hard negatives an "
                "image: more than there are images. Lower one of the two."
            )
    owned = sum(entry.owned for entry in attributes)
    if owned > MAX_OWNED:
        raise ParameterError(
            f"The attributes' own clusters would hold {owned:.2f} of the images; at most {MAX_OWNED} is allowed. "
            "Lower prevalences, hard_negatives or own_clusters."
        )


def _whole(name: str, value: int, lowest: int, highest: int) -> None:
    if not lowest <= value <= highest:
        raise ParameterError(f"{name} is {value}; allowed are {lowest:,} to {highest:,}. Use one of these.")


def _between(name: str, value: float, lowest: float, highest: float) -> None:
    if not lowest <= value <= highest:
        raise ParameterError(f"{name} is {value}; allowed is {lowest:g} to {highest:g}. Use a number in this range.")
