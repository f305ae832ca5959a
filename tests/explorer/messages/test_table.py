"""All entries of the table of messages: other messages are ignored, and no message exceeds its permissions."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.composition import OpenCollections
from explorer.controllers.ownership import certification_thing
from explorer.messages.table import TABLE, Needs, checked
from explorer.views.attributes.attributes_tab import AttributesTabView
from explorer.views.audit.audit_tab import AuditView
from explorer.views.labeling.label_tab import LabelingView
from explorer.views.rounds.rounds_tab import RoundsView
from pipeline.certification.lifecycle import begin, make_plan
from pipeline.errors import ParameterError
from pipeline.label_store import Value
from tests.helpers.scripts import modules
from tests.helpers.visitors import Visitor, kept, on_a_loop

CAT, INK = "content_cat", "media_pen_ink"
VIEWS = {
    "LabelTab": LabelingView,
    "RoundsTab": RoundsView,
    "AuditTab": AuditView,
    "AttributesTab": AttributesTabView,
}
MINE = ("presence", "pages", "leases", "annotators")
"""Tables that change when a person enters a name and takes a page of questions."""


@dataclass
class Place:
    """A collection with work of Ann's: a round, a release, questions, a bulk answer, an open audit, a certification."""

    path: Path
    opened: OpenCollections
    ann: Visitor
    batch: str
    bulk: dict[str, str]
    page: dict[str, Any]
    audit_batch: str

    def visitor(self) -> Visitor:
        return Visitor(self.path, self.opened)

    def good(self, component: str, name: str) -> dict[str, Any]:
        """Return a valid message of a kind, about Ann's records."""
        draws = [item["draw"] for item in self.page["items"]]
        messages: dict[tuple[str, str], dict[str, Any]] = {
            ("LabelTab", "act"): {
                "id": "a" * 32,
                "page": self.page["page"],
                "kind": "answer",
                "replies": [[draws[0], "yes", 1.0]],
            },
            ("LabelTab", "skip"): {"page": self.page["page"], "draws": draws},
            ("LabelTab", "undo"): {"id": "b" * 32},
            ("LabelTab", "redo"): {"id": "c" * 32},
            ("LabelTab", "confirm_run"): {"yes": False},
            ("LabelTab", "agree"): {"count": 3},
            ("LabelTab", "cancel"): {"batch": self.batch},
            ("LabelTab", "source"): {"key": "chance", "value": ""},
            ("LabelTab", "bulk_answer"): {"what": "keep"} | self.bulk,
            ("AttributesTab", "save"): {
                "name": CAT,
                "seen_version": 1,
                "form": {"title": "other", "definition": "?", "counts": "", "counts_not": ""}
                | {"examples_yes": [], "examples_no": []},
            },
            ("AttributesTab", "archive"): {"name": CAT, "archived": True},
            ("AttributesTab", "agree"): {"name": CAT, "agree": 2},
            ("AttributesTab", "requirements"): {
                "name": CAT,
                "requirements": {"answers": 1, "accuracy": 50, "test": 5, "share": 3},
            },
            ("AttributesTab", "gold"): {"name": CAT, "count": 4},
            ("AttributesTab", "retire"): {"name": CAT, "image": 1},
            ("AttributesTab", "permit"): {"name": CAT, "person": self.ann.id, "allowed": True},
        }
        return {"type": name} | messages.get((component, name), {})


async def prepare(path: Path, opened: OpenCollections) -> Place:
    ann = Visitor(path, opened)
    await ann.join("Ann", CAT)
    await ann.say("RoundsTab", {"type": "choose", "attribute": CAT})
    await ann.say("RoundsTab", {"type": "train"})
    store = ann.explorer.services.labels.store
    services = ann.explorer.services
    while services.rounds.working(CAT) is not None:
        await asyncio.sleep(0.01)
    await ann.say("RoundsTab", {"type": "release"})
    await ann.say("AuditTab", {"type": "choose", "attribute": CAT})
    await ann.say("AuditTab", {"type": "plan_form", "name": "positives", "value": 4})
    await ann.say("AuditTab", {"type": "plan_form", "name": "negatives", "value": 4})
    await ann.say("AuditTab", {"type": "freeze"})
    await ann.say("AuditTab", {"type": "draw"})
    certification = begin(
        services.collection, store, make_plan(services.collection, store, CAT, target_precision=0.5, seed=1)
    )
    thing = certification_thing(CAT, certification.number)
    services.changes.note(ann.explorer.work.annotator, "RoundsTab begin", {}, [thing])
    ann.explorer.selection.replace(np.arange(40, dtype=np.int32), "some")
    await ann.explorer.labeling._run_handler(ann.explorer.labeling._label_selection, {"value": Value.NO})
    bulk = store.answers.list_bulk_answers(CAT)[0]
    await ann.say("LabelTab", {"type": "source", "key": "chance", "value": ""})
    await ann.say("LabelTab", {"type": "work", "attribute": CAT, "fresh": True})
    lines = (path / "log" / "changes.jsonl").read_text().splitlines()
    made = [thing for line in lines for thing in json.loads(line)["made"] if thing.startswith("batch:")]
    with store.database.reading() as connection:
        batches = connection.exec_driver_sql("SELECT id, purpose FROM batches").all()
    return Place(
        path,
        opened,
        ann,
        made[0].removeprefix("batch:"),
        {"act": bulk.act.id, "batch": bulk.check_batch},
        ann.page(),
        next(row[0] for row in batches if row[1] == "audit"),
    )


@pytest.fixture(scope="module")
def place(collection_path: Path, tmp_path_factory: pytest.TempPathFactory, opened: OpenCollections) -> Iterator[Place]:
    path = Path(shutil.copytree(collection_path, tmp_path_factory.mktemp("messages") / "collection"))
    with pytest.MonkeyPatch.context() as patch:  # a status need not wait between two readings without an open page
        patch.setattr("explorer.views.labeling.label_tab.FRESH_SECONDS", 0.0)
        found = on_a_loop(lambda: prepare(path, opened))
        yield found
    found.ann.explorer.services.close()


@pytest.mark.parametrize("component", VIEWS)
def test_every_handler_has_its_row_and_every_row_its_handler(component: str) -> None:
    handlers = {name.removeprefix("_do_") for name in dir(VIEWS[component]) if name.startswith("_do_")}
    rows = {name for name, kind in TABLE[component].items() if not kind.inside}
    assert handlers == rows


def test_every_component_of_the_page_has_its_rows(place: Place) -> None:
    assert set(place.ann.components) - {"InspectorCard"} <= set(TABLE)
    assert set(TABLE) == set(place.ann.components)


def test_whatever_the_page_s_scripts_send_is_in_the_table() -> None:
    scripts = "\n".join(file.read_text(encoding="utf-8") for file in modules())
    sent = set(re.findall(r"send(?:_msg)?\(\s*\{\s*type: \"(\w+)\"", scripts))
    assert len(sent) > 40
    assert sent <= {name for kinds in TABLE.values() for name in kinds}


@pytest.mark.parametrize(
    "message", [3, None, [], {}, {"type": 3}, {"type": "nope"}, {"type": "__init__"}, {"type": "label_selection"}]
)
def test_what_is_not_in_the_table_is_refused_with_a_sentence(place: Place, message: Any) -> None:
    visitor = place.visitor()
    (note,) = on_a_loop(lambda: visitor.say("LabelTab", message))
    assert (note["type"], note["kind"]) == ("note", "error")
    assert "nothing was changed" in note["text"]


def answer_to(component: str, message: dict[str, Any]) -> str:
    """Return the values for the handler, or the sentence of the refusal."""
    try:
        return repr(checked(component, message))
    except ParameterError as error:
        return str(error)


@pytest.mark.parametrize("component", TABLE)
@pytest.mark.parametrize("value", [float("nan"), 10**30, -1.5, "x" * 30_000, [[]], {"a": [1]}], ids=str)
def test_a_field_of_another_kind_is_refused_or_made_to_fit(component: str, value: Any) -> None:
    for name, kind in TABLE[component].items():
        for part in (*kind.needed, *kind.optional):
            message = {"type": name, part: value} if name else {part: value}
            said = answer_to(component, message)
            assert len(said) < 3_000, (name, part)


def changing(*needs: Needs) -> list[tuple[str, str]]:
    return [
        (component, name)
        for component, kinds in TABLE.items()
        for name, kind in kinds.items()
        if kind.changes and kind.needs in needs and not kind.inside
    ]


@pytest.mark.parametrize(("component", "name"), changing(Needs.NAME, Needs.OWNER))
def test_a_person_without_a_name_changes_nothing_and_is_led_to_the_name_field(
    place: Place, component: str, name: str
) -> None:
    before, visitor = kept(place.ann), place.visitor()

    async def story() -> list[dict[str, Any]]:
        if component in ("RoundsTab", "AuditTab"):
            await visitor.say(component, {"type": "choose", "attribute": CAT})
        await visitor.say("LabelTab", {"type": "work", "attribute": CAT})
        return await visitor.say(component, place.good(component, name))

    told = on_a_loop(story)
    assert kept(place.ann) == before
    assert any("Enter your name" in message.get("text", "") for message in told)
    assert visitor.explorer.view.tab == "label"
    assert any(message["type"] == "name" for message in told)


@pytest.mark.parametrize(("component", "name"), changing(Needs.OWNER))
def test_a_person_cannot_change_what_belongs_to_another(place: Place, component: str, name: str) -> None:
    visitor = place.visitor()

    async def story() -> tuple[dict[str, Any], dict[str, Any]]:
        await visitor.join("Stranger", CAT)
        if component in ("RoundsTab", "AuditTab"):
            await visitor.say(component, {"type": "choose", "attribute": CAT})
        before = kept(place.ann, but=MINE)
        await visitor.say(component, place.good(component, name))
        return before, kept(place.ann, but=MINE)

    before, after = on_a_loop(story)
    before.pop("log/changes.jsonl", None), after.pop("log/changes.jsonl", None)  # that a stranger tried and did nothing
    assert after == before


@pytest.mark.parametrize("what", ["keep", "rollback"])
def test_no_person_can_publish_or_cancel_the_batch_of_another(place: Place, what: str) -> None:
    """Neither the batch of an audit nor a training batch checks a bulk answer; its check is its maker's."""
    visitor, ann = place.visitor(), place.ann

    async def story() -> tuple[dict[str, Any], dict[str, Any]]:
        await visitor.join("Stranger", CAT)
        before = kept(ann, but=MINE)
        for speaker in (visitor, ann):
            for batch in (place.audit_batch, place.batch):
                for act in (place.bulk["act"], "x", "f" * 32):
                    message = {"type": "bulk_answer", "what": what, "act": act, "batch": batch}
                    (note,) = await speaker.say("LabelTab", message)
                    assert "You have no bulk label" in note["text"]
        await visitor.say("LabelTab", {"type": "bulk_answer", "what": what} | place.bulk)
        return before, kept(ann, but=MINE)

    before, after = on_a_loop(story)
    assert after == before


def test_every_change_says_in_the_log_who_made_it(place: Place) -> None:
    lines = [json.loads(line) for line in (place.path / "log" / "changes.jsonl").read_text().splitlines()]
    mine = {line["what"] for line in lines if line["who"] == place.ann.id and line["name"] == "Ann"}
    assert mine >= {
        "LabelTab source",
        "LabelTab label_selection",
        "RoundsTab train",
        "RoundsTab begin",
        "RoundsTab release",
        "AuditTab freeze",
        "AuditTab draw",
    }
    assert not any(line["who"] == "" for line in lines)


def test_only_the_person_who_asked_can_cancel_the_questions(place: Place) -> None:
    bo = place.visitor()

    async def story() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        await bo.join("Bo", INK)
        refused = await bo.say("LabelTab", {"type": "cancel", "batch": place.batch})
        asked = await bo.say("LabelTab", {"type": "source", "key": "chance", "value": ""})
        assert any("questions added" in message.get("text", "") for message in asked)
        lines = (place.path / "log" / "changes.jsonl").read_text().splitlines()
        own = json.loads(lines[-1])["made"][0].removeprefix("batch:")
        return refused, await bo.say("LabelTab", {"type": "cancel", "batch": own})

    refused, done = on_a_loop(story)
    assert "You did not add these questions" in refused[0]["text"]
    assert any("questions were cancelled" in message.get("text", "") for message in done)


def test_a_page_that_lost_its_token_has_no_annotator(place: Place) -> None:
    visitor = place.visitor()

    async def story() -> None:
        await visitor.join("Cy", CAT)
        assert visitor.id
        await visitor.say("LabelTab", {"type": "hello", "token": "2|1:0|10:1|9:annotator|4:eA==|forged"})

    on_a_loop(story)
    assert visitor.id == ""
    assert visitor.sent[-1]["type"] == "who" or any(m["type"] == "who" and not m["id"] for m in visitor.sent)


def test_no_act_of_another_is_recorded_undone_or_replayed(place: Place) -> None:
    visitor, ann = place.visitor(), place.ann

    async def story() -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
        await visitor.join("Stranger", CAT)
        token = [message for message in visitor.sent if message["type"] == "who"][-1]["token"]
        before = kept(ann, but=MINE)
        act = place.good("LabelTab", "act")
        pending = [act | {"annotator": ann.id}, act | {"annotator": visitor.id}, {"annotator": visitor.id, "id": [3]}]
        told = await visitor.say("LabelTab", {"type": "hello", "token": token, "pending": pending})
        await visitor.say("LabelTab", {"type": "undo", "id": place.bulk["act"]})
        return before, kept(ann, but=MINE), told

    before, after, told = on_a_loop(story)
    assert after == before
    assert [message["again"] for message in told if message["type"] == "failed"] == [False]


def test_who_looks_without_a_name_reads_no_people_and_takes_no_file(place: Place) -> None:
    visitor = place.visitor()

    async def story() -> list[dict[str, Any]]:
        for message in (
            {"type": "people", "name": CAT},
            {"type": "export", "name": CAT, "kind": "csv"},
        ):
            await visitor.say("AttributesTab", message)
        await visitor.say("AuditTab", {"type": "choose", "attribute": CAT})
        await visitor.say("AuditTab", {"type": "save", "number": 1, "kind": "json"})
        return visitor.sent

    sent = on_a_loop(story)
    assert not {message["type"] for message in sent} & {"people", "file"}
    assert "Ann" not in str([message for message in sent if message["type"] != "detail"])


def test_a_window_sends_no_heartbeat_between_two_annotators(place: Place) -> None:
    async def story() -> list[bool]:
        visitor = place.visitor()
        view = visitor.explorer.labeling
        found = []
        for message in ({"type": "join", "name": "Eva"}, {"type": "leave"}, {"type": "join", "name": "Eva"}):
            await visitor.say("LabelTab", message)
            found.append(view._beat is not None)
        await visitor.say("LabelTab", {"type": "leave"})
        return found

    assert on_a_loop(story) == [True, False, True]
