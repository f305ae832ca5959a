"""The work of the Audit tab on the collection and the label store. It returns records and runs in threads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from explorer.controllers.audit.findings import AuditFindings
from explorer.controllers.audit.messages import CurrentAudit, Watched, current_message, steps_message, watched_message
from explorer.controllers.audit.plan_form import PlanShown, plan_message
from explorer.controllers.audit.progress import Progress, note_of, progress_of
from explorer.controllers.audit.standing import AuditStanding
from explorer.controllers.shown_parts import Choice
from explorer.messages.outgoing import SavedFile
from explorer.services.label_service import LabelService
from explorer.services.lru_cache import Recent
from explorer.services.published_audits import UNDER_WAY, VERIFY_COMMAND
from explorer.services.services import Services
from pipeline.audit.files import audit_folder, list_audits
from pipeline.audit.lifecycle import draw, drop, freeze, new_seed
from pipeline.audit.plan import PlanForm, plan_of
from pipeline.audit.population import release_of, sets_of
from pipeline.audit.publication import publish, read_certificate
from pipeline.audit.records import Audit, Population, State
from pipeline.audit.reports import AuditReport, audit_report
from pipeline.audit.results import AnytimeStanding, anytime_standing
from pipeline.audit.statistics.truth_rules import NOT_YES, OPEN
from pipeline.audit.verification import verify_certificate
from pipeline.errors import AuditError, CollectionDamagedError, ParameterError
from pipeline.files.small_files import read_plain
from pipeline.label_store import Annotator, StoreState, store_exists
from pipeline.releases.files import list_releases

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MIMES", "AuditController"]

MIMES = {"html": "text/html", "json": "application/json"}


class AuditController:
    """The audits of one session's collection; safe to use from several threads."""

    def __init__(self, services: Services, labels: LabelService) -> None:
        self._services = services
        self._labels = labels
        self.findings = AuditFindings(services, labels)
        self._populations: Recent[tuple[str, str, StoreState], Population] = Recent(2, self._count)

    # ---- the state ---------------------------------------------------------------------------------------------------
    def standing(self, attribute: str, form: PlanForm, shown: int, layout: str) -> AuditStanding:
        """Return the state of an attribute's audits.

        Parameters
        ----------
        attribute
            Its name; empty while none is chosen.
        form
            The plan form of the next audit.
        shown
            Number of the published audit to show; the last one if there is none of this number.
        layout
            Name of the layout on screen, whose clusters are the regions.

        Raises
        ------
        BamExplorerError
            If the label store or the collection cannot be read.
        """
        self._services.refresh_scores()
        collection = self._services.collection
        if not store_exists(collection):
            taxonomy = collection.manifest.taxonomy
            names = [entry.name for entry in collection.manifest.attributes]
            return AuditStanding(attributes=tuple(Choice(name, taxonomy.attribute(name).title) for name in names))
        entries = [entry for entry in self._labels.store.attributes.list_all() if not entry.archived]
        standing = AuditStanding(
            attributes=tuple(Choice(entry.name, entry.definition.title) for entry in entries),
            family=self.findings.family(entries, attribute),
        )
        if all(entry.name != attribute for entry in entries):
            return standing
        audits = list_audits(collection, attribute)
        current = next((audit for audit in reversed(audits) if audit.state in UNDER_WAY), None)
        published = [audit for audit in audits if audit.state is State.PUBLISHED]
        chosen = next((audit for audit in published if audit.number == shown), published[-1] if published else None)
        standing = replace(standing, attribute=attribute)
        progress = None
        if current is not None:
            shown_now, progress = self._current(current)
            standing = replace(standing, current=shown_now)
        else:
            plan, none = self._planning(attribute, form)
            standing = replace(standing, plan=plan, none=none)
            if chosen is not None:
                progress = progress_of(self._services.audits.report(chosen), {})
        standing = replace(standing, steps=steps_message(current or chosen, progress))
        return standing if chosen is None else self._with_result(standing, published, chosen, layout)

    def _with_result(
        self, standing: AuditStanding, published: list[Audit], chosen: Audit, layout: str
    ) -> AuditStanding:
        titles = ((str(audit.number), f"Audit {audit.number} of release {audit.plan.release}") for audit in published)
        return replace(
            standing,
            published=tuple(Choice(number, title) for number, title in titles)[::-1],
            result=self.findings.result(chosen, layout, hidden=standing.current is not None),
        )

    def _planning(self, attribute: str, form: PlanForm) -> tuple[PlanShown | None, str]:
        """Return the plan and "", or None and why there is no plan."""
        collection = self._services.collection
        releases = list_releases(collection, attribute)
        if not releases:
            return None, "This attribute has no release yet. Make one in the Rounds tab."
        chosen = next((one for one in releases if one.number == form.release), releases[-1])
        key = (attribute, chosen.sha256, self._labels.store.state())
        try:
            there = self._populations.get(key)
        except (AuditError, CollectionDamagedError) as error:
            return None, self._services.words_of(error)
        return plan_message(form, attribute, releases, chosen, there, self.findings.seconds(attribute)), ""

    def _count(self, key: tuple[str, str, StoreState]) -> Population:
        attribute, digest, _ = key
        release = next(one for one in list_releases(self._services.collection, attribute) if one.sha256 == digest)
        return sets_of(self._services.collection, self._labels.store, release).population

    def _current(self, audit: Audit) -> tuple[CurrentAudit, Progress | None]:
        if audit.state is State.FROZEN:
            return current_message(audit, None, "", None), None
        store = self._labels.store
        exclude = store.qualifications.disqualified(audit.plan.attribute)
        report = audit_report(self._services.collection, store, audit, exclude=exclude)
        progress = progress_of(report, self.findings.names())
        watched: Watched | None = None
        if report.result is not None and report.result.anytime is not None:
            verdicts = self._visible_verdicts(report, report.result.anytime, progress)
            standing = anytime_standing(audit.plan, audit.population, verdicts)
            watched = watched_message(standing, audit.plan.target, self.findings.hour_of_watching(report, verdicts))
        return current_message(audit, progress, note_of(report, progress), watched), progress

    @staticmethod
    def _visible_verdicts(report: AuditReport, standing: AnytimeStanding, progress: Progress) -> NDArray[np.int8]:
        """Return the verdicts that a watched bound is computed from, int8 ``(n,)``, in whole steps until it is shown.

        A bound that changed with every answer would show the annotator that the answer belonged to the audit.
        """
        verdicts = report.answers.verdicts[report.sample.positive][: standing.used]
        used = np.where(verdicts == OPEN, NOT_YES, verdicts)  # an open verdict here is that of an absent image
        ended = standing.certified_after is not None or progress.complete
        return used if ended else used[: progress.in_steps(len(used))]

    # ---- the steps ---------------------------------------------------------------------------------------------------
    def freeze(self, attribute: str, form: PlanForm, by: Annotator) -> None:
        """Fix release, plan and population.

        Raises
        ------
        BamExplorerError
            See `pipeline.audit.lifecycle.freeze`.
        """
        collection, store = self._services.collection, self._labels.store
        releases = [one.number for one in list_releases(collection, attribute)]
        release = release_of(collection, attribute, form.release if form.release in releases else None)
        there = self._populations.get((attribute, release.sha256, store.state()))
        freeze(collection, store, plan_of(form, attribute, release.number, there.positives, seed=new_seed()), by)

    def check_owner(self, attribute: str, by: Annotator) -> None:
        """Check that the open audit was frozen by this person. The command has no such check.

        Raises
        ------
        ParameterError
            If another person froze it.
        AuditError
            If no audit is open.
        """
        audit = self._under_way(attribute)
        if audit.owner != by.id:
            raise ParameterError(
                f"Audit {audit.number} was frozen by {audit.by}. Only they can draw, publish or cancel it."
            )

    def draw(self, attribute: str) -> None:
        """Draw the images of the frozen audit, and ask them."""
        draw(self._services.collection, self._labels.store, self._under_way(attribute))

    def drop(self, attribute: str) -> None:
        """Cancel the open audit."""
        drop(self._services.collection, self._labels.store, self._under_way(attribute))

    def publish(self, attribute: str) -> str:
        """End the open audit and write its certificate, without the answers of people who may not label."""
        store = self._labels.store
        audit = self._under_way(attribute)
        done, _ = publish(
            self._services.collection,
            store,
            audit,
            exclude=store.qualifications.disqualified(attribute),
            verify_command=VERIFY_COMMAND,
        )
        left_out = len(done.excluded)
        people = "1 person" if left_out == 1 else f"{left_out} people"
        without = f" Answers of {people} who may not label this attribute are left out." if left_out else ""
        return f"Audit {done.number} was published.{without}"

    def _under_way(self, attribute: str) -> Audit:
        for audit in reversed(list_audits(self._services.collection, attribute)):
            if audit.state in UNDER_WAY:
                return audit
        raise AuditError("No audit is under way here. Another person may have just published or cancelled it.")

    # ---- the certificate ---------------------------------------------------------------------------------------------
    def file(self, attribute: str, shown: int, kind: str) -> SavedFile:
        """Return a certificate for download.

        Raises
        ------
        ParameterError
            If `kind` is not one of `MIMES`.
        AuditError
            If there is no certificate, or it is hidden while an audit is open.
        """
        if kind not in MIMES:
            raise ParameterError(f"A certificate has the format {' or '.join(MIMES)}.")
        self._services.look_at_audits()
        if hidden := self._services.hidden_scores.words([attribute]):
            raise AuditError(f"{hidden} A certificate holds these scores. You can save it again after the audit.")
        path = self._certificate(attribute, shown, kind)
        try:
            data = read_plain(path)
        except OSError as error:
            raise AuditError(f"{path} cannot be read ({type(error).__name__}). Restore it from a copy.") from error
        name = f"{attribute}-audit-{path.parent.name}.{kind}"
        return SavedFile(name, MIMES[kind], data)

    def check(self, attribute: str, shown: int) -> list[str]:
        """Compute a certificate again from release, population and log, and return every difference.

        Raises
        ------
        BamExplorerError
            If the certificate cannot be read.
        """
        claimed = read_certificate(self._certificate(attribute, shown, "json"))
        return verify_certificate(self._services.collection, self._labels.store, claimed)

    def _certificate(self, attribute: str, shown: int, kind: str) -> Path:
        audits = list_audits(self._services.collection, attribute)
        for audit in audits:
            if audit.number == shown and audit.state is State.PUBLISHED:
                return audit_folder(self._services.collection, audit) / f"certificate.{kind}"
        raise AuditError(f"There is no published audit {shown} here.")
