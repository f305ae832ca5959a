"""Results of a collection's published audits, read once for the process. Runs in threads.

While an audit of an attribute is open, its earlier audits' results for single images and regions are hidden, so that
annotators do not learn where the release makes mistakes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from explorer.services.hidden_scores import UNDER_WAY
from explorer.services.label_service import LabelService
from explorer.services.lru_cache import Recent
from pipeline.annotation.annotator_agreement import AgreementMeasures, agreement_measures
from pipeline.audit.files import audited_population, list_audits
from pipeline.audit.lifecycle import expired
from pipeline.audit.population import release_of, words_outside
from pipeline.audit.records import Audit, State
from pipeline.audit.reports import AuditReport, audit_report
from pipeline.audit.statistics.by_region import Mistakes, RegionPrecision, mistakes, precision_by_region
from pipeline.audit.statistics.diagnostics import PrecisionRecall, ReliabilityBin, precision_recall, reliability
from pipeline.audit.statistics.truth_rules import OPEN, YES
from pipeline.collection import Collection, Layout
from pipeline.errors import AuditError
from pipeline.label_store import store_exists
from pipeline.map.coloring import Coloring, color_by_value
from pipeline.releases.files import read_release_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["UNDER_WAY", "VERIFY_COMMAND", "PublishedAudits", "Regions"]

VERIFY_COMMAND = "explorer audit verify DIR certificate.json"
"""The command that the page of a certificate recommends."""

ELSEWHERE = -1
"""Region of images that are in no cluster of a layout."""
LOWEST_SHOWN = 0.5
"""Precision with the first colour of the map's scale, also used below it. Releases differ between this value and 1."""

_Key = tuple[str, int, float]


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """The positive set of an audit by the coarse clusters of a layout.

    Parameters
    ----------
    precisions
        Precision of each region, those with the most positives first.
    of_image
        int32 (n,): region of every image of the collection.
    positives
        bool (n,): the positive set that was audited.
    """

    precisions: tuple[RegionPrecision, ...]
    of_image: NDArray[np.int32]
    positives: NDArray[np.bool_]


class PublishedAudits:
    """The published audits of a collection. Safe to use from several threads.

    Parameters
    ----------
    collection, labels
        The collection and its answers.
    layout
        Returns a layout by its name.
    """

    def __init__(self, collection: Collection, labels: LabelService, layout: Callable[[str], Layout]) -> None:
        self._collection = collection
        self._labels = labels
        self._layout = layout
        self._reports: Recent[_Key, AuditReport] = Recent(128, self._read_report)
        self._diagnostics: Recent[_Key, tuple[PrecisionRecall, tuple[ReliabilityBin, ...]]] = Recent(
            8, self._find_diagnostics
        )
        self._agreement: Recent[_Key, AgreementMeasures] = Recent(8, self._find_agreement)
        self._regions: Recent[tuple[_Key, str], Regions] = Recent(4, self._find_regions)

    def any(self) -> bool:
        """Return whether the collection has ever had an audit."""
        return (self._collection.path / "audits").is_dir()

    def report(self, audit: Audit) -> AuditReport:
        """Return the report of a published audit.

        Raises
        ------
        AuditError, CollectionDamagedError, LabelStoreError
            If it cannot be read.
        """
        return self._reports.get(_key(audit))

    def words(self, attribute: str) -> str:
        """Return the result of an attribute's last published audit, and whether it has expired; empty without one."""
        published = [one for one in list_audits(self._collection, attribute) if one.state is State.PUBLISHED]
        result = self.report(published[-1]).result if published else None
        if result is None:
            return ""
        old = expired(self._collection, published[-1])
        outside = words_outside(self._collection, attribute, published[-1].plan.release)
        said = f"Audit {published[-1].number}. {result.words} {outside}".rstrip()
        return f"{said} Expired. {old}" if old else said

    def diagnostics(self, audit: Audit) -> tuple[PrecisionRecall, tuple[ReliabilityBin, ...]]:
        """Return precision and recall over the thresholds, and the reliability diagram.

        Raises
        ------
        AuditError, CollectionDamagedError, LabelStoreError
            If the release is gone, or a file cannot be read.
        """
        return self._diagnostics.get(_key(audit))

    def agreement(self, audit: Audit) -> AgreementMeasures:
        """Return the agreement of the people of a published audit."""
        return self._agreement.get(_key(audit))

    def open_to_all(self, attribute: str) -> Audit | None:
        """Return the last published audit of an attribute; None without one, and while another is open."""
        audits = list_audits(self._collection, attribute)
        if any(audit.state in UNDER_WAY for audit in audits):
            return None
        return next((audit for audit in reversed(audits) if audit.state is State.PUBLISHED), None)

    def regions(self, audit: Audit, layout_name: str) -> Regions:
        """Return the precision of a published audit by the coarse clusters of a layout.

        Raises
        ------
        AuditError
            If the release is gone, or its images are not those of the collection now.
        CollectionDamagedError, LabelStoreError
            If a file or the label store cannot be read.
        """
        return self._regions.get((_key(audit), layout_name))

    def mistakes(self, audit: Audit) -> Mistakes:
        """Return the present images on which people and release disagree, nearest to the threshold first."""
        report, release = self.report(audit), release_of(self._collection, audit.plan.attribute, audit.plan.release)
        sample = report.sample
        rows = np.array([self._collection.row_of(image) for image in sample.image_ids.tolist()], np.int64)
        there = rows >= 0
        return mistakes(
            rows[there],
            sample.scores[there],
            report.answers.verdicts[there],
            sample.positive[there],
            release.threshold,
        )

    def coloring(self, attribute: str, layout_name: str) -> Coloring:
        """Return the colour of every image by its region's audited precision. Regions with few checks have none."""
        title = f"{self._collection.manifest.taxonomy.attribute(attribute).title.capitalize()}: audited precision"
        values = np.full(len(self._collection), np.nan, np.float32)
        audit = self.open_to_all(attribute) if store_exists(self._collection) else None
        if audit is not None:
            found = self.regions(audit, layout_name)
            for entry in found.precisions:
                if entry.region != ELSEWHERE and not entry.too_few and entry.precision.value is not None:
                    values[found.of_image == entry.region] = entry.precision.value
        missing = "no audit is published" if audit is None else "in no cluster, or too few checks"
        return color_by_value(values, title, low=LOWEST_SHOWN, high=1.0, missing=missing)

    def _find(self, key: _Key) -> Audit:
        return next(audit for audit in list_audits(self._collection, key[0]) if _key(audit) == key)

    def _read_report(self, key: _Key) -> AuditReport:
        audit = self._find(key)
        return audit_report(self._collection, self._labels.store, audit, exclude=audit.excluded, ended=True)

    def _find_diagnostics(self, key: _Key) -> tuple[PrecisionRecall, tuple[ReliabilityBin, ...]]:
        audit = self._find(key)
        report, release = self.report(audit), release_of(self._collection, key[0], audit.plan.release)
        said = (report.sample.scores, report.answers.verdicts, report.sample.probabilities)
        return precision_recall(*said, release.threshold), reliability(*said)

    def _find_agreement(self, key: _Key) -> AgreementMeasures:
        answers = self._reports.get(key).answers
        return agreement_measures(answers.image_ids, answers.annotators, answers.values, seed=0)

    def _find_regions(self, key: tuple[_Key, str]) -> Regions:
        audit = self._find(key[0])
        collection, sample = self._collection, self.report(audit).sample
        release = release_of(collection, audit.plan.attribute, audit.plan.release)
        columns = read_release_columns(collection, release)
        if release.sha256 != audit.release_sha256 or not np.isin(columns.image_ids, collection.image_ids).all():
            raise AuditError("The audited release and the collection now hold different images.")
        positives = np.zeros(len(collection), np.bool_)  # images that were added later are in no audit
        audited = (columns.values == 1) & audited_population(collection, audit, len(columns.image_ids))
        positives[np.searchsorted(collection.image_ids, columns.image_ids[audited])] = True
        clusters = self._layout(key[1]).clusters
        of_image = clusters[0] if len(clusters) else np.full(len(positives), ELSEWHERE, np.int32)
        numbers, counts = np.unique(of_image[positives], return_counts=True)
        verdicts = self.report(audit).answers.verdicts
        decided = sample.positive & (verdicts != OPEN)
        rows = np.searchsorted(collection.image_ids, sample.image_ids[decided])
        precisions = precision_by_region(
            of_image[rows],
            verdicts[decided] == YES,
            dict(zip(numbers.tolist(), counts.tolist(), strict=True)),
        )
        return Regions(precisions, of_image, positives)


def _key(audit: Audit) -> _Key:
    return audit.plan.attribute, audit.number, audit.published_at
