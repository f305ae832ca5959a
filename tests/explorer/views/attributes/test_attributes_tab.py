"""The Attributes tab without a browser: its messages in both directions, and no loss of typed text."""

from __future__ import annotations

import asyncio
import io
import shutil
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pyarrow import parquet

from explorer.composition import build_services
from explorer.controllers.attributes.definition_changes import changes_between
from explorer.controllers.attributes.drafts import draft_from, draft_problems
from explorer.views.attributes.attributes_tab import AttributesTabView
from explorer.views.common.tab_context import TabContext
from pipeline.collection import Collection
from pipeline.label_store import Annotator, Definition, Draft, LabelStore, Value, new_action_id, store_exists
from tests.helpers.waiting import until

CAT = "content_cat"
FORM = {"title": "cat", "definition": "A cat?", "counts": "", "counts_not": "", "examples_yes": [], "examples_no": []}
Sent = list[dict[str, Any]]


class Session:
    """The tab of a session: its state, and the requests for other tabs."""

    def __init__(self, path: Path) -> None:
        self.services = build_services(Collection(path))
        self.context = TabContext.begin(self.services)
        self.view = self.context.view
        self.asked: list[tuple[str, str]] = []
        self.tab = AttributesTabView(self.context)
        self.view.param.watch(lambda event: self.asked.append((event.new.part, event.new.attribute)), "opened")


@pytest.fixture
def session(collection_path: Path, tmp_path: Path) -> Iterator[Session]:
    opened = Session(shutil.copytree(collection_path, tmp_path / "collection"))
    yield opened
    opened.services.close()


@pytest.fixture
def store(session: Session) -> LabelStore:
    return session.services.labels.store


@pytest.fixture
def ann(session: Session, store: LabelStore) -> Annotator:
    """Ann, who works in this session."""
    me = session.context.work.annotator = store.annotators.add("Ann")
    return me


def say(session: Session, *acts: dict[str, Any] | Callable[[], object]) -> Sent:
    """Open the tab, send messages of its script and do other steps in order; return the tab's messages."""
    sent: Sent = []
    board = session.tab
    board.tab._send_msg = sent.append  # type: ignore[method-assign]
    board._reading._fresh_seconds = board._reading._rest = 0.0

    async def talk() -> None:
        session.view.open_tab("attributes")
        for act in acts:
            if callable(act):
                act()
                continue
            handler: Callable[[dict[str, Any]], Awaitable[None]] = getattr(board, f"_do_{act['type']}")
            await board._run_handler(handler, act)
        await until(lambda: not board._reading._reading)  # a reading that began before must not end after this one
        await board._read_once()
        session.view.panel_open = False

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, talk()).result()
    return sent


def of(sent: Sent, kind: str) -> Sent:
    return [message for message in sent if message["type"] == kind]


def row(session: Session, name: str = CAT) -> dict[str, Any]:
    found: dict[str, Any] = next(row for row in session.tab.tab.rows if row["name"] == name)
    return found


def save(name: str = CAT, seen: int = 1, **form: Any) -> dict[str, Any]:
    return {"type": "save", "name": name, "seen_version": seen, "form": FORM | form}


def test_looking_makes_no_store_and_shows_what_the_collection_asks(session: Session) -> None:
    sent = say(session, {"type": "hello"}, {"type": "open", "name": CAT})
    assert [entry["name"] for entry in session.tab.tab.rows] == list(
        session.services.collection.manifest.taxonomy.names
    )
    assert of(sent, "detail")[-1]["title"] == "cat"
    assert not store_exists(session.services.collection)


def test_the_board_counts_what_people_said(session: Session, store: LabelStore, ann: Annotator) -> None:
    ids = store.images.image_ids.tolist()
    store.answers.bulk_answer(new_action_id(), ann.id, CAT, 1, ids[:5], Value.YES)
    store.answers.bulk_answer(new_action_id(), store.annotators.add("Bo").id, CAT, 1, ids[3:7], Value.NO)
    say(session)
    told = {key: row(session)[key] for key in ("yes", "no", "split", "open", "answers", "people")}
    assert told == {"yes": 3, "no": 2, "split": 2, "open": 0, "answers": 9, "people": 2}
    assert session.tab.tab.who == "Ann"


def test_a_new_attribute_is_defined_and_shown(session: Session, store: LabelStore, ann: Annotator) -> None:
    image = str(store.images.image_ids[3])
    form = {"title": " sea  shell ", "counts": "a shell\n\n a drawing of one ", "examples_yes": [image]}
    sent = say(session, save("content_sea_shell", 0, **form))
    assert of(sent, "saved")[0]["version"] == 1
    kept = store.attributes.find("content_sea_shell").definition
    assert (kept.title, kept.counts) == ("sea shell", ("a shell", "a drawing of one"))
    assert kept.annotator_id == ann.id
    detail = of(sent, "detail")[-1]
    assert detail["history"][0]["by"] == "Ann"
    assert detail["examples"][0]["image"] == image
    assert Image.open(io.BytesIO(detail["examples"][0]["picture"])).width > 50
    assert row(session, "content_sea_shell")["title"] == "sea shell"


def test_what_is_wrong_is_said_beside_its_field_in_the_pipelines_words(session: Session, ann: Annotator) -> None:
    sent = say(session, save("content_Cat!", 0, title="x" * 61, counts="y" * 201, examples_no=["5"]))
    (refused,) = of(sent, "refused")
    assert set(refused["problems"]) == {"name", "title", "counts", "examples_no"}
    assert "61 characters. Allowed are 1 to 60" in refused["problems"]["title"]
    assert of(sent, "saved") == []


def test_an_image_cannot_be_an_example_of_both(session: Session, store: LabelStore) -> None:
    image = int(store.images.image_ids[0])
    problems = draft_problems(CAT, Draft("cat", examples_yes=(image,), examples_no=(image,)), store.images)
    assert list(problems) == ["examples_no"]


def test_a_name_that_is_taken_is_a_problem_of_the_name(session: Session, ann: Annotator) -> None:
    (refused,) = of(say(session, save(seen=0, title="a cat")), "refused")
    assert f"The attribute {CAT} exists already" in refused["problems"]["name"]


def test_the_slower_of_two_authors_sees_both_texts_and_may_replace_the_other(
    session: Session, store: LabelStore, ann: Annotator
) -> None:
    bo = store.annotators.add("Bo")
    store.attributes.define(bo.id, CAT, Draft("cat", "Any feline?"), seen_version=1)
    (conflict,) = of(say(session, save(definition="Mine.")), "conflict")
    assert "changed by Bo" in conflict["text"]
    assert (conflict["theirs"]["definition"], conflict["theirs"]["by"]) == ("Any feline?", "Bo")
    assert store.attributes.find(CAT).definition.version == 2
    say(session, save(seen=2, definition="Mine."))
    assert [version.definition for version in store.attributes.history(CAT)][1:] == ["Any feline?", "Mine."]


def test_a_person_without_a_name_is_asked_for_it_and_nothing_is_written(session: Session, store: LabelStore) -> None:
    acts = [save(), {"type": "archive", "name": CAT, "archived": True}, {"type": "agree", "name": CAT, "agree": 2}]
    sent = say(session, *acts)
    assert ["Enter your name" in message["text"] for message in of(sent, "note")] == [True] * 3
    assert store.attributes.find(CAT).definition.version == 1


def test_archiving_can_be_undone(session: Session, store: LabelStore, ann: Annotator) -> None:
    sent = say(session, {"type": "archive", "name": CAT, "archived": True})
    assert store.attributes.find(CAT).archived
    assert row(session)["archived"]
    say(session, of(sent, "note")[0]["undo"])
    assert not store.attributes.find(CAT).archived


def test_the_rule_of_agreement_is_set(session: Session, store: LabelStore, ann: Annotator) -> None:
    sent = say(session, {"type": "open", "name": CAT}, {"type": "agree", "name": CAT, "agree": 3})
    assert store.attributes.find(CAT).agree == 3
    assert of(sent, "detail")[-1]["agree"] == 3
    sent = say(session, {"type": "agree", "name": CAT, "agree": 9})
    assert "agree=9 is outside 1 to 5" in of(sent, "note")[0]["text"]


def test_what_others_change_reaches_an_open_attribute_once(session: Session, store: LabelStore, ann: Annotator) -> None:
    def change() -> None:
        store.attributes.define(ann.id, CAT, Draft("cat", "Any feline?"), seen_version=1)

    sent = say(session, {"type": "open", "name": CAT}, change)
    assert [message["version"] for message in of(sent, "detail")] == [1, 2]
    assert of(say(session), "detail") == []


def test_examples_come_from_the_chosen_image_and_the_selection(
    session: Session, store: LabelStore, ann: Annotator
) -> None:
    session.view.select(4)
    assert session.tab.tab.chosen
    sent = say(session, {"type": "example", "kind": "yes", "from": "chosen", "most": 24})
    assert of(sent, "example")[0]["images"] == [str(store.images.image_ids[4])]
    assert len(of(sent, "pictures")[0]["pictures"]) == 1
    session.context.selection.replace(np.arange(40), "some")
    assert session.tab.tab.selected == 40
    sent = say(session, {"type": "example", "kind": "no", "from": "selection", "most": 10})
    assert len(of(sent, "example")[0]["images"]) == 10
    assert "30 of the selected images were left out" in of(sent, "example")[0]["note"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_labels_are_sent_as_a_file(session: Session, store: LabelStore, ann: Annotator, kind: str) -> None:
    store.answers.bulk_answer(new_action_id(), ann.id, CAT, 1, store.images.image_ids[:5].tolist(), Value.YES)
    (file,) = of(say(session, {"type": "export", "name": CAT, "kind": kind}), "file")
    assert file["name"] == f"{CAT}.{kind}"
    data = file["data"]
    rows = parquet.read_table(io.BytesIO(data)).num_rows if kind == "parquet" else data.count(b"\n") - 1
    assert rows == 5


def test_the_answer_button_opens_the_label_tab(session: Session, ann: Annotator) -> None:
    say(session, {"type": "answer", "name": CAT})
    assert session.asked[-1] == ("label", CAT)


@pytest.mark.parametrize(
    "message",
    [
        {"type": "save"},
        {"type": "save", "name": CAT, "seen_version": "x", "form": FORM},
        {"type": "save", "name": CAT, "seen_version": 1, "form": "no"},
        {"type": "save", "name": CAT, "seen_version": 1, "form": FORM | {"examples_yes": ["x"]}},
        {"type": "open"},
        {"type": "pictures", "images": ["x"]},
        {"type": "pictures", "images": 5},
        {"type": "example", "kind": "yes", "from": "chosen", "most": None},
        {"type": "export", "name": CAT, "kind": "xlsx"},
        {"type": "agree", "name": CAT, "agree": "many"},
    ],
    ids=str,
)
def test_messages_that_make_no_sense_change_nothing(
    session: Session, store: LabelStore, ann: Annotator, message: dict[str, Any]
) -> None:
    before = store.state()
    sent = say(session, message)
    assert not of(sent, "saved") + of(sent, "file")
    assert store.state() == before


def test_an_attribute_that_is_not_there_is_said(session: Session, store: LabelStore, ann: Annotator) -> None:
    sent = say(session, {"type": "open", "name": "content_dragon"}, {"type": "close"})
    assert "content_dragon" in of(sent, "note")[0]["text"]


def test_a_form_of_any_length_is_shortened_before_it_is_checked() -> None:
    draft = draft_from(FORM | {"definition": "x" * 10**6, "counts": "y\n" * 10**6})
    assert len(draft.definition) == 20_000
    assert len(draft.counts) == 10_000


def definition(version: int, **words: Any) -> Definition:
    known = {"title": "cat", "definition": "", "counts": (), "counts_not": (), "examples_yes": (), "examples_no": ()}
    return Definition(attribute=CAT, version=version, annotator_id="", at=0.0, **(known | words))


def test_versions_are_compared_word_by_word_and_point_by_point() -> None:
    before = definition(1, definition="Is there a cat here?", counts=("a", "b"), examples_yes=(1, 2))
    after = definition(2, definition="Is there a wild cat?", counts=("b", "c"), examples_yes=(2, 3, 4))
    changes = {change.what: change.pieces for change in changes_between(before, after)}
    for version, other in ((before, "new"), (after, "gone")):
        assert "".join(text for kind, text in changes["Question"] if kind != other) == version.definition
    assert ("same", "Is there a") in changes["Question"]
    assert changes["Counts"] == (("gone", "a"), ("new", "c"))
    assert changes["Pictures that count"] == (("gone", "1 removed"), ("new", "2 added"))
    assert changes_between(None, after) == ()
    assert changes_between(after, after) == ()
