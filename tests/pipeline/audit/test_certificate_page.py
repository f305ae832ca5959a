"""The page of a certificate shows texts that people wrote, whatever stands in them."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from pipeline.audit.certificate_page import certificate_page
from pipeline.audit.lifecycle import draw, freeze
from pipeline.audit.plan import FIXED, AuditPlan
from pipeline.audit.publication import publish, read_certificate
from pipeline.audit.statistics.truth_rules import TruthRule, opinions
from pipeline.label_store import Reply, Value, new_action_id
from pipeline.releases.make import make_release
from pipeline.rounds.run import run_round
from tests.pipeline.conftest import BIRD, OWN, Workspace

HOSTILE = "\"><img src=x onerror=alert(1)></style><script>alert(1)</script>'"


class Elements(HTMLParser):
    """Which elements a page has, and which of their attributes run something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.running: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.running += [name for name, _ in attrs if name.startswith("on")]


def hostile(values: Any, place: tuple[str, ...]) -> Any:
    """Put a hostile text in one place of a certificate."""
    return HOSTILE if not place else {**values, place[0]: hostile(values[place[0]], place[1:])}


def texts(values: Any, at: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Name every place of a certificate where a text stands."""
    if isinstance(values, dict):
        return [place for key, value in values.items() for place in texts(value, (*at, key))]
    return [at] if isinstance(values, str) else []


def test_no_text_of_a_certificate_becomes_an_element_of_its_page(workspace: Workspace) -> None:
    workspace.begin_with()
    run_round(workspace.collection, workspace.store, BIRD, OWN)
    workspace.collection.refresh_scores()
    make_release(workspace.collection, workspace.store, BIRD, threshold=0.5, lower=0.5, by="Ann")
    rule = TruthRule.OWNER
    plan = AuditPlan(BIRD, 1, rule, 4, 6, 0.5, FIXED, 1, 0.95, 7, 0.05, opinions(rule))
    audit = draw(
        workspace.collection, workspace.store, freeze(workspace.collection, workspace.store, plan, workspace.ann)
    )
    page = workspace.store.questions.take_page(workspace.ann.id, audit.batch, 100)
    replies = [Reply(item.draw_id, Value.YES, 1.0) for item in page.items]
    workspace.store.answers.record(new_action_id(), page.id, workspace.ann.id, replies)
    values = read_certificate(publish(workspace.collection, workspace.store, audit)[1])
    plain = Elements(certificate_page(values))
    places = texts(values)
    assert len(places) > 10
    for place in places:
        found = Elements(certificate_page(hostile(values, place)))
        assert all(found.tags.count(tag) == plain.tags.count(tag) for tag in ("img", "script", "style")), place
        assert found.running == [], place
