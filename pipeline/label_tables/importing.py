"""Import a table as training answers of one annotator, in actions whose ids follow from their content.

Because of those ids an import that was stopped goes on when it is run again, and nothing is recorded twice; the same
file undoes what it brought.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.collection import Collection
from pipeline.errors import ActionError, ErrorKind, PurposeError, TableError
from pipeline.label_store import Annotator, Draft, LabelStore, Value, new_action_id
from pipeline.label_tables.planning import Plan, plan_import
from pipeline.progress import Progress, ProgressCallback
from pipeline.tables import ALLOWED
from pipeline.taxonomy import attribute_from_name

__all__ = ["REASON", "ImportOptions", "Imported", "check_import", "import_labels", "undo_import"]

REASON = "import"
LARGEST_ACT = 50_000


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Options of an import.

    Parameters
    ----------
    annotator
        Name of the annotator of these answers. The first annotator with this name, or a new one.
    create
        Whether unknown attributes are created.
    skip_unknown
        Whether unknown images are left out. Otherwise they prevent the import.
    """

    annotator: str = "imported"
    create: bool = False
    skip_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of an import.

    Parameters
    ----------
    plan
        Content of the table.
    problems
        Sentences about the reasons that prevent the import. Empty without a reason.
    created
        New attributes.
    reserved
        Answers left out since their images, or near-duplicates of them, were drawn for validation, certification or
        audit.
    recorded, before
        Number of answers recorded now, and by an earlier run of the same import.
    acts
        Ids of the logged actions.
    unknown_images, uncreated
        Rows of images that the collection does not hold, and attributes that it does not have, where these are among
        the problems.
    """

    plan: Plan
    problems: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    reserved: int = 0
    recorded: int = 0
    before: int = 0
    acts: tuple[str, ...] = ()
    unknown_images: int = 0
    uncreated: tuple[str, ...] = ()

    def refusal(self, path: Path, ending: str = "") -> TableError:
        """Return the error with the reasons that prevent the import."""
        return TableError(
            f"{path}: {' '.join(self.problems)}{ending}",
            kind=ErrorKind.IMPORT_REFUSED,
            unknown_images=self.unknown_images,
            new_attributes=self.uncreated,
        )


@dataclass(frozen=True, slots=True)
class _Act:
    """One bulk answer of an import."""

    attribute: str
    value: Value
    images: NDArray[np.int64]

    def id(self, annotator: Annotator, digest: str) -> str:
        """Compute the id from the content of the action and from the file."""
        words = "\0".join((digest, annotator.id, self.attribute, self.value.value))
        return hashlib.sha256(words.encode() + b"\0" + self.images.tobytes()).hexdigest()[:32]


def check_import(
    store: LabelStore,
    collection: Collection,
    path: Path,
    options: ImportOptions | None = None,
    *,
    progress: ProgressCallback | None = None,
) -> Imported:
    """Return the plan of an import and its problems. Writes nothing.

    Raises
    ------
    TableError
        If the file is not a table of labels.
    """
    chosen = options or ImportOptions()
    plan = plan_import(path, collection, progress)
    known = {entry.name: entry for entry in store.attributes.list_all()}
    new = tuple(name for name in plan.answers if name not in known)
    archived = [name for name in plan.answers if name in known and known[name].archived]
    problems = []
    if plan.bad.count:
        problems.append(f"{_times(plan.bad.count, 'place')} cannot be taken in: {plan.bad}. {ALLOWED}")
    if plan.odd.count:
        problems.append(f"{_times(plan.odd.count, 'row')} cannot be taken in: {plan.odd}. Correct them.")
    if plan.unknown.count and not chosen.skip_unknown:
        problems.append(
            f"{_times(plan.unknown.count, 'row')} of images that the collection does not hold: {plan.unknown}. "
            "Correct them, or leave them out."
        )
    if new and not chosen.create:
        problems.append(f"There is no attribute {', '.join(new)} here. Correct the name, or create it.")
    if archived:
        problems.append(f"{', '.join(archived)} is archived. Bring it back before answers are added to it.")
    if not plan.total and not problems:
        problems.append("It holds no answer.")
    reserved = sum(len(store.batches.barred_among(act.attribute, act.images.tolist())) for act in _acts(plan))
    return Imported(
        plan,
        tuple(problems),
        new,
        reserved,
        unknown_images=0 if chosen.skip_unknown else plan.unknown.count,
        uncreated=() if chosen.create else new,
    )


def import_labels(
    store: LabelStore,
    collection: Collection,
    path: Path,
    options: ImportOptions | None = None,
    *,
    progress: ProgressCallback | None = None,
) -> Imported:
    """Record the rows of a table as training answers of one annotator.

    Each act holds up to 50,000 images. Run again, after whatever interruption, it records what is missing; what was
    undone meanwhile is done again.

    Raises
    ------
    TableError
        If there is a problem. Nothing was recorded.
    """
    chosen = options or ImportOptions()
    checked = check_import(store, collection, path, chosen, progress=progress)
    if checked.problems:
        raise checked.refusal(path, " Nothing was recorded.")
    who = _annotator(store, chosen.annotator) or store.annotators.add(chosen.annotator)
    for name in checked.created:
        store.attributes.define(who.id, name, Draft(attribute_from_name(name).title), seen_version=0)
    versions = {entry.name: entry.definition.version for entry in store.attributes.list_all()}
    latest = store.answers.latest(who.id, 1)
    start = latest[0].sequence if latest else 0
    digest, ids, recorded, before, reserved, done = _digest(path), list[str](), 0, 0, 0, 0
    for act in _acts(checked.plan):
        action_id, images = act.id(who, digest), act.images.tolist()
        try:
            receipt = store.answers.bulk_answer(
                action_id, who.id, act.attribute, versions[act.attribute], images, act.value, reason=REASON
            )
        except PurposeError:  # every single image of it is reserved
            reserved += len(images)
            continue
        if receipt.act.sequence > start:
            recorded += len(images) - len(receipt.left_out)
            reserved += len(receipt.left_out)
        else:
            before += _again(store, who, receipt.act.id, alive=receipt.act.survives, images=len(images))
        ids.append(action_id)
        done += len(images)
        if progress is not None:
            progress(Progress("Recording", done, checked.plan.total, "answers"))
    return Imported(checked.plan, (), checked.created, reserved, recorded, before, tuple(ids))


def undo_import(
    store: LabelStore, collection: Collection, path: Path, options: ImportOptions | None = None
) -> Imported:
    """Undo the import of the same file by the same name; `recorded` counts the acts undone.

    Raises
    ------
    TableError
        If nothing of this file is there to undo.
    """
    chosen = options or ImportOptions()
    plan = plan_import(path, collection)
    who = _annotator(store, chosen.annotator)
    undone = [] if who is None else list(_undone(store, who, plan, _digest(path)))
    if not undone:
        raise TableError(f"{path}: nothing recorded from this file by {chosen.annotator!r} is there to undo.")
    return Imported(plan, acts=tuple(undone), recorded=len(undone))


def _undone(store: LabelStore, who: Annotator, plan: Plan, digest: str) -> Iterator[str]:
    """Undo every recorded action of a plan, and return their ids."""
    for act in _acts(plan):
        action_id = act.id(who, digest)
        try:
            store.answers.undo(new_action_id(), who.id, action_id)
        except ActionError:  # never recorded, or undone already
            continue
        yield action_id


def _acts(plan: Plan) -> Iterator[_Act]:
    """Divide a plan into actions, always in the same way."""
    for attribute, values in plan.answers.items():
        for value, images in values.items():
            for start in range(0, len(images), LARGEST_ACT):
                yield _Act(attribute, value, images[start : start + LARGEST_ACT])


def _again(store: LabelStore, who: Annotator, action_id: str, *, alive: bool | None, images: int) -> int:
    """Count an action that was recorded before. If it was undone, redo it."""
    if not alive:
        store.answers.redo(new_action_id(), who.id, action_id)
    return images


def _annotator(store: LabelStore, name: str) -> Annotator | None:
    return next((person for person in store.annotators.list_all() if person.name == name), None)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _times(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
