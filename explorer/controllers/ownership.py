"""Whose something is: what somebody made or began is theirs to end, and nobody else's. Runs in threads.

There are no accounts: somebody is whoever said a name and was given its id. Who made what stands in the label store, in
the records of audits, and in the collection's log.
"""

from __future__ import annotations

from explorer.services.services import Services
from pipeline.errors import ParameterError
from pipeline.label_store import Annotator, LabelStore

__all__ = ["batch_thing", "certification_thing", "check_batch", "check_bulk_answer", "check_certification"]


def batch_thing(batch_id: str) -> str:
    """Name a batch as the log does."""
    return f"batch:{batch_id}"


def certification_thing(attribute: str, number: int) -> str:
    """Name a certification as the log does."""
    return f"certification:{attribute}/{number}"


def check_bulk_answer(store: LabelStore, attribute: str, me: Annotator, act_id: str, batch_id: str) -> None:
    """Refuse a stroke that is somebody else's, and a batch that is not its spot check.

    Raises
    ------
    ParameterError
        If so.
    LabelStoreError
        If the store cannot be read.
    """
    for stroke in store.answers.list_bulk_answers(attribute) if attribute else []:
        if stroke.act.id == act_id and stroke.act.annotator_id == me.id and stroke.check_batch == batch_id:
            return
    raise ParameterError("This is not a bulk answer of yours with this spot check. Nothing was changed.")


def check_batch(services: Services, me: Annotator, batch_id: str) -> None:
    """Refuse questions that somebody else asked for, or of which the log does not say who did.

    Raises
    ------
    ParameterError
        If so.
    """
    if services.changes.maker(batch_thing(batch_id)) != me.id:
        raise ParameterError(
            "These questions were not asked for by you: only who asked for them can call them off. Choose another part "
            "of the queue."
        )


def check_certification(services: Services, me: Annotator, attribute: str, number: int) -> None:
    """Refuse a certification that somebody else began; one of which nobody knows it anybody with a name may end.

    Raises
    ------
    ParameterError
        If so.
    """
    maker = services.changes.maker(certification_thing(attribute, number))
    if maker is not None and maker != me.id:
        raise ParameterError("Somebody else began this certification: only they can give it up.")
