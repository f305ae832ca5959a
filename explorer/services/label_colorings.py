"""Colours of the map by people's answers: label, agreement, person, time, round."""

from __future__ import annotations

import time

from explorer.services.colorings import LABEL_KINDS, ColorKey
from explorer.services.label_service import LabelService
from pipeline.annotation.consensus import agreement_rule
from pipeline.collection import Collection
from pipeline.map.coloring import Coloring, color_by_category, color_by_value
from pipeline.map.label_layers import (
    AGREEMENT_NAMES,
    LABEL_NAMES,
    agreement_layer,
    asked_layer,
    label_layer,
    person_layer,
    time_layer,
)

__all__ = ["coloring_by_answers"]

NO_ANSWER = "no answer"


def coloring_by_answers(key: ColorKey, collection: Collection, labels: LabelService) -> Coloring:
    """Return the colours of a collection by the answers to an attribute. Runs in a thread.

    Raises
    ------
    LabelStoreError
        If the answers cannot be read.
    """
    table, entry = labels.answers(key.attribute), labels.store.attributes.find(key.attribute)
    title, ids = entry.definition.title.capitalize(), collection.image_ids
    said = (ids, table.image_ids, table.annotators, table.values)
    names: tuple[str, ...]
    if key.kind == "label":
        codes, names = label_layer(*said, agreement_rule(entry.agree)), LABEL_NAMES
    elif key.kind == "agreement":
        codes, names = agreement_layer(*said), AGREEMENT_NAMES
    elif key.kind == "asked":
        codes, versions = asked_layer(ids, *labels.store.batches.asked_images(key.attribute))
        rounds = [_round_words(version) for version in versions]
        return color_by_category(codes, rounds, f"{title}: which round asked", missing="never asked", by_size=False)
    elif key.kind == "time":
        hours = time_layer(ids, table.image_ids, table.at, time.time())
        return color_by_value(hours, f"{title}: hours since the last answer", missing=NO_ANSWER)
    else:
        codes = person_layer(ids, table.image_ids, table.annotators)
        people = [person.name for person in table.people]
        return color_by_category(codes, people, f"{title}: last answered by", missing=NO_ANSWER)
    return color_by_category(codes, names, f"{title}: {LABEL_KINDS[key.kind]}", missing=NO_ANSWER, by_size=False)


def _round_words(model_version: str) -> str:
    """Return which round asked, since model 3 was trained by round 3."""
    number = model_version.rpartition("-")[2]
    return f"asked by round {number}" if number.isdigit() else "asked before any round"
