"""Choose a sample picture for each synthetic image: birds for birds, pictures of one theme elsewhere. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.images.records import SourceItem
from pipeline.synthetic.catalogue import BLOBS, Catalogue
from pipeline.synthetic.sampling import HARD, YES, Drawn
from pipeline.synthetic.spec import SyntheticSpec
from pipeline.taxonomy import Taxonomy
from pipeline.text.keywords import keyword_tokens

__all__ = ["PicturePools", "choose_pictures", "make_pools"]

RESEMBLES: Final = {
    "content_bicycle": "content_vehicle",
    "content_bird": "content_animal",
    "content_cars": "content_vehicle",
    "content_cat": "content_animal",
    "content_dog": "content_animal",
    "content_flower": "content_food",
    "content_tree": "content_flower",
    "content_people": "emotion_happy",
}
"""Pictures for hard negatives of an attribute: they show the second attribute and are known not to show the first."""

FEWEST_OF_THEME = 6  # least number of pictures with the word of a theme
SAME_PICTURES = 0.8  # two words that share this part of their pictures are one theme
WINDOW = 4  # a blob shows about a quarter of its cluster's pictures


@dataclass(frozen=True, slots=True, eq=False)
class PicturePools:
    """Pools of pictures for images: one per cluster, then two per attribute (positives and look-alikes).

    Parameters
    ----------
    members
        int32 (k,): pictures of all pools, pool after pool.
    starts
        int64 (pools + 1,): start of each pool. A pool may be empty, except that of a cluster.
    words
        One word that the pictures of each cluster share; ``""`` if there is none.
    """

    members: NDArray[np.int32]
    starts: NDArray[np.int64]
    words: tuple[str, ...]


def make_pools(
    spec: SyntheticSpec, catalogue: Catalogue, items: Sequence[SourceItem], taxonomy: Taxonomy
) -> PicturePools:
    """Sort the sample's pictures into pools.

    Parameters
    ----------
    spec, catalogue
        Description and structure of the collection.
    items
        The sample pictures with their metadata and known answers.
    taxonomy
        Titles of the attributes.
    """
    order = sorted(range(len(items)), key=lambda place: (items[place].origin, items[place].key))
    titles = [taxonomy.attribute(name).title for name in spec.names]
    themes = _themes(items, order)
    yes = {name: [place for place in order if items[place].labels.get(name)] for name in spec.names}
    pools: list[list[int]] = []
    words: list[str] = []
    next_theme = 0
    for cluster in range(catalogue.clusters):
        column = int(catalogue.owner[cluster])
        if column >= 0 and yes[spec.names[column]]:
            part = int(catalogue.concept[cluster] - catalogue.first_concept[column])
            pools.append(_share(yes[spec.names[column]], part, spec.attributes[column].concepts))
            words.append(_common_word(items, pools[-1], besides=titles[column]))
        else:
            word, pictures = themes[next_theme % len(themes)]
            pools.append(pictures)
            words.append(word)
            next_theme += 1
    pools += [yes[name] for name in spec.names]
    pools += [
        [place for place in order if items[place].labels.get(name) is False and items[place].labels.get(other)]
        for name, other in ((name, RESEMBLES.get(name, "")) for name in spec.names)
    ]
    lengths = [len(pool) for pool in pools]
    return PicturePools(
        members=np.concatenate([np.array(pool, np.int32) for pool in pools]),
        starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        words=tuple(words),
    )


def choose_pictures(spec: SyntheticSpec, catalogue: Catalogue, pools: PicturePools, drawn: Drawn) -> NDArray[np.int32]:
    """Choose a picture of the sample for each drawn image, int32 (m,).

    An image shows a picture of its cluster. If it has content from outside the cluster, it shows that content (the
    rarest of several). A hard negative in an attribute's own cluster shows a look-alike, if the sample has one.
    """
    clusters = drawn.clusters
    filled = np.diff(pools.starts) > 0
    chosen = clusters.astype(np.int64)
    owners = catalogue.owner[clusters]
    count = len(spec.attributes)
    by_prevalence = sorted(range(count), key=lambda column: -spec.attributes[column].prevalence)
    for column in by_prevalence:
        own, kinds = owners == column, drawn.kinds[:, column]
        if filled[catalogue.clusters + count + column]:
            chosen[own & (kinds == HARD)] = catalogue.clusters + count + column
        if spec.names[column].startswith("content_") and filled[catalogue.clusters + column]:
            chosen[~own & (kinds == YES)] = catalogue.clusters + column
    sizes = pools.starts[chosen + 1] - pools.starts[chosen]
    window = np.minimum(sizes, np.maximum(3, -(-sizes // WINDOW)))
    first = (drawn.blobs % BLOBS) * sizes // BLOBS
    place = (first + (drawn.fractions * window).astype(np.int64)) % sizes
    pictures: NDArray[np.int32] = pools.members[pools.starts[chosen] + place]
    return pictures


def _themes(items: Sequence[SourceItem], order: Sequence[int]) -> list[tuple[str, list[int]]]:
    """Return groups of pictures that share a word, the commonest first; one group without a word if there are none."""
    found: dict[str, list[int]] = defaultdict(list)
    for place in order:
        makers = set(keyword_tokens(items[place].author))
        for word in dict.fromkeys(keyword_tokens(f"{items[place].keywords} {items[place].caption}")):
            if word not in makers:
                found[word].append(place)
    themes: list[tuple[str, list[int]]] = []
    kept: list[set[int]] = []
    for word, pictures in sorted(found.items(), key=lambda entry: (-len(entry[1]), entry[0])):
        own = set(pictures)
        if len(own) >= FEWEST_OF_THEME and not any(
            len(own & other) >= SAME_PICTURES * len(own | other) for other in kept
        ):
            themes.append((word, pictures))
            kept.append(own)
    return themes or [("", list(order))]


def _share(pictures: list[int], part: int, parts: int) -> list[int]:
    """Return one of several equal parts of a list; the whole list if a part would have fewer than three."""
    if len(pictures) < 3 * parts:
        return pictures
    return pictures[len(pictures) * part // parts : len(pictures) * (part + 1) // parts]


def _common_word(items: Sequence[SourceItem], pictures: Sequence[int], *, besides: str) -> str:
    """Return the word, other than a title, of most pictures; the first in the alphabet of equal ones."""
    excluded = {form for word in besides.split() for form in (word, f"{word}s", word.removesuffix("s"))}
    counts: dict[str, int] = defaultdict(int)
    for place in pictures:
        for word in set(keyword_tokens(f"{items[place].keywords} {items[place].caption}")):
            counts[word] += word not in excluded
    return min(counts, key=lambda word: (-counts[word], word), default="")
