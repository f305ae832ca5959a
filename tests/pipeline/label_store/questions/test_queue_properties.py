"""Whatever several people do, in whatever order: work is given fairly, and undoing takes all of it back."""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from pipeline.errors import ActionError, LabelStoreError
from pipeline.label_store import Drawn, KnownImages, LabelStore, Page, Purpose, Reply, Value, new_action_id
from pipeline.label_store.opinions import wanted_answers
from pipeline.label_store.records import REPEAT
from pipeline.label_store.schema.database import Database
from pipeline.label_store.schema.tables import answers, draws, leases, pages, undone
from tests.helpers.sizes import sizes
from tests.pipeline.label_store.conftest import Clock

names = itertools.count()
FEW = settings(max_examples=sizes(4, 15), suppress_health_check=[HealthCheck.function_scoped_fixture])
PEOPLE = st.integers(0, 2)
STEP = st.one_of(
    st.tuples(st.just("take"), PEOPLE, st.integers(1, 4), st.booleans()),
    st.tuples(st.just("answer"), PEOPLE, st.integers(0, 3), st.sampled_from(Value)),
    st.tuples(st.just("answer"), PEOPLE, st.integers(0, 3), st.sampled_from(Value)),
    st.tuples(st.just("skip"), PEOPLE, st.integers(0, 3), st.none()),
    st.tuples(st.just("renew"), PEOPLE, st.integers(0, 3), st.none()),
    st.tuples(st.just("wait"), PEOPLE, st.sampled_from([10, 50]), st.none()),
    st.tuples(st.sampled_from(["undo", "redo"]), PEOPLE, st.none(), st.none()),
)


@pytest.fixture
def images() -> KnownImages:
    return KnownImages(np.arange(200, dtype=np.int64))


@pytest.fixture
def opened(new_database: Callable[[], Database], images: KnownImages, clock: Clock) -> LabelStore:
    return LabelStore(new_database(), images, "store", clock)


class Team:
    """Three people at work on one attribute of their own."""

    def __init__(self, store: LabelStore, clock: Clock, agree: int | None, counts: tuple[int, ...]) -> None:
        self.store, self.clock = store, clock
        self.attribute = f"content_x{next(names)}"
        self.people = [store.annotators.add(name).id for name in "ABC"]
        self.pages: defaultdict[int, list[Page]] = defaultdict(list)
        self.given: list[tuple[int, Page]] = []
        for number, count in enumerate(counts):
            drawn = [Drawn(image, "top") for image in range(number * 2, number * 2 + count)]  # batches share images
            store.batches.draw(self.attribute, 1, Purpose.TRAINING, drawn, agree=agree, opinions=agree or 2, again=True)

    def do(self, kind: str, who: int, what: int | None, more: object) -> None:
        """Do a step; an impossible step raises a sentence."""
        with suppress(LabelStoreError):
            getattr(self, f"_{kind}")(who, what, more)

    def _take(self, who: int, size: int, beside: bool) -> None:
        known = [page.id for page in self.pages[who]] if beside else []
        page = self.store.questions.next_page(self.people[who], self.attribute, size, beside=known)
        if page is not None:
            if page.id not in {each.id for each in self.pages[who]}:
                self.given.append((who, page))
            self.pages[who] = [each for each in self.pages[who] if each.id != page.id] + [page]

    def _answer(self, who: int, place: int, value: Value) -> None:
        items = [(page, item) for page in self.pages[who] for item in page.items]
        if items:
            page, item = items[place % len(items)]
            self.store.answers.record(new_action_id(), page.id, self.people[who], [Reply(item.draw_id, value)])

    def _skip(self, who: int, place: int, _: None) -> None:
        items = [(page, item) for page in self.pages[who] for item in page.items]
        if items:
            page, item = items[place % len(items)]
            self.store.questions.skip(page.id, self.people[who], [item.draw_id])

    def _renew(self, who: int, place: int, _: None) -> None:
        if self.pages[who]:
            self.store.questions.renew_page(self.pages[who][place % len(self.pages[who])].id, self.people[who])

    def _wait(self, who: int, seconds: int, _: None) -> None:
        self.clock.pass_seconds(seconds)

    def _undo(self, who: int, _: None, __: None) -> None:
        self.store.answers.undo(new_action_id(), self.people[who])

    def _redo(self, who: int, _: None, __: None) -> None:
        self.store.answers.redo(new_action_id(), self.people[who])

    def live(self) -> list[tuple[str, int, int]]:
        """Return the person, image and draw of every question on a live page."""
        query = (
            select(leases.c.annotator_id, draws.c.image_id, draws.c.id)
            .join(pages, pages.c.id == leases.c.page_id)
            .join(draws, draws.c.id == leases.c.draw_id)
            .where(draws.c.attribute == self.attribute, leases.c.open, pages.c.expires > self.clock.now)
        )
        with self.store.database.reading() as connection:
            return [(row[0], row[1], row[2]) for row in connection.execute(query)]

    def asked(self) -> dict[int, tuple[int, int]]:
        """Return the number of answers to each draw, and the number of people asked."""
        query = select(draws.c.id, draws.c.answered, draws.c.wanted).where(draws.c.attribute == self.attribute)
        with self.store.database.reading() as connection:
            return {row[0]: (row[1], row[2]) for row in connection.execute(query)}

    def said(self) -> dict[int, dict[str, str]]:
        """The last surviving word of each person on each draw, from the log alone."""
        found: defaultdict[int, dict[str, str]] = defaultdict(dict)
        for entry in self.store.answers.log(self.attribute):
            if entry.survives and entry.draw_id is not None:
                found[entry.draw_id][entry.annotator_id] = entry.value
        return found


@FEW
@given(st.sampled_from([1, 2, 3]), st.lists(STEP, max_size=25))
def test_no_image_is_given_beyond_what_is_wanted_nor_twice_to_one_person(
    opened: LabelStore, clock: Clock, agree: int, steps: list[tuple[str, int, int | None, object]]
) -> None:
    team = Team(opened, clock, agree, (5, 6))
    for step in steps:
        holders_before = team.live()
        count = len(team.given)
        team.do(*step)
        mine = Counter((who, image) for who, image, _ in team.live())
        assert all(times == 1 for times in mine.values()), "an image is on one page of a person at most"
        for who, page in team.given[count:]:
            asked = team.asked()
            for item in page.items:
                answered, wanted = asked[item.draw_id]
                others = {each for each, _, draw_id in holders_before if draw_id == item.draw_id} - {team.people[who]}
                assert answered + len(others) < wanted
        if all(kind not in {"undo", "redo"} for kind, *_ in steps):
            held = Counter(draw_id for _, _, draw_id in team.live())
            assert all(
                held[draw_id] + said <= wanted for draw_id, (said, wanted) in team.asked().items() if held[draw_id]
            )


@FEW
@given(st.sampled_from([1, 2, 3]), st.lists(STEP, max_size=25))
def test_what_is_asked_follows_from_what_survives_of_the_log(
    opened: LabelStore, clock: Clock, agree: int, steps: list[tuple[str, int, int | None, object]]
) -> None:
    team = Team(opened, clock, agree, (4,))
    for step in steps:
        team.do(*step)
    said = team.said()
    for draw_id, (answered, wanted) in team.asked().items():
        words = said[draw_id].values()
        assert (answered, wanted) == (len(words), wanted_answers(agree, agree, words))


def undo_all(store: LabelStore, person: str) -> int:
    """Undo until nothing is left; return how often."""
    for taken in itertools.count():
        try:
            store.answers.undo(new_action_id(), person)
        except ActionError:
            return taken
    raise AssertionError


@FEW
@given(st.sampled_from([1, 2, 3]), st.lists(STEP, max_size=20))
def test_undoing_everything_is_as_if_nobody_had_answered_and_redoing_brings_it_back(
    opened: LabelStore, clock: Clock, agree: int, steps: list[tuple[str, int, int | None, object]]
) -> None:
    team = Team(opened, clock, agree, (4, 3))
    fresh = team.asked()
    for step in steps:
        team.do(*step)
    before, labels = team.asked(), team.said()
    taken_back = {person: undo_all(opened, person) for person in team.people}
    assert team.asked() == fresh
    assert not any(team.said().values())
    for person, times in taken_back.items():
        for _ in range(times):
            opened.answers.redo(new_action_id(), person)
    assert (team.asked(), team.said()) == (before, labels)


@FEW
@given(
    st.floats(0.02, 0.5),
    st.lists(st.tuples(st.integers(1, 30), st.integers(0, 30), st.sampled_from([10, 50]), st.booleans()), max_size=10),
)
def test_second_looks_never_exceed_their_share(
    opened: LabelStore, clock: Clock, share: float, pages_of_work: list[tuple[int, int, int, bool]]
) -> None:
    team = Team(opened, clock, 1, (200,))
    me, most, known = team.people[0], 0, set()
    for size, answered, seconds, undo in pages_of_work:
        page = opened.questions.next_page(me, team.attribute, size, repeats=share)
        if page is None:
            break
        with opened.database.reading() as connection:
            of_mine = select(draws.c.image_id).where(draws.c.only_for == me, draws.c.reason == REPEAT)
            looks = list(connection.execute(of_mine).scalars())
            first = select(answers.c.image_id).where(answers.c.annotator_id == me, answers.c.sequence.not_in(undone()))
            firsts = set(connection.execute(first).scalars())
        most = max(most, math.floor(share * len(firsts)))
        assert len(looks) <= most
        assert len(set(looks)) == len(looks)
        on_page = [item.image_id for item in page.items]
        assert len(set(on_page)) == len(on_page)
        if page.id not in known:
            assert len(on_page) <= size
            assert sum(image in looks for image in on_page) <= math.ceil(share * size) + 1
        known.add(page.id)
        replies = [Reply(item.draw_id, Value.NO) for item in page.items[:answered]]
        if replies:
            opened.answers.record(new_action_id(), page.id, me, replies)
            if undo:
                opened.answers.undo(new_action_id(), me)
        clock.pass_seconds(seconds)
