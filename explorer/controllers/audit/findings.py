"""Results of published audits for the Audit tab. It returns records and runs in threads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from explorer.controllers.audit.chart_messages import (
    FamilyChart,
    agreement_message,
    family_message,
    member_of,
    people_message,
    regions_message,
    reliability_message,
    thresholds_message,
)
from explorer.controllers.audit.result_messages import PublishedResult, result_message
from explorer.controllers.labeling.question_sources import ask_like
from explorer.controllers.labeling.source_rankings import SourceContext
from explorer.controllers.picture_items import picture_items
from explorer.controllers.shown_parts import PictureSide
from explorer.messages.encoding import Message
from explorer.services.label_service import LabelService
from explorer.services.published_audits import UNDER_WAY
from explorer.services.services import Services
from pipeline.annotation.annotator_accuracy import annotator_reports
from pipeline.audit.files import list_audits
from pipeline.audit.lifecycle import expired
from pipeline.audit.records import Audit, State
from pipeline.audit.reports import AuditReport
from pipeline.audit.statistics.anytime_bound import AnytimeBound
from pipeline.audit.statistics.joint_claims import jointly
from pipeline.audit.statistics.one_more_hour import an_hour_of_watching
from pipeline.audit.statistics.sample_sizes import what_an_hour_buys
from pipeline.audit.statistics.truth_rules import first_opinions
from pipeline.errors import AuditError, CollectionDamagedError
from pipeline.label_store import AttributeEntry, Purpose

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["AuditFindings", "MistakesMessage"]

MOST_MISTAKES = 24
LIKE = 48
"""Number of mistakes for which similar images are asked, nearest to the threshold first."""

USUAL_SECONDS = 2.0
HIDDEN = (
    "Another audit is under way. Single images and regions of earlier audits are shown again after it is published, so "
    "that annotators do not know where to expect mistakes."
)


@dataclass(frozen=True, slots=True)
class MistakesMessage(Message):
    """The images on which people and release disagree, and whether there are `any`."""

    type: ClassVar[str] = "mistakes"
    sides: tuple[PictureSide, ...] = ()
    words: str = ""
    any: bool = False


class AuditFindings:
    """The results of a collection's audits; safe to use from several threads."""

    def __init__(self, services: Services, labels: LabelService) -> None:
        self._services = services
        self._labels = labels

    def seconds(self, attribute: str) -> float:
        """Return the median time of a training or validation answer in seconds; 0 if it is not known."""
        seconds = self._labels.answers(attribute).seconds
        timed = seconds[seconds > 0]
        return float(np.median(timed)) if len(timed) else 0.0

    def hour(self, report: AuditReport) -> str:
        """Return the expected effect of one more hour of answers, by the time per answer so far."""
        plan, result = report.audit.plan, report.result
        if result is None:
            return ""
        timed = report.answers.seconds[report.answers.seconds > 0]
        seconds = float(np.median(timed)) if len(timed) else self.seconds(plan.attribute) or USUAL_SECONDS
        if result.anytime is not None:
            return self.hour_of_watching(report, report.answers.verdicts[report.sample.positive], seconds)
        return what_an_hour_buys(result.precision, seconds, first_opinions(plan.rule, plan.opinions)).words

    def hour_of_watching(self, report: AuditReport, verdicts: NDArray[np.int8], seconds: float = 0.0) -> str:
        """Return the expected effect of one more hour on an anytime audit.

        Parameters
        ----------
        report
            Report with the plan and the sample.
        verdicts
            int8 ``(n,)``, the verdicts of the positive set that may be known.
        seconds
            Time of an answer. 0 takes the time of answers outside of audits, since an open audit does not show its own.
        """
        plan = report.audit.plan
        people = first_opinions(plan.rule, plan.opinions)
        bound = AnytimeBound(report.audit.population.positives, plan.target, plan.own_confidence)
        positive = report.sample.positive
        share = float(positive.mean()) if positive.any() else 1.0
        return an_hour_of_watching(
            bound, verdicts, seconds or self.seconds(plan.attribute) or USUAL_SECONDS, people, share=share
        ).words

    def names(self) -> dict[str, str]:
        """Return the names of all annotators: id -> name."""
        return {person.id: person.name for person in self._labels.store.annotators.list_all()}

    # ---- the results -------------------------------------------------------------------------------------------------
    def result(self, audit: Audit, layout: str, *, hidden: bool) -> PublishedResult:
        """Return the result of a published audit; if `hidden`, without single images and regions."""
        report = self._services.audits.report(audit)
        old = expired(self._services.collection, audit)
        result = result_message(report, old, self.hour(report), HIDDEN if hidden else "")
        if hidden:
            return result
        result = self._with_agreement(result, report)
        try:
            return self._with_pictures(result, audit, layout)
        except (AuditError, CollectionDamagedError) as error:
            return replace(result, lost=self._services.words_of(error))

    def _with_pictures(self, result: PublishedResult, audit: Audit, layout: str) -> PublishedResult:
        audits = self._services.audits
        thresholds, bins = audits.diagnostics(audit)
        regions = audits.regions(audit, layout).precisions
        return replace(
            result,
            thresholds=thresholds_message(thresholds),
            bins=reliability_message(bins),
            regions=regions_message(regions, self._cluster_names(layout)),
        )

    def _cluster_names(self, layout: str) -> dict[int, str]:
        return {name.cluster: name.text for name in self._services.layout(layout).names if name.level == 0}

    def _with_agreement(self, result: PublishedResult, report: AuditReport) -> PublishedResult:
        answers, names = report.answers, self.names()
        measures = self._services.audits.agreement(report.audit)
        known = self._labels.store.qualifications.annotator_answers(report.audit.plan.attribute)
        records = annotator_reports(
            len(known.people), known.annotators, known.values, known.seconds, known.expected, known.before
        )
        of_person = {person.id: record for person, record in zip(known.people, records, strict=True)}
        counts = np.bincount(answers.annotators, minlength=len(answers.people)).tolist()
        lines = [
            (names.get(person, "unknown"), count, of_person[person])
            for person, count in zip(answers.people, counts, strict=True)
            if person in of_person
        ]
        return replace(result, agreement=agreement_message(measures), people=people_message(lines))

    def family(self, entries: list[AttributeEntry], here: str) -> FamilyChart | None:
        """Return the last published audit of every attribute, with the joint claim."""
        collection = self._services.collection
        found = []
        for entry in entries:
            published = [one for one in list_audits(collection, entry.name) if one.state is State.PUBLISHED]
            if published:
                found.append((entry, self._services.audits.report(published[-1])))
        if not found:
            return None
        members = [member_of(report, entry.definition.title) for entry, report in found]
        planned = max(len(members), *(report.audit.plan.jointly for _, report in found))
        reports, names = [report for _, report in found], [entry.name for entry, _ in found]
        old = [expired(collection, report.audit) for report in reports]
        return family_message(jointly(members, planned=planned), reports, names, old, here)

    def mistakes(self, attribute: str, shown: int) -> MistakesMessage:
        """Return the images on which people and release disagree, nearest to the threshold first.

        Raises
        ------
        BamExplorerError
            If they cannot be read.
        """
        audit = self._open_to_all(attribute, shown)
        if audit is None:
            return MistakesMessage()
        try:
            found = self._services.audits.mistakes(audit)
        except (AuditError, CollectionDamagedError):
            return MistakesMessage()  # the result names the reason
        sides = []
        for title, which in (
            ("Released as positive, but not yes", found.false_positive),
            ("Released as negative, but yes", ~found.false_positive),
        ):
            rows, scores = found.rows[which][:MOST_MISTAKES], found.scores[which][:MOST_MISTAKES]
            items = picture_items(self._services, rows, [f"{score:.2f}" for score in scores.tolist()])
            sides.append(PictureSide(f"{title}: {int(which.sum()):,}", items))
        total = len(found.rows)
        words = (
            f"{total:,} mistake{'s' if total != 1 else ''}, nearest to the threshold first."
            if total
            else "No mistake was found."
        )
        return MistakesMessage(tuple(sides), words, any=total > 0)

    def region(self, attribute: str, shown: int, layout: str, region: int) -> tuple[NDArray[np.int64], str]:
        """Return the rows of the audited positives of a region, and words for them.

        Raises
        ------
        AuditError
            If the results are hidden while another audit is open.
        """
        audit = self._open_to_all(attribute, shown)
        if audit is None:
            raise AuditError(HIDDEN)
        found = self._services.audits.regions(audit, layout)
        rows = np.flatnonzero(found.positives & (found.of_image == region))
        return rows, f"positives: {self._cluster_names(layout).get(region, 'no cluster')}"

    def ask_again(self, attribute: str, shown: int, layout: str) -> tuple[str, str]:
        """Ask, for training, images that are similar to the mistakes of an audit and that no audit drew.

        Returns
        -------
        tuple
            Words, and the id of the batch, "" if no image is left to ask.

        Raises
        ------
        BamExplorerError
            If the label store or the collection cannot be read.
        """
        audit = self._open_to_all(attribute, shown)
        rows = self._services.audits.mistakes(audit).rows[:LIKE] if audit is not None else np.empty(0, np.int64)
        if audit is None or not len(rows):
            raise AuditError("This audit found no mistakes, so there are no similar images to ask.")
        collection, store = self._services.collection, self._labels.store
        without = np.isin(collection.image_ids, store.batches.drawn_images(attribute, Purpose.AUDIT))
        context = SourceContext(self._services, self._labels, attribute, layout, np.empty(0, np.int32), -1)
        batch, _ = ask_like(
            context, rows.astype(np.int32), without, f"like {len(rows)} mistakes of audit {audit.number}"
        )
        if not batch.images:
            return "All similar images are asked or answered already.", ""
        words = f"{batch.images:,} similar images wait in the Label tab. Answer them, train again, and make a release."
        return words, batch.id

    def _open_to_all(self, attribute: str, shown: int) -> Audit | None:
        """Return the published audit to show; None while another audit is open."""
        audits = list_audits(self._services.collection, attribute) if attribute else []
        if any(audit.state in UNDER_WAY for audit in audits):
            return None
        published = [audit for audit in audits if audit.state is State.PUBLISHED]
        return next((audit for audit in published if audit.number == shown), published[-1] if published else None)
