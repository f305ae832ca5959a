"""The certificate of an audit: claims, population and answers as plain values that can be verified. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.annotation.consensus import Label
from pipeline.audit.records import digest_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.audit.reports import AuditAnswers, AuditReport
    from pipeline.releases.files import Release

__all__ = ["FORMAT", "CollectionFacts", "certificate", "differences", "pseudonym", "seal"]

FORMAT = "bam-explorer audit certificate 1"
MOST_DIFFERENCES = 200
WORDS = {int(Label.YES): "yes", int(Label.NO): "no", int(Label.UNSURE): "unsure"}


@dataclass(frozen=True, slots=True)
class CollectionFacts:
    """The collection of a certificate.

    Parameters
    ----------
    name
        Name of the collection, untrusted text.
    images
        Number of images.
    image_ids_sha256
        Hash of their ids, int64 in ascending order.
    backbone
        Backbone of the embedding.
    store
        Id of the label store that holds the answers.
    """

    name: str
    images: int
    image_ids_sha256: str
    backbone: str
    store: str


def certificate(
    facts: CollectionFacts, release: Release, definition: Mapping[str, Any], report: AuditReport, published_at: float
) -> dict[str, Any]:
    """Return the certificate of an audit that has ended.

    Parameters
    ----------
    facts
        The collection.
    release
        The audited release.
    definition
        Title, definition and lists of examples, as the annotators read them.
    report
        Report of the audit, with its result.
    published_at
        Seconds since 1970.

    Returns
    -------
    dict
        Plain values for JSON. Annotators have pseudonyms. `seal` adds a SHA-256 of all other values.
    """
    audit, result = report.audit, report.result
    if result is None:
        raise ValueError("an audit without a result has no certificate")
    names = [pseudonym(facts.store, person) for person in report.answers.people]
    return seal(
        {
            "format": FORMAT,
            "statement": result.words,
            "collection": {
                "name": facts.name,
                "images": facts.images,
                "image_ids_sha256": facts.image_ids_sha256,
                "backbone": facts.backbone,
                "label_store": facts.store,
            },
            "release": {
                "attribute": release.attribute,
                "number": release.number,
                "made": _date(release.at),
                "sha256": audit.release_sha256,
                "scores_sha256": audit.scores_sha256,
                "model_sha256": audit.model_sha256,
                "scores": audit.origin,
                "threshold": release.threshold,
                "lower": release.lower,
            },
            "definition": {"version": audit.definition_version, **definition},
            "audit": {
                "number": audit.number,
                "plan": audit.plan.as_dict(),
                "words": audit.plan.summary,
                "rule": audit.plan.rule.summary,
                "fitted": audit.fitted,
                "population": {name: getattr(audit.population, name) for name in audit.population.__dataclass_fields__},
                "population_sha256": audit.population_sha256,
                "sample_sha256": audit.sample_sha256,
                "strata": report.sample.as_mapping()["strata"],
            },
            "dates": {
                "frozen": _date(audit.frozen_at),
                "drawn": _date(audit.drawn_at),
                "published": _date(published_at),
            },
            "annotators": _annotators(names, report.answers),
            "images": _images(report, names),
            "result": result.as_mapping(),
            "progress": report.progress.words,
            "note": report.note,
        }
    )


def seal(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a certificate with the SHA-256 of all its other values."""
    open_values = {key: value for key, value in values.items() if key != "sha256"}
    return open_values | {"sha256": digest_of(open_values)}


def differences(claimed: Mapping[str, Any], found: Mapping[str, Any], *, at: str = "") -> list[str]:
    """Return all differences between a certificate and a recomputed one.

    Parameters
    ----------
    claimed, found
        The certificate, and the recomputed one.
    at
        Path of these values in the certificate, used by the recursion.

    Returns
    -------
    list of str
        One sentence for each difference, at most 200. Empty if both are equal.
    """
    found_differences: list[str] = []
    for key in dict.fromkeys((*claimed, *found)):
        place = f"{at}.{key}" if at else str(key)
        if key not in claimed or key not in found:
            found_differences.append(f"{place} is {'missing' if key not in claimed else 'not known'}.")
        else:
            found_differences += _values_differ(claimed[key], found[key], place)
        if len(found_differences) >= MOST_DIFFERENCES:
            break
    return found_differences[:MOST_DIFFERENCES]


def pseudonym(store: str, annotator_id: str) -> str:
    """Return the pseudonym of an annotator, the same in all certificates of a store."""
    digest = hashlib.sha256(f"{store}\n{annotator_id}".encode()).hexdigest()
    return f"annotator {digest[:8]}"


def _values_differ(claimed: Any, found: Any, place: str) -> list[str]:
    if isinstance(claimed, dict) and isinstance(found, dict):
        return differences(claimed, found, at=place)
    if isinstance(claimed, list) and isinstance(found, list):
        if len(claimed) != len(found):
            return [f"{place} has {len(claimed):,} entries instead of {len(found):,}."]
        pairs = zip(claimed, found, strict=True)
        found_differences: list[str] = []
        for number, (one, other) in enumerate(pairs):
            found_differences += _values_differ(one, other, f"{place}[{number}]")
            if len(found_differences) >= MOST_DIFFERENCES:
                break
        return found_differences
    same = type(claimed) is type(found) and claimed == found
    return [] if same else [f"{place} says {str(claimed)[:80]!r} instead of {str(found)[:80]!r}."]


def _annotators(names: list[str], answers: AuditAnswers) -> list[dict[str, Any]]:
    entries = []
    for place, name in enumerate(names):
        theirs = answers.seconds[answers.annotators == place]
        measured = theirs[theirs > 0]
        entries.append(
            {
                "name": name,
                "answers": len(theirs),
                "median_seconds": round(float(np.median(measured)), 2) if len(measured) else None,
            }
        )
    return entries


def _images(report: AuditReport, names: list[str]) -> list[dict[str, Any]]:
    """Return the drawn images in the order of the questions, with their raw answers in the order of the log."""
    sample, answers = report.sample, report.answers
    answers_by_image: dict[int, list[list[Any]]] = {}
    for image, person, value, at in zip(
        answers.image_ids.tolist(), answers.annotators.tolist(), answers.values.tolist(), answers.at, strict=True
    ):
        answers_by_image.setdefault(image, []).append([names[person], WORDS[value], _date(float(at))])
    columns: tuple[NDArray[Any], ...] = (
        sample.image_ids,
        sample.positive,
        sample.stratum,
        sample.probabilities,
        sample.scores,
        answers.verdicts,
    )
    return [
        {
            "image_id": image,
            "set": "positive" if positive else "negative",
            "stratum": stratum,
            "probability": chance,
            "score": score,
            "verdict": {1: "yes", 0: "not yes", -1: "open"}[verdict],
            "answers": answers_by_image.get(image, []),
        }
        for image, positive, stratum, chance, score, verdict in zip(
            *(column.tolist() for column in columns), strict=True
        )
    ]


def _date(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
