"""Which picture of the sample stands for a synthetic image: birds where birds are meant, themes elsewhere. Pure."""

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
"""What a hard negative of an attribute shows: pictures of the other that are known not to show the first."""

FEWEST_OF_THEME = 6  # pictures that a word must be written about
SAME_PICTURES = 0.8  # two words that share this much of their pictures are one theme
WINDOW = 4  # a blob shows about a fourth of its cluster's pictures


@dataclass(frozen=True, slots=True, eq=False)
class PicturePools:
    """Pictures that may stand for an image, in pools: one a cluster, then two an attribute (its yes, its look-alikes).

    Parameters
    ----------
    members
        int32 (k,): pictures of all pools, pool after pool.
    starts
        int64 (pools + 1,): where each pool begins; a pool may be empty, except a cluster's.
    words
        For each cluster what its pictures have in common, in one word; ``""`` for nothing.
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
        The collection that they are for.
    items
        The sample's pictures with what is known of them.
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

    An image shows what its cluster shows; where it has some content from outside the cluster, it shows that (the rarest
    of several), and a hard negative in an attribute's own cluster shows a look-alike, as far as the sample knows any.
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
    """Find words that several pictures share, the commonest first; everything without a word if there are none."""
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
    """Give one of several equal shares of a list; all of it where a share would have fewer than three."""
    if len(pictures) < 3 * parts:
        return pictures
    return pictures[len(pictures) * part // parts : len(pictures) * (part + 1) // parts]


def _common_word(items: Sequence[SourceItem], pictures: Sequence[int], *, besides: str) -> str:
    """Find the word that most of some pictures bear besides a title; the first in the alphabet of several."""
    said = {form for word in besides.split() for form in (word, f"{word}s", word.removesuffix("s"))}
    counts: dict[str, int] = defaultdict(int)
    for place in pictures:
        for word in set(keyword_tokens(f"{items[place].keywords} {items[place].caption}")):
            counts[word] += word not in said
    return min(counts, key=lambda word: (-counts[word], word), default="")
