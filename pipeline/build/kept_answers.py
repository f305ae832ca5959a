"""What a build does to the answers about the collection that it replaces. An edge: it reads the old one and its store.

Answers belong to images by identity, which is the name of the source and the path in it. A build with other names
leaves answers without an image. It reports this before it replaces anything. If no new image is an old one, it replaces
the collection only with permission. The names of all images that vanish are recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.collection import Collection
from pipeline.collection.own_files import MANIFEST, is_collection
from pipeline.collection.target import left_aside, place_of
from pipeline.errors import CollectionError, ErrorKind, LostAnswersError
from pipeline.files.small_files import json_object

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.collection.writer import CollectionWriter
    from pipeline.label_store import LabelStore

__all__ = ["KeptAnswers", "answers_at", "kept_requests", "kept_source_name", "report_lost_answers"]

MOST_TOLD = 3
Say = Callable[[str], None]


def kept_source_name(target: Path) -> str | None:
    """Return the source name of the collection at a place, of any version; None without one."""
    name = json_object(_replaced(target) / MANIFEST).get("source_name")
    return name if isinstance(name, str) and name else None


def kept_requests(target: Path) -> frozenset[str]:
    """Return what the collection at a place read on request: some of ``pages`` and ``svg``."""
    names = json_object(_replaced(target) / MANIFEST).get("requested")
    return frozenset(name for name in names if isinstance(name, str)) if isinstance(names, list) else frozenset()


def _replaced(target: Path) -> Path:
    """Return the collection that a build replaces; an earlier build may have moved it aside."""
    place = place_of(target)
    return left_aside(place) or place


@contextmanager
def answers_at(target: Path, url: str | None, say: Say) -> Iterator[KeptAnswers | None]:
    """Open the answers about the collection at a place; None without a collection or answers.

    Parameters
    ----------
    target
        Place where a build may replace a collection.
    url
        PostgreSQL database of the answers; None for the file in the collection's folder.
    say
        Called with sentences about what happens to answers.

    Raises
    ------
    LabelStoreError
        If the collection has answers that cannot be opened.
    """
    from pipeline.label_store import open_label_store, store_exists

    place = _replaced(target)
    if not is_collection(place):
        yield None
        return
    try:
        collection = Collection(place)
        known = store_exists(collection)
        collection.image_ids  # noqa: B018 - read now, so that damage shows here
    except CollectionError:
        say(
            f"The collection at {target} cannot be read, so it is not known whether answers about it lose their "
            "images by this build. All answers are kept."
        )
        yield None
        return
    if not known:
        yield None
        return
    with open_label_store(collection, url) as store:
        yield KeptAnswers(collection, store, say)


@dataclass(frozen=True, slots=True)
class _Losses:
    """Images with answers that the new collection would no longer contain, and these answers."""

    images: tuple[int, ...]
    answers: int

    @property
    def summary(self) -> str:
        count = "1 answer" if self.answers == 1 else f"{self.answers:,} answers"
        return f"{count} about {'1 image' if len(self.images) == 1 else f'{len(self.images):,} images'}"


@dataclass(frozen=True, slots=True)
class KeptAnswers:
    """The answers about a collection that a build replaces; created by `answers_at`."""

    collection: Collection
    store: LabelStore
    say: Say

    def check_listing(self, image_ids: NDArray[np.int64], name: str, example: str, *, allowed: bool) -> frozenset[int]:
        """Report answers whose images the source no longer lists, before any slow step.

        Parameters
        ----------
        image_ids
            int64 (n,). Ids of all images that the new source lists, readable or not.
        name, example
            Name of the new source, and one of its files.
        allowed
            Whether the answers may be set aside even if no image stays.

        Returns
        -------
        frozenset of int
            The images whose answers were reported.

        Raises
        ------
        LostAnswersError
            If answers lose their images, no image of the new source is one of the old collection, and that was not
            `allowed`.
        """
        lost = self._losses(image_ids)
        if not lost.answers:
            return frozenset()
        there = self.store.absent_images.names(lost.images[:1])
        file = next((one.file for one in there.values()), "")
        if not np.isin(self.collection.image_ids, image_ids).any() and not allowed:
            old = self.collection.manifest.source_name
            differs = (
                f"The source was called {old!r} and is called {name!r} now: give it the name {old!r} again."
                if name != old
                else f"Files were called like {file!r}, and are called like {example!r} now: build from the folder in "
                "which they have the same paths as before."
            )
            raise LostAnswersError(
                f"{lost.summary} in {self.collection.path} would lose their images: the new source has none of the "
                f"collection's. {differs} Or choose another place, or allow the answers to be set aside: they are "
                "kept, and count again when the images come back.",
                kind=ErrorKind.ANSWERS_LOSE_IMAGES,
                old_name=old,
                new_name=name,
            )
        self._tell(lost, "the source does not have any more", file)
        return frozenset(lost.images)

    def check_images(
        self,
        image_ids: NDArray[np.int64],
        hashes: Mapping[int, str],
        files: Mapping[str, str],
        reported: frozenset[int] = frozenset(),
    ) -> None:
        """Report further answers that lose their images, and record the names of all images that vanish.

        Call this when all images are read and nothing is replaced yet.

        Parameters
        ----------
        image_ids
            int64 (n,). Ids of the images that could be used.
        hashes
            SHA-256 of each of them.
        files
            A file for each of these hashes.
        reported
            Images whose answers were reported already.
        """
        lost = self._losses(image_ids, reported)
        if lost.answers:
            names = self.store.absent_images.names(lost.images)
            self._tell(lost, "could not be read", next((one.file for one in names.values()), ""))
        vanishing = self.collection.image_ids[~np.isin(self.collection.image_ids, image_ids)]
        self.store.absent_images.remember(vanishing.tolist())
        self._tell_of_other_names(image_ids, files)
        self._tell_of_other_bytes(image_ids, hashes)

    def _losses(self, image_ids: NDArray[np.int64], reported: frozenset[int] = frozenset()) -> _Losses:
        images, answers = self.store.absent_images.count_answers()
        lost = self.store.images.present(images) & ~np.isin(images, image_ids)
        lost &= ~np.isin(images, np.array(sorted(reported), np.int64))
        return _Losses(tuple(images[lost].tolist()), int(answers[lost].sum()))

    def _tell(self, lost: _Losses, why: str, file: str) -> None:
        example = f" (for example {file})" if file else ""
        one = len(lost.images) == 1
        are, they = ("is", "It is") if lost.answers == 1 else ("are", "They are")
        self.say(
            f"{lost.summary} that {why}{example} {are} set aside. {they} kept, exported with the file's old name, and "
            f"used again when the {'image comes' if one else 'images come'} back: put the "
            f"{'file' if one else 'files'} where {'it was' if one else 'they were'}, and build again."
        )

    def _tell_of_other_names(self, image_ids: NDArray[np.int64], files: Mapping[str, str]) -> None:
        """Report absent images with answers whose bytes belong to an image with another name."""
        images, answers = self.store.absent_images.count_answers()
        absent = ~np.isin(images, image_ids)
        names = self.store.absent_images.names(images[absent].tolist())
        counts = dict(zip(images.tolist(), answers.tolist(), strict=True))
        moved = [(one, files[one.sha256]) for one in names.values() if one.sha256 and one.sha256 in files]
        if not moved:
            return
        count = sum(counts[one.image_id] for one, _ in moved)
        which = ", ".join(f"{one.file} is now {file}" for one, file in moved[:MOST_TOLD])
        more = f", and {len(moved) - MOST_TOLD:,} more" if len(moved) > MOST_TOLD else ""
        self.say(
            f"Of the answers set aside, {count:,} {'is' if count == 1 else 'are'} about files that are still here "
            f"under other names: {which}{more}. Give them their old names and build again, or import the answers under "
            "the new names: export the labels, change the column file, leave out image_id, and import them."
        )

    def _tell_of_other_bytes(self, image_ids: NDArray[np.int64], hashes: Mapping[int, str]) -> None:
        """Report images with answers whose content has changed since they were asked."""
        images, answers = self.store.absent_images.count_answers()
        here = np.isin(images, image_ids)
        names = self.store.absent_images.names(images[here].tolist())
        edited = [one for one in names.values() if one.sha256 and hashes.get(one.image_id, "") not in ("", one.sha256)]
        if not edited:
            return
        counts = dict(zip(images.tolist(), answers.tolist(), strict=True))
        count = sum(counts[one.image_id] for one in edited)
        what = "1 answer is" if count == 1 else f"{count:,} answers are"
        self.say(
            f"{what} about files whose content changed since they were first asked about (for example "
            f"{edited[0].file}). The answers stay with the files; look at them again if the pictures show something "
            "else now."
        )


def report_lost_answers(
    target: Path, writer: CollectionWriter, url: str | None, say: Say, reported: frozenset[int] = frozenset()
) -> None:
    """Report answers that lose their images in a finished build, and record the names of images that vanish.

    Parameters
    ----------
    target, url, say
        As in `answers_at`.
    writer
        Collection of the build, finished and not yet published.
    reported
        Images whose answers were reported already.
    """
    with answers_at(target, url, say) as answers:
        if answers is not None:
            ids, sums, files = writer.image_files()
            by_sum = dict(zip(reversed(sums), reversed(files), strict=True))  # the first of several equal files
            answers.check_images(ids, dict(zip(ids.tolist(), sums, strict=True)), by_sum, reported)
