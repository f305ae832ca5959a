"""Ownership: only the person who made or started something may end it. Runs in threads.

There are no accounts. A person is the id that belongs to the name they entered. The label store, the records of audits
and the collection's log hold the maker of each thing.
"""

from __future__ import annotations

from explorer.services.services import Services
from pipeline.errors import ParameterError
from pipeline.label_store import Annotator, LabelStore

__all__ = ["batch_thing", "certification_thing", "check_batch", "check_bulk_answer", "check_certification"]


def batch_thing(batch_id: str) -> str:
    """Return the name of a batch in the log."""
    return f"batch:{batch_id}"


def certification_thing(attribute: str, number: int) -> str:
    """Return the name of a certification in the log."""
    return f"certification:{attribute}/{number}"


def check_bulk_answer(store: LabelStore, attribute: str, me: Annotator, action_id: str, batch_id: str) -> None:
    """Check that a bulk answer is the person's own, and that the batch is its spot check.

    Raises
    ------
    ParameterError
        If it is not.
    LabelStoreError
        If the label store cannot be read.
    """
    for bulk in store.answers.list_bulk_answers(attribute) if attribute else []:
        if bulk.act.id == action_id and bulk.act.annotator_id == me.id and bulk.check_batch == batch_id:
            return
    raise ParameterError("You have no bulk label with this spot check. Nothing was changed.")


def check_batch(services: Services, me: Annotator, batch_id: str) -> None:
    """Check that the log names the person as the one who added a batch of questions.

    Raises
    ------
    ParameterError
        If it names another person, or no person.
    """
    if services.changes.maker(batch_thing(batch_id)) != me.id:
        raise ParameterError(
            "You did not add these questions. Only the person who added them can cancel them. Choose another part of "
            "the queue."
        )


def check_certification(services: Services, me: Annotator, attribute: str, number: int) -> None:
    """Check that a certification was not started by another person. If the log names no person, everyone may end it.

    Raises
    ------
    ParameterError
        If another person started it.
    """
    maker = services.changes.maker(certification_thing(attribute, number))
    if maker is not None and maker != me.id:
        raise ParameterError("Another person started this certification. Only they can cancel it.")
