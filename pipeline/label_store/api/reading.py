"""The store's methods that read what was said."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.annotation.consensus import AgreementRule, Labels, fold_answers
from pipeline.label_store import absent_images as absence
from pipeline.label_store import log_reading as reading
from pipeline.label_store.absent_images import SetAside
from pipeline.label_store.answers import captions
from pipeline.label_store.api.transactions import Transactions
from pipeline.label_store.images import ImageName
from pipeline.label_store.log_reading import StoreState
from pipeline.label_store.questions import draws, repeats
from pipeline.label_store.records import Act, Caption, LoggedAnswer, Purpose
from pipeline.label_store.summaries import attribute_progress as board
from pipeline.label_store.summaries.answer_table import AnswerTable
from pipeline.label_store.summaries.answer_table import answer_table as read_table
from pipeline.label_store.summaries.attribute_progress import Standing

__all__ = ["ReadingMethods"]


class ReadingMethods(Transactions):
    """Methods of `pipeline.label_store.LabelStore`."""

    def labels(
        self,
        attribute: str,
        purpose: Purpose,
        rule: AgreementRule,
        definition_version: int | None = None,
        *,
        exclude: Collection[str] = (),
    ) -> Labels:
        """Fold the surviving answers for one purpose into labels; all versions of the definition unless one is given.

        Labels for training hold no image that was drawn for validation, certification or audit, nor a near-duplicate.
        For these three purposes a person's first answer to an image counts, and a second look does not.

        Parameters
        ----------
        attribute, purpose, rule, definition_version
            Which answers, and how many must agree.
        exclude
            Ids of annotators whose answers are left out, as if they had not been given: see `disqualified`. An image
            that they helped to settle may be open then.
        """
        with self.database.reading() as connection:
            arrays = reading.surviving_answers(connection, attribute, purpose, definition_version, exclude)
        return fold_answers(*arrays, rule)

    def counts(self) -> dict[tuple[str, Purpose], int]:
        """Count surviving answers by attribute and purpose."""
        with self.database.reading() as connection:
            return reading.counts(connection)

    def reserved(self, attribute: str, image_ids: Sequence[int]) -> set[int]:
        """Give those of some images that must not train this attribute: drawn for statistics, or near-duplicates."""
        with self.database.reading() as connection:
            return draws.barred_images(connection, attribute, image_ids)

    def said_in(self, act: Act) -> tuple[str | None, dict[int, str]]:
        """Give the page that an act answered, and by draw what it said: a value, or the text of a caption.

        None and nothing for an act that answered no page: a stroke, an import, a caption that nobody asked for.
        """
        with self.database.reading() as connection:
            return reading.said_in(connection, act.sequence)

    def log(self, attribute: str | None = None, after: int = 0) -> Iterator[LoggedAnswer]:
        """Stream the log of answers in order, undone ones too, of one state of the store."""
        with self.database.reading() as connection:
            yield from reading.log(connection, attribute, after)

    def caption_log(self) -> Iterator[Caption]:
        """Stream all captions that were not undone, oldest first, of one state of the store."""
        with self.database.reading() as connection:
            yield from reading.caption_log(connection)

    def captions(self, image_ids: Iterable[int]) -> list[Caption]:
        """Read the captions that people gave to some images, oldest first."""
        with self.database.reading() as connection:
            return reading.read_captions(connection, image_ids)

    def answer_table(
        self,
        attribute: str,
        purposes: Collection[Purpose] = (Purpose.TRAINING, Purpose.VALIDATION),
        *,
        exclude: Collection[str] = (),
    ) -> AnswerTable:
        """Read all surviving answers to an attribute for some purposes as arrays, in the order of the log.

        Answers to barred images are there, too; `labels` leaves them out of training. Second looks are there for
        training alone. `exclude` names annotators whose answers are left out.
        """
        with self.database.reading() as connection:
            return read_table(connection, attribute, purposes, exclude)

    def asked_images(self, attribute: str) -> tuple[NDArray[np.int64], list[str]]:
        """List every image that was asked or answered for an attribute, and the model its latest draw was made with.

        Ids int64 (m,), in the order in which they were asked, the same image perhaps more than once; texts (m,), ``""``
        for a draw without a model, a stroke or an import.
        """
        with self.database.reading() as connection:
            return reading.asked_images(connection, attribute)

    def barred(self, attribute: str) -> NDArray[np.int64]:
        """Give the images that must not train an attribute: ids int64 (m,), ascending."""
        with self.database.reading() as connection:
            return reading.barred_images(connection, attribute)

    def chances(
        self, attribute: str, purpose: Purpose
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Give the draws for a purpose with their probabilities, answered or not, in the order of the draws.

        Images int64 (m,), number of each one's batch int64 (m,) from 0, and probability float64 (m,).
        """
        with self.database.reading() as connection:
            return reading.chances(connection, attribute, purpose)

    def open_questions(self, attribute: str) -> int:
        """Count the images of an attribute that are still asked of somebody; second looks and gold do not count."""
        with self.database.reading() as connection:
            return reading.open_questions(connection, attribute)

    def drawn(self, attribute: str, purpose: Purpose) -> NDArray[np.int64]:
        """Give the images that were ever drawn for a purpose: ids int64 (m,), ascending, each once."""
        with self.database.reading() as connection:
            return reading.drawn_images(connection, attribute, purpose)

    def board(self) -> list[Standing]:
        """Tell where every attribute stands, archived ones too, in their order."""
        with self.database.reading() as connection:
            return board.board(connection)

    def search_captions(self, words: Sequence[str], limit: int = 10_000) -> list[int]:
        """Find images with a caption in which each of some words begins a word, whatever its case.

        Parameters
        ----------
        words
            Up to 20, of up to 100 characters each; none find nothing.
        limit
            How many images at most.

        Returns
        -------
        list of int
            Ids of the images, that with the newest caption first.
        """
        with self.database.reading() as connection:
            return captions.search_captions(connection, words, limit)

    def set_aside(self, attribute: str | None = None) -> SetAside:
        """Count what was said about images that the collection does not hold now, of one attribute or of all."""
        with self.database.reading() as connection:
            return absence.set_aside(connection, attribute)

    def absent(self) -> list[int]:
        """List the images that were asked or answered about and that the collection does not hold now, ascending."""
        with self.database.reading() as connection:
            return absence.absent_of(connection)

    def answers_by_image(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Count for every image what was said of it and not undone, captions too: ids ascending and counts."""
        with self.database.reading() as connection:
            return absence.answers_by_image(connection)

    def image_names(self, image_ids: Iterable[int]) -> dict[int, ImageName]:
        """Give what images of the log are called, absent ones too; those whose name is not known are left out."""
        with self.database.reading() as connection:
            return absence.names_of(connection, image_ids)

    def remember_images(self, image_ids: Iterable[int]) -> None:
        """Write down what images of the collection are called, for the time when it holds them no more."""
        with self.database.writing() as connection:
            absence.remember(connection, self.images, image_ids)

    def compare_images(self) -> None:
        """Find out which images of the log are absent, unless that is known of this very collection."""
        with self.database.reading() as connection:
            if absence.compared(connection, self.images):
                return
        with self.database.writing() as connection:
            self.database.lock(connection, f"images {self.uuid}")
            absence.compare(connection, self.images)

    def consistency(self, annotator_id: str, attribute: str | None = None) -> tuple[int, int]:
        """Count somebody's second looks that said the same as before, and all of them that were answered."""
        with self.database.reading() as connection:
            return repeats.consistency(connection, annotator_id, attribute)

    def state(self) -> StoreState:
        """Say in a few numbers where the store is: equal to an earlier one if nothing that is asked or said changed.

        Cheap enough to ask once a second. Who is present and who holds what is no part of it.
        """
        with self.database.reading() as connection:
            return reading.read_state(connection)
